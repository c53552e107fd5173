import { describe, expect, it } from "vitest";
import { snippet } from "../../../../src/api/search/snippet.ts";
import { searchQuery } from "../../../../src/lib/search-query.ts";

const query = searchQuery("needle") ?? { terms: [] };
const KB = 1024;

describe("a snippet", () => {
  it.each([
    ["plain words", "lorem ipsum dolor "],
    ["accents", "déjà vu à Zoë "],
    ["no spaces", "明日は京都へ行きます。"],
    ["no words", "— … "],
  ])("finds its place far into a long text: %s", (_, part) => {
    const { text, highlights } = snippet(`${part.repeat((128 * KB) / part.length)} the needle`, query);
    expect(highlights.map(([from, to]) => text.slice(from, to))).toEqual(["needle"]);
  });

  it("takes no grapheme apart, at either end", () => {
    const family = "👩‍👩‍👧‍👦";
    const { text } = snippet(`${family.repeat(30)} needle ${family.repeat(30)}`, query);
    expect(text.length).toBeLessThanOrEqual(200);
    expect(text.replaceAll(family, "")).toBe("… needle …");
  });
});
