import { getTableColumns, type InferInsertModel, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/**
 * `select ?, ?, … where condition`: one row in the order of the table's columns, for an insert that only happens while
 * the condition holds. (Drizzle's own `values()` has no condition.)
 */
export function rowWhere<Table extends SQLiteTable>(
  table: Table,
  row: Required<InferInsertModel<Table>>,
  condition: SQL,
): SQL {
  const values = Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value: unknown = row[name as keyof typeof row];
    return value === null || value === undefined ? sql`null` : sql`${sql.param(value, column)}`;
  });
  return sql`select ${sql.join(values, sql`, `)} where ${condition}`;
}
