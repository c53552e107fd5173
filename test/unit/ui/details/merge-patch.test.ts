import fc from "fast-check";
import { expect, test } from "vitest";
import { isObject, isSame, type Json, type JsonObject, mergePatchOf } from "../../../../ui/details/merge-patch.ts";

/** RFC 7396, as it is written there. */
function merged(target: Json | undefined, patch: Json | undefined): Json | undefined {
  if (!isObject(patch)) return patch;
  const made = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) made.delete(key);
    else made.set(key, merged(made.get(key), value));
  }
  return Object.fromEntries(made);
}

test("the patch says what was changed, added and taken away, and nothing else", () => {
  const before = { step: "pay", cart: { a: 1, b: 2 }, list: [1, 2], same: { x: null } };
  const after = { step: "done", cart: { b: 2, c: 3 }, list: [1], same: { x: null } };
  expect(mergePatchOf(before, after)).toEqual({ step: "done", cart: { a: null, c: 3 }, list: [1] });
  expect(mergePatchOf(before, { ...before })).toEqual({});
});

test("an object that is to hold a null cannot be said as a patch", () => {
  expect(mergePatchOf({}, { a: null })).toBeNull();
  expect(mergePatchOf({ a: 1 }, { a: { b: null } })).toBeNull();
  expect(mergePatchOf({}, { a: [null] })).toEqual({ a: [null] });
});

test("a key named __proto__ is one like any other", () => {
  const patch = mergePatchOf({}, JSON.parse('{"__proto__":{"x":1}}') as JsonObject);
  expect(JSON.stringify(patch)).toBe('{"__proto__":{"x":1}}');
});

test("whatever is typed, the server makes of the patch what was typed", () => {
  const object = fc.dictionary(fc.string({ maxLength: 2 }), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(object, object, (one, other) => {
      const [before, after] = [one as JsonObject, { ...one, ...other } as JsonObject];
      for (const [from, to] of [
        [before, after],
        [after, before],
      ] as const) {
        const patch = mergePatchOf(from, to);
        if (patch !== null) expect(isSame(merged(from, patch), to)).toBe(true);
      }
    }),
  );
});
