import {
  type Column,
  getTableColumns,
  type InferInsertModel,
  is,
  Placeholder,
  type SQL,
  StringChunk,
  sql,
} from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";
import type { Placed, Value } from "./template.ts";

// Inserts that only happen while a condition holds. (Drizzle's own `values()` has no condition.)

type Row<Table extends SQLiteTable> = Required<InferInsertModel<Table>>;

/** How many parameters D1 binds in one statement. */
const MAX_PARAMETERS = 100;
/** How many of these the condition of an insert takes at most. */
const CONDITION_PARAMETERS = 4;

/** Adds rows while the condition holds; a row whose key is taken is left out. Repeatable. */
export function insertNew<Table extends SQLiteTable>(
  db: Database,
  table: Table,
  rows: readonly Row<Table>[],
  condition: SQL,
): Statement[] {
  return rowPieces(table, rows).map((some) =>
    db.insert(table).select(valuesWhere(some, condition)).onConflictDoNothing(),
  );
}

/** A row as D1 is given it: its columns in the table's order. */
export type DriverRow = Value[];

/** The rows as D1 is given them, as many in a piece as one insert takes. */
export function rowPieces<Table extends SQLiteTable>(table: Table, rows: readonly Row<Table>[]): DriverRow[][] {
  const sizeOf = (row: DriverRow) => row.filter((value) => value !== null).length;
  const driverRows = rows.map((row) => driverRow(table, row));
  return inPieces(driverRows, { maxSize: MAX_PARAMETERS - CONDITION_PARAMETERS, sizeOf });
}

/** Cuts a list into pieces that keep both bounds; an item that is larger than `maxSize` is a piece by itself. */
export function inPieces<Item>(
  items: readonly Item[],
  { maxItems, maxSize, sizeOf }: { maxItems?: number; maxSize?: number; sizeOf?: (item: Item) => number },
): Item[][] {
  const pieces: Item[][] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf?.(item) ?? 0;
    const last = pieces.at(-1);
    if (
      last === undefined ||
      last.length >= (maxItems ?? Number.POSITIVE_INFINITY) ||
      size + own > (maxSize ?? Number.POSITIVE_INFINITY)
    ) {
      pieces.push([item]);
      size = own;
    } else {
      last.push(item);
      size += own;
    }
  }
  return pieces;
}

/** Pieces of SQL as Drizzle keeps them. An `sql` for each comma would cost as much as all else of a statement. */
const COMMA = new StringChunk(", ");
const NULL = new StringChunk("null");

/**
 * `select * from (values (?, ?, …), …) where condition`: rows in the order of the table's columns, each value a
 * parameter, but for nulls.
 */
export function rowsWhere<Table extends SQLiteTable>(table: Table, rows: readonly Row<Table>[], condition: SQL): SQL {
  const driverRows = rows.map((row) => driverRow(table, row));
  return valuesWhere(driverRows, condition);
}

/** The same of rows as D1 is given them, or of placeholders. */
export function valuesWhere(rows: readonly Placed<DriverRow>[], condition: SQL): SQL {
  const tuples = rows.map((row) => {
    const values = row.map((value) => (value === null ? NULL : is(value, Placeholder) ? value : sql.param(value)));
    return sql`(${sql.join(values, COMMA)})`;
  });
  return sql`select * from (values ${sql.join(tuples, COMMA)}) where ${condition}`;
}

/** A longer row is inserted by itself, each value a parameter. As JSON it could exceed what D1 takes as one parameter. */
const MAX_ROW_CHARS = 256 * 1024;
const MAX_JSON_CHARS = 512 * 1024;

/** What one insert selects from, and how many rows that is. */
interface RowSource {
  source: SQL;
  size: number;
}

/**
 * Puts the rows into as few sources as it can. Most rows are written as JSON, many of them in one parameter. D1 binds at
 * most 100 parameters of 2 MB, and an invocation may send it 1,000 statements.
 */
export function rowSources<Table extends SQLiteTable>(
  table: Table,
  rows: readonly Row<Table>[],
  condition: SQL,
): RowSource[] {
  const { json = [], values = [] } = Object.groupBy(
    rows.map((row) => ({ row, text: JSON.stringify(driverRow(table, row)) })),
    // SQLite ends a text that it reads out of JSON at the first NUL, so a row with one must not go as JSON.
    ({ text }) => (text.length > MAX_ROW_CHARS || text.includes("\\u0000") ? "values" : "json"),
  );
  const pieces = inPieces(json, { maxItems: rows.length, maxSize: MAX_JSON_CHARS, sizeOf: ({ text }) => text.length });
  return [
    ...pieces.map((some) => {
      const text = `[${some.map((one) => one.text).join(",")}]`;
      return { source: jsonRowsWhere(table, text, condition), size: some.length };
    }),
    ...values.map(({ row }) => ({ source: rowsWhere(table, [row], condition), size: 1 })),
  ];
}

/** `select … from json_each(?) where condition`: rows in the order of the table's columns, all in one parameter. */
function jsonRowsWhere(table: SQLiteTable, text: string, condition: SQL): SQL {
  const columns = Object.keys(getTableColumns(table)).map((_, nth) => sql`value ->> ${sql.raw(String(nth))}`);
  return sql`select ${sql.join(columns, sql`, `)} from json_each(${text}) where ${condition}`;
}

/** A row as D1 is given it. */
export function driverRow<Table extends SQLiteTable>(table: Table, row: Row<Table>): DriverRow {
  return columnsOf(table).map(([name, column]) => driverValue(column, row[name as keyof typeof row]));
}

/** Columns that are to be set, as D1 is given them; those that are undefined are left out. */
export function driverColumns<Table extends SQLiteTable>(
  table: Table,
  set: Partial<Row<Table>>,
): Record<string, Value> {
  const given = columnsOf(table).filter(([name]) => set[name as keyof typeof set] !== undefined);
  return Object.fromEntries(given.map(([name, column]) => [name, driverValue(column, set[name as keyof typeof set])]));
}

/** Columns of `driverColumns` as an update takes them: Drizzle would make text of the JSON once more. */
export function setColumns(columns: Placed<Record<string, Value>>): Record<string, SQL> {
  return Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, sql`${value}`]));
}

const columnsOf = (table: SQLiteTable): [string, Column][] => Object.entries(getTableColumns(table));

const driverValue = (column: Column, value: unknown): Value =>
  value === null || value === undefined ? null : (column.mapToDriverValue(value) as Value);
