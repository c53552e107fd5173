import { count } from "./count-log.ts";

/**
 * Counts what is written to the object's storage. It changes the state that it is given, because the platform makes an
 * object only from a state of its own.
 */
export function countedState(state: DurableObjectState): DurableObjectState {
  const { storage } = state;
  const sql = over(storage.sql, {
    exec: (query: string, ...params: unknown[]) => {
      const cursor = storage.sql.exec(query, ...params);
      const rows = cursor.toArray();
      count({ kind: "object", sql: query, params, rowsWritten: cursor.rowsWritten });
      return { toArray: () => rows, [Symbol.iterator]: () => rows[Symbol.iterator]() };
    },
  });
  const setAlarm = (at: number | Date) => {
    count({ kind: "alarm" });
    return storage.setAlarm(at);
  };
  Object.defineProperty(state, "storage", { value: over(storage, { sql, setAlarm }) });
  return state;
}

/** The platform's object with some members replaced. Its own methods still run on itself, because they refuse a proxy. */
function over<T extends object>(inner: T, members: object): T {
  return new Proxy(inner, {
    get(target, name) {
      if (name in members) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
