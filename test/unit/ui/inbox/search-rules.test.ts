import { describe, expect, it } from "vitest";
import { pieces } from "../../../../ui/inbox/search-rules.ts";

const shown = (...of: Parameters<typeof pieces>) =>
  pieces(...of).map(({ text, isFound }) => (isFound ? `[${text}]` : text));

describe("a text with what was found in it", () => {
  it("is cut at the places, and loses nothing", () => {
    expect(
      shown("Kyoto in May", [
        [0, 5],
        [9, 12],
      ]),
    ).toEqual(["[Kyoto]", " in ", "[May]"]);
    expect(shown("plain")).toEqual(["plain"]);
    expect(shown("", [])).toEqual([]);
  });

  it("marks nothing at places that are not in it, or in one another", () => {
    expect(shown("abc", [[1, 9]])).toEqual(["abc"]);
    expect(
      shown("abcdef", [
        [0, 4],
        [2, 5],
      ]),
    ).toEqual(["[abcd]", "ef"]);
    expect(shown("abc", [[2, 1]])).toEqual(["ab", "c"]);
  });
});
