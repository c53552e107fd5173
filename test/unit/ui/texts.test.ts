import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const FOLDER = path.resolve(import.meta.dirname, "../../../ui");
const sources = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tsx"));

/** Words between two tags; what has signs of code in it is a comparison or a type, as a comma behind `>` is. */
const BETWEEN_TAGS = /(?<!=)>(?!,)([^<>{}=;()|&]*\p{L}{2}[^<>{}=;()|&]*)<\/?\w/gu;
/** Attributes that people read or hear, with words of their own. */
const IN_ATTRIBUTE = /\b(?:aria-label|aria-description|title|placeholder|alt|label|hint)="([^"]*\p{L}{2}[^"]*)"/gu;

/** What a source says by itself. */
function saidIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
  return [BETWEEN_TAGS, IN_ATTRIBUTE].flatMap((said) => [...code.matchAll(said)].map(([, text = ""]) => text.trim()));
}

describe("what the page says", () => {
  it("35 stands in one module, so that a translation is a file", () => {
    expect(saidIn(`<p>\n  Some words <b>{said}</b>\n</p>; // not this`)).toEqual(["Some words"]);
    expect(saidIn(`<button title="Close it">{texts.close}</button>`)).toEqual(["Close it"]);
    expect(sources.length).toBeGreaterThan(10);
    const said = sources.flatMap((name) =>
      saidIn(readFileSync(path.join(FOLDER, name), "utf8")).map((text) => `${name}: ${text}`),
    );
    expect(said).toEqual([]);
  });
});
