import { z } from "zod";
import { isObject } from "../../domain/json.ts";

/** The columns of a row that are exported and imported, in the order in which a line names them. */
export type Fields<Row> = { [Column in keyof Row]-?: z.ZodType<Row[Column]> };

/** One kind of line: its type and its fields. */
export interface RecordFormat<Row> {
  type: string;
  /** The names that its fields have in a line. */
  names: ReadonlySet<string>;
  /** Writes a row as a line without its end. Null fields are left out, so that equal rows are equal bytes. */
  write(row: Row): string;
  /** Reads the row of a line, or says what is wrong with it. Unknown fields are ignored. */
  read(line: unknown): { ok: true; row: Row } | { ok: false; problem: string };
}

/** Fields that lines name as AgentOS does; all others are named after their columns. */
const NAMES: Record<string, string> = { state: "session_state" };

/**
 * Columns with objects whose keys are ours and are renamed too. The keys in other columns belong to callers, or to
 * AgentOS.
 */
const OUR_OBJECTS: ReadonlySet<string> = new Set(["nameDetails", "lastMessage", "origin", "usage", "historyDropped"]);

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const wireName = (column: string): string => NAMES[column] ?? snakeCase(column);

const renamed = (value: unknown, rename: (name: string) => string): unknown =>
  isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, entry]) => [rename(name), entry])) : value;

export function recordFormat<Row extends object>(type: string, fields: Fields<Row>): RecordFormat<Row> {
  const columns = Object.keys(fields) as (keyof Row & string)[];
  const names = columns.map((column) => [column, wireName(column)] as const);
  const schema = z.object(
    Object.fromEntries(
      names.map(([column, name]) => {
        const read = (value: unknown) => (OUR_OBJECTS.has(column) ? renamed(value, camelCase) : value);
        return [name, z.preprocess(read, fields[column])];
      }),
    ),
  );
  return {
    type,
    names: new Set(names.map(([, name]) => name)),
    write(row) {
      const line: Record<string, unknown> = { type };
      for (const [column, name] of names) {
        if (row[column] !== null) line[name] = OUR_OBJECTS.has(column) ? renamed(row[column], snakeCase) : row[column];
      }
      return JSON.stringify(line);
    },
    read(line) {
      const read = schema.safeParse(line);
      if (!read.success) return { ok: false, problem: problemOf(read.error) };
      const values: Record<string, unknown> = read.data;
      return { ok: true, row: Object.fromEntries(names.map(([column, name]) => [column, values[name]])) as Row };
    },
  };
}

/** The first thing that is wrong and its place, but never a value. */
function problemOf(error: z.ZodError): string {
  const [issue] = error.issues;
  const place = issue?.path.join(".") ?? "";
  return `${place === "" ? "the line" : place}: ${issue?.message ?? "is not as it should be"}`;
}
