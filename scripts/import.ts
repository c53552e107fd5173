import { open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type FilePart, placeOf, type Source } from "./portable/file-parts.ts";
import { FileImport, type Job, MAX_PART_BYTES, nothingIn, type Progress, type Why } from "./portable/import-file.ts";
import { sourceOf } from "./portable/open-file.ts";
import { counted, megabytes, progressLine, shower } from "./portable/progress.ts";
import { ask, DEFAULT_URL, Refused, type Server, serverAt } from "./portable/server.ts";
import { type Counts, noCounts, type Report, type Told } from "./portable/tally.ts";

const USAGE = `Imports a file of lines into a server, however long the file is, and shows how far it is.

  npm run import -- FILE [options]

  --url URL           the server (http://127.0.0.1:8787); its key is read from OS_SECURITY_KEY
  --user-id ID        the owner of all that comes in
  --agent-id ID       the agent of conversations (lines of OpenAI's messages or of ChatGPT's)
  --on-conflict new   gives a new id to a session whose id is taken, instead of leaving it out
  --from-line N       begins at this line; 1 begins anew

Ctrl-C stops behind the request that is under way, a second one at once. Where it was stopped, cut or killed, the same
command goes on: FILE.import.json says where. The exit code is 0 when nothing failed.`;

const MAX_SHOWN = 20;

/** What is kept beside the file, so that the same command goes on. */
interface Kept extends Progress {
  query: string;
  size: number;
}

/** `npm run import`. Answers the exit code. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      url: { type: "string", default: DEFAULT_URL },
      "user-id": { type: "string" },
      "agent-id": { type: "string" },
      "on-conflict": { type: "string" },
      "from-line": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [path, ...more] = positionals;
  if (path === undefined || more.length > 0 || values.help) {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const query = queryOf({
    user_id: values["user-id"],
    agent_id: values["agent-id"],
    on_conflict: values["on-conflict"],
  });
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { show, end } = shower();
    const server = serverAt(values.url, show);
    const stateFile = `${path}.import.json`;
    const source = sourceOf(file, size);
    const start = await startOf({ source, query, stateFile }, values["from-line"]);
    if (start === null) {
      console.error(`${path} has no line ${values["from-line"]}.`);
      return 2;
    }
    if (start.place.line > 1) console.error(`Going on from line ${start.place.line} of ${path}.`);
    const showFar = (progress: Progress) => show(lineOf(progress, size));
    const job: Job = {
      source,
      send: (part, isRest) => send(server, query, part, isRest),
      wait: (why, seconds) => wait(why, seconds, show),
      keep: async (progress) => {
        await keep(stateFile, { query, size, ...progress });
        showFar(progress);
      },
    };
    showFar(start);
    const importing = new FileImport(job, start, stopOnSignal());
    const isRead = await importing.run().finally(end);
    if (!isRead) return 130;
    await rm(stateFile, { force: true });
    return summary(path, importing.counts);
  } finally {
    await file.close();
  }
}

const queryOf = (given: Record<string, string | undefined>): string =>
  new URLSearchParams(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).toString();

/** Where to begin; null where the file has no such line. */
async function startOf(
  { source, query, stateFile }: { source: Source; query: string; stateFile: string },
  fromLine: string | undefined,
): Promise<Progress | null> {
  const counts = noCounts();
  if (fromLine !== undefined) {
    const line = Number(fromLine);
    const place = Number.isInteger(line) && line > 0 ? await placeOf(source, line) : null;
    return place === null ? null : { counts, place };
  }
  const kept = await readFile(stateFile, "utf8").then(
    (text) => JSON.parse(text) as Kept,
    () => null,
  );
  // Another file, or another owner of it, begins at its first line.
  const isSame = kept !== null && kept.query === query && kept.size === source.size;
  return isSame ? kept : { counts, place: { line: 1, offset: 0 } };
}

async function keep(stateFile: string, kept: Kept): Promise<void> {
  await writeFile(`${stateFile}.new`, JSON.stringify(kept));
  await rename(`${stateFile}.new`, stateFile);
}

async function send(server: Server, query: string, { bytes, isLast }: FilePart, isRest: boolean): Promise<Report> {
  const path = `/import?${query}${query === "" ? "" : "&"}more=${!isLast}`;
  const headers = { "Content-Type": "application/x-ndjson" };
  const read = async (response: Response) => (await response.json()) as Report;
  try {
    return await ask(server, { method: "POST", path, headers, body: bytes, read });
  } catch (error) {
    if (isRest && error instanceof Refused && error.status === 422) return nothingIn(error.message);
    throw error;
  }
}

async function wait(why: Why, seconds: number | undefined, show: (line: string) => void): Promise<void> {
  const text = whyText(why);
  if (seconds === undefined) throw new Refused(text, null);
  show(`${text} Trying again in ${seconds} s.`);
  await sleep(seconds * 1000);
}

function whyText(why: Why): string {
  if (why.kind === "busy") return `Another import is writing the session at line ${why.line}.`;
  if (why.kind === "stuck") return `Nothing came in from line ${why.line} on: ${why.reason ?? "no room"}`;
  return `The session at line ${why.line} is larger than the ${megabytes(MAX_PART_BYTES)} of one request.`;
}

function lineOf({ place, counts: { imported, skipped, failed } }: Progress, size: number): string {
  const said = `${megabytes(place.offset)} of ${megabytes(size)} · ${counted({ imported, skipped, failed })}`;
  return progressLine(place.offset, size, said);
}

/** The first Ctrl-C has the import stop where nothing is under way, so that no session is held for a while. */
function stopOnSignal(): { isAsked: boolean } {
  const stop = { isAsked: false };
  process.on("SIGINT", () => {
    if (stop.isAsked) process.exit(130);
    stop.isAsked = true;
    console.error(
      "\nStopping behind the request that is under way. Ctrl-C again stops at once; the same command goes on.",
    );
  });
  return stop;
}

function summary(path: string, { imported, skipped, failed, problems, notes }: Counts): number {
  console.log(`${path}: ${counted({ imported, "skipped because they are there": skipped, failed })}.`);
  list("Left out of what came in:", notes);
  list("Failed:", problems);
  return failed === 0 && problems.length === 0 ? 0 : 1;
}

function list(title: string, told: readonly Told[]): void {
  if (told.length === 0) return;
  console.log(title);
  for (const { line, text } of told.slice(0, MAX_SHOWN)) console.log(`  line ${line}: ${text}`);
  if (told.length > MAX_SHOWN) console.log(`  and ${told.length - MAX_SHOWN} more`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// A wait that was cut off, or a connection that is kept open, must not hold the command.
process.exit();
