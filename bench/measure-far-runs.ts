import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleWorker } from "./build.ts";
import type { TimedRun } from "./client.ts";
import type { Effort } from "./effort.ts";
import { startModel } from "./model-process.ts";
import { type Platform, startPlatform } from "./platform.ts";
import { interleave, type Sample } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";
import { withSlowDatabase } from "./slow-database.ts";
import { WarmSessions } from "./warm-sessions.ts";

const HERE = path.dirname(import.meta.dirname);
const D1_MS = 50;
/** How late the model's answer begins. */
const MODEL_MS = [0, 50, 300];
/** The first token may take so many times the larger wait, with what a run takes where nothing waits. */
const AIM = "≤ 1.15 ×";

/** Times warm runs where D1 and the model are far away: the model is asked while the accept is on its way. */
export async function measureFarRuns(near: Platform, effort: Effort): Promise<Section[]> {
  const model = await startModel();
  const bundles = await mkdtemp(path.join(tmpdir(), "bench-bundles-"));
  try {
    const floor = await bundleWorker(HERE, "bench/workers/floor.ts", `${bundles}/floor`, "bench/workers/floor.toml");
    const app = await withSlowDatabase(await bundleWorker(HERE, "src/index.ts", `${bundles}/app`), D1_MS);
    const far = await startPlatform(HERE, { app, floor }, model.baseUrl);
    try {
      return await timedBeside(near, far, effort);
    } finally {
      await far.stop();
    }
  } finally {
    model.stop();
    await rm(bundles, { recursive: true, force: true });
  }
}

async function timedBeside(near: Platform, far: Platform, effort: Effort): Promise<Section[]> {
  const nearby = await warmSessionsOf(near, "far-near", effort);
  const away = await warmSessionsOf(far, "far", effort);
  const samples = await interleave(
    [
      async () => nearSample(await nearby.run("every=0")),
      ...MODEL_MS.map((waitMs) => async () => farSample(waitMs, await away.run(`every=0 wait=${waitMs}`))),
    ],
    // A run takes long until what it does is compiled, and where nothing waits that would be most of it.
    { rounds: effort.slow, warmUp: effort.warmUp / 2 },
  );
  return MODEL_MS.map((waitMs) =>
    section(`A warm run, D1 ${D1_MS} ms away, model ${waitMs} ms late`, ["first token", "whole run"], samples, [
      {
        name: "the larger wait, and a run where nothing waits",
        samples: [`near ${waitMs} first`, `near ${waitMs} whole`],
      },
      { name: "warm run", samples: [`far ${waitMs} first`, `far ${waitMs} whole`], aim: `first token ${AIM}` },
    ]),
  );
}

const warmSessionsOf = async ({ url, db }: Platform, kind: string, effort: Effort): Promise<WarmSessions> =>
  new WarmSessions(url, await seedSessions(db, kind, effort.sessions, 10));

/** What a run takes where nothing waits, with the larger wait of each case. */
function nearSample({ firstMs, totalMs }: TimedRun): Sample {
  const waits = MODEL_MS.map((waitMs) => [waitMs, Math.max(D1_MS, waitMs)] as const);
  return Object.fromEntries(
    waits.flatMap(([waitMs, larger]) => [
      [`near ${waitMs} first`, firstMs + larger],
      [`near ${waitMs} whole`, totalMs + larger],
    ]),
  );
}

const farSample = (waitMs: number, { firstMs, totalMs }: TimedRun): Sample => ({
  [`far ${waitMs} first`]: firstMs,
  [`far ${waitMs} whole`]: totalMs,
});
