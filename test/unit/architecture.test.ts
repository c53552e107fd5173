import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const SRC = path.join(import.meta.dirname, "../../src");

/**
 * Every source file as text, by its path below src, such as `engine/prompt/prompt.ts`. They are read from the disk: Vite
 * would make a module of each, which takes seconds.
 */
const sources: [file: string, source: string][] = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => [file.replaceAll(path.sep, "/"), readFileSync(path.join(SRC, file), "utf8")]);

/** What each layer may import besides itself. Data flows one way, so no layer imports one that imports it. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "index.ts": ["agents", "api", "app.ts", "cron", "domain", "env.ts", "jobs", "model", "session", "store"],
  "app.ts": ["api", "domain", "env.ts", "http"],
  "env.ts": ["domain", "lib"],
  domain: [],
  lib: [],
  agents: ["domain"],
  model: ["domain", "lib"],
  engine: ["domain", "lib"],
  wire: ["domain", "engine", "lib"],
  privacy: ["lib"],
  "model-answers": ["domain", "lib"],
  names: ["domain", "lib", "model-answers", "privacy"],
  summaries: ["domain", "lib", "model-answers", "privacy"],
  store: ["domain", "engine", "lib"],
  portable: ["domain", "engine", "lib", "store"],
  session: ["domain", "engine", "lib", "model-answers", "names", "store", "summaries", "wire"],
  jobs: ["domain", "env.ts", "lib", "names", "session", "store"],
  cron: ["domain", "env.ts", "jobs", "lib", "session", "store"],
  auth: ["domain", "env.ts", "lib", "store"],
  http: ["auth", "domain", "env.ts", "lib"],
  api: [
    "domain",
    "engine",
    "env.ts",
    "http",
    "jobs",
    "lib",
    "names",
    "portable",
    "privacy",
    "session",
    "store",
    "wire",
  ],
};

/**
 * Contracts and JSON shapes, which describe what callers see. They must not know how it is done: no storage and no objects.
 */
const CONTRACTS =
  /^api\/(?:[^/]+\/(?:contract|.*json|actions|fields|shapes|answer-entries)|meta\/document|shared\/(?!dependencies|find-|idempotency)[^/]+)\.ts$/;
const CONTRACTS_MAY_IMPORT = ["domain", "engine", "http", "lib"];

/**
 * The object reads the environment, the agents and the models, and hands them to the layers below. No other file of
 * `session/` may.
 */
const EXCEPTIONS: Record<string, readonly string[]> = {
  "session/object.ts": ["agents", "env.ts", "model"],
};

/** Packages that may be imported in one place only. */
const ONLY_IN: [packageName: RegExp, allowed: RegExp][] = [
  [/^drizzle-orm/, /^store\//],
  [/^openai/, /^model\//],
  [/^jose/, /^auth\//],
  [/^cloudflare:/, /^session\/object\.ts$/],
  [/^hono|^@hono\//, /^(app\.ts|http\/|api\/)/],
  // The Worker must import nothing of Node. What Node runs belongs in `scripts/`.
  [/^node:|^wrangler|^miniflare/, /^never$/],
];

interface Import {
  file: string;
  from: string;
}

const layerOf = (file: string) => file.split("/")[0] ?? file;

const imports: Import[] = sources.flatMap(([file, source]) =>
  [...source.matchAll(/^\s*(?:import|export)\b[^;]*?from\s+"([^"]+)"|\bimport\("([^"]+)"\)/gms)].map(
    ([, from, called]) => ({ file, from: from ?? called ?? "" }),
  ),
);

/** The file under src that a relative import names. */
function target({ file, from }: Import): string {
  return new URL(from, `http://src/${file}`).pathname.slice(1);
}

/** The folder in a layer that a file stands in; a file at the top of a layer is a room of its own. */
function roomOf(file: string): string {
  const [layer = "", room, ...rest] = file.split("/");
  return rest.length > 0 ? `${layer}/${room}` : file;
}

/** Who imports whom, where `nodeOf` says which node a file belongs to. A node's imports of itself are left out. */
function importGraph(nodeOf: (file: string) => string): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const one of imports.filter(({ from }) => from.startsWith("."))) {
    const [from, to] = [nodeOf(one.file), nodeOf(target(one))];
    if (from === to) continue;
    graph.set(from, (graph.get(from) ?? new Set()).add(to));
  }
  return graph;
}

/** The groups of nodes that import each other in a circle: each node reaches every other one of its group. Sorted. */
function circlesOf(graph: Map<string, Set<string>>): string[][] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachedFrom(graph, node)]));
  const inCircles = [...graph.keys()].filter((node) => reached.get(node)?.has(node)).sort();
  const groups = Map.groupBy(inCircles, (node) =>
    inCircles.filter((other) => reached.get(node)?.has(other) && reached.get(other)?.has(node)).join(" "),
  );
  return [...groups.values()];
}

function reachedFrom(graph: Map<string, Set<string>>, start: string): Set<string> {
  const reached = new Set<string>();
  const open = [...(graph.get(start) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    open.push(...(graph.get(node) ?? []));
  }
  return reached;
}

describe("the architecture", () => {
  it("reads the sources at all", () => {
    expect(imports.length).toBeGreaterThan(200);
  });

  it("lets data flow one way: no layer imports one that stands above it", () => {
    const wrong = imports
      .filter((one) => one.from.startsWith("."))
      .filter((one) => {
        const from = layerOf(one.file);
        const to = layerOf(target(one));
        const layer = CONTRACTS.test(one.file) ? CONTRACTS_MAY_IMPORT : MAY_IMPORT[from];
        const allowed = [...(layer ?? []), ...(EXCEPTIONS[one.file] ?? [])];
        return from !== to && !allowed.includes(to);
      })
      .map((one) => `${one.file} imports ${target(one)}`);
    expect(wrong).toEqual([]);
  });

  it("keeps each outside package in the one place that knows it", () => {
    const wrong = imports.flatMap(({ file, from }) =>
      ONLY_IN.filter(([name, allowed]) => name.test(from) && !allowed.test(file)).map(() => `${file} imports ${from}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no circle of files that import each other, types counted", () => {
    expect(circlesOf(importGraph((file) => file))).toEqual([]);
  });

  it("has no circle of rooms that import each other within a layer", () => {
    expect(circlesOf(importGraph(roomOf))).toEqual([]);
  });

  it("makes an owner in one file only, of who acts", () => {
    const making = sources.filter(([, source]) => /\bas Owner\b/.test(source)).map(([file]) => file);
    expect(making).toEqual(["domain/principal.ts"]);
  });

  it("names environment variables in one file only", () => {
    const naming = sources
      .filter(([file]) => file !== "env.ts")
      .filter(([, source]) => /\benv\.[A-Z][A-Z_]+\b|process\.env/.test(source))
      .map(([file]) => file);
    expect(naming).toEqual([]);
  });
});
