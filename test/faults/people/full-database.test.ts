import { expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import { accepts, answers, type Fault, refused, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import { answer, ask, confirmed, pausedRun, requirements } from "../../support/paused-runs.ts";
import { deleteWithUndo, rowOf } from "../../support/retention.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { journalOf, ring, runCalls, storyOf } from "../../support/session-story.ts";

// What people ask for while the database is full, of runs and sessions that are there already.

const model = scriptModel();
const d1 = watchD1();

const FULL = [507, "database_full"];
const noRoom = () => refused("Exceeded maximum DB size");

async function paused() {
  const agent = testAgent({ tools: [ask] });
  model.next([toolCall("ask", {})]);
  return pausedRun("go", { agent, session_id: newId() });
}

it("takes no answer that finds no room: the run waits as before, and the same answer is taken once there is some", async () => {
  const waiting = await paused();
  d1.always(answers(waiting.session_id), noRoom());
  const refusal = await answer(waiting, requirements(waiting, confirmed));
  expect([refusal.status, refusal.body.code]).toEqual(FULL);
  expect(await journalOf(waiting.session_id)).toEqual([]);
  d1.heal();
  expect((await answer(waiting, requirements(waiting, confirmed))).body).toMatchObject({ status: "COMPLETED" });
  expect(model.callsWith("done")).toHaveLength(1);
});

it("keeps the result of a tool that ran behind an answer until there is room, and runs it once", async () => {
  const waiting = await paused();
  d1.fill();
  const gone = await answer(waiting, requirements(waiting, confirmed));
  expect(gone.body).toMatchObject({ status: "COMPLETED", persisted: false });
  expect(await journalOf(waiting.session_id)).toEqual([waiting.run_id]);
  d1.heal();
  await ring(waiting.session_id);
  expect(await journalOf(waiting.session_id)).toEqual([]);
  const { body } = await call("GET", `/sessions/${waiting.session_id}/messages`);
  const results = body.data.filter(({ role }: { role: string }) => role === "tool");
  expect(results).toMatchObject([{ content: "done" }]);
  expect(model.callsWith("done")).toHaveLength(1);
});

it("cancels a run that waits for a person", async () => {
  const { agent, run_id, session_id } = await paused();
  d1.fill();
  expect((await call("POST", `/agents/${agent}/runs/${run_id}/cancel?session_id=${session_id}`)).status).toBe(200);
  d1.heal();
  expect((await call("GET", `/sessions/${session_id}/runs/${run_id}`)).body).toMatchObject({ status: "CANCELLED" });
});

it("brings no session back: it stays deleted, and comes back once there is room", async () => {
  const session_id = newId();
  await run("one", { session_id });
  expect((await deleteWithUndo(session_id)).status).toBe(204);
  d1.fill();
  const refusal = await call("POST", `/sessions/${session_id}/restore`);
  expect([refusal.status, refusal.body.code]).toEqual(FULL);
  expect(await rowOf(session_id)).toMatchObject({ visibility: "deleted" });
  d1.heal();
  expect((await call("POST", `/sessions/${session_id}/restore`)).status).toBe(200);
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one"]);
});

it("gives up the request of a warm run that was asked before D1 said that it is full, and asks the next one behind its accept", async () => {
  const session_id = newId();
  await run("one", { session_id });
  const [point, held] = [gate(), gate()];
  const fullBehind: Fault = async (send, operation) => {
    await until(() => point.released);
    return noRoom()(send, operation);
  };
  d1.next(accepts(session_id), fullBehind);
  model.next([text("Never shown"), hold(held)]);
  const refusal = run("two", { session_id });
  await until(() => runCalls(model).length === 2, "the early request");
  point.release();
  expect([(await refusal).status, (await refusal).body.code]).toEqual(FULL);
  await until(() => runCalls(model)[1]?.aborted === true, "the request to be given up");
  expect(await journalOf(session_id)).toEqual([]);
  expect((await run("three", { session_id })).body).toMatchObject({ content: "echo: three" });
  expect(await storyOf(session_id)).toEqual(["one → COMPLETED: echo: one", "three → COMPLETED: echo: three"]);
});
