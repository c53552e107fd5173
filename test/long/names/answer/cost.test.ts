import { afterEach, expect, it } from "vitest";
import { cleanName } from "../../../../src/names/clean-name.ts";
import { readSummary } from "../../../../src/summaries/read-answer.ts";

/** What reading an answer costs is counted, not timed: how often a pattern is applied, and to how much text in sum. */
interface Cost {
  patterns: number;
  units: number;
}

const METHODS = ["test", Symbol.match, Symbol.matchAll, Symbol.replace, Symbol.search, Symbol.split] as const;
type Method = (this: RegExp, text: string, ...rest: unknown[]) => unknown;
const prototype = RegExp.prototype as unknown as Record<(typeof METHODS)[number], Method>;
const originals = METHODS.map((method) => [method, prototype[method]] as const);

function restore(): void {
  for (const [method, original] of originals) prototype[method] = original;
}
afterEach(restore);

function costOf(run: () => unknown): Cost {
  const cost: Cost = { patterns: 0, units: 0 };
  // What a pattern's own method, or a replacer in it, applies is counted once.
  let depth = 0;
  for (const [method, original] of originals) {
    prototype[method] = function (text, ...rest) {
      if (depth === 0) {
        cost.patterns += 1;
        cost.units += String(text).length;
      }
      depth += 1;
      try {
        return original.call(this, text, ...rest);
      } finally {
        depth -= 1;
      }
    };
  }
  run();
  restore();
  return cost;
}

/** What wraps, opens, escapes or goes on without an end. */
const PIECES = [
  ..."`\\*_~[({<「\"'-:.| \n",
  ...[
    "\\`",
    "``` `",
    "*a",
    "_a_",
    '"(',
    "「『",
    "'\"",
    "<a ",
    "<x>",
    "< ",
    "\n> ",
    "- ",
    "a: ",
    '{"',
    "Sure! ",
    "{'a':[",
  ],
];
const repeated = (text: string, units: number) => text.repeat(Math.ceil(units / text.length)).slice(0, units);
const mirrored = (text: string) => text + [...text].reverse().join("");

it("reads a name at a bounded cost, whatever the model says, and however much of it", () => {
  expect(costOf(() => cleanName('Sure! Here is a title: **"Trip to Kyoto"**')).patterns).toBeGreaterThan(100);
  for (const piece of PIECES) {
    for (const units of [4_000, 40_000]) {
      const text = repeated(piece, units);
      for (const answer of [text, `"${text}`, `${text}a`, mirrored(repeated(piece, units / 2))]) {
        const { patterns, units: shown } = costOf(() => cleanName(answer));
        expect([piece, patterns < 100_000, shown < 8_000_000]).toEqual([piece, true, true]);
      }
    }
  }
});

it("reads through an answer as long as it may be, and longer, going back nowhere", () => {
  // The square of any of these is minutes.
  const units = 256_000;
  const summary = { summary: "A trip.", topics: [] };
  for (const piece of [" ", "\t", "\n", " \n", "a"]) {
    expect(readSummary(`<${repeated(piece, units)} {"summary": "A trip."}`)).toEqual(summary);
    expect(cleanName(`A Trip to Kyoto <${repeated(piece, units)}`)).toMatch(/^A Trip to Kyoto/);
  }
  for (const piece of ["summary ", "summary: ", '{"', "<think", "think>", "topics:[", "\\", '"']) {
    readSummary(repeated(piece, units));
  }
});
