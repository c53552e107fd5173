import { is, Placeholder, type Query } from "drizzle-orm";
import type { Statement } from "./commit.ts";
import type { Database } from "./database.ts";

// Statements that every run writes. Drizzle makes the text of a statement out of hundreds of small pieces, which takes longer than
// all else that is done to write it. So the text of these is made once, and then only bound.

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
  readonly #texts = new Map<string, Text>();

  constructor(build: (db: Database, placed: Placed<Given>) => Built) {
    this.build = build;
  }

  /** The statement with these values, for a batch. */
  bind(db: Database, given: Given): Statement {
    const values: Bound[] = [];
    const shape = shapeOf(given, values);
    const { sql, params } = this.#texts.get(shape) ?? this.#make(db, given, shape);
    return new BoundStatement(db, {
      sql,
      params: params.map((one) => ("nth" in one ? values[one.nth] : one.always)),
    });
  }

  #make(db: Database, given: Given, shape: string): Text {
    const { sql, params } = this.build(db, withPlaceholders(given)).toSQL();
    const text = {
      sql,
      params: params.map((one) => (is(one, Placeholder) ? { nth: Number(one.name) } : { always: one })),
    };
    const oldest = this.#texts.keys().next();
    if (this.#texts.size >= MAX_TEXTS && !oldest.done) this.#texts.delete(oldest.value);
    this.#texts.set(shape, text);
    return text;
  }
}

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

  constructor(db: Database, query: Query) {
    this.#db = db;
    this.#query = query;
  }

  toSQL(): Query {
    return this.#query;
  }

  _prepare() {
    const query = this.#query;
    return {
      stmt: this.#db.$client.prepare(query.sql),
      getQuery: () => query,
      mapResult: (result: unknown) => result,
    };
  }
}
