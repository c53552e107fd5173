import type { Operation } from "./d1-faults.ts";

/** How many rows D1 read for operations. */
export const rowsReadBy = (operations: Operation[]): number =>
  operations.flatMap(({ statements }) => statements).reduce((sum, { rowsRead }) => sum + rowsRead, 0);

/** What operations cost: batches, statements that read, and the rows written to each table with its indexes. */
export function costOf(operations: Operation[]) {
  const statements = operations.flatMap((operation) => operation.statements);
  const rows: Record<string, number> = {};
  for (const { sql, rowsWritten } of statements) {
    const table = sql.match(/^(?:insert into|update|delete from) "(\w+)"/)?.[1];
    if (table !== undefined) rows[table] = (rows[table] ?? 0) + rowsWritten;
  }
  return {
    batches: operations.filter(({ isBatch }) => isBatch).length,
    alone: operations.filter(({ isBatch }) => !isBatch).length,
    reads: statements.filter(({ sql }) => /^\s*select/i.test(sql)).length,
    rows,
  };
}
