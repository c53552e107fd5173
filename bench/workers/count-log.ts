/** One statement that D1 ran, and what D1 said of it. */
export interface CountedStatement {
  sql: string;
  params: unknown[];
  rowsRead: number;
  rowsWritten: number;
  changes: number;
}

/**
 * Something that was counted: a call to D1 (a batch, or a statement by itself), or what a session's object did with its
 * storage. `alarm` is set or taken away, which a platform may count as a row; `wake` is the alarm going off; `emptied` is all
 * of the storage going at once.
 */
export type Counted =
  | { kind: "d1"; statements: CountedStatement[] }
  | { kind: "object"; object: string; sql: string; rowsWritten: number }
  | { kind: "alarm" | "unset_alarm" | "wake" | "emptied"; object: string };

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
