import { count } from "./count-log.ts";

/** The sessions of the objects. An object that its alarm wakes does not know its name. */
const names = new Map<string, string>();

/** The session's id, by the object's. */
export function sessionOf({ id }: DurableObjectState): string {
  const key = id.toString();
  if (id.name !== undefined) names.set(key, id.name);
  return names.get(key) ?? "";
}

/**
 * Counts what is written to the object's storage. It changes the state that it is given, because the platform makes an
 * object only from a state of its own.
 */
export function countedState(state: DurableObjectState): DurableObjectState {
  const { storage } = state;
  const object = sessionOf(state);
  const sql = over(storage.sql, {
    exec: (query: string, ...params: unknown[]) => {
      const cursor = storage.sql.exec(query, ...params);
      const rows = cursor.toArray();
      count({ kind: "object", object, sql: query, rowsWritten: cursor.rowsWritten });
      return { toArray: () => rows, [Symbol.iterator]: () => rows[Symbol.iterator]() };
    },
  });
  // What is kept under a key is a row, too.
  const kv = over(storage.kv, {
    put: (key: string, value: unknown) => {
      count({ kind: "object", object, sql: `put ${key}`, rowsWritten: 1 });
      storage.kv.put(key, value);
    },
    delete: (key: string) => {
      const wasThere = storage.kv.delete(key);
      count({ kind: "object", object, sql: `delete ${key}`, rowsWritten: wasThere ? 1 : 0 });
      return wasThere;
    },
  });
  const setAlarm = (at: number | Date) => {
    count({ kind: "alarm", object });
    return storage.setAlarm(at);
  };
  const deleteAlarm = () => {
    count({ kind: "unset_alarm", object });
    return storage.deleteAlarm();
  };
  const deleteAll = () => {
    count({ kind: "emptied", object });
    return storage.deleteAll();
  };
  Object.defineProperty(state, "storage", {
    value: over(storage, { sql, kv, setAlarm, deleteAlarm, deleteAll }),
  });
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
