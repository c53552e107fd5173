import { writeFileSync } from "node:fs";
import path from "node:path";
import { type ApiDocument, clientTypes } from "./client-types/declarations.ts";
import { flagValue, hasFlag } from "./server/flags.ts";

const DEFAULT_URL = "http://127.0.0.1:8787";
const FILE = path.join(import.meta.dirname, "../packages/client/src/api-types.ts");

const USAGE = `Writes the client's types from the document of a server that runs.

  npm run client-types [-- --url URL]     the server (${DEFAULT_URL})`;

/** `npm run client-types`. */
async function main(args: readonly string[]): Promise<void> {
  if (hasFlag(args, "help", "h")) return console.log(USAGE);
  const url = (flagValue(args, "url") ?? DEFAULT_URL).replace(/\/+$/, "");
  const response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`GET ${url}/openapi.json answered ${response.status}.`);
  writeFileSync(FILE, clientTypes((await response.json()) as ApiDocument));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
