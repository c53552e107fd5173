import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bundleWorker } from "./build.ts";
import { timedRelay } from "./client.ts";
import { startModel } from "./model-process.ts";
import { startPlatform } from "./platform.ts";
import { interleave, median, type Sample, valuesOf } from "./rounds.ts";
import { seedSessions } from "./seed.ts";
import { WarmSessions } from "./warm-sessions.ts";

/*
 * `node bench/compare.ts <rounds> <checkout> <checkout> …`: warm runs of several checkouts of this project, taken in turns.
 * Each checkout is shown as a multiple of the first. With `--every 20` the model takes 20 ms a delta. Use it to try an idea
 * on a copy before you believe in it.
 */

const HERE = path.dirname(import.meta.dirname);
const options = { every: { type: "string", default: "0" } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const [rounds = "200", ...trees] = positionals;
const message = `every=${values.every}`;
const warmUp = values.every === "0" ? 40 : 2;
const model = await startModel();
const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
const floor = await bundleWorker(HERE, "bench/workers/floor.ts", `${bundles}/floor`, "bench/workers/floor.toml");
const started = await Promise.all(
  trees.map(async (tree, nth) => {
    const app = await bundleWorker(path.resolve(tree), "src/index.ts", `${bundles}/${nth}`);
    const platform = await startPlatform(path.resolve(tree), app, floor, model.baseUrl);
    const warm = new WarmSessions(platform.url, await seedSessions(platform.db, "warm", 20, 10));
    return { tree, platform, warm };
  }),
);
try {
  const takers = started.map(({ tree, warm }) => async (): Promise<Sample> => {
    const { firstMs, lastMs, totalMs } = await warm.run(message);
    return {
      [`${tree} first`]: firstMs,
      [`${tree} middle`]: lastMs - firstMs,
      [`${tree} tail`]: totalMs - lastMs,
      [`${tree} whole`]: totalMs,
    };
  });
  const relay = async (): Promise<Sample> => {
    const { firstMs, totalMs } = await timedRelay(started[0]?.platform.url ?? "", message);
    return { "floor first": firstMs, "floor whole": totalMs };
  };
  const samples = await interleave([relay, ...takers], { rounds: Number(rounds), warmUp });
  console.log("floor", median(valuesOf(samples, "floor first")), median(valuesOf(samples, "floor whole")));
  for (const { tree } of started) {
    const parts = ["first", "middle", "tail", "whole"].map((part) => {
      const ms = median(valuesOf(samples, `${tree} ${part}`));
      const ratio = ms / median(valuesOf(samples, `${trees[0]} ${part}`));
      return `${part} ${ms.toFixed(2)} ms (${ratio.toFixed(2)} ×)`;
    });
    console.log(`${tree}: ${parts.join(", ")}`);
  }
} finally {
  await Promise.all(started.map(({ platform }) => platform.stop()));
  model.stop();
  await rm(bundles, { recursive: true, force: true });
}
