import { stripTypeScriptTypes } from "node:module";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Bundle } from "./build.ts";

/** The Worker of a bundle with a D1 that is so far away: each of its calls waits before it is sent. */
export async function withSlowDatabase(app: Bundle, delayMs: number): Promise<Bundle> {
  const [main, ...rest] = app.modules;
  if (main === undefined) throw new Error("A bundle without modules.");
  const source = await readFile(path.join(import.meta.dirname, "workers/slow-database.ts"), "utf8");
  const entry = `
    import app, { SessionObject as Inner } from "./${main.path}";
    import { slowEnvironment } from "./slow-database.js";
    const slow = slowEnvironment(${delayMs});
    export class SessionObject extends Inner {
      constructor(ctx, env) { super(ctx, slow(env)); }
    }
    export default {
      fetch: (request, env, ctx) => app.fetch(request, slow(env), ctx),
      queue: (batch, env) => app.queue(batch, slow(env)),
    };`;
  const module = (name: string, contents: string) => ({ type: "ESModule" as const, path: name, contents });
  return {
    modules: [module("slow-entry.js", entry), module("slow-database.js", stripTypeScriptTypes(source)), main, ...rest],
  };
}
