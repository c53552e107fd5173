import { getTableColumns, type InferInsertModel, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";

// Inserts that only happen while a condition holds. (Drizzle's own `values()` has no condition.)

type Row<Table extends SQLiteTable> = Required<InferInsertModel<Table>>;

/** D1 binds at most so many parameters a statement. */
const MAX_PARAMETERS = 100;
/** How many of them the condition of an insert takes at most. */
const CONDITION_PARAMETERS = 4;

/** Adds rows while the condition holds; a row whose key is taken is left out. Repeatable. */
export function insertNew<Table extends SQLiteTable>(
  db: Database,
  table: Table,
  rows: readonly Row<Table>[],
  condition: SQL,
): Statement[] {
  const columns = Object.keys(getTableColumns(table)).length;
  const rowsPerStatement = Math.floor((MAX_PARAMETERS - CONDITION_PARAMETERS) / columns);
  const statements: Statement[] = [];
  for (let from = 0; from < rows.length; from += rowsPerStatement) {
    const some = rows.slice(from, from + rowsPerStatement);
    statements.push(
      db
        .insert(table)
        .select(rowsWhere(table, some, condition))
        .onConflictDoNothing(),
    );
  }
  return statements;
}

/**
 * `select * from (values (?, ?, …), …) where condition`: rows in the order of the table's columns, each value a
 * parameter.
 */
export function rowsWhere<Table extends SQLiteTable>(table: Table, rows: readonly Row<Table>[], condition: SQL): SQL {
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

/** A longer row goes by itself, each value a parameter: as JSON it could be more than D1 takes as one parameter. */
const MAX_ROW_CHARS = 256 * 1024;
const MAX_JSON_CHARS = 512 * 1024;

/** What one insert selects from, and how many rows that is. */
interface RowSource {
  source: SQL;
  size: number;
}

/**
 * The rows as few sources, however many rows there are: most go as JSON, many in one parameter. D1 binds 100 parameters
 * of 2 MB at most, and an invocation may send it 1,000 statements.
 */
export function rowSources<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Row<Table>[],
  condition: SQL,
): RowSource[] {
  const sources: RowSource[] = [];
  let texts: string[] = [];
  let chars = 0;
  const close = () => {
    if (texts.length > 0) {
      sources.push({ source: jsonRowsWhere(table, `[${texts.join(",")}]`, condition), size: texts.length });
    }
    texts = [];
    chars = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(driverValues(table, row));
    // SQLite ends a text that it reads out of JSON at the first NUL, so such a row must not go as JSON.
    if (text.length > MAX_ROW_CHARS || text.includes("\\u0000")) {
      sources.push({ source: rowsWhere(table, [row], condition), size: 1 });
      continue;
    }
    if (chars + text.length > MAX_JSON_CHARS) close();
    texts.push(text);
    chars += text.length;
  }
  close();
  return sources;
}

/** `select … from json_each(?) where condition`: rows in the order of the table's columns, all in one parameter. */
function jsonRowsWhere(table: SQLiteTable, text: string, condition: SQL): SQL {
  const columns = Object.keys(getTableColumns(table)).map((_, nth) => sql`value ->> ${sql.raw(String(nth))}`);
  return sql`select ${sql.join(columns, sql`, `)} from json_each(${text}) where ${condition}`;
}

function driverValues<Table extends SQLiteTable>(table: Table, row: Row<Table>): unknown[] {
  return Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value: unknown = row[name as keyof typeof row];
    return value === null || value === undefined ? null : column.mapToDriverValue(value);
  });
}
