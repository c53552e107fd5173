import { readFile } from "node:fs/promises";
import { type Plugin, transform } from "esbuild";

/** What the page takes of marked: how a text is read. It writes no HTML. */
const TAKEN = ["Lexer", "Tokenizer"];

/** What the page asks marked for, always: see `ui/markdown/lexer.ts`. Their other values lead to rules that nobody needs. */
const OPTIONS = { gfm: "!0", pedantic: "!1", breaks: "!1", silent: "!1", extensions: "(void 0)", hooks: "(void 0)" };

/**
 * Leaves out what marked makes HTML with, and the rules of other options: 5 KB of 16 gzipped. The package is one file, which makes a whole `Marked` when it is
 * loaded, and no bundler can take away what it does not use.
 */
export const lexerOfMarked: Plugin = {
  name: "lexer-of-marked",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]marked[\\/]lib[\\/]marked\.esm\.js$/ }, async ({ path }) => ({
      contents: await withUsedRules(withLexerOnly(await readFile(path, "utf8"))),
      loader: "js",
    }));
  },
};

/** A rule by itself, as a property of an object. */
const RULE = /(?<=[,{])(\w+):\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+\/[a-z]*,/g;

/** Takes away the rules that nobody asks for, once what is never reached is gone. */
async function withUsedRules(source: string): Promise<string> {
  const { code } = await transform(source, { format: "esm", minify: true, treeShaking: true });
  return code.replace(RULE, (rule, name) => (code.includes(`.${name}`) ? rule : ""));
}

export function withLexerOnly(source: string): string {
  const [, before, exported] =
    /^([\s\S]*;)var \w+=new \w+;function \w+\(\w,\w\)\{[\s\S]*?export\{([^}]*)\}/.exec(source) ?? [];
  const names = exported?.split(",").filter((one) => TAKEN.includes(one.split(" as ")[1] ?? "")) ?? [];
  if (before === undefined || names.length !== TAKEN.length) {
    throw new Error("marked is another one than the build knows: see scripts/build-ui/lexer-of-marked.ts.");
  }
  return `${withOptions(before)}export{${names.join(",")}};`;
}

function withOptions(source: string): string {
  // All rules by their options, such as `{normal:a,gfm:b,breaks:c,pedantic:d}`: those of blocks, and those of lines.
  const tables = [...source.matchAll(/=\{normal:\w+,gfm:\w+,((?:breaks:\w+,)?pedantic:\w+)\}/g)];
  const [, helper] = /function (\w+)\([^)]*\)\{[^;]*,\w=\{replace/.exec(source) ?? [];
  if (tables.length !== 2 || helper === undefined) {
    throw new Error("marked has other rules than the build knows: see scripts/build-ui/lexer-of-marked.ts.");
  }
  let left = source;
  for (const [, others = ""] of tables) {
    left = left.replace(`,${others}}`, "}");
    for (const [, name] of others.matchAll(/:(\w+)/g)) {
      left = left.replace(new RegExp(`,${escaped(name)}=\\{\\.\\.\\.[\\s\\S]*?\\.getRegex\\(\\)\\}(?=[,;])`), "");
    }
  }
  return (
    left
      .replace(/this\.options\.(\w+)(?!\w*=[^=])/g, (whole, name) => OPTIONS[name as keyof typeof OPTIONS] ?? whole)
      // All browsers that the page is for look behind in an expression.
      .replace(/=\(\(\w+=""\)=>\{try\{[^}]*\}catch\{return!1\}\}\)\(\)/, "=!0")
      // Then the bundler takes away what only those rules were made of.
      .replaceAll(`=${helper}(`, `=/* @__PURE__ */${helper}(`)
  );
}

const escaped = (name = "") => name.replaceAll("$", "\\$");
