import { describe, expect, it } from "vitest";
import { jsonIn } from "../../../src/lib/lenient-json.ts";

const read = (text: string) => [...jsonIn(text)][0];

describe("JSON in what a model wrote", () => {
  it.each<[string, string, unknown]>([
    ["is what JSON.parse reads", JSON.stringify({ a: 'x\n"y"\\ü', b: [1, 2.5, null, { c: [] }], d: "" }), undefined],
    ["stands among words", 'Sure! {"a": "b"} I hope this helps {}.', { a: "b" }],
    ["stands in a fence", '```json\n{"a": "b"}\n```', { a: "b" }],
    ["is a list behind a colon", 'Options:\n["a", "b"]', ["a", "b"]],
    ["breaks lines in a string", '{"a": "one\ntwo"}', { a: "one\ntwo" }],
    ["has quotes of other kinds", "{'a': 'it's', “b”: “c”}", { a: "it's", b: "c" }],
    ["has keys without quotes", "{a: some words, b: 1}", { a: "some words", b: 1 }],
    ["has quotes in a string that nothing escapes", '{"a": "the "best" plan"}', { a: 'the "best" plan' }],
    ["has commas too many", '{"a": ["b",,"c",],}', { a: ["b", "c"] }],
    ["has escapes of code units", '{"a": "\\u0057eekly\\u002d"}', { a: "Weekly-" }],
    ["is cut in a string", '{"a": "half of', { a: "half of" }],
    ["is cut in a list, whose last item is none", '{"a": ["one", "tw', { a: ["one"] }],
    ["is cut in a key", '{"a": "b", "c', { a: "b" }],
    ["is cut behind a colon", '{"a":', { a: null }],
    ["is an object of nothing", '{"', {}],
  ])("%s", (_how, text, value) => {
    expect(read(text)).toEqual(value ?? JSON.parse(text));
  });

  it("is none where words only look like it", () => {
    for (const text of [
      "",
      "{",
      "Use dict {key: value}",
      "[1, 2] vs (1, 2)",
      "[Bug] Login",
      "{} vs []",
      "{title}",
      "f(x)",
    ]) {
      expect([text, read(text)]).toEqual([text, undefined]);
    }
  });

  it("is told object by object, so that the first that says what is looked for can be taken", () => {
    expect([...jsonIn('{"a": 1} and {"b": {"c": 2}}')]).toEqual([{ a: 1 }, { b: { c: 2 } }, { c: 2 }]);
  });

  it("is read to a bounded depth, and from a bounded number of places", () => {
    const depths = [...jsonIn('{"a":'.repeat(10_000))].map((value) => JSON.stringify(value).split("{").length);
    expect(Math.max(...depths)).toBeLessThan(16);
    expect(depths).toHaveLength(32);
    expect(read("[[".repeat(10_000))).toBeDefined();
  });
});
