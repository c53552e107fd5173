/** What a list shows as a session's last message. The batches of the runs keep it, however the runs end. */
import { expect, it } from "vitest";
import { costOf } from "../../support/d1-cost.ts";
import {
  accepts,
  lateArrival,
  refused,
  settles,
  starts,
  unanswered,
  unsent,
  watchD1,
} from "../../support/d1-faults.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { confirmed, continuePath, pausedRun, tools } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { detailOf, eventually, killObjects, ring } from "../../support/session-story.ts";
import { delegate, leading, member, say, streamTeam } from "../../support/teams.ts";

const model = scriptModel();
const d1 = watchD1();

const lastOf = async (session_id: string): Promise<string | undefined> => {
  const [item] = (await call("GET", `/sessions?limit=1000`)).body.data.filter(
    (one: { session_id: string }) => one.session_id === session_id,
  );
  const detail = await detailOf(session_id);
  expect(item.last_message).toEqual(detail.last_message);
  return item.last_message && `${item.last_message.role}: ${item.last_message.text}`;
};

it("is the user's while the model thinks, and then the agent's", async () => {
  const session_id = newId();
  for (const message of ["one", "two"]) {
    const point = gate();
    model.next([hold(point), text(`answer to ${message}`)]);
    const stream = await openRun(message, { session_id });
    expect(await lastOf(session_id)).toBe(`user: ${message}`);
    point.release();
    await stream.rest();
    expect(await lastOf(session_id)).toBe(`assistant: answer to ${message}`);
  }
});

it("is one line of 200 characters at most, and shows no secret", async () => {
  const session_id = newId();
  const secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH";
  model.next([text(`line\n\n  one ${secret} ${"word ".repeat(100)}`)]);
  await run(`use ${secret}`, { session_id });
  const said = (await lastOf(session_id)) ?? "";
  expect(said).toMatch(/^assistant: line one \[\w+\] word word/);
  expect(said.length).toBeLessThanOrEqual("assistant: ".length + 200);
  const point = gate();
  model.next([hold(point), text("Keep it safe.")]);
  const stream = await openRun(`mine is ${secret}`, { session_id });
  expect(await lastOf(session_id)).toMatch(/^user: mine is \[\w+\]$/);
  point.release();
  await stream.rest();
});

it("stays the user's where the agent said nothing that shows", async () => {
  const session_id = newId();
  model.next([text("  \n ")]);
  await run("anybody?", { session_id });
  expect(await lastOf(session_id)).toBe("user: anybody?");
});

it("is what had arrived of an answer that was cut off with its object", async () => {
  const session_id = newId();
  const point = gate();
  model.next([text("half an answer"), hold(point)]);
  const stream = await openRun("go", { session_id });
  await stream.until("RunContent");
  await new Promise((resolve) => setTimeout(resolve, 700));
  await killObjects();
  await eventually(
    async () => {
      await ring(session_id);
      return lastOf(session_id);
    },
    (found) => found === "assistant: half an answer",
  );
});

it("is the user's again when D1 refuses the answer for its content", async () => {
  const session_id = newId();
  d1.next(settles(session_id), refused(), 2);
  model.next([text("too much")]);
  expect((await run("go", { session_id })).body.status).toBe("ERROR");
  expect(await lastOf(session_id)).toBe("user: go");
});

it("is what it was before a run that was never let in, also when its accept arrives late", async () => {
  const session_id = newId();
  await run("before", { session_id });
  const late = lateArrival();
  d1.next(accepts(session_id), late.fault, 3);
  expect((await run("lost", { session_id })).status).toBe(503);
  await late.arrive();
  await ring(session_id);
  expect(await lastOf(session_id)).toBe("assistant: echo: before");
});

it("is taken back with an accept that was written, though D1 did not say so", async () => {
  const session_id = newId();
  await run("before", { session_id });
  d1.next(accepts(session_id), unanswered(), 3);
  expect((await run("lost", { session_id })).status).toBe(503);
  await eventually(
    () => lastOf(session_id),
    (found) => found === "assistant: echo: before",
  );
});

it("does not change for a run that waits, nor for one whose start D1 does not take", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("first answer")]);
  const first = await openRun("first", { session_id });
  const second = await openRun("second", { session_id });
  expect(await lastOf(session_id)).toBe("user: first");
  d1.next(starts(session_id), unsent(), 3);
  point.release();
  await first.rest();
  expect(await lastOf(session_id)).toBe("assistant: first answer");
  await eventually(
    () => ring(session_id),
    (rang) => rang,
  );
  await second.rest();
  expect(await lastOf(session_id)).toBe("assistant: echo: second");
});

it("goes over a pause: what was said before it, and the answer of the continue", async () => {
  const session_id = newId();
  const { agent } = peopleAgent();
  model.next([text("May I?"), toolCall("wipe", { disk: 1 })], "Wiped it.");
  const paused = await pausedRun("wipe it", { agent, session_id });
  expect(await lastOf(session_id)).toBe("assistant: May I?");
  expect(await detailOf(session_id)).toMatchObject({ open_requirements: 1, run_count: 0, message_count: 2 });
  await call("POST", continuePath(paused), { session_id, stream: false, ...tools(paused, confirmed) });
  expect(await lastOf(session_id)).toBe("assistant: Wiped it.");
  expect(await detailOf(session_id)).toMatchObject({ open_requirements: 0, run_count: 1, message_count: 3 });
});

it("is the leader's, not what members say to it", async () => {
  const session_id = newId();
  const ada = member("ada");
  const team = leading([ada]);
  const point = gate();
  say(model, { leader: [[delegate(ada, "add")], [hold(point), text("It is 3.")]], ada: ["three, I think"] });
  const answering = streamTeam(team, "What is 1 + 2?", { session_id });
  await point.reached();
  expect(await lastOf(session_id)).toBe("user: What is 1 + 2?");
  point.release();
  await answering;
  expect(await lastOf(session_id)).toBe("assistant: It is 3.");
});

it("is not copied into a fork that leaves out the run it was said in", async () => {
  const session_id = newId();
  await run("done", { session_id });
  const point = gate();
  model.next([hold(point), text("later")]);
  const stream = await openRun("goes on", { session_id });
  const { body } = await call("POST", `/agents/assistant/sessions/${session_id}/fork`);
  expect(await lastOf(body.session_id)).toBeUndefined();
  point.release();
  await stream.rest();
  await run("next", { session_id: body.session_id });
  expect(await lastOf(body.session_id)).toBe("assistant: echo: next");
});

it("costs a warm run no row more", async () => {
  const session_id = newId();
  await run("m0", { session_id });
  await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" });
  await call("PATCH", `/sessions/${session_id}`, { tags: ["a", "b"], metadata: { a: 1 } });
  d1.forget();
  await run("m1", { session_id });
  expect(costOf(d1.of(session_id)).rows).toEqual({ runs: 4, messages: 6, message_docs: 6, sessions: 5 });
});
