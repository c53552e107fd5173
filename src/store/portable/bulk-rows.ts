import { getTableColumns, type InferInsertModel, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** Beyond it a row goes by itself, each value a parameter of its own: as JSON it could pass what D1 takes as one. */
const MAX_ROW_CHARS = 256 * 1024;
const MAX_PARAMETER_CHARS = 512 * 1024;

/** Rows as one parameter, or a row as its values. */
export type RowGroup<Row> = { kind: "json"; text: string; size: number } | { kind: "values"; row: Row; size: 1 };

/**
 * Groups rows so that few statements insert them all, however many there are: D1 binds 100 parameters, of 2 MB at most,
 * and an invocation may send it 1,000 statements.
 */
export function groupRows<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Required<InferInsertModel<Table>>[],
): RowGroup<Required<InferInsertModel<Table>>>[] {
  const groups: RowGroup<Required<InferInsertModel<Table>>>[] = [];
  let texts: string[] = [];
  let chars = 0;
  const close = () => {
    if (texts.length > 0) groups.push({ kind: "json", text: `[${texts.join(",")}]`, size: texts.length });
    texts = [];
    chars = 0;
  };
  for (const row of rows) {
    const text = JSON.stringify(driverValues(table, row));
    // SQLite ends a text that it reads out of JSON at the first NUL.
    if (text.length > MAX_ROW_CHARS || text.includes("\\u0000")) {
      groups.push({ kind: "values", row, size: 1 });
      continue;
    }
    if (chars + text.length > MAX_PARAMETER_CHARS) close();
    texts.push(text);
    chars += text.length;
  }
  close();
  return groups;
}

/** `select … from json_each(?) where condition`: the rows of a group in the order of the table's columns. */
export function jsonRowsWhere(table: SQLiteTable, text: string, condition: SQL): SQL {
  const columns = Object.keys(getTableColumns(table)).map((_, nth) => sql`value ->> ${sql.raw(String(nth))}`);
  return sql`select ${sql.join(columns, sql`, `)} from json_each(${text}) where ${condition}`;
}

function driverValues<Table extends SQLiteTable>(table: Table, row: Required<InferInsertModel<Table>>): unknown[] {
  return Object.entries(getTableColumns(table)).map(([name, column]) => {
    const value: unknown = row[name as keyof typeof row];
    return value === null || value === undefined ? null : column.mapToDriverValue(value);
  });
}
