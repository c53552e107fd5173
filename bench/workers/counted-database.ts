import { type CountedStatement, count } from "./count-log.ts";

/** The part of D1 that Drizzle uses. It counts what is asked of it. */
export class CountedDatabase {
  readonly #db: D1Database;

  constructor(db: D1Database) {
    this.#db = db;
  }

  prepare(sql: string): Prepared {
    return new Prepared(this.#db.prepare(sql), sql, []);
  }

  async batch(statements: Prepared[]): Promise<D1Result[]> {
    const results = await this.#db.batch(statements.map(({ inner }) => inner));
    count({ kind: "d1", statements: statements.flatMap((statement, nth) => counted(statement, results[nth])) });
    return results;
  }
}

class Prepared {
  readonly inner: D1PreparedStatement;
  readonly sql: string;
  readonly params: unknown[];

  constructor(inner: D1PreparedStatement, sql: string, params: unknown[]) {
    this.inner = inner;
    this.sql = sql;
    this.params = params;
  }

  bind(...params: unknown[]): Prepared {
    return new Prepared(this.inner.bind(...params), this.sql, params);
  }

  async all(): Promise<D1Result> {
    return this.#counted(await this.inner.all());
  }

  async run(): Promise<D1Result> {
    return this.#counted(await this.inner.run());
  }

  async raw(): Promise<unknown[]> {
    const rows = await this.inner.raw();
    // `raw` returns rows without D1's counts. Drizzle uses it for reads only, so the statement can be run once more to get
    // them.
    if (!/^\s*(select|with)\b/i.test(this.sql)) throw new Error(`Cannot count: ${this.sql}`);
    this.#counted(await this.inner.all());
    return rows;
  }

  #counted(result: D1Result): D1Result {
    count({ kind: "d1", statements: counted(this, result) });
    return result;
  }
}

function counted({ sql, params }: Prepared, result: D1Result | undefined): CountedStatement[] {
  if (result === undefined) return [];
  const { rows_read, rows_written, changes } = result.meta;
  return [{ sql, params, rowsRead: rows_read, rowsWritten: rows_written, changes }];
}
