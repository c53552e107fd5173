import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { accepts, heldAfter, heldBefore, heldUnsent, lateArrival, settles, watchD1 } from "../../support/d1-faults.ts";
import { call, names, newId, openRun, run, streamRun } from "../../support/http.ts";
import { sleep } from "../../support/model-connection.ts";
import { gate, hold, open, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import {
  alarmOf,
  detailOf,
  eventually,
  journalOf,
  killObjects,
  objectOf,
  ring,
  rowsOf,
  runCalls,
  runsOf,
  saidIn,
  shown,
  storyOf,
} from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const CHECKPOINT_MS = 600;
const INTERRUPTED = "The run was interrupted before it ended; what had been written down by then was kept.";

/** A streamed run whose object was killed after the run's first words had reached the journal. */
async function killedRun(session_id: string, words = "Half an answer") {
  const point = gate();
  model.next([text(words), hold(point)]);
  const stream = await openRun("tell me", { session_id });
  await stream.until("RunContent");
  await sleep(CHECKPOINT_MS);
  await killObjects();
  await stream.rest().catch(() => []);
  return stream.runId;
}

it("closes a run whose object died as interrupted, with the text that had arrived, by the alarm alone", async () => {
  const session_id = newId();
  const runId = await killedRun(session_id);
  expect(await storyOf(session_id)).toEqual(["tell me → RUNNING: "]);

  expect(await ring(session_id)).toBe(true);

  const { body } = await call("GET", `/agents/assistant/runs/${runId}?session_id=${session_id}`);
  expect(body).toMatchObject({ status: "ERROR", error_type: "interrupted", content: INTERRUPTED });
  expect(await saidIn(session_id)).toEqual(["user: tell me", "assistant: Half an answer"]);
  expect(await journalOf(session_id)).toEqual([]);
  expect(model.calls).toHaveLength(1);
});

it("tells a run's start again, although its object died before anything of it was written down", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point)]);
  const stream = await openRun("tell me", { session_id, key: session_id });
  expect((await stream.next())?.event).toBe("RunStarted");
  await killObjects();
  await stream.rest().catch(() => []);
  await ring(session_id);

  const replay = await streamRun("tell me", { session_id, key: session_id });

  expect(replay.map(({ event }) => event)).toEqual(["RunStarted", "RunError"]);
  // The last event's index is above every index that a reader can have got, also of events that were never written down.
  expect(replay.map(({ id }) => id)).toEqual([0, 256]);
});

/** What the session's journal has of facts, as text. */
const factsOf = (session_id: string): Promise<string> =>
  runInDurableObject(objectOf(session_id), (_object, { storage: { sql } }) =>
    sql
      .exec<{ piece: string }>("SELECT piece FROM journal_facts ORDER BY id")
      .toArray()
      .map(({ piece }) => piece)
      .join(""),
  );

it.each([1, 2, 3])("keeps all that was said up to checkpoint %i, whatever is said behind it", async (checkpoints) => {
  const session_id = newId();
  const key = newId();
  const words = Array.from({ length: checkpoints }, (_, nth) => `word ${nth} `);
  const [points, behind] = [words.map(() => gate()), gate()];
  model.next([
    ...words.flatMap((word, nth) => [text(word), hold(points[nth] ?? behind)]),
    text("said in vain"),
    hold(behind),
  ]);
  const stream = await openRun("tell me", { session_id, key });
  for (const [nth, word] of words.entries()) {
    await stream.until("RunContent");
    await eventually(
      () => factsOf(session_id),
      (facts) => facts.includes(word),
    );
    points[nth]?.release();
  }
  const last = await stream.until("RunContent");
  await killObjects();
  await stream.rest().catch(() => []);
  await ring(session_id);

  expect(await saidIn(session_id)).toEqual(["user: tell me", `assistant: ${words.join("")}`]);
  const replay = await streamRun("tell me", { session_id, key });
  expect(replay.at(-1)?.event).toBe("RunError");
  // The reader that saw the words that are lost goes on from its last index, and is told the end.
  expect(replay.at(-1)?.id).toBeGreaterThan(last.id);
});

it("changes nothing when the alarm goes off again", async () => {
  const session_id = newId();
  await killedRun(session_id);
  await ring(session_id);
  const before = [await runsOf(session_id), await detailOf(session_id), await rowsOf(session_id)];

  await ring(session_id);
  await runInDurableObject(objectOf(session_id), (object) => object.alarm());

  expect([await runsOf(session_id), await detailOf(session_id), await rowsOf(session_id)]).toEqual(before);
  expect(await alarmOf(session_id)).toBeNull();
});

it("closes what a dead object left before the next run starts, whose model sees the history of whole runs", async () => {
  const session_id = newId();
  model.next("First answer");
  await run("first", { session_id });
  await killedRun(session_id);
  model.next("Third answer");

  const { body } = await run("third", { session_id });

  expect(body).toMatchObject({ status: "COMPLETED", content: "Third answer", session_cache: "miss" });
  expect(shown(runCalls(model).at(-1))).toEqual(["user: first", "assistant: First answer", "user: third"]);
  expect(await storyOf(session_id)).toEqual([
    "first → COMPLETED: First answer",
    `tell me → ERROR: ${INTERRUPTED}`,
    "third → COMPLETED: Third answer",
  ]);
  expect(await saidIn(session_id)).toEqual([
    "user: first",
    "assistant: First answer",
    "user: tell me",
    "assistant: Half an answer",
    "user: third",
    "assistant: Third answer",
  ]);
});

it("counts an interrupted run's messages, and its run as not completed", async () => {
  const session_id = newId();
  await killedRun(session_id);
  await ring(session_id);
  await run("and now", { session_id });
  const detail = await detailOf(session_id);
  expect(detail.chat_history_total).toBe(4);
  expect(detail.chat_history).toHaveLength(4);
});

it("keeps of an interrupted run the tool calls that were made, with their results", async () => {
  const session_id = newId();
  const key = newId();
  const point = gate();
  model.next([text("I add."), toolCall("add", { a: 1, b: 2 })], [text("It"), hold(point)]);
  const stream = await openRun("add", { session_id, key, agent: "operator" });
  await stream.until("ToolCallCompleted");
  await point.reached();
  await killObjects();
  await stream.rest().catch(() => []);
  await ring(session_id);
  const { body } = await call("GET", `/agents/operator/runs/${stream.runId}?session_id=${session_id}`);
  expect(body).toMatchObject({ status: "ERROR", tools: [{ tool_name: "add", result: "3", tool_call_error: false }] });
  expect(body.messages.map((message: { role: string }) => message.role).slice(0, 4)).toEqual([
    "system",
    "user",
    "assistant",
    "tool",
  ]);
  const replay = names(await streamRun("add", { session_id, key, agent: "operator" }));
  expect(replay.slice(0, 6)).toEqual([
    "RunStarted",
    "ModelRequestStarted",
    "RunContent",
    "ModelRequestCompleted",
    "ToolCallStarted",
    "ToolCallCompleted",
  ]);
  expect(replay.at(-1)).toBe("RunError");
});

it("keeps what a tool was asked to do when its object died before the tool had answered", async () => {
  const session_id = newId();
  const started = gate();
  const agent = testAgent({
    tools: [
      defineTool({
        name: "slow",
        description: "Never answers.",
        parameters: z.object({ order: z.string() }),
        execute: () => {
          started.arrivals += 1;
          return new Promise(() => {});
        },
      }),
    ],
  });
  model.next([toolCall("slow", { order: "one pizza" })]);
  const stream = await openRun("order", { session_id, agent });
  await started.reached();
  // The platform holds an object's answers back until its writes are on disk. With this answer the journal is on disk.
  await journalOf(session_id);
  await killObjects();
  await stream.rest().catch(() => []);
  await ring(session_id);
  const { body } = await call("GET", `/agents/${agent}/runs/${stream.runId}?session_id=${session_id}`);
  expect(body).toMatchObject({
    status: "ERROR",
    tools: [{ tool_name: "slow", tool_args: { order: "one pizza" }, result: null }],
  });
  expect(started.arrivals).toBe(1);
});

it("sends a window that bytes cut from memory, also while another run is active", async () => {
  const session_id = newId();
  const long = (letter: string) => letter.repeat(120_000);
  for (const letter of ["a", "b", "c"]) {
    model.next(letter);
    await run(long(letter), { session_id });
  }
  const point = gate();
  model.next([hold(point), text("d")], [text("e")]);
  const active = await openRun("four", { session_id });
  expect(active.response.headers.get("X-Session-Cache")).toBe("hit");
  const waiting = await openRun("five", { session_id });
  point.release();
  await Promise.all([active.rest(), waiting.rest()]);
  const calls = runCalls(model).slice(-2);
  const short = calls.map((made) => shown(made).map((line) => line.slice(0, 20)));
  const said = (letter: string) => [`user: ${long(letter).slice(0, 14)}`, `assistant: ${letter}`];
  expect(short[0]).toEqual([...["b", "c"].flatMap(said), "user: four"]);
  expect(short[1]).toEqual([...["b", "c"].flatMap(said), "user: four", "assistant: d", "user: five"]);
});

it("withdraws a run that was killed while D1 was asked to accept it", async () => {
  const session_id = newId();
  const point = gate();
  d1.next(accepts(session_id), heldAfter(point));
  const answering = run("hello", { session_id });
  await point.reached();
  await killObjects();
  const answer = await answering;
  expect(answer.status).toBe(503);
  expect(answer.headers.get("Retry-After")).not.toBeNull();

  await ring(session_id);

  expect(await rowsOf(session_id)).toEqual({ sessions: 0, runs: 0, messages: 0 });
  expect(model.calls).toHaveLength(0);
  expect(await journalOf(session_id)).toEqual([]);
});

it("closes a run that was killed between its accept and the model's answer", async () => {
  const session_id = newId();
  const point = gate();
  model.next([open(), hold(point)]);
  const stream = await openRun("hello", { session_id });
  await point.reached();
  await killObjects();
  await ring(session_id);
  const [stored] = await runsOf(session_id);
  expect(stored).toMatchObject({ run_id: stream.runId, status: "ERROR" });
  expect(await saidIn(session_id)).toEqual(["user: hello"]);
  expect(model.calls).toHaveLength(1);
});

it("keeps the whole answer of a run that was killed while settling, whether D1 had the settle or not", async () => {
  for (const held of [heldBefore, heldAfter]) {
    const session_id = newId();
    const point = gate();
    d1.next(settles(session_id), held(point));
    const answering = run("hello", { session_id });
    await point.reached();
    await killObjects();
    expect((await answering).status).toBe(503);

    await ring(session_id);

    expect(await storyOf(session_id)).toEqual(["hello → COMPLETED: echo: hello"]);
    const detail = await detailOf(session_id);
    expect(detail).toMatchObject({ chat_history_total: 2, total_tokens: 15 });
    expect(await rowsOf(session_id)).toEqual({ sessions: 1, runs: 1, messages: 3 });
    expect(await journalOf(session_id)).toEqual([]);
  }
  expect(model.calls).toHaveLength(2);
});

it("ignores the settle of an old instance that arrives after a new one closed the run", async () => {
  const session_id = newId();
  const late = lateArrival();
  d1.next(settles(session_id), late.fault);
  const answer = await run("hello", { session_id });
  expect(answer.body.status).toBe("COMPLETED");
  const before = [await runsOf(session_id), await detailOf(session_id), await rowsOf(session_id)];
  await late.arrive();
  expect(late.kept).toHaveLength(1);
  expect([await runsOf(session_id), await detailOf(session_id), await rowsOf(session_id)]).toEqual(before);
});

it("ignores what an old instance still sends of a run that a new one closed as interrupted", async () => {
  const session_id = newId();
  const [answering, sending] = [gate(), gate()];
  const late = lateArrival();
  model.next([text("Half"), hold(answering), text(" and whole")]);
  const stream = await openRun("hello", { session_id });
  await stream.until("RunContent");
  await sleep(CHECKPOINT_MS);
  const piece = await runInDurableObject(
    objectOf(session_id),
    (_object, { storage: { sql } }) => sql.exec<{ piece: string }>("SELECT piece FROM journal_facts").one().piece,
  );
  d1.next(settles(session_id), async (send, operation) => {
    await late.fault(send, operation).catch(() => {});
    return heldUnsent(sending)(send, operation);
  });
  answering.release();
  await sending.reached();
  // Takes the last words out of the journal, as if the object had died before they were on disk. What the old instance sends
  // later is then more than the journal has.
  await runInDurableObject(objectOf(session_id), (_object, { storage: { sql } }) => {
    sql.exec("UPDATE journal_facts SET piece = ?", piece);
  });
  await killObjects();
  await ring(session_id);
  const before = [await runsOf(session_id), await detailOf(session_id), await rowsOf(session_id)];
  expect(await saidIn(session_id)).toEqual(["user: hello", "assistant: Half"]);

  await late.arrive();

  expect(JSON.stringify(late.kept)).toContain("Half and whole");
  expect([await runsOf(session_id), await detailOf(session_id), await rowsOf(session_id)]).toEqual(before);
});

it("hydrates after an eviction: says miss, and its model sees the history", async () => {
  const session_id = newId();
  await run("one", { session_id });
  expect((await run("two", { session_id })).body.session_cache).toBe("hit");
  await evictDurableObject(objectOf(session_id));

  const answer = await run("three", { session_id });

  expect(answer.body.session_cache).toBe("miss");
  expect(answer.headers.get("X-Session-Cache")).toBe("miss");
  expect(shown(model.calls.findLast((made) => shown(made).at(-1) === "user: three"))).toEqual([
    "user: one",
    "assistant: echo: one",
    "user: two",
    "assistant: echo: two",
    "user: three",
  ]);
  expect((await run("four", { session_id })).body.session_cache).toBe("hit");
});

it("keeps the alarm while a run lives, and lets it go when nothing is left to do", async () => {
  const session_id = newId();
  const point = gate();
  model.next([hold(point), text("done")]);
  const stream = await openRun("hello", { session_id });
  expect(await alarmOf(session_id)).not.toBeNull();
  await ring(session_id);
  expect(await alarmOf(session_id)).not.toBeNull();
  point.release();
  await stream.rest();
  await ring(session_id);
  expect(await alarmOf(session_id)).toBeNull();
});
