import { callJson, timedContinue, timedPause, timedRun } from "./client.ts";
import { type CountTable, countScenarios, type Scenario } from "./count.ts";
import type { Platform } from "./platform.ts";
import { seedSessions } from "./seed.ts";

interface StoredRun {
  run_id: string;
}

const USE = "every=0 use=delete_record";

/** Counts runs that wait for people, runs of a team, and copies of sessions. */
export async function countPauses(platform: Platform): Promise<CountTable> {
  const { url, db, evict } = platform;
  const [ungated, pausing, continued, evicted] = await seedSessions(db, "counted-pause", 4, 10);
  const [team] = await seedSessions(db, "counted-team", 1, 10);
  await db
    .prepare(
      "UPDATE sessions SET session_type = 'team', agent_id = NULL, team_id = ?1, component_id = ?1 WHERE session_id = ?2",
    )
    .bind("support", team)
    .run();
  const [short] = await seedSessions(db, "counted-short", 1, 10);
  const [long] = await seedSessions(db, "counted-long", 1, 10_000);

  const run: Scenario = async (sessionId, forget) => {
    await timedRun(url, sessionId, "every=0");
    await forget();
    return { ids: [(await timedRun(url, sessionId, "every=0 use=add", "operator")).runId] };
  };
  const pause: Scenario = async (sessionId, forget) => {
    await timedRun(url, sessionId, "every=0");
    await forget();
    return { ids: [(await timedPause(url, sessionId, USE, "operator")).runId] };
  };
  const goOn =
    (between: (sessionId: string) => Promise<void>): Scenario =>
    async (sessionId, forget) => {
      const { runId } = await timedPause(url, sessionId, USE, "operator");
      await between(sessionId);
      await forget();
      await timedContinue(url, sessionId, runId, "operator");
      return { ids: [runId], held: ["runs_waiting"] };
    };
  const delegate: Scenario = async (sessionId, forget) => {
    await timedRun(url, sessionId, "every=0", "support");
    await forget();
    const { runId } = await timedRun(url, sessionId, "every=0 use=delegate_task_to_member", "support");
    const members = await db.prepare("SELECT run_id FROM runs WHERE parent_run_id = ?").bind(runId).all<StoredRun>();
    return { ids: [runId, ...members.results.map((member) => member.run_id)] };
  };
  const fork: Scenario = async (sessionId) => {
    const path = `/agents/assistant/sessions/${sessionId}/fork`;
    return { ids: [(await callJson<{ session_id: string }>(`${url}${path}`, "POST")).session_id] };
  };

  return {
    title: "What pauses, members and forks ask of storage",
    counts: await countScenarios(platform, [
      ["its tool runs at once", ungated ?? "", run],
      ["run until it pauses", pausing ?? "", pause],
      ["its continue", continued ?? "", goOn(async () => {})],
      ["its continue, object evicted", evicted ?? "", goOn(evict)],
      ["team run with one member run", team ?? "", delegate],
      ["fork of 10 messages", short ?? "", fork],
      ["fork of 10,000 messages", long ?? "", fork],
    ]),
    aims: {},
  };
}
