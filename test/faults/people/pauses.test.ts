/** What becomes of a continued run when its object dies. */
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { testAgent } from "../../support/agents.ts";
import { continues, heldAfter, heldBefore, watchD1 } from "../../support/d1-faults.ts";
import {
  answer,
  askedOf,
  CONFIRM,
  die,
  expectRising,
  fill,
  no,
  openAnswer,
  openOf,
  pausedRun,
  readRun,
  resumed,
  watchedTool,
  yes,
} from "../../support/deaths.ts";
import { names, newId, openRun, run, type SentEvent } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { alarmOf, eventually, journalOf, killObjects, objectOf, ring, runCalls } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const CHECKPOINT_MS = 600;
const resultsOf = (body: { tools: { tool_name: string; result: string | null }[] }) =>
  body.tools.map((tool) => `${tool.tool_name}: ${tool.result}`);
const toldModel = () =>
  runCalls(model)
    .at(-1)
    ?.request.messages.filter(({ role }) => role === "tool")
    .map(({ content }) => content);

/** A paused run of two calls. Once it is continued, `quick` ends and `slow` stays at its gate. */
async function twoCalls(slowWaits: object = CONFIRM) {
  const point = gate();
  const slow = watchedTool("slow", slowWaits, point);
  const quick = watchedTool("quick", CONFIRM);
  const path = `/agents/${testAgent({ tools: [slow.tool, quick.tool], naming: { after: 0 } })}`;
  const session_id = newId();
  model.next([toolCall("slow", { what: "a" }), toolCall("quick", { what: "b" })]);
  const paused = await pausedRun(path, session_id);
  return { point, slow, quick, session_id, paused };
}

/** The same run, continued, whose object then died in `slow`; with all events that its reader got. */
async function diedInSlow(said: object, slowWaits: object = CONFIRM) {
  const story = await twoCalls(slowWaits);
  const before = await resumed(story.paused);
  const stream = await openAnswer(story.paused, said as Record<string, unknown>);
  const sent: SentEvent[] = [await stream.until("ToolCallCompleted")];
  await story.point.reached();
  sent.push(...(await die(stream)));
  return { ...story, sent: [...before, ...sent] };
}

describe("a continued run whose object died while a call was under way", () => {
  it("is paused again: the call is asked about, what had ended stays, and its index is above all that were sent", async () => {
    const { paused, session_id, sent, slow, quick } = await diedInSlow(yes);
    const last = Math.max(...sent.map(({ id }) => id));

    expect(await ring(session_id)).toBe(true);

    const body = await readRun(paused);
    expect(body.status).toBe("PAUSED");
    expect(resultsOf(body)).toEqual(["slow: null", "quick: quick of b"]);
    expect(await askedOf(paused)).toEqual(["slow: answered", "quick: answered", "slow: open, outcome unknown"]);
    const behind = await resumed(paused, last);
    expect(names(behind)).toEqual(["RunPaused"]);
    expect(behind[0]?.id).toBeGreaterThan(last);
    expect(behind[0]?.data.requirements).toMatchObject([
      { note: "outcome unknown", tool_execution: { tool_name: "slow", tool_args: { what: "a" }, confirmed: null } },
    ]);
    expectRising(await resumed(paused));
    expect([slow.ran, quick.ran]).toEqual([["a"], ["b"]]);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("runs the call again when it is confirmed, and only that one", async () => {
    const { paused, session_id, sent, slow, quick, point } = await diedInSlow(yes);
    point.release();
    model.next("All done.");
    await ring(session_id);

    const { body } = await answer(paused, yes);

    expect(body).toMatchObject({ status: "COMPLETED", content: "All done." });
    expect([slow.ran, quick.ran]).toEqual([["a", "a"], ["b"]]);
    expect(toldModel()).toEqual(["slow of a", "quick of b"]);
    const replay = await resumed(paused);
    expectRising(replay);
    expectRising([...sent, ...(await resumed(paused, Math.max(...sent.map(({ id }) => id))))]);
    expect(replay.at(-1)?.event).toBe("RunCompleted");
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("tells the model when the call is rejected, and does not run it again", async () => {
    const { paused, slow } = await diedInSlow(yes);
    model.next("As you like.");
    await resumed(paused);
    const { body } = await answer(paused, { confirmed: false, confirmation_note: "It was done" });
    expect(body).toMatchObject({ status: "COMPLETED", content: "As you like." });
    expect(toldModel()).toEqual([expect.stringContaining("It was done"), "quick of b"]);
    expect(slow.ran).toEqual(["a"]);
  });

  it("retries the call of an idempotent tool without asking", async () => {
    for (const by of ["ring", "resume", "run"] as const) {
      const { paused, session_id, slow, quick, point } = await diedInSlow(yes, { ...CONFIRM, idempotent: true });
      point.release();
      model.next(...(by === "run" ? ["All done.", "Next."] : ["All done."]));
      if (by === "ring") await ring(session_id);
      else if (by === "resume") expect((await resumed(paused)).at(-1)?.event).toBe("RunCompleted");
      else expect((await run("next", { session_id })).body.content).toBe("Next.");
      const body = await eventually(
        () => readRun(paused),
        ({ status }) => status === "COMPLETED",
      );
      expect(body.content).toBe("All done.");
      expect(await askedOf(paused)).toEqual(["slow: answered", "quick: answered"]);
      expect([slow.ran, quick.ran]).toEqual([["a", "a"], ["b"]]);
      expectRising(await resumed(paused));
    }
  });

  it("asks about the call of an idempotent tool at its third death, and at each one after that", async () => {
    const { paused, session_id, slow, quick, point } = await diedInSlow(yes, { ...CONFIRM, idempotent: true });
    for (const begun of [2, 3]) {
      expect(await askedOf(paused)).toEqual(["slow: answered", "quick: answered"]);
      await ring(session_id);
      await point.reached(begun);
      await killObjects();
    }
    await ring(session_id);
    const asked = ["slow: answered", "quick: answered", "slow: open, outcome unknown"];
    expect([(await readRun(paused)).status, await askedOf(paused)]).toEqual(["PAUSED", asked]);
    await ring(session_id);
    expect(slow.ran).toEqual(["a", "a", "a"]);

    const stream = await openAnswer(paused, yes);
    await point.reached(4);
    await die(stream);
    await ring(session_id);
    expect((await askedOf(paused)).slice(2)).toEqual([
      "slow: answered, outcome unknown",
      "slow: open, outcome unknown",
    ]);

    point.release();
    model.next("All done.");
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "All done." });
    expect([slow.ran, quick.ran]).toEqual([Array(5).fill("a"), ["b"]]);
    expectRising(await resumed(paused));
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("counts only the deaths in that call, not those of other calls and before it", async () => {
    const [first, second] = [gate(), gate()];
    const ask = watchedTool("ask", CONFIRM);
    const one = watchedTool("one", { idempotent: true }, first);
    const two = watchedTool("two", { idempotent: true }, second);
    const path = `/agents/${testAgent({ tools: [ask.tool, one.tool, two.tool], naming: { after: 0 } })}`;
    const session_id = newId();
    model.next([toolCall("ask", { what: "x" })], [toolCall("one", { what: "a" })], [toolCall("two", { what: "b" })]);
    const paused = await pausedRun(path, session_id);
    await openAnswer(paused, yes);
    for (const [point, begun] of [
      [first, 1],
      [first, 2],
      [first, 3],
      [second, 1],
      [second, 2],
    ] as const) {
      if (begun === 3) point.release();
      else {
        await point.reached(begun);
        await killObjects();
        await ring(session_id);
      }
    }
    second.release();
    model.next("All done.");
    const body = await eventually(
      () => readRun(paused),
      ({ status }) => status === "COMPLETED",
    );
    expect(body.content).toBe("All done.");
    expect(await askedOf(paused)).toEqual(["ask: answered"]);
    expect([one.ran.length, two.ran.length]).toEqual([3, 3]);
  });

  it("asks again with the arguments that a person has filled", async () => {
    const said = { slow: fill("filled"), quick: yes };
    const { paused, session_id, slow, point } = await diedInSlow(said, { requiresUserInput: ["what"] });
    await ring(session_id);
    const [open] = await openOf(paused);
    expect([open.kind, JSON.parse(open.tool_args), open.note]).toEqual([
      "confirmation",
      { what: "filled" },
      "outcome unknown",
    ]);
    point.release();
    model.next("Sent.");
    expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
    expect(slow.ran).toEqual(["filled", "filled"]);
  });

  it("keeps a result that was given from elsewhere", async () => {
    const point = gate();
    const slow = watchedTool("slow", CONFIRM, point);
    const shell = watchedTool("shell", { externalExecution: true });
    const path = `/agents/${testAgent({ tools: [slow.tool, shell.tool], naming: { after: 0 } })}`;
    const session_id = newId();
    model.next([toolCall("slow", { what: "a" }), toolCall("shell", { what: "ls" })]);
    const paused = await pausedRun(path, session_id);
    const stream = await openAnswer(paused, { slow: yes, shell: { result: "file.txt" } });
    await point.reached();
    await die(stream);
    await ring(session_id);
    expect(await askedOf(paused)).toEqual(["slow: answered", "shell: answered", "slow: open, outcome unknown"]);
    point.release();
    model.next("Read.");
    expect((await answer(paused, yes)).body.status).toBe("COMPLETED");
    expect(toldModel()).toEqual(["slow of a", "file.txt"]);
    expect(slow.ran).toEqual(["a", "a"]);
  });

  it("asks about a call that nobody was asked about before, and then about those that were not asked yet", async () => {
    const point = gate();
    const ask = watchedTool("ask", CONFIRM);
    const plain = watchedTool("plain", {}, point);
    const path = `/agents/${testAgent({ tools: [ask.tool, plain.tool], naming: { after: 0 } })}`;
    const session_id = newId();
    model.next(
      [toolCall("ask", { what: "first" })],
      [toolCall("plain", { what: "x" }), toolCall("ask", { what: "second" })],
      "Over.",
    );
    const paused = await pausedRun(path, session_id);
    const stream = await openAnswer(paused, yes);
    await point.reached();
    await die(stream);
    await ring(session_id);
    expect(await askedOf(paused)).toEqual(["ask: answered", "plain: open, outcome unknown"]);
    point.release();
    expect((await answer(paused, yes)).body.status).toBe("PAUSED");
    expect(await askedOf(paused)).toEqual(["ask: answered", "plain: answered, outcome unknown", "ask: open"]);
    expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "Over." });
    expect([ask.ran, plain.ran]).toEqual([
      ["first", "second"],
      ["x", "x"],
    ]);
    expectRising(await resumed(paused));
  });

  it("asks each time anew when it dies twice in the call", async () => {
    const { paused, session_id, slow } = await diedInSlow(yes);
    await ring(session_id);
    const stream = await openAnswer(paused, yes);
    await stream.until("ToolCallStarted");
    await die(stream);
    await ring(session_id);
    expect(await askedOf(paused)).toEqual([
      "slow: answered",
      "quick: answered",
      "slow: answered, outcome unknown",
      "slow: open, outcome unknown",
    ]);
    model.next("Enough.");
    expect((await answer(paused, no)).body.status).toBe("COMPLETED");
    expect(slow.ran).toEqual(["a", "a"]);
    expectRising(await resumed(paused));
    expect(await journalOf(session_id)).toEqual([]);
  });
});

describe("a continued run whose object died before a call began", () => {
  it("is taken up again by the alarm when it waited behind another run", async () => {
    const { paused, session_id, slow, quick, point } = await twoCalls();
    const other = gate();
    model.next([text("Busy"), hold(other)]);
    const active = await openRun("other", { session_id });
    await active.until("RunContent");
    const waiting = await openAnswer(paused, yes);
    await die(waiting);
    await active.rest().catch(() => []);
    point.release();
    model.next("All done.");
    await ring(session_id);
    const body = await eventually(
      () => readRun(paused),
      ({ status }) => status === "COMPLETED",
    );
    expect(body.content).toBe("All done.");
    expect([slow.ran, quick.ran]).toEqual([["a"], ["b"]]);
    expect(await journalOf(session_id)).toEqual([]);
  });

  it("goes on by itself, and runs each call once, whether or not its start had been written", async () => {
    for (const held of [heldBefore, heldAfter]) {
      const { paused, session_id, slow, quick, point } = await twoCalls();
      const atStart = gate();
      d1.next(continues(session_id), held(atStart));
      const stream = await openAnswer(paused, yes);
      await atStart.reached();
      await die(stream);
      point.release();
      model.next("All done.");
      await ring(session_id);
      const body = await eventually(
        () => readRun(paused),
        ({ status }) => status === "COMPLETED",
      );
      expect(resultsOf(body)).toEqual(["slow: slow of a", "quick: quick of b"]);
      expect([slow.ran, quick.ran]).toEqual([["a"], ["b"]]);
      expect(await journalOf(session_id)).toEqual([]);
    }
  });
});

describe("a continued run whose object died while the model answered", () => {
  it("is closed as interrupted, with its partial text and the results that there were", async () => {
    const { paused, session_id, point, slow } = await twoCalls();
    const speaking = gate();
    point.release();
    model.next([text("Half an"), hold(speaking)]);
    const stream = await openAnswer(paused, yes);
    const sent = [await stream.until("RunContent")];
    await sleep(CHECKPOINT_MS);
    sent.push(...(await die(stream)));
    await ring(session_id);
    const body = await readRun(paused);
    expect(body).toMatchObject({ status: "ERROR", error_type: "interrupted" });
    expect(resultsOf(body)).toEqual(["slow: slow of a", "quick: quick of b"]);
    expect(body.messages.at(-1)).toMatchObject({ role: "assistant", content: "Half an" });
    const replay = await resumed(paused);
    expectRising(replay);
    expect(replay.at(-1)).toMatchObject({ event: "RunError" });
    expect(replay.at(-1)?.id).toBeGreaterThan(Math.max(...sent.map(({ id }) => id)));
    expect(names(replay).filter((name) => name === "RunContent")).toHaveLength(1);
    expect(slow.ran).toEqual(["a"]);
    expect((await answer(paused, yes)).status).toBe(409);
    expect(await journalOf(session_id)).toEqual([]);
  });
});

it("closes a run that was never paused as interrupted when its object dies in a tool", async () => {
  const point = gate();
  const slow = watchedTool("slow", { idempotent: true }, point);
  const ask = watchedTool("ask", CONFIRM);
  const agent = testAgent({ tools: [slow.tool, ask.tool], naming: { after: 0 } });
  const session_id = newId();
  model.next([toolCall("slow", { what: "a" }), toolCall("ask", { what: "b" })]);
  const stream = await openRun("go", { session_id, agent });
  await point.reached();
  await die(stream);
  await ring(session_id);
  const run = { path: `/agents/${agent}`, session_id, run_id: stream.runId };
  expect(await readRun(run)).toMatchObject({ status: "ERROR", error_type: "interrupted" });
  expect(await askedOf(run)).toEqual([]);
  expect(slow.ran).toEqual(["a"]);
});

describe("the events of an interrupted run", () => {
  it("have no index twice, after more than were reserved at once, and after it was continued", async () => {
    const session_id = newId();
    const ask = watchedTool("ask", CONFIRM);
    const path = `/agents/${testAgent({ tools: [ask.tool], naming: { after: 0 } })}`;
    const words = (count: number) => Array.from({ length: count }, (_, nth) => `w${nth} `);
    const point = gate();
    model.next([text(...words(300)), toolCall("ask", { what: "x" })], [text(...words(600)), hold(point)]);
    const paused = await pausedRun(path, session_id);
    expect(await journalOf(session_id)).toEqual([]);
    const before = await resumed(paused);
    const stream = await openAnswer(paused, yes);
    const sent: SentEvent[] = [];
    while (sent.filter(({ event }) => event === "RunContent").length < 600) {
      sent.push((await stream.next()) as SentEvent);
    }
    await die(stream);
    const last = sent.at(-1)?.id ?? 0;

    const behind = await resumed(paused, last);

    expect(names(behind)).toEqual(["RunError"]);
    expect(behind[0]?.id).toBeGreaterThan(last);
    const replay = await resumed(paused);
    expectRising(replay);
    const same = replay.slice(0, -1).map(({ id, event }) => [id, event]);
    expect([...before, ...sent].map(({ id, event }) => [id, event]).slice(0, same.length)).toEqual(same);
    expect(await journalOf(session_id)).toEqual([]);
  });
});

it("costs nothing while it is paused: no journal, no alarm after the first, and it lives through an eviction", async () => {
  const { paused, session_id, point } = await twoCalls();
  expect(await journalOf(session_id)).toEqual([]);
  await ring(session_id);
  expect(await alarmOf(session_id)).toBeNull();
  await evictDurableObject(objectOf(session_id));
  await killObjects();
  expect(await alarmOf(session_id)).toBeNull();
  point.release();
  model.next("All done.");
  expect((await answer(paused, yes)).body).toMatchObject({ status: "COMPLETED", content: "All done." });
});
