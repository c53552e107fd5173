import { getTableColumns, type InferInsertModel, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/**
 * `select * from (values (?, ?, …), …) where condition`: rows in the order of the table's columns, for an insert that
 * only happens while the condition holds. (Drizzle's own `values()` has no condition.)
 */
export function rowsWhere<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Required<InferInsertModel<Table>>[],
  condition: SQL,
): SQL {
  const columns = Object.entries(getTableColumns(table));
  const tuples = rows.map((row) => {
    const values = columns.map(([name, column]) => {
      const value: unknown = row[name as keyof typeof row];
      return value === null || value === undefined ? sql`null` : sql`${sql.param(value, column)}`;
    });
    return sql`(${sql.join(values, sql`, `)})`;
  });
  return sql`select * from (values ${sql.join(tuples, sql`, `)}) where ${condition}`;
}
