import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Plugin } from "esbuild";

/** Texts as `ui/texts/en.ts` has them: words, what makes words of numbers and names, and groups of these. */
export type Said = string | ((...of: never[]) => unknown) | { readonly [name: string]: Said };

const FUNCTIONS = "texts:functions";
/** Names of functions that the words are made by, and that stand beside them. */
const DECLARED = /^const (\w+)/gm;

/**
 * Puts each text where it is said. As members of one object all words would come with the page's first script, those of
 * dialogs that few open too, and each with the name by which it is looked up.
 */
export function textsInPlace(file: string, texts: Said): Plugin {
  return {
    name: "texts-in-place",
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /[\\/]ui[\\/].*\.tsx?$/ }, async ({ path: source }) => ({
        contents: withTextsInPlace(await readFile(source, "utf8"), texts),
        loader: source.endsWith("x") ? "tsx" : "ts",
      }));
      onResolve({ filter: /^texts:/ }, ({ path: name }) => ({ path: name, namespace: "texts", sideEffects: false }));
      onLoad({ filter: /^/, namespace: "texts" }, async ({ path: name }) => {
        const [functions = ""] = (await readFile(file, "utf8")).split("export const en");
        if (name === FUNCTIONS) return { contents: functions.replaceAll(DECLARED, "export const $1"), loader: "ts" };
        const names = [...functions.matchAll(DECLARED)].map(([, one]) => one);
        const text = sourceOf(found(texts, name.slice("texts:".length).split(".")).said);
        const used = names.filter((one) => new RegExp(`\\b${one}\\b`).test(text));
        const imported = used.length === 0 ? "" : `import {${used.join(",")}} from "${FUNCTIONS}";`;
        return { contents: `${imported}export default ${text}`, loader: "ts", resolveDir: path.dirname(file) };
      });
    },
  };
}

/** A source, with its words in place of the members of `texts` that have them. */
export function withTextsInPlace(source: string, texts: Said): string {
  if (!/^import \{ texts \} from /m.test(source)) return source;
  // A short name for a group of texts, such as `const said = texts.keys;`
  const groups = new Map([["texts", ""]]);
  for (const [, name = "", of = ""] of source.matchAll(/^const (\w+) = texts\.([\w.]+);$/gm)) groups.set(name, of);
  const imported = new Map<string, string>();
  const member = new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)(${[...groups.keys()].join("|")})\\.([\\w.]+)`, "g");
  const replaced = source.replace(member, (_, group: string, names: string) => {
    const of = groups.get(group) ?? "";
    const { at, said, rest } = found(texts, `${of}.${names}`.split(".").filter(Boolean));
    if (typeof said === "string") return JSON.stringify(said) + rest;
    const name = `said$${at.replaceAll(".", "$")}`;
    imported.set(name, at);
    return name + rest;
  });
  // Below, so that lines stay where they are.
  return replaced + [...imported].map(([name, at]) => `\nimport ${name} from "texts:${at}";`).join("");
}

/** What the names lead to, and what is left of them: a word has members of its own. */
function found(texts: Said, names: readonly string[]): { at: string; said: Said; rest: string } {
  let said = texts;
  let count = 0;
  for (const name of names) {
    const next: Said | undefined = typeof said === "object" ? said[name] : undefined;
    if (next === undefined) break;
    said = next;
    count += 1;
  }
  const rest = names.slice(count);
  if (typeof said === "object" && rest.length > 0) throw new Error(`There is no text ${names.join(".")}.`);
  return { at: names.slice(0, count).join("."), said, rest: rest.map((name) => `.${name}`).join("") };
}

function sourceOf(said: Said): string {
  if (typeof said === "string") return JSON.stringify(said);
  if (typeof said === "function") return String(said);
  return `{${Object.entries(said).map(([name, one]) => `${JSON.stringify(name)}: ${sourceOf(one)}`)}}`;
}
