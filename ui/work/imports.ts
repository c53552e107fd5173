import { ApiError } from "../../packages/client/src/index.ts";
import type { FilePart } from "../../scripts/portable/file-parts.ts";
import { FileImport, nothingIn, type Progress, type Why } from "../../scripts/portable/import-file.ts";
import { noCounts, type Report } from "../../scripts/portable/tally.ts";
import { me } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { device } from "../app/stored.ts";
import { api } from "../server/api.ts";
import { texts } from "../texts/index.ts";
import { chooseFiles } from "./choose-files.ts";
import { type ImportQuery, type KeptImport, keep } from "./kept.ts";
import { asLines } from "./lines-of-file.ts";
import { patiently, pause } from "./patience.ts";
import { begin, change, close, end, fail, isGoingOn, setAway, stay } from "./work.ts";

/** What is in a part is written one by one. */
const PART_MS = 600_000;

const idOf = (name: string, size: number, query: ImportQuery) => `import ${JSON.stringify([name, size, query])}`;

/** Takes in what is in a file, part by part; `from` where an earlier import of it was stopped. */
export async function importFile(file: File, query: ImportQuery, from: Progress | null = null): Promise<void> {
  const { name, size } = file;
  const id = idOf(name, size, query);
  if (isGoingOn(id)) return;
  const stop = { isAsked: false };
  const askToStop = () => {
    stop.isAsked = true;
    change(id, { state: "stopping" });
  };
  const title = texts.work.importing(name);
  const signal = begin({ id, title, unit: "bytes", total: size, isHere: true, stop: askToStop });
  const start = from ?? { place: { line: 1, offset: 0 }, counts: noCounts() };
  let last = start;
  const take = (progress: Progress) => {
    last = structuredClone(progress);
    const { place, counts } = last;
    keep(device, { id, actor: me.peek()?.actor ?? "", kind: "import", name, size, query, progress: last });
    change(id, { done: place.offset, failed: counts.failed, note: texts.work.imported(counts) });
  };
  take(start);
  const importing = new FileImport(
    {
      source: { size, read: async (at, length) => new Uint8Array(await file.slice(at, at + length).arrayBuffer()) },
      send: (part, isRest) => send(id, query, part, { isRest, signal }),
      wait: (why, seconds) => wait(id, why, seconds, signal),
      keep: take,
    },
    start,
    stop,
  );
  try {
    if (await alone(id, () => importing.run())) endImport(id, last);
    else part({ name, size, query, progress: last }, () => void importFile(file, query, last));
  } catch (error) {
    fail(id, error, () => void importFile(file, query, last));
  }
}

/** Shows an import that a reload has ended. A page may not read the file before somebody chooses it again. */
export async function showParted(kept: KeptImport & { id: string }): Promise<void> {
  if (await isUnderWay(kept.id)) return;
  part(kept, async () => {
    for (const file of await chooseFiles(false)) {
      const lines = await asLines(file);
      if (lines.name === kept.name && lines.size === kept.size) await importFile(lines, kept.query, kept.progress);
      else tell({ tone: "wrong", text: texts.work.otherFile(kept.name) });
    }
  });
}

function part({ name, size, query, progress }: KeptImport, goOn: () => void): void {
  const id = idOf(name, size, query);
  const { failed } = progress.counts;
  begin({ id, title: texts.work.importing(name), unit: "bytes", total: size, done: progress.place.offset, failed });
  const run = () => {
    close(id);
    goOn();
  };
  stay(id, texts.work.parted(texts.work.imported(progress.counts)), { label: texts.work.goOn, run });
}

function endImport(id: string, { counts }: Progress): void {
  const told = [...counts.problems, ...counts.notes];
  const problems = told.map(({ line, text }) => ({ what: texts.work.line(line), sessionId: null, why: text }));
  const failed = Math.max(counts.failed, counts.problems.length);
  end(id, texts.work.imported(counts), { failed, problems: async () => ({ problems, next: null }) });
}

/** Another tab of the browser may be taking in the same file. A page without HTTPS has no locks. */
const alone = <T>(id: string, task: () => Promise<T>): Promise<T> =>
  "locks" in navigator ? navigator.locks.request(id, task) : task();

/** Whether a tab is taking it in. */
const isUnderWay = async (id: string): Promise<boolean> =>
  "locks" in navigator && (await navigator.locks.query()).held?.some(({ name }) => name === id) === true;

async function send(
  id: string,
  query: ImportQuery,
  { bytes, isLast }: FilePart,
  { isRest, signal }: { isRest: boolean; signal: AbortSignal },
): Promise<Report> {
  const headers = { "Content-Type": "application/x-ndjson" };
  const options = { query: { ...query, more: !isLast }, body: bytes, headers, timeoutMs: PART_MS };
  const ask = async (signal: AbortSignal) =>
    (await api.request<Report>("POST", "/import", { ...options, signal })).data;
  try {
    return await patiently(ask, { signal, onAway: (isAway) => setAway(id, isAway) });
  } catch (error) {
    if (isRest && error instanceof ApiError && error.status === 422) return nothingIn(error.detail);
    throw error;
  }
}

async function wait(id: string, why: Why, seconds: number | undefined, signal: AbortSignal): Promise<void> {
  const note = why.kind === "stuck" ? texts.work.stuck(why.line, why.reason) : texts.work.waits[why.kind](why.line);
  if (seconds === undefined) throw new Error(note);
  change(id, { note });
  await pause(seconds * 1000, signal);
}
