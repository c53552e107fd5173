import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "../../..");
const UI = path.join(ROOT, "ui");

const textsBelow = (folder: string, ending: RegExp): [file: string, source: string][] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => ending.test(file))
    .map((file) => [file.replaceAll(path.sep, "/"), readFileSync(path.join(folder, file), "utf8")]);

/** Every source file of the page, by its path below ui. */
const sources = textsBelow(UI, /\.tsx?$/);

/** What every screen stands on. These know each other, and no screen. */
const GROUND = ["access", "app", "parts", "server", "texts"];
/** What each folder may import besides itself. A screen is imported by the frame, or by the screen that it is a part of. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "main.tsx": ["access", "app", "frame", "server"],
  // The one that knows all screens: the page, the navigation, the keys, and what the tab says.
  frame: [...GROUND, "approvals", "begin", "conversation", "details", "inbox", "sessions", "work"],
  texts: [],
  parts: ["app", "server", "texts"],
  server: ["access", "texts"],
  access: ["app", "parts", "server", "texts"],
  app: ["access", "parts", "server", "texts"],
  markdown: ["parts", "texts"],
  sessions: [...GROUND, "work"],
  // What is done with all that a list shows is asked for as the list is.
  work: [...GROUND, "inbox", "sessions"],
  begin: [...GROUND, "sessions"],
  inbox: [...GROUND, "begin", "sessions", "work"],
  approvals: [...GROUND, "conversation", "sessions"],
  conversation: [...GROUND, "approvals", "details", "inbox", "markdown", "sessions"],
  details: [...GROUND, "conversation", "markdown", "sessions", "work"],
};

/** What the page takes from outside its folder: the client, what scopes there are, and how `npm run import` sends a file. */
const OUTSIDE = /^(packages\/client\/src\/|src\/domain\/scope\.ts$|scripts\/portable\/[\w-]+\.ts$)/;
const PACKAGES: [packageName: RegExp, allowed: RegExp][] = [
  [/^preact(\/hooks)?$|^@preact\/signals$/, /./],
  [/^marked$/, /^markdown\//],
];

interface Import {
  file: string;
  from: string;
  /** Of types only: nothing of it is in the page. */
  isType: boolean;
  /** Of a part that comes when it is asked for: what it needs of the page is there by then. */
  isLater: boolean;
}

const imports: Import[] = sources.flatMap(([file, source]) =>
  [...source.matchAll(/^\s*(?:import|export)\b([^;]*?)from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gms)].map(
    ([, what = "", from, called]) => ({
      file,
      from: from ?? called ?? "",
      isType: what.startsWith(" type "),
      isLater: called !== undefined,
    }),
  ),
);

/** The file that a relative import names, by its path below the repository. */
const target = ({ file, from }: Import): string => path.posix.join("ui", path.posix.dirname(file), from);
const ofUi = (one: Import): string => target(one).slice("ui/".length);
const isInUi = (one: Import): boolean => one.from.startsWith(".") && target(one).startsWith("ui/");
const roomOf = (file: string): string => file.split("/")[0] ?? file;

/** The files that reach themselves by what they import. */
function inCircles(): string[] {
  const graph = Map.groupBy(
    imports.filter((one) => isInUi(one) && !one.isType && !one.isLater),
    ({ file }) => file,
  );
  const reachesItself = (start: string) => {
    const reached = new Set<string>();
    const open = [start];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      for (const next of (graph.get(file) ?? []).map(ofUi)) {
        if (next === start) return true;
        if (!reached.has(next)) open.push(next);
        reached.add(next);
      }
    }
    return false;
  };
  return [...graph.keys()].filter(reachesItself);
}

/** What makes code or markup of a text, or has a style that the page's policy refuses. */
const UNSAFE =
  /innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTMLUnsafe|srcdoc|DOMParser|document\.write|\beval\(|new Function|createPolicy|\bstyle=["`]|\bstyle=\{["`]/;

describe("the page's architecture", () => {
  it("reads the sources at all", () => {
    expect(imports.length).toBeGreaterThan(200);
  });

  it("has screens that stand on the same ground, and do not know each other but where one is a part of another", () => {
    const wrong = imports
      .filter(isInUi)
      .filter((one) => {
        const [from, to] = [roomOf(one.file), roomOf(ofUi(one))];
        return from !== to && !MAY_IMPORT[from]?.includes(to);
      })
      .map((one) => `${one.file} imports ${ofUi(one)}`);
    expect(wrong).toEqual([]);
  });

  it("takes from outside the client, the names of scopes, and how a file is imported", () => {
    const wrong = imports
      .filter((one) => one.from.startsWith(".") && !isInUi(one) && !OUTSIDE.test(target(one)))
      .map((one) => `${one.file} imports ${target(one)}`);
    expect(wrong).toEqual([]);
  });

  it("has the packages that are worth their bytes, and each where it is known", () => {
    const wrong = imports
      .filter(({ from }) => !from.startsWith("."))
      .filter(({ file, from }) => !PACKAGES.some(([name, allowed]) => name.test(from) && allowed.test(file)))
      .map(({ file, from }) => `${file} imports ${from}`);
    expect(wrong).toEqual([]);
  });

  it("has no circle of files, but that a run is shown in the call that began it", () => {
    expect(inCircles().filter((file) => !/^conversation\/[\w-]+\.tsx$/.test(file))).toEqual([]);
  });

  it("is imported by nothing of the server", () => {
    const src = path.join(ROOT, "src");
    const wrong = textsBelow(src, /\.ts$/)
      .filter(([file, source]) =>
        [...source.matchAll(/from\s+"(\.[^"]+)"/g)].some(([, from = ""]) =>
          path.posix.join("src", path.posix.dirname(file), from).startsWith("ui/"),
        ),
      )
      .map(([file]) => file);
    expect(wrong).toEqual([]);
  });

  it("27 makes no markup and no code of texts, and has no style in an attribute", () => {
    expect(sources.filter(([, source]) => UNSAFE.test(source)).map(([file]) => file)).toEqual([]);
  });

  it("27 begins with a page that has no script and no style in it", () => {
    const page = readFileSync(path.join(UI, "index.html"), "utf8");
    expect(page).not.toMatch(/<style|\bstyle=|\bon\w+=|javascript:/i);
    expect([...page.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/gi)].map(([, code]) => code)).toEqual([""]);
  });
});
