import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "./build.ts";
import { timedRelay, timedRunWith } from "./client.ts";
import { CREDENTIALS, type Credential, doorFor, giveSessions } from "./doors.ts";
import { startModel } from "./model-process.ts";
import { startPlatform } from "./platform.ts";
import { interleave, median, type Sample, valuesOf } from "./rounds.ts";
import { seedSessions } from "./seed.ts";
import { WarmSessions } from "./warm-sessions.ts";

/*
 * `node bench/compare.ts <rounds> <checkout> <checkout> …`: warm runs of several checkouts of this project, taken in turns.
 * Each is shown as a multiple of the first. `<checkout>:key`, `:token` … say what callers show (`doors.ts`), so
 * one checkout may stand there several times. With `--every 20` the model takes 20 ms a delta. Use it to try an idea on a
 * copy before you believe in it.
 */

const HERE = path.dirname(import.meta.dirname);
const options = { every: { type: "string", default: "0" } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [rounds = "200", ...names] = positionals;
const message = `every=${values.every}`;
const warmUp = values.every === "0" ? 40 : 2;
const model = await startModel();
const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
const floor = await bundleWorker(HERE, "bench/workers/floor.ts", `${bundles}/floor`, "bench/workers/floor.toml");
const started = await Promise.all(
  names.map(async (name, nth) => {
    const { tree, credential } = measured(name);
    const door = await doorFor(credential);
    const app = await bundleWorker(tree, "src/index.ts", `${bundles}/${nth}`);
    const platform = await startPlatform(tree, { app, floor }, model.baseUrl, door);
    const sessions = await seedSessions(platform.db, "warm", 20, 10);
    await giveSessions(platform.db, door);
    return { name, platform, warm: new WarmSessions(platform.url, sessions, timedRunWith(door.headers, door.fields)) };
  }),
);
try {
  const takers = started.map(({ name, warm }) => async (): Promise<Sample> => {
    const { firstMs, lastMs, totalMs } = await warm.run(message);
    return {
      [`${name} first`]: firstMs,
      [`${name} middle`]: lastMs - firstMs,
      [`${name} tail`]: totalMs - lastMs,
      [`${name} whole`]: totalMs,
    };
  });
  const relay = async (): Promise<Sample> => {
    const { firstMs, totalMs } = await timedRelay(started[0]?.platform.url ?? "", message);
    return { "floor first": firstMs, "floor whole": totalMs };
  };
  const samples = await interleave([relay, ...takers], { rounds: Number(rounds), warmUp });
  console.log("floor", median(valuesOf(samples, "floor first")), median(valuesOf(samples, "floor whole")));
  for (const { name } of started) {
    const parts = ["first", "middle", "tail", "whole"].map((part) => {
      const ms = median(valuesOf(samples, `${name} ${part}`));
      const ratio = ms / median(valuesOf(samples, `${names[0]} ${part}`));
      return `${part} ${ms.toFixed(2)} ms (${ratio.toFixed(2)} ×)`;
    });
    console.log(`${name}: ${parts.join(", ")}`);
  }
} finally {
  await Promise.all(started.map(({ platform }) => platform.stop()));
  model.stop();
  await rm(bundles, { recursive: true, force: true });
}

/** A checkout, and what its callers show: nothing, if the name does not say it. */
function measured(name: string): { tree: string; credential: Credential } {
  const [tree = "", said = "none"] = name.split(":");
  const credential = CREDENTIALS.find((one) => one === said);
  if (credential === undefined)
    throw new Error(`There is no credential "${said}"; there are ${CREDENTIALS.join(", ")}.`);
  return { tree: path.resolve(tree), credential };
}
