import { describe, expect, it } from "vitest";
import { snippet } from "../../src/derived/snippet.ts";
import { searchQuery } from "../../src/lib/search-query.ts";
import { searchWords } from "../../src/lib/search-words.ts";

const query = searchQuery("needle") ?? { terms: [] };
const KB = 1024;

describe("a snippet", () => {
  it.each([
    ["plain words", "lorem ipsum dolor "],
    ["accents", "déjà vu à Zoë "],
    ["no spaces", "明日は京都へ行きます。"],
    ["no words", "— … "],
  ])("of a long text costs less than that text cost the index: %s", (_, part) => {
    const text = `${part.repeat((128 * KB) / part.length)} the needle`;
    const time = (work: () => unknown) => {
      const times = Array.from({ length: 5 }, () => {
        const from = performance.now();
        work();
        return performance.now() - from;
      });
      return Math.min(...times);
    };
    expect(snippet(text, query).highlights).toHaveLength(1);
    expect(time(() => snippet(text, query))).toBeLessThan(2 * time(() => searchWords(text)) + 5);
  });

  it("takes no grapheme apart, at either end", () => {
    const family = "👩‍👩‍👧‍👦";
    const { text } = snippet(`${family.repeat(30)} needle ${family.repeat(30)}`, query);
    expect(text.length).toBeLessThanOrEqual(200);
    expect(text.replaceAll(family, "")).toBe("… needle …");
  });
});
