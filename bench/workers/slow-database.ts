/*
 * A D1 that is far away. It stands alone, so that it can be put before a Worker that is bundled already, of any checkout.
 */

/** Statements as the database knows them, by those that it handed out. */
const inners = new WeakMap<object, D1PreparedStatement>();

/** Each call waits so long before it is sent. One environment is made for each: the product keeps its configuration by it. */
export function slowEnvironment(delayMs: number): <E extends { DB: D1Database }>(env: E) => E {
  const environments = new WeakMap<object, object>();
  return <E extends { DB: D1Database }>(env: E): E => {
    const known = environments.get(env) ?? { ...env, DB: slowDatabase(env.DB, delayMs) };
    environments.set(env, known);
    return known as E;
  };
}

function slowDatabase(db: D1Database, delayMs: number): D1Database {
  const late = <T>(send: () => Promise<T>): Promise<T> =>
    new Promise((resolve) => setTimeout(resolve, delayMs)).then(send);
  const statement = (inner: D1PreparedStatement): D1PreparedStatement => {
    const slow = {
      bind: (...values: unknown[]) => statement(inner.bind(...values)),
      first: (column: string) => late(() => (column === undefined ? inner.first() : inner.first(column))),
      all: () => late(() => inner.all()),
      run: () => late(() => inner.run()),
      raw: (options: { columnNames: true }) => late(() => inner.raw(options)),
    };
    inners.set(slow, inner);
    return slow as unknown as D1PreparedStatement;
  };
  const slow = {
    prepare: (sql: string) => statement(db.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) => late(() => db.batch(statements.map((one) => inners.get(one) ?? one))),
    exec: (sql: string) => late(() => db.exec(sql)),
    withSession: () => slow,
  };
  return slow as unknown as D1Database;
}
