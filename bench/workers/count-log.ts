/** One statement that D1 ran, with what D1 says of it. */
export interface CountedStatement {
  sql: string;
  params: unknown[];
  rowsRead: number;
  rowsWritten: number;
  changes: number;
}

/** One call to D1 (a batch, or a statement by itself), or one statement or alarm of the object's own storage. */
export type Counted =
  | { kind: "d1"; statements: CountedStatement[] }
  | { kind: "object"; sql: string; params: unknown[]; rowsWritten: number }
  | { kind: "alarm" };

let log: Counted[] = [];

export function count(entry: Counted): void {
  log.push(entry);
}

/** What was counted since it was last taken. */
export function takeLog(): Counted[] {
  const taken = log;
  log = [];
  return taken;
}
