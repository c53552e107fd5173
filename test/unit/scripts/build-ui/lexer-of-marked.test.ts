import { readFileSync } from "node:fs";
import path from "node:path";
import { Lexer } from "marked";
import { describe, expect, it } from "vitest";
import { withLexerOnly } from "../../../../scripts/build-ui/lexer-of-marked.ts";

const SOURCE = readFileSync(path.resolve("node_modules/marked/lib/marked.esm.js"), "utf8");
const TEXT =
  "# A\n\n- one\n- [x] *two*\n\n| a | b |\n| --- | ---: |\n| 1 | `2` |\n\n```ts\nx\n```\n\n> [link](https://example.com)\n";

describe("marked, as the page has it", () => {
  it("reads a text as the whole package does, and exports nothing else", async () => {
    const code = withLexerOnly(SOURCE);
    const only = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(Object.keys(only).sort()).toEqual(["Lexer", "Tokenizer"]);
    expect(JSON.stringify(new only.Lexer().lex(TEXT))).toBe(JSON.stringify(new Lexer().lex(TEXT)));
  });

  it("is refused where it is written otherwise than the build knows", () => {
    expect(() => withLexerOnly("export { Lexer, Tokenizer };")).toThrow("another one than the build knows");
  });
});
