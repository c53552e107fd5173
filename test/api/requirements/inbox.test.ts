import { evictDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { accepts, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import {
  answer,
  confirmed,
  filled,
  inbox,
  type PausedRun,
  pausedRun,
  pauseOf,
  result,
  tools,
} from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { type Step, scriptModel, toolCall } from "../../support/scripted-model.ts";
import { objectOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const wipe = toolCall("wipe", { disk: 1 });
const order = toolCall("order", { item: "tea" });
const sign = toolCall("sign", { paper: "p" });

interface Who {
  agent: string;
  user_id?: string;
  session_id?: string;
}

async function waits({ session_id = newId(), ...who }: Who, ...calls: [Step, ...Step[]]): Promise<PausedRun> {
  model.next(calls);
  return pausedRun("go", { session_id, ...who });
}

const ids = (...paused: PausedRun[]) => paused.flatMap(({ requirements }) => requirements.map(({ id }) => id));
const found = async (query: Record<string, string>) => (await inbox(query)).map(({ id }) => id);

it("shows what waits for people in all sessions: by user, by agent, by status", async () => {
  const [one, two] = [peopleAgent().agent, peopleAgent().agent];
  const [ada, bob] = [newId(), newId()];
  const first = await waits({ agent: one, user_id: ada }, wipe, order);
  const second = await waits({ agent: two, user_id: ada }, sign);
  const third = await waits({ agent: one, user_id: bob }, wipe);
  const fourth = await waits({ agent: one }, wipe);

  expect(new Set(await found({ user_id: ada }))).toEqual(new Set(ids(first, second)));
  expect((await found({ user_id: ada }))[0]).toBe(ids(second)[0]);
  expect(new Set(await found({ user_id: ada, agent_id: one }))).toEqual(new Set(ids(first)));
  expect(await found({ user_id: bob })).toEqual(ids(third));
  expect(new Set(await found({ agent_id: one }))).toEqual(new Set(ids(first, third, fourth)));
  expect(await found({ user_id: newId() })).toEqual([]);
  const [shown] = await inbox({ user_id: bob });
  expect(shown).toMatchObject({
    status: "open",
    kind: "confirmation",
    session_id: third.session_id,
    run_id: third.run_id,
    run_agent_id: one,
    agent_id: one,
    user_id: bob,
    tool_execution: third.tools[0],
  });

  // An answer needs no more than what the inbox shows.
  const said = { session_id: shown.session_id, user_id: bob, answered_by: "eve", stream: false };
  const requirements = [{ id: shown.id, confirmation: true }];
  const path = `/agents/${shown.run_agent_id}/runs/${shown.run_id}/continue`;
  expect((await call("POST", path, { ...said, requirements })).body.status).toBe("COMPLETED");
  expect(await inbox({ user_id: bob })).toEqual([]);
  expect(await inbox({ user_id: bob, status: "answered" })).toMatchObject([
    { id: shown.id, answer: "confirmed", answered_by: "eve", answered_at: expect.any(String) },
  ]);

  // A requirement that is answered is no longer open, although its run still waits for others.
  await answer(first, { ...tools(first, null, filled({ amount: 1 })), user_id: ada });
  expect(new Set(await found({ user_id: ada }))).toEqual(new Set([...ids(second), ids(first)[0]]));
  expect(await inbox({ user_id: ada, status: "answered" })).toMatchObject([{ id: ids(first)[1], answered_by: ada }]);

  await call("POST", `/agents/${two}/runs/${second.run_id}/cancel`);
  expect(await found({ user_id: ada, status: "cancelled" })).toEqual(ids(second));
});

it("shows what a run waits for after each of its pauses", async () => {
  const { agent } = peopleAgent();
  const first = await waits({ agent }, wipe);
  model.next([sign]);
  const { body } = await answer(first, tools(first, confirmed));
  const second = pauseOf(agent, body);
  expect(await found({ agent_id: agent })).toEqual(ids(second));
  expect(await found({ agent_id: agent, status: "answered" })).toEqual(ids(first));
  await answer(second, tools(second, result("signed")));
  expect(await found({ agent_id: agent })).toEqual([]);
});

it("shows the requirements of a session without owner to its owner once it has one", async () => {
  const { agent } = peopleAgent();
  const user_id = newId();
  const paused = await waits({ agent }, wipe, sign);
  await answer(paused, tools(paused, confirmed));
  expect(await inbox({ user_id })).toEqual([]);

  await run("mine now", { agent, session_id: paused.session_id, user_id });

  expect(await inbox({ user_id })).toMatchObject([{ id: ids(paused)[1], user_id }]);
  expect(await inbox({ user_id, status: "answered" })).toMatchObject([{ id: ids(paused)[0], user_id }]);
  const stranger = await answer(paused, { ...tools(paused, null, result("ok")), user_id: newId() });
  expect(stranger.status).toBe(404);
  const { body } = await answer(paused, { ...tools(paused, null, result("ok")), user_id });
  expect([body.status, body.requirements[1].answered_by]).toEqual(["COMPLETED", user_id]);
});

it("gives a requirement that is opened after the claim to the owner", async () => {
  const { agent } = peopleAgent();
  const [session_id, user_id] = [newId(), newId()];
  await run("mine", { agent, session_id, user_id });
  await evictDurableObject(objectOf(session_id));
  const paused = await waits({ agent, session_id }, wipe);
  expect(await found({ user_id })).toEqual(ids(paused));
});

it("takes a claim back with the run that made it", async () => {
  const { agent } = peopleAgent();
  const user_id = newId();
  const paused = await waits({ agent }, wipe);
  d1.next(accepts(paused.session_id), unanswered());
  d1.next(accepts(paused.session_id), unsent(), 2);
  expect((await run("mine?", { agent, session_id: paused.session_id, user_id })).status).toBe(503);
  expect((await run("whose?", { agent, session_id: paused.session_id })).status).toBe(200);
  expect(await found({ user_id })).toEqual([]);
  expect(await inbox({ agent_id: agent })).toMatchObject([{ id: ids(paused)[0], user_id: null }]);
});

it("forgets what waited in a session that is deleted", async () => {
  const { agent } = peopleAgent();
  const user_id = newId();
  const gone = await waits({ agent, user_id }, wipe, order);
  const kept = await waits({ agent, user_id }, wipe);
  await answer(gone, { ...tools(gone, confirmed), user_id });
  await call("DELETE", `/sessions/${gone.session_id}`);
  expect(await found({ user_id })).toEqual(ids(kept));
  expect(await found({ user_id, status: "answered" })).toEqual([]);
});
