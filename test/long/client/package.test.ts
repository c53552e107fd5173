import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import vm from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeDistribution } from "../../../packages/client/scripts/distribution.ts";
import { body, bytesOf, EVENTS, STREAMS, streamed } from "../../support/recorded-run.ts";

const MAX_GZIPPED_BYTES = 6 * 1024;
const PACKAGE = path.join(import.meta.dirname, "../../../packages/client");

/** What the script may use, besides the language. */
const GLOBALS = { ReadableStream, TextDecoder, AbortController, AbortSignal, crypto, setTimeout, clearTimeout };

const folder = mkdtempSync(path.join(tmpdir(), "client-"));
const script = path.join(folder, "index.js");
beforeAll(() => writeDistribution(folder));
afterAll(() => rmSync(folder, { recursive: true }));

describe("The client package", () => {
  it("is one script of at most 6 KB gzipped, which imports nothing", () => {
    const code = readFileSync(script);
    expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIPPED_BYTES);
    expect(String(code)).not.toMatch(/\bimport\b|\brequire\b/);
    expect(readdirSync(folder).filter((file) => file.endsWith(".js"))).toEqual(["index.js"]);
  });

  it("needs nothing but what the web has", async () => {
    const bundled = await build({
      entryPoints: [script],
      bundle: true,
      format: "iife",
      globalName: "client",
      write: false,
    });
    const fetch = async () => streamed(body([bytesOf(STREAMS.replay)], "ends"));
    const context = vm.createContext({ ...GLOBALS, fetch });
    vm.runInContext(bundled.outputFiles[0]?.text ?? "", context);
    const read = `(async () => {
      const es = new client.EdgeSessions({ baseUrl: "https://sessions.test", token: () => "t", userId: "ada" });
      const seen = [];
      for await (const event of es.team("t").run({ message: "Go" })) seen.push(event);
      return JSON.stringify(seen);
    })()`;
    expect(JSON.parse(await vm.runInContext(read, context))).toEqual(EVENTS);
  });

  it("has one file of declarations for it, which compiles by itself in a strict project", () => {
    const ts = createRequire(path.join(PACKAGE, "package.json"))("typescript");
    expect(ts.version).toMatch(/^5\.9\./);
    const caller = path.join(folder, "caller.ts");
    const types = readFileSync(path.join(PACKAGE, "test/types.ts"), "utf8");
    writeFileSync(caller, types.replace("../src/index.ts", "./index.js"));
    const program = ts.createProgram([caller], {
      strict: true,
      noEmit: true,
      skipDefaultLibCheck: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.asynciterable.d.ts"],
      types: [],
    });
    const errors = ts.getPreEmitDiagnostics(program).map((one: { messageText: unknown }) => one.messageText);
    expect(errors).toEqual([]);
    expect(readdirSync(folder).filter((file) => file.startsWith("index."))).toEqual(["index.d.ts", "index.js"]);
  });

  it("consists of what it is made of, its page and its licence", () => {
    const answer = execFileSync("npm", ["pack", "--dry-run", "--json", "--loglevel=error"], {
      cwd: PACKAGE,
      encoding: "utf8",
    });
    const [packed] = JSON.parse(answer.slice(answer.indexOf("["))) as { files: { path: string }[] }[];
    const files = packed?.files.map((file) => file.path) ?? [];
    const made = files.filter((file) => file.startsWith("dist/"));
    expect(files.filter((file) => !made.includes(file)).sort()).toEqual(["LICENSE", "README.md", "package.json"]);
    expect(made.filter((file) => !/^dist\/(index\.js|(index|ai-sdk)\.d\.ts)$/.test(file))).toEqual([]);
    expect(made).toContain("dist/index.js");
    expect(made).toContain("dist/index.d.ts");
  });

  it("has no dependencies, and imports nothing of the server", () => {
    const sources = readdirSync(path.join(PACKAGE, "src")).map((file) =>
      readFileSync(path.join(PACKAGE, "src", file), "utf8"),
    );
    const imported = sources.flatMap((source) => [...source.matchAll(/from "(.+?)"/g)].map(([, from]) => from));
    expect(imported.length).toBeGreaterThan(20);
    expect(imported.filter((from) => from?.startsWith("./") !== true)).toEqual([]);
    const manifest = JSON.parse(readFileSync(path.join(PACKAGE, "package.json"), "utf8"));
    expect([manifest.dependencies, manifest.peerDependencies, manifest.sideEffects]).toEqual([
      undefined,
      undefined,
      false,
    ]);
  });
});
