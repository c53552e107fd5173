import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { agents, teams } from "../../src/agents/index.ts";
import { MAX_RUN_EVENT_BYTES } from "../../src/domain/limits.ts";
import type { Model, ModelBurst, ModelChunk, ModelRequest, ModelSource } from "../../src/domain/model.ts";
import { modelSettings } from "../../src/domain/model-choice.ts";
import { offlineModel } from "../../src/model/offline.ts";
import { LiveSession } from "../../src/session/live-session.ts";
import { Journal } from "../../src/session/recovery/journal.ts";
import { openDatabase } from "../../src/store/database.ts";
import { newId } from "../support/http.ts";
import { sleep } from "../support/model-connection.ts";
import { developer } from "../support/principals.ts";
import { objectOf, runsOf } from "../support/session-story.ts";
import { expectNoGaps, leading, member, readTeamRun, resumeTeam } from "../support/teams.ts";

/** Runs a team in a new session, in a real object. These models take the place of the provider. */
async function runWith(models: ModelSource, teamId: string, message: string) {
  const session_id = newId();
  const runId = newId();
  await runInDurableObject(objectOf(session_id), async (_object, state) => {
    const live = new LiveSession({
      sessionId: session_id,
      db: openDatabase(env.DB),
      journal: new Journal(state.storage.sql),
      agents,
      teams,
      models,
      now: () => Date.now(),
      newId,
      setAlarm: () => {},
      expiry: { get: () => null, set: () => {} },
      forgetStorage: () => {},
      background: (work) => state.waitUntil(work),
      settings: {
        maxToolRounds: 10,
        toolTimeoutMs: 60_000,
        maxMemberRuns: 16,
        namingModel: null,
        namingReasoningEffort: null,
        sessionTtlSeconds: null,
        deleteUndoSeconds: 0,
        summaryModel: null,
      },
    });
    const request = {
      runId,
      component: { type: "team" as const, id: teamId },
      userId: null,
      message,
      origin: null,
      sessionState: null,
      idempotency: null,
      claims: null,
      createdAt: Date.now(),
    };
    const principal = developer();
    const started = await live.startRun({
      request,
      olderStatus: null,
      principal,
      onBusy: "enqueue",
      read: { kind: "whole" },
    });
    if (!started.ok) throw new Error(started.failure.code);
  });
  const seen = { team: teamId, runId, session_id };
  return { seen, body: (await readTeamRun(seen)).body };
}

const modelOf = (id: string, stream: (request: ModelRequest) => AsyncIterable<ModelBurst>): Model => ({
  id,
  name: "TestModel",
  provider: "Test",
  source: id,
  stream,
});

const delegation = (index: number, member_id: string): ModelChunk => ({
  type: "tool_call",
  index,
  id: `call_${index}`,
  name: "delegate_task_to_member",
  arguments: JSON.stringify({ member_id, task: "speak" }),
});

/** A leader that delegates to all of these members in its first answer, and then says two words. */
const leaderOf = (members: string[]): Model =>
  modelOf("leader", async function* ({ messages }) {
    if (!messages.some(({ role }) => role === "tool")) {
      yield members.map((id, index) => delegation(index, id));
      yield [{ type: "finish", reason: "tool_calls" }];
      return;
    }
    yield [{ type: "text", delta: "All " }];
    yield [{ type: "text", delta: "said." }];
    yield [{ type: "finish", reason: "stop" }];
  });

it("has the shipped support team delegate and answer, without key and network", async () => {
  const { body, seen } = await runWith(() => offlineModel(), "support", "My invoice is wrong.");
  expect(body).toMatchObject({ status: "COMPLETED", team_id: "support", team_name: "Support" });
  expect(body.member_responses).toMatchObject([{ agent_id: "triage", agent_name: "Triage", status: "COMPLETED" }]);
  expect(body.content).toContain("I lead a team and passed this on.");
  expect(body.content).toContain("The member triage answered: ");
  expect(body.content).toContain("My invoice is wrong.");
  expect(await runsOf(seen.session_id)).toHaveLength(2);
});

it("tells the leader of a member that has no model, and asks the others", async () => {
  const [ada, bob] = [member("ada", { model: "none" }), member("bob", { model: "there" })];
  const team = leading([ada, bob], { model: "leader" });
  const models = new Map([
    ["leader", leaderOf([ada, bob])],
    ["there", offlineModel()],
  ]);
  const { body } = await runWith((id) => models.get(modelSettings(id ?? "").id) ?? null, team, "Please");
  expect(body).toMatchObject({ status: "COMPLETED", content: "All said." });
  expect(body.tools).toMatchObject([
    { result: "Ada failed: No model is configured.", tool_call_error: true },
    { tool_call_error: false },
  ]);
  expect(body.member_responses).toMatchObject([{ agent_id: bob, status: "COMPLETED" }]);
});

it("ends members that fill their team's events with finish reason length, and loses nothing of what others did", async () => {
  let isAlone = false;
  let waiting: (() => void) | null = null;
  const takeTurns = () =>
    new Promise<void>((resolve) => {
      const other = waiting;
      waiting = isAlone ? null : resolve;
      other?.();
      if (isAlone) resolve();
    });
  const chatty = modelOf("chatty", async function* () {
    try {
      for (let said = 0; said < 50_000; said++) {
        await (said % 500 === 0 ? sleep(0) : takeTurns());
        yield [{ type: "text", delta: "word " }];
      }
      yield [{ type: "finish", reason: "stop" }];
    } finally {
      isAlone = true;
      waiting?.();
    }
  });
  const quiet = modelOf("quiet", async function* () {
    yield [{ type: "text", delta: "Short." }];
    yield [{ type: "finish", reason: "stop" }];
  });
  const [ada, bob, cy] = [
    member("ada", { model: "chatty" }),
    member("bob", { model: "chatty" }),
    member("cy", { model: "quiet" }),
  ];
  const team = leading([ada, bob, cy], { model: "leader" });
  const all = new Map([leaderOf([ada, bob, cy]), chatty, quiet].map((model) => [model.id, model]));
  const { body, seen } = await runWith((id) => all.get(modelSettings(id ?? "").id) ?? null, team, "Speak");
  expect(body).toMatchObject({ status: "COMPLETED", finish_reason: "length", content: "All " });
  expect(body.member_responses).toMatchObject([
    { agent_id: ada, status: "COMPLETED", finish_reason: "length" },
    { agent_id: bob, status: "COMPLETED", finish_reason: "length" },
    { agent_id: cy, status: "COMPLETED", finish_reason: "stop", content: "Short." },
  ]);
  const [adas, bobs, cys] = body.tools;
  expect([adas.result, bobs.result]).toEqual([body.member_responses[0].content, body.member_responses[1].content]);
  expect(cys.result).toBe("Short.");
  // Neither of the two took all the room from the other.
  expect(Math.min(adas.result.length, bobs.result.length)).toBeGreaterThan(5 * 5_000);

  const row = await env.DB.prepare("select length(events) as bytes from runs where run_id = ?")
    .bind(seen.runId)
    .first<{ bytes: number }>();
  expect(row?.bytes).toBeLessThanOrEqual(MAX_RUN_EVENT_BYTES);
  const events = await resumeTeam(seen);
  expectNoGaps(events);
  expect(events.at(-1)?.data).toMatchObject({ event: "TeamRunCompleted", finish_reason: "length" });
  const saidBy = (name: string) => {
    const deltas = events.filter(({ event, data }) => event === "RunContent" && data.agent_name === name);
    return deltas.map(({ data }) => data.content).join("");
  };
  expect([saidBy("Ada"), saidBy("Bob"), saidBy("Cy")]).toEqual([adas.result, bobs.result, "Short."]);
}, 60_000);
