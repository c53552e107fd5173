import { performance } from "node:perf_hooks";
import type { TimedRun } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { median, valuesOf } from "./rounds.ts";
import type { Section } from "./section.ts";
import { seedSessions } from "./seed.ts";
import { WarmSessions } from "./warm-sessions.ts";

/** So many runs at 0 ms a delta are made for each one at 20 ms, which takes a second. */
const FAST_RUNS = 8;
const TOLD_EVERY_MS = 500;
const GIVES_UP_MS = 15 * 60_000;
const AIM = "≤ 1.2 ×";

/** Something that leaves messages behind which are not in the search index. */
interface Cause {
  name: string;
  /** Settles once the one who asked for it has an answer. */
  begin: () => Promise<void>;
  /** Runs are timed until it has its answer. Else from then on, until all messages are found. */
  isTimedItself?: true;
}

type Samples = Map<string, number[]>;

interface Runs {
  warm: WarmSessions;
  samples: Samples;
}

/** Times runs of other sessions while objects put messages into the search index, beside the same when nothing else goes on. */
export async function measureIndexing({ url, db, cron }: Platform, effort: Effort): Promise<Section[]> {
  const causes = [
    await importedLong(url, db, effort.unindexedMessages),
    await forked(url, db, effort.unindexedMessages),
    await leftBehind(db, cron, effort.unindexedSessions),
    // It puts short sessions into the index with their rows, so nothing is left behind it.
    await importedShort(url, db, effort.importedSessions),
  ];
  const warm = new WarmSessions(url, await seedSessions(db, "beside-indexing", 200, 10));
  const samples: Samples = new Map();
  const found: number[] = [];
  const runs = { warm, samples };
  await turns(runs, "warm-up", effort.indexingTurns / 2);
  for (const { name, begin, isTimedItself } of causes) {
    await turns(runs, "nothing", effort.indexingTurns);
    const from = performance.now();
    const begun = begin();
    if (isTimedItself) await turns(runs, name, effort.indexingTurns, begun);
    await begun;
    const isFound = untilFound(db);
    if (!isTimedItself) await turns(runs, name, effort.indexingTurns, isFound);
    await isFound;
    found.push(performance.now() - from);
  }
  await turns(runs, "nothing", effort.indexingTurns);
  const names = ["nothing", ...causes.map(({ name }) => name)];
  const isAimedAt = new Set(causes.filter((cause) => !cause.isTimedItself).map(({ name }) => name));
  return [
    ...(["0", "20"] as const).map((every) => besides(every, { names, isAimedAt }, samples)),
    foundAfter(causes, found),
  ];
}

async function importedShort(url: string, db: D1Database, count: number): Promise<Cause> {
  const text = await exported(url, db, "to-import-short", 10);
  const copies = Array.from({ length: count }, (_, n) => text.replaceAll("to-import-short-0", `short-${n}`));
  const name = `import of ${count.toLocaleString("en")} short sessions itself`;
  return { name, begin: () => importAll(url, copies.join("")), isTimedItself: true };
}

async function importedLong(url: string, db: D1Database, messages: number): Promise<Cause> {
  const text = await exported(url, db, "to-import-long", messages);
  const name = `behind an import of ${messages.toLocaleString("en")} messages of one session`;
  return { name, begin: () => importAll(url, text.replaceAll("to-import-long-0", "long")) };
}

/** What a seeded session is exported as. */
async function exported(url: string, db: D1Database, prefix: string, messages: number): Promise<string> {
  const [id] = await seedSessions(db, prefix, 1, messages);
  return await (await fetch(`${url}/sessions/${id}/export`)).text();
}

async function importAll(url: string, text: string): Promise<void> {
  const lines = text.split("\n");
  for (let at: number | null = 1; at !== null; ) at = await importFrom(url, lines, at);
}

/** Imports from this line on, as much as one request takes. Answers from which line on the next one has to go on. */
async function importFrom(url: string, lines: readonly string[], from: number): Promise<number | null> {
  const body = lines.slice(from - 1).join("\n");
  const { next_line } = await post<{ next_line: number | null }>(`${url}/import`, body);
  return next_line === null ? null : from - 1 + next_line;
}

async function post<T>(url: string, body = ""): Promise<T> {
  const headers = { "content-type": "application/x-ndjson" };
  const response = await fetch(url, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

async function forked(url: string, db: D1Database, messages: number): Promise<Cause> {
  const [source] = await seedSessions(db, "to-fork", 1, messages);
  const begin = async () => {
    await post(`${url}/agents/assistant/sessions/${source}/fork`);
  };
  return { name: `behind a fork of ${messages.toLocaleString("en")} messages`, begin };
}

/** Sessions of which the cron trigger alone knows. It is called every minute, until all are found. */
async function leftBehind(db: D1Database, cron: () => Promise<void>, count: number): Promise<Cause> {
  await seedSessions(db, "left-behind", count, 10);
  const begin = async () => {
    await db.prepare("UPDATE sessions SET unindexed_from = 0 WHERE session_id GLOB 'left-behind-*'").run();
    await cron();
  };
  return { name: `behind a seed of ${count.toLocaleString("en")} sessions, by the cron trigger`, begin };
}

/** Settles once nothing is missing in the index. */
async function untilFound(db: D1Database): Promise<void> {
  for (const from = performance.now(); performance.now() - from < GIVES_UP_MS; ) {
    const left = await db.prepare("SELECT 1 FROM sessions WHERE unindexed_from IS NOT NULL LIMIT 1").first();
    if (left === null) return;
    await new Promise((resolve) => setTimeout(resolve, TOLD_EVERY_MS));
  }
  throw new Error("Messages are still missing in the search index.");
}

/** Makes runs for so many turns, but no further turn once `ended` has settled. Keeps what they took under the name. */
async function turns(
  { warm, samples }: Runs,
  name: string,
  count: number,
  ended: Promise<void> = new Promise(() => {}),
): Promise<void> {
  let goesOn = true;
  const stop = () => {
    goesOn = false;
  };
  ended.then(stop, stop);
  for (let turn = 0; turn < count && goesOn; turn++) {
    keep(samples, `${name} 20`, await warm.run("every=20"));
    for (let nth = 0; nth < FAST_RUNS; nth++) keep(samples, `${name} 0`, await warm.run("every=0"));
  }
}

function keep(samples: Samples, name: string, { firstMs, totalMs }: TimedRun): void {
  for (const [what, ms] of [
    ["first", firstMs],
    ["whole", totalMs],
  ] as const) {
    samples.set(`${name} ${what}`, [...(samples.get(`${name} ${what}`) ?? []), ms]);
  }
}

function besides(
  every: string,
  { names, isAimedAt }: { names: readonly string[]; isAimedAt: ReadonlySet<string> },
  samples: Samples,
): Section {
  const times = names.map((name) => {
    const [first, whole] = ["first", "whole"].map((what) => valuesOf(samples, `${name} ${every} ${what}`));
    return [median(first ?? []), mean(first ?? []), median(whole ?? []), mean(whole ?? [])];
  });
  const base = times[0] ?? [];
  return {
    title: `A warm run beside the indexing of other sessions, model at ${every} ms a delta`,
    columns: ["first token", "first token, mean", "whole run", "whole run, mean"],
    samples: Math.min(...names.map((name) => valuesOf(samples, `${name} ${every} whole`).length)),
    rows: times.map((ms, nth) => ({
      name: names[nth] ?? "",
      ms,
      ratios: nth === 0 ? [] : ms.map((value, column) => value / (base[column] ?? Number.NaN)),
      aim: isAimedAt.has(names[nth] ?? "") ? AIM : "",
    })),
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function foundAfter(causes: readonly Cause[], found: readonly number[]): Section {
  return {
    title: "Until all messages are found",
    unit: "",
    columns: ["seconds since it was asked for"],
    samples: 1,
    rows: causes.map(({ name }, nth) => ({ name, ms: [(found[nth] ?? Number.NaN) / 1_000], ratios: [], aim: "" })),
  };
}
