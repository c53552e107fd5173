export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

/**
 * The merge patch that makes `after` of `before`. Null where none does: null takes a key away there, so an object that is to hold
 * a null must be sent whole.
 */
export function mergePatchOf(before: JsonObject, after: JsonObject): JsonObject | null {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  const patch: JsonObject = Object.fromEntries(gone.map((key) => [key, null]));
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isSame(old, value)) continue;
    const made = isObject(value) ? mergePatchOf(isObject(old) ? old : {}, value) : value;
    if (made === null || made === undefined) return null;
    setKey(patch, key, made);
  }
  return patch;
}

/** Whether both are the same JSON. The order of keys says nothing. */
export const isSame = (one: Json | undefined, other: Json | undefined): boolean =>
  one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((one) => sorted(one) ?? null);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A key named `__proto__` is one like any other. */
const setKey = (object: JsonObject, key: string, value: Json) =>
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
