import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { type Bundle, bundleWorker } from "./build.ts";
import { type TimedRun, timedRelay, timedRunWith } from "./client.ts";
import { CREDENTIALS, type Credential, doorFor, giveSessions } from "./doors.ts";
import { startModel } from "./model-process.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { canReadProcessor, childrenOf, processorMs, untilIdle } from "./processor.ts";
import { interleave, median, type Sample, valuesOf } from "./rounds.ts";
import { withSlowDatabase } from "./slow-database.ts";

/*
 * `node bench/compare.ts <rounds> <tree> <tree> …`: warm runs of several checkouts of this project, taken in turns. Each is
 * shown as a multiple of the first. Use it to try an idea on a copy before you believe in it.
 *
 * A tree is a checkout, or `floor`, which is the bare relay of this one. `<checkout>:key`, `:token` … say what callers show
 * (`doors.ts`), so one checkout may stand there several times. In a turn so many `--clients` make `--runs` runs each, one behind
 * the other, each in a session of its own that is warm. Processor time is that of the turn and of what is done behind it.
 *
 * `--every 20`: the model takes 20 ms a delta. `--model-wait 50`: its answer begins 50 ms late. `--d1-delay 50`: each call to
 * D1 waits 50 ms before it is sent.
 */

const HERE = path.dirname(import.meta.dirname);
const MAX_SESSIONS = 600;
const { values, positionals } = parseArgs({
  options: {
    clients: { type: "string", default: "1" },
    runs: { type: "string" },
    every: { type: "string", default: "0" },
    "model-wait": { type: "string", default: "0" },
    "d1-delay": { type: "string", default: "0" },
  },
  allowPositionals: true,
});
const [rounds = "20", ...names] = positionals;
if (Number.isNaN(Number(rounds)) || names.length === 0) throw new Error("Usage: compare.ts <rounds> <tree> <tree> …");
const message = `every=${values.every} wait=${values["model-wait"]}`;
const isSlow = [values.every, values["model-wait"], values["d1-delay"]].some((ms) => Number(ms) > 0);
const clients = Number(values.clients);
const runs = Number(values.runs ?? (Number(values.every) > 0 ? 2 : 8));
const warmUp = isSlow ? 1 : Math.ceil(40 / (runs * clients));
const sessions = Math.min(MAX_SESSIONS, clients * (Number(rounds) + warmUp));

/** A workerd of its own for each tree: so what it computes is what the tree computes. */
interface Measured {
  name: string;
  platform: Platform;
  pid: number;
  run(sessionId: string): Promise<TimedRun>;
  /** The sessions of the next turn, one for each client. */
  nextSessions(): string[];
}

const model = await startModel();
const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
const measured: Measured[] = [];
try {
  const floor = await bundleWorker(HERE, "bench/workers/floor.ts", `${bundles}/floor`, "bench/workers/floor.toml");
  // One after the other: the process that is new is the one that was started.
  for (const name of names) measured.push(await start(name, floor));
  const samples = await interleave(
    measured.map((one) => () => turn(one)),
    { rounds: Number(rounds), warmUp },
  );
  const delays = `D1 ${values["d1-delay"]} ms late, model ${values["model-wait"]} ms late, ${values.every} ms a delta`;
  console.log(`${clients} client(s), ${rounds} turns of ${runs * clients} runs; ${delays}. Medians, × ${names[0]}.`);
  if (!canReadProcessor()) console.log("No /proc here, so nobody says what processor time a run takes.");
  for (const { name } of measured) console.log(line(name, samples));
} finally {
  await Promise.all(measured.map(({ platform }) => platform.stop()));
  model.stop();
  await rm(bundles, { recursive: true, force: true });
}

/** Each client's runs, in a session that a run has warmed before. */
async function turn({ name, pid, run, nextSessions }: Measured): Promise<Sample> {
  const ids = nextSessions();
  await Promise.all(ids.map(run));
  await untilIdle(pid);
  const [startedAt, computed] = [performance.now(), processorMs(pid)];
  const taken = await Promise.all(ids.map((id) => oneByOne(runs, () => run(id))));
  const seconds = (performance.now() - startedAt) / 1_000;
  await untilIdle(pid);
  const all = taken.flat();
  const middle = (ms: (timed: TimedRun) => number) => median(all.map(ms));
  return {
    [`${name} rate`]: all.length / seconds,
    [`${name} processor`]: (processorMs(pid) - computed) / all.length,
    [`${name} first`]: middle(({ firstMs }) => firstMs),
    [`${name} middle`]: middle(({ firstMs, lastMs }) => lastMs - firstMs),
    [`${name} tail`]: middle(({ lastMs, totalMs }) => totalMs - lastMs),
    [`${name} whole`]: middle(({ totalMs }) => totalMs),
  };
}

function line(name: string, samples: ReadonlyMap<string, number[]>): string {
  const part = (what: string, unit: string) => {
    const value = median(valuesOf(samples, `${name} ${what}`));
    const ratio = value / median(valuesOf(samples, `${names[0]} ${what}`));
    return `${unit.replace("#", value.toFixed(2))} (${ratio.toFixed(2)} ×)`;
  };
  const rates = [part("rate", "# runs a second"), part("processor", "# processor ms a run")];
  const times = ["first", "middle", "tail", "whole"].map((what) => part(what, `${what} # ms`));
  return `${name}: ${[...rates, ...times].join(", ")}`;
}

async function start(name: string, floor: Bundle): Promise<Measured> {
  const { tree, credential } = name === "floor" ? { tree: HERE, credential: "none" as const } : parsed(name);
  const door = await doorFor(credential);
  const bundled = await bundleWorker(tree, "src/index.ts", `${bundles}/${measured.length}`);
  const delayMs = Number(values["d1-delay"]);
  const app = delayMs > 0 ? await withSlowDatabase(bundled, delayMs) : bundled;
  const before = childrenOf(process.pid);
  const platform = await startPlatform(tree, { app, floor }, model.baseUrl, door);
  const pid = childrenOf(process.pid).find((child) => !before.includes(child)) ?? Number.NaN;
  const shared = { name, platform, pid };
  if (name === "floor") {
    return { ...shared, run: () => timedRelay(platform.url, message), nextSessions: () => Array(clients).fill("") };
  }
  // Another checkout may have other columns.
  const { seedSessions } = (await import(path.join(tree, "bench/seed.ts"))) as typeof import("./seed.ts");
  const ids = await seedSessions(platform.db, "warm", sessions, 10);
  await giveSessions(platform.db, door);
  const timed = timedRunWith(door.headers, door.fields);
  let taken = 0;
  return {
    ...shared,
    run: (sessionId) => timed(platform.url, sessionId, message),
    nextSessions: () => Array.from({ length: clients }, () => ids[taken++ % ids.length] ?? ""),
  };
}

async function oneByOne<T>(times: number, take: () => Promise<T>): Promise<T[]> {
  const taken: T[] = [];
  for (let nth = 0; nth < times; nth++) taken.push(await take());
  return taken;
}

/** A checkout, and what its callers show: nothing, if the name does not say it. */
function parsed(name: string): { tree: string; credential: Credential } {
  const [tree = "", said = "none"] = name.split(":");
  const credential = CREDENTIALS.find((one) => one === said);
  if (credential === undefined)
    throw new Error(`There is no credential "${said}"; there are ${CREDENTIALS.join(", ")}.`);
  return { tree: path.resolve(tree), credential };
}
