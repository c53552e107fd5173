/** One statement that D1 ran, and what D1 said of it. */
export interface CountedStatement {
  sql: string;
  params: unknown[];
  rowsRead: number;
  rowsWritten: number;
  changes: number;
}

/**
 * Something that was counted: a call to D1 (a batch, or a statement by itself), or a statement or an alarm of an object's
 * storage.
 */
export type Counted =
  | { kind: "d1"; statements: CountedStatement[] }
  | { kind: "object"; sql: string; params: unknown[]; rowsWritten: number }
  | { kind: "alarm" };

let log: Counted[] = [];

export function count(entry: Counted): void {
  log.push(entry);
}

/** Returns what was counted since the last call, and forgets it. */
export function takeLog(): Counted[] {
  const taken = log;
  log = [];
  return taken;
}
