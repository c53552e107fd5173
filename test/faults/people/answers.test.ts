/** Answers, pauses, cancels and expiries of which D1 does not say, or says late, what became of them. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import type { Tool } from "../../../src/domain/tool.ts";
import { RunLane } from "../../../src/session/lane/run-lane.ts";
import { testAgent } from "../../support/agents.ts";
import {
  accepts,
  answers,
  continues,
  type Fault,
  heldAfter,
  heldBefore,
  lateArrival,
  pauses,
  refused,
  settles,
  takesBack,
  unanswered,
  unsent,
  waitsAgain,
  watchD1,
} from "../../support/d1-faults.ts";
import {
  answer,
  askedOf,
  CONFIRM,
  die,
  expectRising,
  leftOf,
  openAnswer,
  pausedRun,
  type RunOf,
  readRun,
  resumed,
  watchedTool,
  yes,
} from "../../support/deaths.ts";
import { type Answer, call, EventStream, names, newId, openRun, run, send } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { gate, hold, scriptModel, text, toolCall, until } from "../../support/scripted-model.ts";
import { alarmOf, detailOf, eventually, journalOf, killObjects, ring } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const TRIES = 3;
const shape = (events: { id: number; event: string }[]) => events.map(({ id, event }) => [id, event]);

/** An agent whose model is to call two tools, `a` and `b`. */
function twoTools(waits: Partial<Tool> = CONFIRM) {
  const a = watchedTool("a", waits);
  const b = watchedTool("b", waits);
  const path = `/agents/${testAgent({ tools: [a.tool, b.tool], naming: { after: 0 } })}`;
  const asks = (...after: string[]) => {
    model.next([toolCall("a", { what: "1" }), toolCall("b", { what: "2" })], ...after);
  };
  return { a, b, path, session_id: newId(), asks };
}

/**
 * The same agent with a run that waits for people at both calls. `after` is what the model says once both calls have ended.
 */
async function twoCalls(waits: Partial<Tool> = CONFIRM, after = ["Done."]) {
  const story = twoTools(waits);
  story.asks(...after);
  return { ...story, paused: await pausedRun(story.path, story.session_id) };
}

const landed = (session_id: string) =>
  eventually(
    () => journalOf(session_id),
    (left) => left.length === 0,
  );

const cancel = ({ path, session_id, run_id }: RunOf) =>
  call("POST", `${path}/runs/${run_id}/cancel?session_id=${session_id}`);

/** Sends a cancel and waits until the object has received it. The object has not answered it yet. */
async function cancelThere(paused: RunOf): Promise<{ answered: Promise<Answer> }> {
  const cancels = vi.spyOn(RunLane.prototype, "cancel");
  const answered = cancel(paused);
  await until(() => cancels.mock.calls.length > 0, "the cancel");
  cancels.mockRestore();
  return { answered };
}

async function rowOf({ run_id }: RunOf) {
  return env.DB.prepare("select status, waiting, fence, events from runs where run_id = ?")
    .bind(run_id)
    .first<{ status: string; waiting: number; fence: string; events: string }>();
}

/** Everything that D1 has of the session, except fences. */
async function everything(session_id: string) {
  const tables = ["sessions", "runs", "messages", "requirements", "continuations"];
  const found = await env.DB.batch<Record<string, unknown>>(
    tables.map((table) => env.DB.prepare(`select * from ${table} where session_id = ?`).bind(session_id)),
  );
  return found.map(({ results }) => results.map(({ fence: _fence, ...row }) => row));
}

async function expectDoneOnce({ a, b, paused }: Awaited<ReturnType<typeof twoCalls>>) {
  expect([a.ran, b.ran]).toEqual([["1"], ["2"]]);
  expect(await askedOf(paused)).toEqual(["a: answered", "b: answered"]);
  expect(await readRun(paused)).toMatchObject({ status: "COMPLETED", content: "Done." });
  expectRising(await resumed(paused));
  expect(await journalOf(paused.session_id)).toEqual([]);
}

describe("answers", () => {
  const faults: [string, () => Fault][] = [
    ["was not sent", unsent],
    ["was written, and its answer lost", unanswered],
    ["was refused", refused],
  ];
  for (const [name, fault] of faults) {
    it(`are not there after a 503, and can be given again with the same key, when their batch ${name}`, async () => {
      for (const said of [yes, { a: yes }]) {
        const story = await twoCalls();
        const { paused, session_id, a, b } = story;
        const before = await everything(session_id);
        d1.always(answers(session_id), fault());
        const key = newId();
        const refusal = await answer(paused, said, key);
        expect([refusal.status, refusal.headers.has("Retry-After")]).toEqual([503, true]);
        d1.heal();
        await landed(session_id);
        expect(await everything(session_id)).toEqual(before);
        expect([a.ran, b.ran]).toEqual([[], []]);
        const { status } = (await answer(paused, said, key)).body;
        expect(status).toBe(said === yes ? "COMPLETED" : "PAUSED");
        if (said !== yes) await answer(paused, yes);
        await expectDoneOnce(story);
      }
    });
  }

  it("are taken back by the alarm when D1 stayed away and the object died", async () => {
    const story = await twoCalls();
    const { paused, session_id } = story;
    const before = await everything(session_id);
    d1.always(answers(session_id), unanswered());
    d1.always(takesBack(paused.run_id), unsent());
    expect((await answer(paused, yes)).status).toBe(503);
    expect(await askedOf(paused)).toEqual(["a: answered", "b: answered"]);
    await killObjects();
    await ring(session_id);
    expect(story.a.ran).toEqual([]);
    expect((await answer(paused, yes)).status).toBe(503);
    d1.heal();
    await ring(session_id);
    expect(await everything(session_id)).toEqual(before);
    await answer(paused, yes);
    await expectDoneOnce(story);
  });

  it("are stored once when one try was written without an answer", async () => {
    const story = await twoCalls();
    d1.next(answers(story.session_id), unanswered(), TRIES - 1);
    expect((await answer(story.paused, yes, newId())).body.status).toBe("COMPLETED");
    await expectDoneOnce(story);
  });

  it("change nothing when they arrive late: after they were taken back, and after the run has ended", async () => {
    for (const tries of [1, TRIES]) {
      const story = await twoCalls();
      const { paused, session_id } = story;
      const late = lateArrival();
      d1.next(answers(session_id), late.fault, tries);
      const { status } = await answer(paused, yes, newId());
      expect(status).toBe(tries === 1 ? 200 : 503);
      await landed(session_id);
      const before = await everything(session_id);
      await late.arrive();
      expect(late.kept).toHaveLength(tries);
      expect(await everything(session_id)).toEqual(before);
      if (tries === TRIES) await answer(paused, yes);
      await expectDoneOnce(story);
    }
  });

  it("are stored, or not there, when the object dies while they are written", async () => {
    for (const held of [heldBefore, heldAfter]) {
      const story = await twoCalls();
      const { paused, session_id } = story;
      const before = await everything(session_id);
      const storing = gate();
      d1.next(answers(session_id), held(storing));
      const refusal = answer(paused, yes, "key");
      await storing.reached();
      await killObjects();
      expect((await refusal).status).toBe(503);
      await ring(session_id);
      expect(await everything(session_id)).toEqual(before);
      expect((await answer(paused, yes, "key")).body.status).toBe("COMPLETED");
      await expectDoneOnce(story);
    }
  });
});

describe("the start of a continued run", () => {
  for (const [name, fault] of [
    ["was not sent", unsent],
    ["was written, and its answer lost", unanswered],
  ] as const) {
    it(`is put back and made again, and each call runs once, when its batch ${name}`, async () => {
      const story = await twoCalls();
      const { paused, session_id } = story;
      d1.next(continues(session_id), fault(), TRIES);
      expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
      await expectDoneOnce(story);
    });
  }

  for (const becomes of ["COMPLETED", "CANCELLED"] as const) {
    it(`waits for a D1 that is away, also through a death, until the run is ${becomes}`, async () => {
      const story = await twoCalls(CONFIRM, becomes === "COMPLETED" ? ["Done."] : []);
      const { paused, session_id } = story;
      d1.always(continues(session_id), unanswered());
      d1.always(waitsAgain(paused.run_id), unsent());
      const stream = await openAnswer(paused, yes);
      await eventually(
        () => ring(session_id),
        () => d1.operations.filter(waitsAgain(paused.run_id)).length >= TRIES,
      );
      expect((await rowOf(paused))?.status).toBe("RUNNING");
      await die(stream);
      await ring(session_id);
      expect(await alarmOf(session_id)).not.toBeNull();
      if (becomes === "CANCELLED") {
        expect((await cancel(paused)).status).toBe(503);
        d1.heal();
        d1.always(continues(session_id), unsent());
        expect((await cancel(paused)).status).toBe(200);
        expect(await readRun(paused)).toMatchObject({ status: "CANCELLED" });
        expect([story.a.ran, story.b.ran]).toEqual([[], []]);
        expect(names(await resumed(paused)).slice(-3)).toEqual(["RunPaused", "RunCancelled", "RunCompleted"]);
      } else {
        d1.heal();
        await ring(session_id);
        await eventually(
          () => readRun(paused),
          ({ status }) => status === "COMPLETED",
        );
        await expectDoneOnce(story);
      }
      expect(await landed(session_id)).toEqual([]);
    });
  }

  it("changes nothing when it arrives late, after the run has ended or is paused again", async () => {
    const story = await twoCalls();
    const { paused, session_id } = story;
    const late = lateArrival();
    d1.next(continues(session_id), late.fault, TRIES);
    expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
    const before = await everything(session_id);
    await late.arrive();
    expect(late.kept).toHaveLength(TRIES);
    expect(await everything(session_id)).toEqual(before);
    await expectDoneOnce(story);
  });

  it("sees a state that was changed while the run was paused, also when nothing is remembered any more", async () => {
    const seen: unknown[] = [];
    const look = watchedTool("look", CONFIRM);
    const tool: Tool = {
      ...look.tool,
      execute: (_args, context) => {
        seen.push(context.sessionState);
        return context.updateState((state) => ({ ...state, looked: true }));
      },
    };
    const agent = testAgent({ tools: [tool], naming: { after: 0 } });
    const session_id = newId();
    model.next([toolCall("look", { what: "x" })], "Done.");
    const paused = await pausedRun(`/agents/${agent}`, session_id);
    await call("PATCH", `/sessions/${session_id}`, { session_state: { color: "blue" } });
    const starting = gate();
    d1.next(continues(session_id), heldAfter(starting));
    const answering = answer(paused, yes);
    await starting.reached();
    d1.always(accepts(session_id), unsent());
    expect((await run("more", { session_id, agent })).status).toBe(503);
    d1.heal();
    starting.release();
    expect((await answering).body.status).toBe("COMPLETED");
    expect(seen).toEqual([{ color: "blue" }]);
    expect((await detailOf(session_id)).session_state).toEqual({ color: "blue", looked: true });
  });
});

describe("a pause", () => {
  it("is said to be in the journal only when D1 is away, and lands with its requirements, once", async () => {
    for (const fault of [unsent, unanswered]) {
      for (const streamed of [true, false]) {
        const story = twoTools();
        const { path, session_id } = story;
        story.asks("Done.");
        d1.always(pauses(session_id), fault());
        const response = await send("POST", `${path}/runs`, { message: "go", stream: streamed, session_id });
        const run_id = response.headers.get("X-Run-Id") ?? "";
        if (streamed) {
          const events = await new EventStream(response).rest();
          expect(events.at(-1)).toMatchObject({ event: "RunPaused", data: { persisted: false } });
        } else {
          expect(await response.json()).toMatchObject({ status: "PAUSED", persisted: false });
        }
        const paused = { path, session_id, run_id };
        d1.heal();
        if (streamed) await ring(session_id);
        else await resumed(paused);
        expect(await askedOf(paused)).toEqual(["a: open", "b: open"]);
        expect(await journalOf(session_id)).toEqual([]);
        expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
        await expectDoneOnce({ ...story, paused });
      }
    }
  });

  it("that D1 refuses for its content is an error, of which nobody is asked anything", async () => {
    const story = twoTools();
    const { path, session_id } = story;
    story.asks();
    d1.always(pauses(session_id), refused());
    const { body } = await call("POST", `${path}/runs`, { message: "go", stream: false, session_id });
    expect(body).toMatchObject({ status: "ERROR", error_type: "storage" });
    const run = { path, session_id, run_id: body.run_id };
    expect(await askedOf(run)).toEqual([]);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("of a continued run is stored once, with new requirements only, when its answer was lost", async () => {
    for (const fault of [unsent, unanswered]) {
      const a = watchedTool("a", CONFIRM);
      const path = `/agents/${testAgent({ tools: [a.tool], naming: { after: 0 } })}`;
      const session_id = newId();
      model.next([toolCall("a", { what: "1" })], [toolCall("a", { what: "2" })], "Done.");
      const paused = await pausedRun(path, session_id);
      const before = await resumed(paused);
      d1.always(pauses(session_id), fault());
      const events = await (await openAnswer(paused, yes)).rest();
      expect(events.at(-1)).toMatchObject({ event: "RunPaused", data: { persisted: false } });
      d1.heal();
      await ring(session_id);
      expect(await askedOf(paused)).toEqual(["a: answered", "a: open"]);
      expect(shape(await resumed(paused))).toEqual(shape([...before, ...events]));
      expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "Done." });
      expect(a.ran).toEqual(["1", "2"]);
      expectRising(await resumed(paused));
      expect((await detailOf(session_id)).total_tokens).toBe(3 * 15);
    }
  });
});

describe("the end of a continued run", () => {
  it("is told once, whether it was written without an answer, or was not sent, and lands from another object", async () => {
    for (const fault of [unsent, unanswered]) {
      const story = await twoCalls();
      const { paused, session_id } = story;
      const before = await resumed(paused);
      d1.always(settles(session_id), fault());
      const events = await (await openAnswer(paused, yes)).rest();
      expect(events.at(-1)).toMatchObject({ event: "RunCompleted", data: { persisted: false } });
      await killObjects();
      d1.heal();
      await ring(session_id);
      expect(shape(await resumed(paused))).toEqual(shape([...before, ...events]));
      expect((await readRun(paused)).messages.map(({ role }: { role: string }) => role)).toEqual([
        "user",
        "assistant",
        "tool",
        "tool",
        "assistant",
      ]);
      expect((await detailOf(session_id)).total_tokens).toBe(2 * 15);
      await expectDoneOnce(story);
    }
  });

  it("that D1 refuses for its content is an error, whose index is the one that its readers saw", async () => {
    const { paused, session_id } = await twoCalls();
    d1.next(settles(session_id), refused());
    const events = await (await openAnswer(paused, yes)).rest();
    expect(events.at(-1)).toMatchObject({ event: "RunError", data: { error_type: "storage" } });
    expect(shape(await resumed(paused, events.at(-2)?.id))).toEqual(shape(events.slice(-1)));
    expect(await readRun(paused)).toMatchObject({ status: "ERROR", error_type: "storage" });
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("that an old instance sends late changes nothing: the run was paused again, answered, and has ended", async () => {
    const point = gate();
    const a = watchedTool("a", CONFIRM, point);
    const path = `/agents/${testAgent({ tools: [a.tool], naming: { after: 0 } })}`;
    const session_id = newId();
    model.next([toolCall("a", { what: "1" })], [toolCall("a", { what: "2" })], [text("Old end")]);
    const paused = await pausedRun(path, session_id);
    const late = lateArrival();
    const settling = gate();
    point.release();
    d1.next(pauses(session_id), async (send, operation) => {
      await late.fault(send, operation).catch(() => {});
      return heldAfter(settling)(() => Promise.resolve(), operation);
    });
    const stream = await openAnswer(paused, yes);
    await settling.reached();
    await die(stream);
    await ring(session_id);
    expect(await askedOf(paused)).toEqual(["a: answered", "a: open"]);
    const again = await everything(session_id);
    await late.arrive();
    expect(await everything(session_id)).toEqual(again);
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "Old end" });
    const before = await everything(session_id);
    await late.arrive();
    expect(late.kept).toHaveLength(1);
    expect(await everything(session_id)).toEqual(before);
    expect(a.ran).toEqual(["1", "2"]);
  });
});

describe("a cancel", () => {
  it("of a paused run is 503 while D1 does not confirm it, and done once when it is asked for again", async () => {
    for (const fault of [unsent, unanswered]) {
      const { paused, session_id, a } = await twoCalls(CONFIRM, []);
      d1.always(settles(session_id), fault());
      expect((await cancel(paused)).status).toBe(503);
      d1.heal();
      expect((await cancel(paused)).status).toBe(200);
      expect(await readRun(paused)).toMatchObject({ status: "CANCELLED" });
      expect(await askedOf(paused)).toEqual(["a: cancelled", "b: cancelled"]);
      expect(names(await resumed(paused)).slice(-3)).toEqual(["RunPaused", "RunCancelled", "RunCompleted"]);
      expect((await answer(paused, yes)).status).toBe(409);
      expect(a.ran).toEqual([]);
    }
  });

  it("that arrives late leaves a run alone that was answered meanwhile", async () => {
    const story = await twoCalls();
    const { paused, session_id } = story;
    const late = lateArrival();
    d1.next(settles(session_id), late.fault, TRIES);
    expect((await cancel(paused)).status).toBe(503);
    expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
    await late.arrive();
    await expectDoneOnce(story);
  });

  it("reaches a run that is being paused", async () => {
    const story = twoTools();
    const { path, session_id } = story;
    story.asks();
    const pausing = gate();
    d1.next(pauses(session_id), heldBefore(pausing));
    const response = await send("POST", `${path}/runs`, { message: "go", stream: true, session_id });
    const paused = { path, session_id, run_id: response.headers.get("X-Run-Id") ?? "" };
    await pausing.reached();
    const { answered } = await cancelThere(paused);
    pausing.release();
    expect((await answered).status).toBe(200);
    await new EventStream(response).rest();
    expect(await readRun(paused)).toMatchObject({ status: "CANCELLED" });
    expect(await askedOf(paused)).toEqual(["a: cancelled", "b: cancelled"]);
  });

  it("reaches a run that is about to go on: none of its calls runs, and its readers see it end", async () => {
    for (const held of [heldBefore, heldAfter]) {
      const { paused, session_id, a, b } = await twoCalls(CONFIRM, []);
      const starting = gate();
      d1.next(continues(session_id), held(starting));
      const stream = await openAnswer(paused, yes);
      await starting.reached();
      const { answered } = await cancelThere(paused);
      starting.release();
      expect((await answered).status).toBe(200);
      expect(names(await stream.rest()).slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
      expect([a.ran, b.ran]).toEqual([[], []]);
      expect(await readRun(paused)).toMatchObject({ status: "CANCELLED" });
      expect(await journalOf(session_id)).toEqual([]);
    }
  });

  it("of a run that waits to go on ends it for those who read it, and for those who came to read it", async () => {
    const { paused, session_id, a } = await twoCalls(CONFIRM, []);
    const other = gate();
    model.next([text("Busy"), hold(other), text(".")]);
    const active = await openRun("other", { session_id });
    await active.until("RunContent");
    const stream = await openAnswer(paused, yes);
    const reading = resumed(paused);
    await sleep(50);
    expect((await cancel(paused)).status).toBe(200);
    expect(names(await stream.rest())).toEqual(["RunCancelled", "RunCompleted"]);
    expect(names(await reading).slice(-3)).toEqual(["RunPaused", "RunCancelled", "RunCompleted"]);
    other.release();
    await active.rest();
    expect(a.ran).toEqual([]);
    expect(shape(await resumed(paused))).toEqual(shape(await reading));
  });
});

describe("an expiry", () => {
  for (const onExpiry of ["reject", "cancel"] as const) {
    it(`that D1 does not confirm is tried again by the alarm, and written once (${onExpiry})`, async () => {
      for (const fault of [unsent, unanswered]) {
        const waits = { ...CONFIRM, expiresAfterSeconds: 0.5, onExpiry };
        const { paused, session_id, a } = await twoCalls(waits, onExpiry === "reject" ? ["Done."] : []);
        d1.always(answers(session_id), fault());
        await eventually(
          async () => d1.operations.filter(answers(session_id)).length,
          (tries) => tries >= TRIES,
        );
        expect(a.ran).toEqual([]);
        await eventually(
          () => alarmOf(session_id),
          (at) => at !== null,
        );
        d1.heal();
        await ring(session_id);
        const body = await eventually(
          () => readRun(paused),
          ({ status }) => status === (onExpiry === "reject" ? "COMPLETED" : "CANCELLED"),
        );
        expect(body.tools.map((tool: { result: string }) => tool.result)).toEqual(
          onExpiry === "reject" ? Array(2).fill(expect.stringContaining("nobody answered in time")) : [null, null],
        );
        expect(await askedOf(paused)).toEqual(["a: expired", "b: expired"]);
        expect(a.ran).toEqual([]);
        expectRising(await resumed(paused));
        expect(await journalOf(session_id)).toEqual([]);
        await ring(session_id);
        expect(await alarmOf(session_id)).toBeNull();
      }
    });
  }

  it("is still watched when the pause landed from the journal of an object that died", async () => {
    const story = twoTools({ ...CONFIRM, expiresAfterSeconds: 0.1 });
    const { path, session_id } = story;
    story.asks("Done.");
    const pausing = gate();
    d1.next(pauses(session_id), heldBefore(pausing));
    const response = await send("POST", `${path}/runs`, { message: "go", stream: true, session_id });
    const paused = { path, session_id, run_id: response.headers.get("X-Run-Id") ?? "" };
    await pausing.reached();
    await die(new EventStream(response));
    await ring(session_id);
    await sleep(120);
    await ring(session_id);
    await eventually(
      () => readRun(paused),
      ({ status }) => status === "COMPLETED",
    );
    expect(await askedOf(paused)).toEqual(["a: expired", "b: expired"]);
  });
});

describe("a delete", () => {
  it("leaves nothing of a run that is paused, nor of its answers and keys", async () => {
    const { paused, session_id } = await twoCalls();
    expect((await answer(paused, { a: yes }, newId())).body.status).toBe("PAUSED");
    expect(await leftOf(session_id)).toMatchObject({ requirements: 2, continuations: 1 });
    expect((await call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    expect(await leftOf(session_id)).toEqual({});
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("leaves nothing of a run that waits to go on, is about to, or runs its calls, and its readers see an end", async () => {
    for (const stage of ["waits", "starts", "runs"] as const) {
      const point = gate();
      const a = watchedTool("a", CONFIRM, point);
      const path = `/agents/${testAgent({ tools: [a.tool], naming: { after: 0 } })}`;
      const session_id = newId();
      model.next([toolCall("a", { what: "1" })]);
      const paused = await pausedRun(path, session_id);
      const other = gate();
      if (stage === "waits") {
        model.next([text("Busy"), hold(other)]);
        await (await openRun("other", { session_id })).until("RunContent");
      }
      if (stage === "starts") d1.next(continues(session_id), heldAfter(other));
      const stream = await openAnswer(paused, yes);
      if (stage === "starts") await other.reached();
      if (stage === "runs") await point.reached();
      const deleting = call("DELETE", `/sessions/${session_id}`);
      await sleep(20);
      other.release();
      expect((await deleting).status).toBe(204);
      expect(names(await stream.rest()).slice(-2)).toEqual(["RunCancelled", "RunCompleted"]);
      expect(await leftOf(session_id)).toEqual({});
      await landed(session_id);
      await killObjects();
      await ring(session_id);
      expect(await leftOf(session_id)).toEqual({});
    }
  });
});

it("keeps a change of the state that was confirmed just before the object died", async () => {
  const point = gate();
  const slow = watchedTool("slow", {}, point);
  const tool: Tool = {
    ...slow.tool,
    execute: (args, context) => {
      context.updateState((state) => ({ ...state, byTool: true }));
      return slow.tool.execute?.(args, context);
    },
  };
  const agent = testAgent({ tools: [tool], naming: { after: 0 } });
  const session_id = newId();
  model.next([toolCall("slow", { what: "x" })]);
  const stream = await openRun("go", { session_id, agent });
  await point.reached();
  const path = `/sessions/${session_id}`;
  const merge = { "Content-Type": "application/merge-patch+json" };
  const body = JSON.stringify({ session_state: { byCaller: true } });
  expect((await call("PATCH", path, body, merge)).status).toBe(200);
  await die(stream);
  await ring(session_id);
  expect((await detailOf(session_id)).session_state).toEqual({ byTool: true, byCaller: true });
});
