import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GrowingText, type RawBlock } from "../../../../ui/markdown/growing-text.ts";
import { readBlocks } from "../../../../ui/markdown/read-block.ts";

const blocksOf = ({ pages }: GrowingText): RawBlock[] => pages.flat();
const shown = (growing: GrowingText): object[] =>
  blocksOf(growing).flatMap<object>(({ raw, isPlain, links }) =>
    isPlain ? [{ kind: "plain", text: raw.trimEnd() }] : readBlocks(raw, links),
  );

/** Reads a text to its end, as a page does frame by frame. */
function readAll(text: string, growing = new GrowingText()): GrowingText {
  for (let frames = 0; !growing.grow(text, false); frames += 1) if (frames > 1000) throw new Error("It never ends.");
  return growing;
}

const PIECES = [
  "a",
  " b",
  "\n",
  "\n\n",
  "- ",
  "1. ",
  "> ",
  "# ",
  "```\n",
  "**",
  "_",
  "`",
  "| a | b |\n",
  "|---|---|\n",
  "    ",
  "===\n",
  "---\n",
  "<div>\n",
  "</div>\n",
  "[x]",
  "(https://example.com)",
  "[x]: https://example.com\n",
  "\r\n",
  "\\",
];
const madeOf = (pieces: readonly string[]) =>
  fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((made) => made.join(""));

describe("a text that grows", () => {
  it("ends as the same text that came at once, whatever came first", () => {
    fc.assert(
      fc.property(madeOf(PIECES), fc.array(fc.nat(200), { maxLength: 12 }), (whole, cuts) => {
        const growing = new GrowingText();
        for (const cut of cuts.sort((one, other) => one - other)) growing.grow(whole.slice(0, cut), true);
        growing.grow(whole, false);
        expect(shown(growing)).toEqual(shown(readAll(whole)));
      }),
    );
  });

  it("shows each character that it was given while it is open", () => {
    fc.assert(
      fc.property(madeOf(PIECES.filter((piece) => !piece.includes("]:"))), (whole) => {
        const growing = new GrowingText();
        for (let end = 1; end <= whole.length; end += 7) growing.grow(whole.slice(0, end), true);
        growing.grow(whole, true);
        const letters = (of: string) => [...of].filter((letter) => letter === "a" || letter === "b").length;
        const read = blocksOf(growing)
          .map(({ raw }) => raw)
          .join("");
        expect(letters(read) + letters(growing.rest)).toBe(letters(whole));
      }),
    );
  });

  it("keeps the blocks that do not change, and the groups that they are in", () => {
    const growing = new GrowingText();
    const before = Array.from({ length: 100 }, (_, nth) => `Paragraph ${nth}.\n\n`).join("");
    growing.grow(before, true);
    const [pages, blocks] = [growing.pages, blocksOf(growing)];
    growing.grow(`${before}One more`, true);
    expect(
      blocksOf(growing)
        .slice(0, 100)
        .every((block, nth) => block === blocks[nth]),
    ).toBe(true);
    expect(growing.pages.slice(0, -1).every((page, nth) => page === pages[nth])).toBe(true);
    expect(growing.pages.at(-1)).not.toBe(pages.at(-1));
  });

  it("keeps all blocks where the whole is looked at once more in the end", () => {
    const growing = new GrowingText();
    growing.grow("a\n\n- b\n- c\n\nd", true);
    const blocks = blocksOf(growing);
    growing.grow("a\n\n- b\n- c\n\nd", false);
    expect(blocksOf(growing).every((block, nth) => block === blocks[nth])).toBe(true);
  });

  it("knows a target that comes below the links to it", () => {
    const growing = new GrowingText();
    growing.grow("See [docs].\n\nMore", true);
    growing.grow("See [docs].\n\nMore\n\n[docs]: https://example.com/d\n", true);
    expect(shown(growing)).toMatchObject([{ of: ["See ", { kind: "link", href: "https://example.com/d" }, "."] }, {}]);
  });

  it("begins again with a text that does not go on", () => {
    const growing = new GrowingText();
    growing.grow("one\n\ntwo", true);
    growing.grow("other", false);
    expect(shown(growing)).toEqual([{ kind: "paragraph", of: ["other"] }]);
  });

  it("reads a long text in steps, and a block that is too long not at all", () => {
    const growing = new GrowingText();
    expect(growing.grow("word ".repeat(10_000), false)).toBe(false);
    readAll("[".repeat(200_000), growing);
    const blocks = blocksOf(growing);
    expect(blocks.map(({ raw }) => raw).join("")).toBe("[".repeat(200_000));
    expect(blocks.filter(({ isPlain }) => isPlain).length).toBeGreaterThan(15);
  });

  it.each([
    ["letters", "[".repeat(1_000_000)],
    ["lines", "a\n\n".repeat(300_000)],
    ["items", "-\n".repeat(500_000)],
    ["cells", `|a|b|\n|-|-|\n${"|a|b|\n".repeat(150_000)}`],
  ])("stops in a text of 1 MB of %s until it is asked for more", (_, whole) => {
    const growing = readAll(whole);
    expect(blocksOf(growing).length).toBeLessThan(10_000);
    const { left } = growing;
    expect(left).toBeGreaterThan(0);
    growing.showMore();
    readAll(whole, growing);
    expect(growing.left).toBeLessThan(left);
  });

  it("reads the open end of a long block now and then, and in the end wholly", () => {
    const growing = new GrowingText();
    const list = "- an item that says a little more than others\n".repeat(200);
    growing.grow(list, true);
    expect(blocksOf(growing)).toHaveLength(1);
    growing.grow(`${list}- **more**`, true);
    expect(growing.rest).toBe("- **more**");
    growing.grow(`${list}- **more**`, false);
    expect(growing.rest).toBe("");
    expect(shown(growing)).toHaveLength(1);
  });
});
