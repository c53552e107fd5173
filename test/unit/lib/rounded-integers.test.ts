import { describe, expect, it, vi } from "vitest";
import { roundedIntegers } from "../../../src/lib/rounded-integers.ts";

const BIG = "9007199254740993";
const placesOf = (text: string) => [...roundedIntegers(text)].map(({ path, source }) => [path.join("/"), source]);

describe("an integer of a JSON text", () => {
  it.each([
    [BIG],
    [`-${BIG}`],
    ["12345678901234567890"],
    ["1152921504606846976"],
    ["1180591620717411303424"],
    [`1${"0".repeat(400)}`],
  ])("is found where it would not come back as it was written: %s", (source) => {
    expect(placesOf(source)).toEqual([["", source]]);
    expect(placesOf(`{"a":[${source}]}`)).toEqual([["a/0", source]]);
  });

  it.each([
    ["9007199254740991"],
    ["9007199254740992"],
    ["-9007199254740992"],
    ["100000000000000000000"],
    ["123456789012345670000"],
    ["9007199254740993.0"],
    ["9007199254740993e0"],
    ["0.12345678901234567890"],
    ["1e20"],
    [`"${BIG}"`],
    [`"a\\\\\\"${BIG}"`],
  ])("is none that comes back, nor a fraction, nor text: %s", (source) => {
    expect(placesOf(`{"a":[${source}]}`)).toEqual([]);
  });

  it("that the server itself writes is none: what it answers can be sent back", () => {
    const values = [1e20, 2 ** 60, 1.2345678901234567e20, -(2 ** 53) - 2, Number.MAX_VALUE, 1e21];
    expect(placesOf(JSON.stringify(values))).toEqual([]);
  });

  it("is named by its place, whatever stands before it", () => {
    const text = `{"s": "{[,:", "list" : [ 1, {"x":{}}, [[], ${BIG}]], "q\\"\\u00e9": {"a b":-${BIG} }, "t":[{"n":1,"m":${BIG}},${BIG}]}`;
    JSON.parse(text);
    expect(placesOf(text)).toEqual([
      ["list/2/1", BIG],
      ['q"é/a b', `-${BIG}`],
      ["t/0/m", BIG],
      ["t/1", BIG],
    ]);
  });

  it("below many names has each of them read once, however many integers stand there", () => {
    const names = 50;
    const text = `${'{"a":'.repeat(names)}[${`${BIG},`.repeat(100)}1]${"}".repeat(names)}`;
    const parse = vi.spyOn(JSON, "parse");
    expect(placesOf(text)).toHaveLength(100);
    expect(parse).toHaveBeenCalledTimes(names);
    parse.mockRestore();
  });
});
