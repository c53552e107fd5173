import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { bundleWorker, workerdVersion } from "./build.ts";
import { countRuns, type RunCount } from "./count-runs.ts";
import { measureLists, measureReads } from "./measure-reads.ts";
import { type Effort, measureColdRuns, measureWarmRuns } from "./measure-runs.ts";
import { startModel } from "./model-process.ts";
import { readOptions } from "./options.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { markdown, type Report, writeReport } from "./report.ts";
import type { Section } from "./section.ts";

const HERE = path.dirname(import.meta.dirname);
const FULL: Effort = { sessions: 20, warmUp: 40, fast: 240, slow: 30, cold: 50, reads: 200 };
const QUICK: Effort = { sessions: 5, warmUp: 10, fast: 25, slow: 2, cold: 8, reads: 25 };

const startedAt = performance.now();
const [loadAtStart = 0] = loadavg();
const options = readOptions(process.argv.slice(2));
const effort = options.quick ? QUICK : FULL;
const model = await startModel();
const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
try {
  const floor = bundleWorker(HERE, "bench/workers/floor.ts", path.join(bundles, "floor"), "bench/workers/floor.toml");
  const app = bundleWorker(HERE, "src/index.ts", path.join(bundles, "app"));
  const counted = bundleWorker(HERE, "bench/workers/counted.ts", path.join(bundles, "counted"));
  await Promise.all([floor, app, counted]);

  const sections = await on(await startPlatform(HERE, await app, await floor, model.baseUrl), async (platform) => {
    const found: Section[] = [];
    found.push(...(await step("warm runs", measureWarmRuns(platform, effort))));
    found.push(await step("cold runs", measureColdRuns(platform, effort)));
    found.push(await step("reads", measureReads(platform, effort)));
    found.push(await step("lists", measureLists(platform, effort)));
    return found;
  });
  const counts: RunCount[] = await on(
    await startPlatform(HERE, await counted, await floor, model.baseUrl),
    (platform) => step("counts", countRuns(platform)),
  );

  const report: Report = {
    command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
    date: options.date,
    machine: {
      cores: availableParallelism(),
      // Others at work on the machine make every number here larger.
      "load before": loadAtStart.toFixed(1),
      CPU: cpus()[0]?.model ?? "unknown",
      Node: process.version,
      workerd: await workerdVersion(HERE),
    },
    minutes: (performance.now() - startedAt) / 60_000,
    sections,
    counts,
  };
  console.log(`\n${markdown(report)}`);
  if (options.write) {
    await writeReport(path.join(import.meta.dirname, "README.md"), report);
  }
  const json = path.join(await mkdtemp(path.join(tmpdir(), "bench-")), "report.json");
  await writeFile(json, JSON.stringify(report, null, 2));
  console.log(`As JSON: ${json}`);
} finally {
  model.stop();
  await rm(bundles, { recursive: true, force: true });
}

async function on<T>(platform: Platform, measure: (platform: Platform) => Promise<T>): Promise<T> {
  try {
    return await measure(platform);
  } finally {
    await platform.stop();
  }
}

async function step<T>(name: string, measured: Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await measured;
  console.error(`${name}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return result;
}
