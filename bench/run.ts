import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { stopGroupsAtEnd } from "../scripts/server/process-group.ts";
import { missingBrowser } from "../test/browser/support/browser-page.ts";
import { bundleWorker, workerdVersion } from "./build.ts";
import type { CountTable } from "./count.ts";
import { FULL, QUICK } from "./effort.ts";
import { COUNTS, GROUPS, PAGES, TIMINGS, type Timing } from "./groups.ts";
import { startModel } from "./model-process.ts";
import { readOptions } from "./options.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { measureProfile } from "./profile/measure.ts";
import { markdown, type Report, writeReport } from "./report.ts";
import type { Section } from "./section.ts";

const HERE = path.dirname(import.meta.dirname);

const startedAt = performance.now();
const [loadAtStart = 0] = loadavg();
const options = readOptions(process.argv.slice(2));
const effort = options.quick ? QUICK : FULL;
const asked: readonly string[] = options.only ?? GROUPS;
const timings = Object.entries<Timing>(TIMINGS).filter(([name]) => asked.includes(name));
const countings = Object.entries(COUNTS).filter(([name]) => asked.includes(name));
// Where there is no browser, all else is measured.
const missing = missingBrowser();
const pages = Object.entries(PAGES).filter(([name]) => asked.includes(name));
if (pages.length > 0 && missing !== null)
  console.error(`Not measured: ${pages.map(([name]) => name).join(", ")}. ${missing}`);
stopGroupsAtEnd();
const model = await startModel();
const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
try {
  const floor = await bundleWorker(
    HERE,
    "bench/workers/floor.ts",
    path.join(bundles, "floor"),
    "bench/workers/floor.toml",
  );
  const sections: Section[] = [];
  await on("src/index.ts", timings.length, async (platform) => {
    for (const [name, measure] of timings) {
      sections.push(...[await step(name, measure(platform, effort))].flat());
    }
  });
  if (missing === null) {
    for (const [name, measure] of pages) sections.push(...(await step(name, measure(effort))));
  }
  if (options.profile) sections.push(...(await step("profile", measureProfile(effort))));
  const counts: CountTable[] = [];
  await on("bench/workers/counted.ts", countings.length, async (platform) => {
    for (const [name, measure] of countings) counts.push(await step(name, measure(platform)));
  });

  const report: Report = {
    command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
    date: options.date,
    machine: {
      commit: execFileSync("git", ["describe", "--always", "--dirty"], { cwd: HERE, encoding: "utf8" }).trim(),
      cores: availableParallelism(),
      // Other work on the machine makes every number of the report larger.
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
    await writeReport(path.join(import.meta.dirname, "README.md"), report, options.only === null && missing === null);
  }
  const json = path.join(await mkdtemp(path.join(tmpdir(), "bench-")), "report.json");
  await writeFile(json, JSON.stringify(report, null, 2));
  console.log(`As JSON: ${json}`);

  /** Starts the platform with this Worker, and stops it after the measuring. Does nothing if there is nothing to measure. */
  async function on(entry: string, measures: number, measure: (platform: Platform) => Promise<void>): Promise<void> {
    if (measures === 0) return;
    const app = await bundleWorker(HERE, entry, path.join(bundles, path.basename(entry)));
    const platform = await startPlatform(HERE, { app, floor }, model.baseUrl);
    try {
      await measure(platform);
    } finally {
      await platform.stop();
    }
  }
} finally {
  model.stop();
  await rm(bundles, { recursive: true, force: true });
}

async function step<T>(name: string, measured: Promise<T>): Promise<T> {
  const from = performance.now();
  const result = await measured;
  console.error(`${name}: ${((performance.now() - from) / 1000).toFixed(1)} s`);
  return result;
}
