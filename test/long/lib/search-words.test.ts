import { describe, expect, it } from "vitest";
import { searchWords } from "../../../src/lib/search-words.ts";

describe("the words of a text", () => {
  it.each([
    "The quick brown fox, 12 times! ",
    "Crème brûlée ",
    "京都への旅。",
    "น้ำทำไทย",
    "한국어 ",
    "👨‍👩‍👧",
    "a",
    "c+",
    "\u0301",
    "é",
    // If the time grew with the square of the length, a megabyte would take longer than the test's timeout.
  ])("of a megabyte of '%s' are found", (part) => {
    const count = Math.ceil(1_000_000 / part.length);
    expect(searchWords(part.repeat(count)).length).toBeGreaterThanOrEqual(searchWords(part).length);
  });
});
