/** The ledger of what users use: which batches write its rows, and that each row is written once. */
import { describe, expect, it } from "vitest";
import { testAgent } from "../support/agents.ts";
import { key } from "../support/credentials.ts";
import { costOf } from "../support/d1-cost.ts";
import { accepts, answers, lateArrival, settles, unanswered, watchD1 } from "../support/d1-faults.ts";
import {
  type EndUser,
  endUser,
  expectOver,
  ledgerOf,
  midnightAfter,
  openAs,
  runAs,
  settableClock,
} from "../support/end-user.ts";
import { type Answer, call, EventStream, newId, send } from "../support/http.ts";
import { ask } from "../support/paused-runs.ts";
import {
  askedBytes,
  gate,
  hold,
  type ModelCall,
  type ScriptedModel,
  scriptModel,
  text,
  toolCall,
  usage,
} from "../support/scripted-model.ts";
import { eventually, killObjects, ring } from "../support/session-story.ts";
import { delegate, leading, member, say } from "../support/teams.ts";

const model = scriptModel();
const d1 = watchD1();
const clock = settableClock();

const last = ({ calls }: ScriptedModel) => calls.at(-1) as ModelCall;

interface Paused {
  agent: string;
  session_id: string;
  run_id: string;
}

async function pausedRun(user: EndUser): Promise<Paused> {
  const agent = testAgent({ instructions: "Be brief.", tools: [ask], naming: { after: 0 } });
  const session_id = newId();
  model.next([toolCall("ask", {}, { id: "call-1" })]);
  const { body } = await runAs(user, "go", { agent, session_id });
  expect(body.status).toBe("PAUSED");
  return { agent, session_id, run_id: body.run_id };
}

function confirm(user: EndUser, { agent, session_id, run_id }: Paused, idempotencyKey?: string): Promise<Answer> {
  const tools = [{ tool_call_id: "call-1", confirmed: true }];
  return call(
    "POST",
    `/agents/${agent}/runs/${run_id}/continue`,
    { tools, session_id, stream: false },
    { ...user.headers, ...(idempotencyKey !== undefined && { "Idempotency-Key": idempotencyKey }) },
  );
}

describe("a run", () => {
  // case 105
  it("costs no trip and no read more when warm, and of the ledger two rows at its accept and one at its settle", async () => {
    const ada = await endUser({ max_sessions: 10 });
    const session_id = newId();
    await runAs(ada, "m0", { session_id });
    await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" }, ada.headers);
    for (const message of ["m1", "m2", "m3"]) {
      d1.forget();
      await runAs(ada, message, { session_id });
      const operations = d1.of(session_id);
      expect(operations.map((operation) => costOf([operation]).rows.run_usage)).toEqual([2, 1]);
      expect(costOf(operations)).toEqual({
        batches: 2,
        alone: 0,
        reads: 0,
        rows: { runs: 4, messages: 6, sessions: 5, message_docs: 6, run_usage: 3 },
      });
    }
  });

  it("without a user writes nothing of the ledger", async () => {
    const session_id = newId();
    const fields = { message: "hello", stream: false, session_id };
    expect((await call("POST", "/agents/assistant/runs", fields, key)).status).toBe(200);
    const statements = d1.of(session_id).flatMap((operation) => operation.statements);
    expect(statements.filter(({ sql }) => sql.includes("run_usage"))).toEqual([]);
  });

  // case 101
  it("of a team counts the tokens of its members in its own row", async () => {
    const ada = await endUser();
    const helper = member("helper");
    say(model, { leader: [[delegate(helper, "do it")], "Done."], helper: ["did it"] });
    const { body } = await call(
      "POST",
      `/teams/${leading([helper])}/runs`,
      { message: "go", stream: false, session_id: newId() },
      ada.headers,
    );
    expect(body.metrics.total_tokens).toBe(45);
    expect(await ledgerOf(ada)).toEqual([{ run_id: body.run_id, tokens: 45, settled: 1 }]);
  });

  it("of a team that routes counts what its member said once, whether or not the server counts", async () => {
    const helper = member("helper");
    const team = leading([helper], { mode: "route" });
    for (const counted of [true, false]) {
      const ada = await endUser();
      const said = [text("x".repeat(400)), ...(counted ? [] : [usage(null)])];
      say(model, { leader: [[delegate(helper, "do it")]], helper: [said] });
      const fields = { message: "go", stream: false, session_id: newId() };
      const { body } = await call("POST", `/teams/${team}/runs`, fields, ada.headers);
      expect(body.content).toBe("x".repeat(400));
      const uncounted = Math.ceil((askedBytes(last(model).request) + 400) / 4);
      expect(await ledgerOf(ada)).toEqual([
        { run_id: body.run_id, tokens: 15 + (counted ? 15 : uncounted), settled: 1 },
      ]);
    }
  });

  it("counts the tokens of members that had landed when the object died", async () => {
    const ada = await endUser();
    const helper = member("helper");
    const session_id = newId();
    const point = gate();
    say(model, { leader: [[delegate(helper, "do it")], [hold(point)]], helper: ["did it"] });
    const team = leading([helper]);
    const running = call(
      "POST",
      `/teams/${team}/runs`,
      { message: "go", stream: false, session_id },
      ada.headers,
    ).catch(() => null);
    await point.reached();
    await killObjects();
    await running;
    await ring(session_id);
    expect(await ledgerOf(ada)).toMatchObject([{ tokens: 30, settled: 1 }]);
  });

  it("is counted once, whichever of its batches D1 writes without an answer", async () => {
    const ada = await endUser();
    const session_id = newId();
    d1.next(accepts(session_id), unanswered());
    d1.next(settles(session_id), unanswered(), 2);
    expect((await runAs(ada, "hello", { session_id })).status).toBe(200);
    expect(await ledgerOf(ada)).toMatchObject([{ tokens: 15, settled: 1 }]);
  });

  it("leaves no row where its accept is withdrawn, and none comes with an accept that arrives late", async () => {
    const ada = await endUser();
    const session_id = newId();
    const late = lateArrival();
    d1.next(accepts(session_id), late.fault, 3);
    expect((await runAs(ada, "hello", { session_id })).status).toBe(503);
    await ring(session_id);
    expect(await ledgerOf(ada)).toEqual([]);
    await late.arrive();
    expect(await ledgerOf(ada)).toEqual([]);
    d1.next(accepts(session_id), unanswered(), 3);
    expect((await runAs(ada, "hello", { session_id })).status).toBe(503);
    await ring(session_id);
    expect(await ledgerOf(ada)).toEqual([]);
  });

  it("counts what it has used when its session is deleted under it, and gives its place back", async () => {
    const ada = await endUser({ concurrent_runs: 1 });
    const session_id = newId();
    const agent = testAgent({ tools: [{ ...ask, requiresConfirmation: false }], naming: { after: 0 } });
    const point = gate();
    model.next([toolCall("ask", {})], [hold(point), text("second")]);
    const active = await openAs(ada, "go", { agent, session_id });
    await point.reached();
    expect((await call("DELETE", `/sessions/${session_id}`, undefined, ada.headers)).status).toBe(204);
    await active.rest();
    const [row] = await eventually(
      () => ledgerOf(ada),
      ([found]) => found !== undefined && found.tokens > 0,
    );
    expect(row).toMatchObject({ tokens: 15 + Math.ceil(askedBytes(last(model).request) / 4), settled: 1 });
    expect((await runAs(ada, "next")).status).toBe(200);
  });

  it("that waits gives its place back when its session is deleted", async () => {
    const ada = await endUser();
    const session_id = newId();
    const point = gate();
    model.next([hold(point)]);
    const streams = [await openAs(ada, "one", { session_id }), await openAs(ada, "two", { session_id })];
    expect((await call("DELETE", `/sessions/${session_id}`, undefined, ada.headers)).status).toBe(204);
    await Promise.all(streams.map((stream) => stream.rest()));
    expect((await ledgerOf(ada)).map(({ settled }) => settled)).toEqual([1, 1]);
  });
});

describe("a continue", () => {
  it("has a row of its own, with its own tokens only", async () => {
    const ada = await endUser();
    const paused = await pausedRun(ada);
    expect(await ledgerOf(ada)).toEqual([{ run_id: paused.run_id, tokens: 15, settled: 1 }]);
    model.next("It is done.");
    expect((await confirm(ada, paused)).body.status).toBe("COMPLETED");
    const row = { run_id: paused.run_id, tokens: 15, settled: 1 };
    expect(await ledgerOf(ada)).toEqual([row, row]);
  });

  it("has the same where another instance goes on with it", async () => {
    const ada = await endUser();
    const paused = await pausedRun(ada);
    const point = gate();
    model.next([hold(point)]);
    const running = confirm(ada, paused).catch(() => null);
    await point.reached();
    expect((await ledgerOf(ada)).map(({ settled }) => settled)).toEqual([1, 0]);
    await killObjects();
    await running;
    await ring(paused.session_id);
    await eventually(
      () => ledgerOf(ada),
      (rows) => rows.every(({ settled }) => settled === 1),
    );
    expect((await ledgerOf(ada)).map(({ tokens }) => tokens)).toEqual([15, 0]);
  });

  it("counts the tokens of members that had landed when the object died", async () => {
    const ada = await endUser();
    const helper = member("helper");
    const team = leading([helper], { tools: [ask] });
    const session_id = newId();
    const point = gate();
    const leader = [[toolCall("ask", {}, { id: "call-1" })], [delegate(helper, "do it")], [hold(point)]];
    say(model, { leader, helper: ["did it"] });
    const path = `/teams/${team}/runs`;
    const paused = await call("POST", path, { message: "go", stream: false, session_id }, ada.headers);
    expect(paused.body.status).toBe("PAUSED");
    const fields = { tools: [{ tool_call_id: "call-1", confirmed: true }], session_id, stream: false };
    const running = call("POST", `${path}/${paused.body.run_id}/continue`, fields, ada.headers);
    await point.reached();
    await killObjects();
    await running;
    await ring(session_id);
    await eventually(
      () => ledgerOf(ada),
      (rows) => rows.every(({ settled }) => settled === 1),
    );
    expect((await ledgerOf(ada)).map(({ tokens }) => tokens)).toEqual([15, 30]);
  });

  it("of a run without a user is counted as the confined user's who let it go on, and as nobody's by the key", async () => {
    const ada = await endUser({ concurrent_runs: 1 });
    const agent = testAgent({ instructions: "Be brief.", tools: [ask], naming: { after: 0 } });
    const session_id = newId();
    const asking = (id: string) => [toolCall("ask", {}, { id })];
    await runAs(ada, "hello", { agent, session_id });
    model.next(asking("one"));
    const fields = { message: "go", stream: false, session_id };
    const { body } = await call("POST", `/agents/${agent}/runs`, fields, key);
    expect([body.status, (await ledgerOf(ada)).length]).toEqual(["PAUSED", 1]);

    const path = `/agents/${agent}/runs/${body.run_id}/continue`;
    const letGoOn = (id: string, headers: Record<string, string>) =>
      call("POST", path, { tools: [{ tool_call_id: id, confirmed: true }], session_id, stream: false }, headers);
    model.next(asking("two"));
    expect((await letGoOn("one", ada.headers)).body).toMatchObject({ status: "PAUSED" });
    const counted = { run_id: body.run_id, tokens: 15, settled: 1 };
    expect((await ledgerOf(ada)).slice(1)).toEqual([counted]);
    model.next(asking("three"));
    expect((await letGoOn("two", key)).body).toMatchObject({ status: "PAUSED" });
    expect((await ledgerOf(ada)).slice(1)).toEqual([counted]);

    const point = gate();
    model.next([hold(point), text("other")]);
    const other = { message: "other", stream: true, session_id };
    const active = new EventStream(await send("POST", `/agents/${agent}/runs`, other, key));
    await point.reached();
    const waiting = letGoOn("three", ada.headers);
    await eventually(
      () => ledgerOf(ada),
      (rows) => rows.length === 3,
    );
    expectOver(await runAs(ada, "next"), "concurrent-runs");
    expect((await call("DELETE", `/sessions/${session_id}`, undefined, ada.headers)).status).toBe(204);
    await Promise.all([waiting, active.rest()]);
    expect((await ledgerOf(ada)).map(({ settled }) => settled)).toEqual([1, 1, 1]);
  });

  it("that is refused stores no answer, and can be sent again the next day", async () => {
    const ada = await endUser({ runs_per_day: 1 });
    const now = Date.now();
    const paused = await pausedRun(ada);
    const idempotencyKey = newId();
    expectOver(await confirm(ada, paused, idempotencyKey), "runs-day");
    const inbox = await call("GET", "/requirements", undefined, ada.headers);
    expect(inbox.body.data).toHaveLength(1);
    expect(await ledgerOf(ada)).toHaveLength(1);
    clock.moveTo(midnightAfter(now) + 1);
    model.next("It is done.");
    expect((await confirm(ada, paused, idempotencyKey)).body.status).toBe("COMPLETED");
    // Its key names it now, so it is neither refused nor counted again.
    expect((await confirm(ada, paused, idempotencyKey)).status).toBe(200);
    expect(await ledgerOf(ada)).toHaveLength(2);
  });

  it("leaves no row where its answers are taken back, and none comes with answers that arrive late", async () => {
    const ada = await endUser();
    const paused = await pausedRun(ada);
    const late = lateArrival();
    d1.next(answers(paused.session_id), late.fault, 3);
    expect((await confirm(ada, paused)).status).toBe(503);
    await ring(paused.session_id);
    await late.arrive();
    expect(await ledgerOf(ada)).toHaveLength(1);
    d1.next(answers(paused.session_id), unanswered(), 3);
    expect((await confirm(ada, paused)).status).toBe(503);
    await ring(paused.session_id);
    expect(await ledgerOf(ada)).toHaveLength(1);
    model.next("It is done.");
    d1.next(answers(paused.session_id), unanswered());
    expect((await confirm(ada, paused)).body.status).toBe("COMPLETED");
    expect((await ledgerOf(ada)).map(({ tokens }) => tokens)).toEqual([15, 15]);
  });

  it("that waits gives its place back when it is cancelled", async () => {
    const ada = await endUser();
    const paused = await pausedRun(ada);
    const point = gate();
    model.next([hold(point), text("other")]);
    const active = await openAs(ada, "other", { agent: paused.agent, session_id: paused.session_id });
    const tools = [{ tool_call_id: "call-1", confirmed: true }];
    const path = `/agents/${paused.agent}/runs/${paused.run_id}`;
    const fields = { tools, session_id: paused.session_id, stream: false };
    const continued = call("POST", `${path}/continue`, fields, ada.headers);
    await eventually(
      () => ledgerOf(ada),
      (rows) => rows.length === 3,
    );
    expect((await call("POST", `${path}/cancel`, undefined, ada.headers)).status).toBe(200);
    expect((await continued).body.status).toBe("CANCELLED");
    point.release();
    await active.rest();
    expect((await ledgerOf(ada)).map(({ settled }) => settled)).toEqual([1, 1, 1]);
  });
});
