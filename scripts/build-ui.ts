import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type Metafile } from "esbuild";

/** `npm run build`: makes the inbox's page of `ui/`, for the Worker to serve at `/ui/`. Wrangler runs it before it starts or deploys. */

const ROOT = path.resolve(import.meta.dirname, "..");
const UI = path.join(ROOT, "ui");
const OUT = path.join(ROOT, "public/ui");

const MAIN = "ui/main.tsx";
const STYLE = "ui/style/page.css";

const { outputFiles, metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: [MAIN, STYLE],
  outdir: path.join(OUT, "assets"),
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  sourcemap: "linked",
  sourcesContent: true,
  metafile: true,
  write: false,
  tsconfig: path.join(UI, "tsconfig.json"),
  target: ["chrome123", "firefox121", "safari17.5"],
  logLevel: "warning",
});

const files = new Map(outputFiles.map(({ path: file, contents }) => [file, Buffer.from(contents)]));
const page = readFileSync(path.join(UI, "index.html"), "utf8")
  .replace("{{script}}", addressOf(metafile, MAIN))
  .replace("{{style}}", addressOf(metafile, STYLE));
for (const one of ["icon.svg"]) files.set(path.join(OUT, one), readFileSync(path.join(UI, one)));
// The page comes last: it names the others.
files.set(path.join(OUT, "index.html"), Buffer.from(page));

// Two servers that start at the same time write the same bytes, and neither takes away what the other one serves.
for (const [file, contents] of files) {
  if (existsSync(file) && readFileSync(file).equals(contents)) continue;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
}
for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
  const file = path.join(entry.parentPath, entry.name);
  if (entry.isFile() && !files.has(file)) rmSync(file, { force: true });
}

/** Where the page finds what became of an entry point. */
function addressOf({ outputs }: Metafile, entryPoint: string): string {
  const found = Object.entries(outputs).find(([, output]) => output.entryPoint === entryPoint);
  if (found === undefined) throw new Error(`Nothing was made of ${entryPoint}.`);
  return `/ui/${path.relative(OUT, path.join(ROOT, found[0])).replaceAll(path.sep, "/")}`;
}
