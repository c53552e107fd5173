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
    (run: (sessionId: string) => Promise<{ runId: string; held?: string[] }>): Scenario =>
    async (sessionId, forget) => {
      await timedRun(url, sessionId, "every=0");
      await forget();
      const { runId, held = [] } = await run(sessionId);
      return { ids: [runId], held };
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
