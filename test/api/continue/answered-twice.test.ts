import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { heldAfter, watchD1 } from "../../support/d1-faults.ts";
import { names, newId, type SentEvent } from "../../support/http.ts";
import {
  answer,
  confirmed,
  filled,
  openAnswer,
  type PausedRun,
  pausedRun,
  pauseOf,
  rejected,
  result,
  stored,
  tools,
} from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { objectOf, runCalls } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

async function waitsToWipe(agent: string): Promise<PausedRun> {
  model.next([toolCall("wipe", { disk: 1 })]);
  return pausedRun("wipe it", { session_id: newId(), agent });
}

/** Events without the times of deltas: the log keeps one time for a whole segment, so a replay tells another one. */
const comparable = (events: SentEvent[]) =>
  events.map(({ id, event, data }) => {
    const { created_at, ...fields } = data;
    return { id, event, fields: event === "RunContent" ? fields : { ...fields, created_at } };
  });

/**
 * A run without its durations. The run keeps only how long its model took in all, so an answer that shows an earlier
 * pause again tells more than that pause did.
 */
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
const timeless = ({ metrics: { timings, duration, ...metrics }, ...body }: any) => ({ ...body, metrics });

describe("two people who approve at once", () => {
  it("have the tool run once: the second is told that the run goes on already", async () => {
    const point = gate();
    const { agent, ran } = peopleAgent({ gate: point });
    const paused = await waitsToWipe(agent);
    const first = answer(paused, { ...tools(paused, confirmed), answered_by: "ada" });
    await point.reached();

    for (const said of [confirmed, rejected(), {}]) {
      const second = await answer(paused, { ...tools(paused, said), answered_by: "bob" });
      expect([second.status, second.body.code, second.body.detail]).toEqual([
        409,
        "run_not_continuable",
        `Cannot continue run ${paused.run_id}: run is running`,
      ]);
      expect(second.headers.get("X-Run-Id")).toBe(paused.run_id);
    }
    point.release();
    const { body } = await first;
    expect([body.status, body.requirements[0].answered_by]).toEqual(["COMPLETED", "ada"]);
    expect([ran, runCalls(model).length]).toEqual([["wipe 1"], 2]);
  });

  it("have the tool run once, whoever comes first", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const people = ["ada", "bob", "cleo", "dan", "eve"];
    const answers = await Promise.all(
      people.map((answered_by, nth) =>
        answer(paused, { ...tools(paused, confirmed), answered_by }, { key: `k${nth}` }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    const winner = people[answers.findIndex(({ status }) => status === 200)];
    expect((await stored(paused)).requirements[0].answered_by).toBe(winner);
    expect([ran, runCalls(model).length]).toEqual([["wipe 1"], 2]);
  });
});

describe("the same continue again, with its key", () => {
  it("is the first one, while its tool runs: streamed and not", async () => {
    const point = gate();
    const { agent, ran } = peopleAgent({ gate: point });
    const paused = await waitsToWipe(agent);
    const [fields, key] = [tools(paused, confirmed), newId()];
    const first = await openAnswer(paused, fields, { key });
    await point.reached();
    const second = await openAnswer(paused, { ...fields, on_busy: "reject" }, { key });
    const whole = answer(paused, fields, { key, form: true });
    expect(names([(await second.next()) as SentEvent])).toEqual(["RunContinued"]);
    point.release();
    const events = await first.rest();
    expect(names(events)[0]).toBe("RunContinued");
    expect(comparable(await second.rest())).toEqual(comparable(events.slice(1)));
    expect((await whole).body).toEqual(await stored(paused));
    expect([ran, runCalls(model).length]).toEqual([["wipe 1"], 2]);
  });

  it("is the first one when all come at once", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const [fields, key] = [tools(paused, confirmed), newId()];
    const answers = await Promise.all([1, 2, 3, 4].map(() => answer(paused, fields, { key })));
    expect(answers.map(({ status, body }) => [status, body.status])).toEqual(
      [1, 2, 3, 4].map(() => [200, "COMPLETED"]),
    );
    expect([ran, runCalls(model).length]).toEqual([["wipe 1"], 2]);
  });

  it("has the first one's result after the run has ended, also once its object was evicted", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const [fields, key] = [tools(paused, confirmed), newId()];
    const events = await (await openAnswer(paused, fields, { key })).rest();
    const end = await stored(paused);
    for (const evicted of [false, true]) {
      if (evicted) await evictDurableObject(objectOf(paused.session_id));
      expect(comparable(await (await openAnswer(paused, fields, { key })).rest())).toEqual(comparable(events));
      const whole = await answer(paused, fields, { key });
      expect([whole.status, whole.body, whole.headers.get("X-Run-Id")]).toEqual([200, end, paused.run_id]);
    }
    expect([ran, runCalls(model).length]).toEqual([["wipe 1"], 2]);
  });

  it("has what was open then when it answered some of several requirements", async () => {
    const { agent, ran } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 }), toolCall("order", { item: "tea" })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    const [fields, key] = [tools(paused, confirmed), newId()];
    const [event] = await (await openAnswer(paused, fields, { key })).rest();
    const whole = await stored(paused);
    for (const evicted of [false, true]) {
      if (evicted) await evictDurableObject(objectOf(paused.session_id));
      expect(await (await openAnswer(paused, fields, { key })).rest()).toEqual([event]);
      expect((await answer(paused, fields, { key })).body).toEqual(whole);
    }
    await answer(paused, tools(paused, null, filled({ amount: 1 })));
    expect(await (await openAnswer(paused, fields, { key })).rest()).toEqual([event]);
    expect(timeless((await answer(paused, fields, { key })).body)).toEqual(timeless(whole));
    expect(ran.sort()).toEqual(["order 1 tea", "wipe 1"]);
  });

  it("ends with the pause that followed it, while a later continue runs and after it", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const [fields, key] = [tools(paused, confirmed), newId()];
    model.next([text("Sign. "), toolCall("look", { at: "here" }), toolCall("sign", { paper: "p" })]);
    const events = await (await openAnswer(paused, fields, { key })).rest();
    expect(names(events).at(-1)).toBe("RunPaused");
    const whole = await stored(paused);
    const expectAgain = async () => {
      expect(comparable(await (await openAnswer(paused, fields, { key })).rest())).toEqual(comparable(events));
      expect(timeless((await answer(paused, fields, { key })).body)).toEqual(timeless(whole));
    };
    await expectAgain();

    const second = pauseOf(agent, events.at(-1)?.data);
    const point = gate();
    model.next([text("Half"), hold(point), text(" done")]);
    const later = await openAnswer(second, tools(second, result("signed")), { key: newId() });
    await point.reached();
    await expectAgain();
    point.release();
    await later.rest();
    await expectAgain();
    await evictDurableObject(objectOf(paused.session_id));
    await expectAgain();
    expect([ran, runCalls(model).length]).toEqual([["wipe 1", "look here"], 3]);
  });

  it("has the whole result when the run ends while the key is looked up", async () => {
    const point = gate();
    const { agent } = peopleAgent({ gate: point });
    const paused = await waitsToWipe(agent);
    const [fields, key] = [tools(paused, confirmed), newId()];
    const first = await openAnswer(paused, fields, { key });
    await point.reached();
    const lookup = gate();
    const isLookup = ({ statements }: { statements: { sql: string }[] }) =>
      statements.some(({ sql }) => /^select .* from "continuations"/.test(sql));
    d1.next(isLookup, heldAfter(lookup), 2);
    const [second, third] = [openAnswer(paused, fields, { key }), answer(paused, fields, { key })];
    await until(() => lookup.arrivals > 0);
    point.release();
    const events = await first.rest();
    lookup.release();
    expect(comparable(await (await second).rest())).toEqual(comparable(events));
    expect((await third).body).toEqual(await stored(paused));
  });

  it("is refused when it says something else, or who else says it", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const [fields, key] = [tools(paused, confirmed), newId()];
    await answer(paused, fields, { key });
    for (const other of [tools(paused, rejected()), { ...fields, answered_by: "bob" }, {}]) {
      const { status, headers, body } = await answer(paused, other, { key });
      expect([status, body.code, headers.get("X-Run-Id")]).toEqual([409, "idempotency_conflict", paused.run_id]);
    }
    // Another user who sends the same key does not find the run.
    expect((await answer(paused, { ...fields, user_id: newId() }, { key })).status).toBe(404);
    expect(ran).toEqual(["wipe 1"]);
  });

  it("is another one where the key names another run", async () => {
    const { agent, ran } = peopleAgent();
    const key = newId();
    model.next([toolCall("wipe", { disk: 1 })]);
    const first = await pausedRun("one", { session_id: newId(), agent, key });
    model.next([toolCall("wipe", { disk: 2 })]);
    const second = await pausedRun("two", { session_id: first.session_id, agent });
    for (const paused of [first, second]) {
      const { body } = await answer(paused, tools(paused, confirmed), { key });
      expect([body.status, body.run_id]).toEqual(["COMPLETED", paused.run_id]);
    }
    expect(ran).toEqual(["wipe 1", "wipe 2"]);
  });

  it("is a new one where the first was refused", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsToWipe(agent);
    const key = newId();
    expect((await answer(paused, {}, { key })).status).toBe(400);
    expect((await answer(paused, tools(paused, confirmed), { key })).body.status).toBe("COMPLETED");
    expect(ran).toEqual(["wipe 1"]);
  });
});
