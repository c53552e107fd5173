import { describe, expect, it } from "vitest";
import { noLinks } from "../../../../ui/markdown/lexer.ts";
import { type Block, type Inline, readBlocks } from "../../../../ui/markdown/read-block.ts";

const read = (text: string): Block[] => readBlocks(text, noLinks());
/** What one paragraph says. */
function line(text: string): Inline[] {
  const [block] = read(text);
  if (block?.kind !== "paragraph") throw new Error(`not a paragraph: ${JSON.stringify(block)}`);
  return block.of;
}

describe("what a text of Markdown becomes", () => {
  it("has headings below those of the page", () => {
    const levels = ["# a", "## a", "### a", "###### a"].map((text) => read(text)[0]);
    expect(levels.map((block) => block?.kind === "heading" && block.level)).toEqual([4, 5, 6, 6]);
  });

  it("keeps lists with their numbers, their tasks and what stands in them", () => {
    expect(read("3. a\n4. b")).toEqual([
      {
        kind: "list",
        start: 3,
        items: [
          { isDone: null, of: [{ kind: "line", of: ["a"] }] },
          { isDone: null, of: [{ kind: "line", of: ["b"] }] },
        ],
      },
    ]);
    expect(read("- [x] done\n- [ ] open")).toMatchObject([
      { start: null, items: [{ isDone: true }, { isDone: false }] },
    ]);
    expect(read("- a\n  - b")).toMatchObject([{ items: [{ of: [{ kind: "line" }, { kind: "list" }] }] }]);
  });

  it("keeps tables with their sides, and the breaks in their cells", () => {
    expect(read("| a | b |\n| :- | -: |\n| x<br>y | **z** |")).toEqual([
      {
        kind: "table",
        head: [
          { align: "start", of: ["a"] },
          { align: "end", of: ["b"] },
        ],
        rows: [
          [
            { align: "start", of: ["x", { kind: "break" }, "y"] },
            { align: "end", of: [{ kind: "strong", of: ["z"] }] },
          ],
        ],
      },
    ]);
  });

  it("keeps code letter for letter, with the first word behind its fence", () => {
    expect(read("```ts title=x\na &amp; <b>\n```")).toEqual([{ kind: "code", text: "a &amp; <b>", language: "ts" }]);
    expect(read("```\nopen")).toEqual([{ kind: "code", text: "open", language: null }]);
    expect(read('```"><script>\nx\n```')).toEqual([{ kind: "code", text: "x", language: null }]);
    expect(line("`<b>&amp;`")).toEqual([{ kind: "code", text: "<b>&amp;" }]);
  });

  it("reads character references once, and as text", () => {
    expect(line("a &amp;lt; &#60;b&#62; &nbsp;&unknown; &#0;").join("")).toBe("a &lt; <b> \u00a0&unknown; \ufffd");
  });

  it("has HTML as the text that it is", () => {
    expect(read("<div onclick=alert(1)>x</div>")).toEqual([{ kind: "plain", text: "<div onclick=alert(1)>x</div>" }]);
    expect(line("a <img src=x onerror=alert(1)> b").join("")).toBe("a <img src=x onerror=alert(1)> b");
    expect(line("a <!-- hidden --> b").join("")).toBe("a <!-- hidden --> b");
  });

  it("says about with one tilde, and strikes out with two", () => {
    expect(line("~5 to ~10~")).toEqual(["~5 to ~10~"]);
    expect(line("~~gone~~")).toEqual([{ kind: "del", of: ["gone"] }]);
  });

  it("follows links by a name to where the text says what it is", () => {
    expect(read("[docs][d]\n\n[d]: https://example.com/docs")).toEqual([
      {
        kind: "paragraph",
        of: [{ kind: "link", href: "https://example.com/docs", host: "example.com", of: ["docs"] }],
      },
    ]);
  });

  it("makes links of images, and no link in a link", () => {
    expect(line("![chart](https://example.com/c.png)")).toEqual([
      { kind: "link", href: "https://example.com/c.png", host: "example.com", of: ["chart"] },
    ]);
    expect(line("[![chart](https://evil.example/c.png)](https://example.com/)")).toEqual([
      {
        kind: "link",
        href: "https://example.com/",
        host: "example.com",
        of: [{ kind: "target", target: "https://evil.example/c.png", of: ["chart"] }],
      },
    ]);
  });

  it("shows what a link would have led to, where that may not be", () => {
    expect(line("[a](javascript:alert(1))")).toEqual([{ kind: "target", target: "javascript:alert(1)", of: ["a"] }]);
  });

  // Each of these holds marked up for seconds, or ends its stack.
  it.each([
    ["quotes in quotes", "> ".repeat(20_000)],
    ["lists in lists", "1. ".repeat(20_000)],
    ["lists in steps", Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth * 2)}- a\n`).join("")],
    ["emphasis in emphasis", `${"*a **a ".repeat(3000)}${"** *".repeat(3000)}`],
    ["emphasis that does not end", "_a*".repeat(15_000)],
    ["brackets in brackets", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
    ["brackets alone", "[".repeat(1_000_000)],
  ])("reads %s without holding the page up", (_, text) => {
    const startedAt = performance.now();
    const blocks = read(text);
    // Ten times of what it takes; seconds are what this is about.
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(blocks.length).toBeGreaterThan(0);
  });
});
