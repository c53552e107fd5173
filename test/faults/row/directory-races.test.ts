/**
 * The labels and search words of a session follow its row, also when runs settle meanwhile and when writes fail, come twice
 * or come late.
 */
import { expect, it } from "vitest";
import {
  heldAfter,
  heldBefore,
  lateArrival,
  patches,
  settles,
  unanswered,
  unsent,
  watchD1,
} from "../../support/d1-faults.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { labelsIn } from "../../support/labels.ts";
import { gate, hold, scriptModel, text } from "../../support/scripted-model.ts";
import { detailOf, killObjects } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const patch = (id: string, fields: object) => call("PATCH", `/sessions/${id}`, fields);
const shown = async (id: string) => {
  const { tags, metadata, last_message } = await detailOf(id);
  return { tags, metadata, said: last_message?.text, labels: await labelsIn(id) };
};

it.each(["before", "after"])("keeps both a change of tags and the run that settles %s it", async (order) => {
  const session_id = newId();
  await run("first", { session_id });
  const [thinking, settling, patching] = [gate(), gate(), gate()];
  model.next([hold(thinking), text("done")]);
  const stream = await openRun("go", { session_id, session_state: { a: 1 } });
  await thinking.reached();
  const held = order === "before" ? settles : patches;
  const point = order === "before" ? settling : patching;
  d1.next(held(session_id), heldBefore(point));
  const change = () => patch(session_id, { tags: ["new"], metadata: { plan: "pro" } });
  let changing: ReturnType<typeof change>;
  if (order === "before") {
    thinking.release();
    await point.reached();
    changing = change();
    expect((await changing).status).toBe(200);
    point.release();
  } else {
    changing = change();
    await point.reached();
    thinking.release();
    expect((await stream.rest()).at(-1)?.event).toBe("RunCompleted");
    point.release();
  }
  expect((await changing).status).toBe(200);
  await stream.rest();
  expect(await shown(session_id)).toEqual({
    tags: ["new"],
    metadata: { plan: "pro" },
    said: "done",
    labels: ["#new", "=plan:pro"],
  });
  await run("next", { session_id });
  expect(await shown(session_id)).toMatchObject({ tags: ["new"], said: "echo: next", labels: ["#new", "=plan:pro"] });
});

it("takes changes that come at once one after the other, each with its labels", async () => {
  const session_id = newId();
  await run("first", { session_id });
  const answers = await Promise.all(
    [...Array(10).keys()].map((nth) => patch(session_id, nth % 2 ? { tags: [`t${nth}`] } : { metadata: { n: nth } })),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  const { tags, metadata, labels } = await shown(session_id);
  expect(labels).toEqual([`#${tags[0]}`, `=n:${metadata.n}`]);
  expect(labels).toEqual(["#t9", "=n:8"]);
});

it("writes a change once whose answer is lost", async () => {
  const session_id = newId();
  await run("first", { session_id });
  d1.next(patches(session_id), unanswered(), 2);
  const { status, headers } = await patch(session_id, { tags: ["a"] });
  expect([status, headers.get("ETag")]).toEqual([
    200,
    (await call("GET", `/sessions/${session_id}`)).headers.get("ETag"),
  ]);
  expect(await shown(session_id)).toMatchObject({ tags: ["a"], labels: ["#a"] });
});

it("changes neither tags nor labels where D1 does not take the change", async () => {
  const session_id = newId();
  await run("first", { session_id });
  await patch(session_id, { tags: ["old"] });
  d1.next(patches(session_id), unsent(), 3);
  expect((await patch(session_id, { tags: ["new"] })).status).toBe(503);
  expect(await shown(session_id)).toMatchObject({ tags: ["old"], labels: ["#old"] });
});

it("undoes nothing by a change that arrives late", async () => {
  const session_id = newId();
  await run("first", { session_id });
  const late = lateArrival();
  d1.next(patches(session_id), late.fault);
  // The first try is kept back, and the object's second try is written.
  expect((await patch(session_id, { tags: ["one"], metadata: { n: 1 } })).status).toBe(200);
  await patch(session_id, { tags: ["two"], metadata: { n: 2 } });
  const before = await shown(session_id);
  await late.arrive();
  expect(late.kept).toHaveLength(1);
  expect(await shown(session_id)).toEqual(before);
  expect(before.labels).toEqual(["#two", "=n:2"]);
});

it("gives nothing to a session made anew by a change of the deleted one that arrives late", async () => {
  const session_id = newId();
  await run("first", { session_id });
  const late = lateArrival();
  d1.next(patches(session_id), late.fault, 3);
  expect((await patch(session_id, { tags: ["lost"], metadata: { n: 1 } })).status).toBe(503);
  await call("DELETE", `/sessions/${session_id}`);
  await run("anew", { session_id });
  await late.arrive();
  expect(await shown(session_id)).toMatchObject({ tags: [], labels: [] });
});

it("keeps a change whose object died before it could say so", async () => {
  const session_id = newId();
  await run("first", { session_id });
  const point = gate();
  d1.next(patches(session_id), heldAfter(point));
  const changing = patch(session_id, { tags: ["a"] });
  await point.reached();
  await killObjects();
  await changing;
  expect(await shown(session_id)).toMatchObject({ tags: ["a"], labels: ["#a"] });
  expect((await patch(session_id, { tags: ["b"] })).status).toBe(200);
  expect(await shown(session_id)).toMatchObject({ tags: ["b"], labels: ["#b"] });
});
