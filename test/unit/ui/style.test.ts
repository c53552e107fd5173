import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const FOLDER = path.resolve(import.meta.dirname, "../../../ui/style");
const files = readdirSync(FOLDER).map((name) => ({
  name,
  css: readFileSync(path.join(FOLDER, name), "utf8").replace(/\/\*[\s\S]*?\*\//g, ""),
}));

/** Lines of style sheets that a rule forbids, with their files. */
const found = (forbidden: RegExp, besides: readonly string[] = []) =>
  files
    .filter(({ name }) => !besides.includes(name))
    .flatMap(({ name, css }) =>
      css.split("\n").flatMap((line) => (forbidden.test(line) ? [`${name}: ${line.trim()}`] : [])),
    );

/** The sides of a page are those of its language. */
const PHYSICAL =
  /^\s*((margin|padding|border)-(left|right|top|bottom)[\w-]*|left|right|top|bottom|border-(top|bottom)-(left|right)-radius|scroll-(margin|padding)-(left|right))\s*:|:\s*(left|right)\s*;/;
const COLOUR = /#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch|oklab|lab|lch|hwb)a?\(/i;

describe("style sheets", () => {
  it("34 name sides by the direction of the language, never left or right", () => {
    expect(found(PHYSICAL)).toEqual([]);
  });

  it("33 name colours in one file", () => {
    expect(found(COLOUR, ["tokens.css"])).toEqual([]);
  });

  it("37 load nothing", () => {
    expect(found(/url\(|@font-face/)).toEqual([]);
  });
});

type Theme = "light" | "dark";
const tokens = new Map(
  [
    ...(files.find(({ name }) => name === "tokens.css")?.css ?? "").matchAll(
      /--([\w-]+):\s*light-dark\((#\w{6}), (#\w{6})\)/g,
    ),
  ].map(([, name = "", light = "", dark = ""]) => [name, { light, dark }]),
);

function contrast(one: string, other: string, theme: Theme): number {
  const [lighter = 0, darker = 0] = [one, other]
    .map((name) => luminance(tokens.get(name)?.[theme] ?? ""))
    .sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const GROUNDS = ["ground", "surface", "raised", "hover", "chosen"];
/** What is written on what. */
const READ: [string, string][] = [
  ...GROUNDS.flatMap((ground): [string, string][] => [
    ["text", ground],
    ["text-quiet", ground],
  ]),
  ...["ground", "surface", "raised", "wrong-ground"].map((ground): [string, string] => ["wrong", ground]),
  ...["surface", "waits-ground"].map((ground): [string, string] => ["waits", ground]),
  ...["surface", "done-ground"].map((ground): [string, string] => ["done", ground]),
  ["accent", "surface"],
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["text", "waits-ground"],
  ["text", "wrong-ground"],
  ["text", "done-ground"],
  ["text", "mark"],
];

describe.each(["light", "dark"] as const)("the %s theme", (theme) => {
  it("33 is read at 4.5 to 1", () => {
    const dim = READ.map(([text, ground]) => ({ text, ground, ratio: contrast(text, ground, theme) }));
    expect(dim.filter(({ ratio }) => !(ratio >= 4.5))).toEqual([]);
  });

  it("31 shows the focus, and where a field ends, at 3 to 1", () => {
    const pairs = GROUNDS.map((ground): [string, string] => ["focus", ground]);
    const fields = ["ground", "surface", "raised", "hover"].map((ground): [string, string] => ["line-strong", ground]);
    const dim = [...pairs, ...fields].map(([line, ground]) => ({ line, ground, ratio: contrast(line, ground, theme) }));
    expect(dim.filter(({ ratio }) => !(ratio >= 3))).toEqual([]);
  });
});
