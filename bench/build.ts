import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

/** A Worker's modules, the main one first, as `wrangler deploy` would upload them. */
export interface Bundle {
  modules: { type: "ESModule" | "Text"; path: string; contents: string }[];
}

/** Keeps wrangler from calling other machines while it bundles. */
const OFFLINE = { WRANGLER_SEND_METRICS: "false", WRANGLER_SEND_ERROR_REPORTS: "false", WRANGLER_HIDE_BANNER: "true" };

/** Bundles the entry of a checkout as its `config` says. Deploys nothing. */
export async function bundleWorker(
  tree: string,
  entry: string,
  outDir: string,
  config = "wrangler.toml",
): Promise<Bundle> {
  const wrangler = path.join(tree, "node_modules/wrangler/bin/wrangler.js");
  const args = [wrangler, "deploy", entry, "--config", config, "--dry-run", "--outdir", outDir];
  await promisify(execFile)(process.execPath, args, { cwd: tree, env: { ...process.env, ...OFFLINE } });
  const main = `${path.basename(entry, path.extname(entry))}.js`;
  const files = (await readdir(outDir)).filter((file) => file.endsWith(".html") || file === main);
  const modules = await Promise.all(
    files.map(async (file) => ({
      type: file === main ? ("ESModule" as const) : ("Text" as const),
      path: file,
      contents: await readFile(path.join(outDir, file), "utf8"),
    })),
  );
  return { modules: modules.sort((a, b) => Number(b.path === main) - Number(a.path === main)) };
}

/** The statements of the checkout's migrations, in order. */
export async function migrationStatements(tree: string): Promise<string[]> {
  const folder = path.join(tree, "migrations");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), "utf8")));
  return texts.flatMap((text) => text.split("--> statement-breakpoint")).map((statement) => statement.trim());
}

/** The version of workerd that the checkout runs its Worker on. */
export async function workerdVersion(tree: string): Promise<string> {
  const text = await readFile(path.join(tree, "node_modules/workerd/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
