import { Column, type DriverValueDecoder, is, Placeholder, type Query, SQL } from "drizzle-orm";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";

// Statements that every run writes, and queries that every app asks. Drizzle makes the text of a statement out of hundreds of small pieces, which takes longer than
// all else that is done to write or to read. So the text of these is made once, and then only bound.

type Bound = string | number;
/** What D1 binds. A null is part of the text. */
export type Value = Bound | null;

/** The values of a statement: what D1 binds, in lists and records. */
type Values<Given> = Given extends Value | undefined
  ? Given
  : Given extends object
    ? { [Name in keyof Given]: Values<Given[Name]> }
    : never;

/** Values as the text is made of them: in the place of each is what will be bound there. */
export type Placed<Given> = Given extends string | number
  ? Given | Placeholder
  : Given extends null | undefined
    ? Given
    : { [Name in keyof Given]: Placed<Given[Name]> };

/** The part of Drizzle's builders that is used. */
interface Built {
  toSQL(): Query;
}

interface Text {
  sql: string;
  /** What is bound, in order: one of the values by its number, or what is the same each time. */
  params: ({ nth: number } | { always: unknown })[];
}

/** How many texts one template keeps. Rows differ in which columns are null, and lists in how many rows they are. */
const MAX_TEXTS = 32;

/**
 * A statement whose text is made once for each shape of its values: which of them are null, and how many rows are in a list. `build`
 * may look at nothing else of a value: it is handed placeholders. A text belongs to no database and no request.
 */
export class Template<Given extends { [Name in keyof Given]: Values<Given[Name]> }> {
  readonly build: (db: Database, placed: Placed<Given>) => Built;
  readonly #texts = new Texts<Text>();

  constructor(build: (db: Database, placed: Placed<Given>) => Built) {
    this.build = build;
  }

  /** The statement with these values, for a batch. */
  bind(db: Database, given: Given): Statement {
    const values: Bound[] = [];
    const shape = shapeOf(given, values);
    const text = this.#texts.get(shape, () => textOf(this.build(db, withPlaceholders(given))));
    return new BoundStatement(db, boundQuery(text, values));
  }
}

/** A query of Drizzle's, whose rows have no objects in them. */
interface Selected extends Built {
  readonly _: {
    readonly dialect: "sqlite";
    readonly result: unknown;
    readonly selectedFields: Record<string, unknown>;
  };
}

interface ReadText extends Text {
  fields: { field: string; column: string; decoder: DriverValueDecoder<unknown, unknown> }[];
}

/** A query with its values, for a batch. */
export interface BoundRead<Rows> {
  readonly _: { readonly dialect: "sqlite"; readonly result: Rows };
}

/**
 * A query whose text is made once for each shape of its values and each `form`, which is what else the text hangs on. `build` is
 * handed placeholders for the values, so it may only pass them on to Drizzle. Each column needs a name of its own.
 */
export class ReadTemplate<Given extends object, Form, Select extends Selected> {
  readonly build: (db: Database, placed: Given, form: Form) => Select;
  readonly #texts = new Texts<ReadText>();

  constructor(build: (db: Database, placed: Given, form: Form) => Select) {
    this.build = build;
  }

  bind(db: Database, given: Given, form: Form): BoundRead<Select["_"]["result"]> {
    const values: Bound[] = [];
    const key = `${shapeOf(given, values)} ${JSON.stringify(form)}`;
    const text = this.#texts.get(key, () => {
      const built = this.build(db, withPlaceholders(given) as Given, form);
      return { ...textOf(built), fields: fieldsOf(built) };
    });
    return new BoundStatement(db, boundQuery(text, values), (result) => rowsOf(text, result)) as BoundRead<
      Select["_"]["result"]
    >;
  }
}

function fieldsOf({ _ }: Selected): ReadText["fields"] {
  const fields = Object.entries(_.selectedFields).map(([field, value]) => {
    if (is(value, Column)) return { field, column: value.name, decoder: value };
    // Of a text of SQL Drizzle hides the decoder from types.
    if (is(value, SQL.Aliased)) return { field, column: value.fieldAlias, decoder: decoderOf(value.sql) };
    throw new Error(`The column of "${field}" has no name.`);
  });
  if (new Set(fields.map(({ column }) => column)).size < fields.length) throw new Error("Two columns have one name.");
  return fields;
}

const decoderOf = (text: SQL) => (text as unknown as { decoder: DriverValueDecoder<unknown, unknown> }).decoder;

function rowsOf({ fields }: ReadText, result: unknown): unknown[] {
  return (result as D1Result<Record<string, unknown>>).results.map((row) => {
    const read: Record<string, unknown> = {};
    for (const { field, column, decoder } of fields) {
      const value = row[column];
      read[field] = value === null ? null : decoder.mapFromDriverValue(value);
    }
    return read;
  });
}

/** The texts of a template. The oldest goes when there are too many. */
class Texts<One extends Text> {
  readonly #texts = new Map<string, One>();

  get(key: string, make: () => One): One {
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = make();
    const oldest = this.#texts.keys().next();
    if (this.#texts.size >= MAX_TEXTS && !oldest.done) this.#texts.delete(oldest.value);
    this.#texts.set(key, text);
    return text;
  }
}

function textOf(built: Built): Text {
  const { sql, params } = built.toSQL();
  return {
    sql,
    params: params.map((one) => (is(one, Placeholder) ? { nth: Number(one.name) } : { always: one })),
  };
}

const boundQuery = ({ sql, params }: Text, values: readonly Bound[]): Query => ({
  sql,
  params: params.map((one) => ("nth" in one ? values[one.nth] : one.always)),
});

/** Adds the values that are not null to `values`, in order; tells all else of what is given. */
function shapeOf(given: unknown, values: Bound[]): string {
  if (given === null) return "0";
  if (given === undefined) return "-";
  if (typeof given !== "object") {
    values.push(given as Bound);
    return "?";
  }
  let shape = "";
  if (Array.isArray(given)) {
    for (const one of given) shape += shapeOf(one, values);
    return `[${shape}]`;
  }
  for (const [name, one] of Object.entries(given)) shape += `${name}${shapeOf(one, values)}`;
  return `{${shape}}`;
}

/** The same with a placeholder for each value that is not null. Its name is the value's number. */
function withPlaceholders<Given>(given: Given): Placed<Given> {
  let nth = 0;
  const placed = (one: unknown): unknown => {
    if (one === null || one === undefined) return one;
    if (typeof one !== "object") return new Placeholder(String(nth++));
    return Array.isArray(one)
      ? one.map(placed)
      : Object.fromEntries(Object.entries(one).map(([name, value]) => [name, placed(value)]));
  };
  return placed(given) as Placed<Given>;
}

/** A statement as Drizzle's batch takes one. */
class BoundStatement implements Statement {
  declare readonly _: Statement["_"];
  readonly #db: Database;
  readonly #query: Query;
  readonly #mapResult: (result: unknown) => unknown;

  constructor(db: Database, query: Query, mapResult: (result: unknown) => unknown = (result) => result) {
    this.#db = db;
    this.#query = query;
    this.#mapResult = mapResult;
  }

  toSQL(): Query {
    return this.#query;
  }

  _prepare() {
    const query = this.#query;
    return {
      stmt: this.#db.$client.prepare(query.sql),
      getQuery: () => query,
      mapResult: this.#mapResult,
    };
  }
}
