import { exists, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database } from "./database.ts";

/** Whether the table has a row for which the condition holds. */
export function hasRow(db: Database, table: SQLiteTable, condition: SQL | undefined): SQL {
  return exists(db.select({ one: sql`1` }).from(table).where(condition));
}

/** Whether all conditions hold; one that is undefined always does. */
export function allOf(first: SQL, ...more: (SQL | undefined)[]): SQL {
  const given = more.flatMap((one) => (one === undefined ? [] : [sql`(${one})`]));
  return sql.join([first, ...given], sql` and `);
}

/**
 * Whether the column holds one of the values. They are one parameter, however many: D1 binds at most 100 a statement.
 */
export function isAmong(column: SQLWrapper, values: readonly (string | number)[]): SQL {
  return sql`${column} in (select value from json_each(${JSON.stringify(values)}))`;
}
