import { mkdtemp, readFile, rm } from "node:fs/promises";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleWorker } from "../build.ts";
import { timedRun } from "../client.ts";
import type { Effort } from "../effort.ts";
import { startModel } from "../model-process.ts";
import { startPlatform } from "../platform.ts";
import type { Section } from "../section.ts";
import { seedSessions } from "../seed.ts";
import { busyMs, timeByOwner, timeByFile } from "./attribute.ts";
import { profileDuring } from "./inspector.ts";
import { OTHER } from "./owners.ts";

const HERE = path.dirname(path.dirname(import.meta.dirname));
const CLIENTS = 8;
/** The isolates of the product's Worker and of Miniflare's D1, by the names that workerd's inspector shows. */
const APP = "core:user:app";
const D1 = "d1:db";
const D1_ROW = "D1's simulator, in an isolate of its own";
const MOST_FILES = 15;
/** Owners below this share stand in one row. */
const SMALL = 0.005;

/** Profiles the isolate of the Worker and its objects while warm runs go on. The profiler costs time itself: shares count. */
export async function measureProfile(effort: Effort): Promise<Section[]> {
  const model = await startModel();
  const folder = await mkdtemp(path.join(tmpdir(), "bench-profile-"));
  try {
    const floor = await bundleWorker(HERE, "bench/workers/floor.ts", `${folder}/floor`, "bench/workers/floor.toml");
    const app = await bundleWorker(HERE, "src/index.ts", `${folder}/app`);
    const map = new SourceMap(JSON.parse(await readFile(`${folder}/app/index.js.map`, "utf8")));
    const platform = await startPlatform(HERE, { app, floor }, model.baseUrl);
    try {
      const ids = await seedSessions(platform.db, "profiled", CLIENTS, 10);
      const runs = Math.ceil(effort.fast / 10);
      const makeRuns = () =>
        Promise.all(
          ids.map(async (id) => {
            for (let nth = 0; nth < runs; nth++) await timedRun(platform.url, id, "every=0");
          }),
        );
      await makeRuns();
      const profiles = await profileDuring(platform.inspector, [APP, D1], makeRuns);
      const owners = timeByOwner(profiles[APP], map);
      tellFiles(timeByFile(profiles[APP], map), CLIENTS * runs);
      return [profileSection(owners, busyMs(profiles[D1]), CLIENTS * runs)];
    } finally {
      await platform.stop();
    }
  } finally {
    model.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The table has owners. Where their time goes is told here, and not kept. */
function tellFiles(files: ReadonlyMap<string, number>, runs: number): void {
  const own = [...files].filter(([file]) => file !== "").slice(0, MOST_FILES);
  console.error(
    `profile, processor ms a run:\n${own.map(([file, ms]) => `  ${(ms / runs).toFixed(2)} ${file}`).join("\n")}`,
  );
}

/** Each owner's share of the Worker's isolate. The simulator is beside it, as a part of the same whole. */
function profileSection(owners: ReadonlyMap<string, number>, simulatorMs: number, runs: number): Section {
  const whole = sum([...owners.values()]);
  const row = (name: string, ms: number) => ({ name, ms: [(100 * ms) / whole, ms / runs], ratios: [], aim: "" });
  const isSmall = ([name, ms]: [string, number]) => name === OTHER || ms / whole < SMALL;
  const small = [...owners].filter(isSmall);
  return {
    title: `Where the isolate's time goes, ${CLIENTS} clients, model at 0 ms a delta`,
    columns: ["share of the isolate, %", "processor ms a run"],
    unit: "",
    samples: 1,
    rows: [
      ...[...owners].filter((one) => !isSmall(one)).map(([name, ms]) => row(name, ms)),
      row(
        `other: ${small
          .map(([name]) => name)
          .filter((name) => name !== OTHER)
          .join(", ")}`,
        sum(small.map(([, ms]) => ms)),
      ),
      row("the isolate", whole),
      row(D1_ROW, simulatorMs),
    ],
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
