import { describe, expect, it } from "vitest";
import { mergePatch } from "../../../src/domain/json.ts";

describe("a merge patch", () => {
  // The examples of RFC 7396, appendix A, in its order.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', "{}"],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', "null", "null"],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ["[1,2]", '{"a":"b","c":null}', '{"a":"b"}'],
    ["{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])("of %s with %s is %s", (target, patch, result) => {
    expect(JSON.stringify(mergePatch(JSON.parse(target), JSON.parse(patch)))).toBe(result);
  });

  it.each([
    ['{"a":1}', '{"__proto__":{"b":2}}', '{"a":1,"__proto__":{"b":2}}'],
    ['{"__proto__":{"a":1,"b":1}}', '{"__proto__":{"a":null}}', '{"__proto__":{"b":1}}'],
    ["{}", '{"constructor":{"prototype":{"x":1}},"toString":null}', '{"constructor":{"prototype":{"x":1}}}'],
  ])("takes any name for one of a member: %s with %s is %s", (target, patch, result) => {
    expect(JSON.stringify(mergePatch(JSON.parse(target), JSON.parse(patch)))).toBe(result);
    expect({}).not.toHaveProperty("b");
    expect({}).not.toHaveProperty("x");
  });

  it("changes neither the target nor the patch", () => {
    const [target, patch] = [{ a: { b: 1 } }, { a: { c: 2, b: null } }];
    expect(mergePatch(target, patch)).toEqual({ a: { c: 2 } });
    expect([target, patch]).toEqual([{ a: { b: 1 } }, { a: { c: 2, b: null } }]);
  });
});
