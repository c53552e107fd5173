import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/** What the page takes of marked: how a text is read. It writes no HTML. */
const TAKEN = ["Lexer", "Tokenizer"];

/**
 * Leaves out what marked makes HTML with, 3 KB of 16 gzipped. The package is one file, which makes a whole `Marked` when it is
 * loaded, and no bundler can take away what it does not use.
 */
export const lexerOfMarked: Plugin = {
  name: "lexer-of-marked",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]marked[\\/]lib[\\/]marked\.esm\.js$/ }, async ({ path }) => ({
      contents: withLexerOnly(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};

export function withLexerOnly(source: string): string {
  const [, before, exported] =
    /^([\s\S]*;)var \w+=new \w+;function \w+\(\w,\w\)\{[\s\S]*?export\{([^}]*)\}/.exec(source) ?? [];
  const names = exported?.split(",").filter((one) => TAKEN.includes(one.split(" as ")[1] ?? "")) ?? [];
  if (before === undefined || names.length !== TAKEN.length) {
    throw new Error("marked is another one than the build knows: see scripts/build-ui/lexer-of-marked.ts.");
  }
  return `${before}export{${names.join(",")}};`;
}
