import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type BuildFailure, build, type Metafile } from "esbuild";
import { minifySync } from "rolldown/utils";
import { en } from "../ui/texts/en.ts";
import { behindStart } from "./build-ui/behind-start.ts";
import { lexerOfMarked } from "./build-ui/lexer-of-marked.ts";
import { type Said, textsInPlace } from "./build-ui/texts-in-place.ts";

/** `npm run build`: makes the inbox's page of `ui/`, for the Worker to serve at `/ui/`. Wrangler runs it before it starts or deploys. */

const ROOT = path.resolve(import.meta.dirname, "..");
const UI = path.join(ROOT, "ui");
const OUT = path.join(ROOT, "public/ui");
/** Where files wait until they are whole: beside what is served, and on the same disk. */
const UNFINISHED = path.join(ROOT, ".wrangler/ui");

const MAIN = "ui/main.tsx";
const STYLE = "ui/style/page.css";

try {
  serve(await madeFiles());
} catch (error) {
  // The bundler has said what is wrong, and where.
  if (!isBuildFailure(error)) console.error(error);
  console.error("The page of ui/ was not built: what public/ui has is older.");
  // After a build that failed, wrangler dev holds back every request, also once the next one works.
  process.exitCode = process.env.WRANGLER_COMMAND === "dev" ? 0 : 1;
}

/** All files of the page, by their paths. */
async function madeFiles(): Promise<Map<string, Buffer>> {
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
    plugins: [
      lexerOfMarked,
      behindStart(path.join(ROOT, MAIN)),
      textsInPlace(path.join(UI, "texts/en.ts"), en as Said),
    ],
    target: ["chrome123", "firefox121", "safari17.5"],
    logLevel: "warning",
  });
  const files = new Map(outputFiles.map(({ path: file, contents }) => [file, Buffer.from(contents)]));
  // What only leads to another file is asked for by nobody.
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint !== MAIN || file === fileOf(metafile, MAIN)) continue;
    for (const ending of ["", ".map"]) files.delete(path.join(ROOT, file) + ending);
  }
  for (const file of files.keys()) if (file.endsWith(".js")) minifyAgain(files, file);
  files.set(path.join(OUT, "icon.svg"), readFileSync(path.join(UI, "icon.svg")));
  files.set(path.join(OUT, "licenses.txt"), Buffer.from(licensesOf(metafile)));
  // The page comes last: it names the others.
  files.set(path.join(OUT, "index.html"), Buffer.from(pageOf(metafile)));
  return files;
}

/** Takes 2.5 % off what the bundler has made: it drops less of what is said twice. */
function minifyAgain(files: Map<string, Buffer>, file: string): void {
  const inputMap = JSON.parse(String(files.get(`${file}.map`)));
  const options = { module: true, mangle: { toplevel: true }, sourcemap: true, inputMap };
  const { code, map, errors } = minifySync(file, String(files.get(file)), options);
  if (errors[0] !== undefined || map === undefined) throw new Error(`${file}: ${errors[0]?.message}`);
  files.set(file, Buffer.from(`${code}\n//# sourceMappingURL=${path.basename(file)}.map\n`));
  files.set(`${file}.map`, Buffer.from(JSON.stringify(map)));
}

/** Puts files where they are served, and takes away those of earlier builds. */
function serve(files: ReadonlyMap<string, Buffer>): void {
  for (const [file, contents] of files) {
    // Two servers that start at the same time make the same bytes, and neither takes away what the other one serves.
    if (existsSync(file) && readFileSync(file).equals(contents)) continue;
    put(file, contents);
  }
  for (const entry of readdirSync(OUT, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(file)) rmSync(file, { force: true });
  }
}

/** Nobody is served half a file. */
function put(file: string, contents: Buffer): void {
  const unfinished = path.join(UNFINISHED, `${process.pid}-${path.basename(file)}`);
  mkdirSync(UNFINISHED, { recursive: true });
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(unfinished, contents);
  renameSync(unfinished, file);
}

function pageOf(metafile: Metafile): string {
  return readFileSync(path.join(UI, "index.html"), "utf8")
    .replace("{{script}}", addressOf(fileOf(metafile, MAIN)))
    .replace("{{style}}", addressOf(fileOf(metafile, STYLE)))
    .replace(/ *\{\{preloads\}\}\n/, preloadsOf(metafile));
}

/** The file that became of an entry point; where that only leads to another file, the other one. */
function fileOf({ outputs }: Metafile, entryPoint: string): string {
  const found = Object.entries(outputs).find(([, output]) => output.entryPoint === entryPoint);
  if (found === undefined) throw new Error(`Nothing was made of ${entryPoint}.`);
  const [file, { imports, inputs }] = found;
  const [only] = imports;
  return only !== undefined && imports.length === 1 && Object.keys(inputs).length === 0 ? only.path : file;
}

/** Where the page finds a file. */
function addressOf(file: string): string {
  return `/ui/${path.relative(OUT, path.join(ROOT, file)).replaceAll(path.sep, "/")}`;
}

/** What the first script cannot begin without comes together with it, not behind it. */
function preloadsOf(metafile: Metafile): string {
  const needed = new Set([fileOf(metafile, MAIN)]);
  for (const file of needed) {
    for (const { path: other, kind } of metafile.outputs[file]?.imports ?? []) {
      if (kind === "import-statement") needed.add(other);
    }
  }
  const links = [...needed].slice(1).map((file) => `    <link rel="modulepreload" href="${addressOf(file)}" />\n`);
  return links.join("");
}

/** The packages in the page keep their licences, which the bundler takes out: each wants its text to go along. */
function licensesOf({ inputs }: Metafile): string {
  const names = Object.keys(inputs).flatMap((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1] ?? []);
  const texts = [...new Set(names)].sort().map((name) => {
    const folder = path.join(ROOT, "node_modules", name);
    const { version } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    const text = readdirSync(folder).find((file) => /^licen[cs]e(\.|$)/i.test(file));
    if (text === undefined) throw new Error(`${name} is in the page, and has no text of its licence.`);
    return `${name} ${version}\n\n${readFileSync(path.join(folder, text), "utf8").trim()}\n`;
  });
  return `The page has these packages in it.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error;
}
