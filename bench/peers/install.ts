import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/*
 * What the peers are made of is installed once, into a folder that git ignores. A mark beside it holds the versions: other
 * ones install anew.
 */

const INSTALLED = path.join(import.meta.dirname, ".installed");

/** A folder with the packages of `mastra/package.json` and the server beside them, from where it finds them. */
export function installedMastra(): string {
  const source = path.join(import.meta.dirname, "mastra");
  return installed("mastra", path.join(source, "package.json"), source, (folder) => {
    run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"], folder);
  });
}

/** A folder with the Python of `agentos/requirements.txt` in `venv`, and the server beside it. */
export function installedAgentOs(): string {
  const source = path.join(import.meta.dirname, "agentos");
  return installed("agentos", path.join(source, "requirements.txt"), source, (folder) => {
    run("python3", ["-m", "venv", "venv"], folder);
    run("venv/bin/pip", ["install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"], folder);
  });
}

function installed(name: string, versions: string, source: string, install: (folder: string) => void): string {
  const folder = path.join(INSTALLED, name);
  const mark = path.join(folder, ".versions");
  const wanted = readFileSync(versions, "utf8");
  if (!existsSync(mark) || readFileSync(mark, "utf8") !== wanted) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    cpSync(source, folder, { recursive: true });
    console.error(`Installing ${name}, once …`);
    install(folder);
    writeFileSync(mark, wanted);
  }
  cpSync(source, folder, { recursive: true });
  return folder;
}

function run(program: string, args: string[], cwd: string): void {
  execFileSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
