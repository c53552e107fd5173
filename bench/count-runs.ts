import { timedRun } from "./client.ts";
import { type CountTable, countScenarios, type Scenario } from "./count.ts";
import type { Platform } from "./platform.ts";
import { seedSessions } from "./seed.ts";
import { heldPartialIndexes } from "./written-rows.ts";

/** Counts runs that need no person and no member. */
export async function countRuns(platform: Platform): Promise<CountTable> {
  const { url, db, evict } = platform;
  const sessions = await seedSessions(db, "counted", 10, 10);
  /** Counts a run in a session that its object has in memory. */
  const warm =
    (run: (sessionId: string) => Promise<{ runId: string; sessionId: string; held?: string[] }>): Scenario =>
    async (seeded, forget) => {
      await timedRun(url, seeded, "every=0");
      await forget();
      const { runId, sessionId, held = [] } = await run(seeded);
      return { ids: [runId], sessions: [sessionId], held };
    };
  const scenarios: [string, Scenario][] = [
    ["warm run", warm((id) => timedRun(url, id, "every=0"))],
    ["cold run", warm(async (id) => evict(id).then(() => timedRun(url, id, "every=0")))],
    ["warm run with one tool call", warm((id) => timedRun(url, id, "every=0 use=add", "operator"))],
    ["run that waited", warm((id) => waitingRun(url, db, id))],
    ["first run, which starts the session", warm(() => timedRun(url, "counted-new", "every=0"))],
  ];
  return {
    title: "What a run asks of storage",
    counts: await countScenarios(
      platform,
      scenarios.map(([name, scenario], nth) => [name, sessions[nth] ?? "", scenario]),
    ),
    aims: { d1Calls: "2", readStatements: "0", rowsWritten: "≤ 16, and 3 for each message that is found" },
  };
}

/** 400 deltas in 20 seconds. */
const LONG = "every=50 deltas=400";
/** The watchdog of a run that has just begun would go off within this time. */
const BEHIND_MS = 40_000;

/** Counts what a run of twenty seconds asks of its object, and what comes behind a run that has settled. */
export async function countLongRuns(platform: Platform): Promise<CountTable> {
  const { url, db, evict } = platform;
  const [long = "", kept = "", evicted = ""] = await seedSessions(db, "twenty-seconds", 3, 10);
  const warm: Scenario = async (sessionId, forget) => {
    await timedRun(url, sessionId, "every=0");
    await forget();
    return { ids: [(await timedRun(url, sessionId, LONG)).runId] };
  };
  const behind =
    (then: (sessionId: string) => Promise<void>): Scenario =>
    async (sessionId, forget) => {
      const { runId } = await timedRun(url, sessionId, "every=0");
      await forget();
      await then(sessionId);
      await new Promise((resolve) => setTimeout(resolve, BEHIND_MS));
      return { ids: [runId] };
    };
  return {
    title: "What a run of 20 s and 400 deltas asks of its object, and what comes behind a run",
    counts: await countScenarios(platform, [
      ["warm run of 20 s", long, warm],
      ["the 40 s behind a cold run", kept, behind(async () => {})],
      ["the same, its object evicted", evicted, behind(evict)],
    ]),
    aims: { objectRowsWritten: "≤ 18" },
  };
}

/** Makes a run that waits for another one. Also finds which partial indexes held rows while it waited. */
async function waitingRun(url: string, db: D1Database, sessionId: string) {
  const active = timedRun(url, sessionId, "every=20");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const waiting = timedRun(url, sessionId, "every=0");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const held = await heldPartialIndexes(db);
  await active;
  return { ...(await waiting), held };
}
