import { beforeAll, describe, expect, it } from "vitest";
import { answer, type RunOf, resumed, yes } from "../../support/deaths.ts";
import {
  type Earlier,
  PAUSED,
  registerEarlier,
  restore,
  SETTLED,
  TEAM,
  UNDER_WAY,
} from "../../support/earlier-rows.ts";
import { call, EventStream, send } from "../../support/http.ts";
import { exportOf } from "../../support/portable.ts";
import { linesOf } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { journalOf, runCalls, shown } from "../../support/session-story.ts";
import { asking } from "../../support/teams.ts";

const model = scriptModel();
registerEarlier();
// Their ids are fixed, so they are stored once. The tests that change them come last.
beforeAll(async () => {
  for (const earlier of [SETTLED, PAUSED, TEAM, UNDER_WAY]) await restore(earlier);
});

const AT_REST: [what: string, earlier: Earlier][] = [
  ["a run with tools", SETTLED],
  ["a paused run", PAUSED],
  ["a paused run of a team", TEAM],
];

const runOf = ({ path, session_id, run_id }: Earlier): RunOf => ({ path, session_id, run_id });
const read = async (path: string) => (await call("GET", path)).body;
/** AgentOS's objects are open: fields may be added. */
const asShown = (text: string) => JSON.parse(text);

describe("rows from before messages kept reasoning", () => {
  it.each(AT_REST)("are replayed as they were, to the byte: %s", async (_what, earlier) => {
    const { path, session_id, run_id, seen } = earlier;
    const response = await send("POST", `${path}/runs/${run_id}/resume`, { session_id });
    expect(await response.text()).toBe(seen.resumed[run_id]);
  });

  it.each(AT_REST)("are shown as they were: %s", async (_what, earlier) => {
    const { path, session_id, run_id, seen } = earlier;
    const run = await read(`${path}/runs/${run_id}?session_id=${session_id}`);
    expect(run).toMatchObject(asShown(seen.read[run_id] ?? ""));
    expect(run).not.toHaveProperty("reasoning_content");
    expect(run).not.toHaveProperty("model_name");
    expect(await read(`/sessions/${session_id}/runs`)).toMatchObject(asShown(seen.runs));
    expect(await read(`/sessions/${session_id}/messages`)).toMatchObject(asShown(seen.messages));
    expect(await read(`/sessions/${session_id}`)).toMatchObject(asShown(seen.detail));
  });

  it.each(AT_REST)("are exported as they were, to the byte: %s", async (_what, earlier) => {
    expect(await exportOf(earlier.session_id)).toBe(earlier.seen.exported);
  });

  it.each(AT_REST)("are copied by a fork as they are: %s", async (_what, earlier) => {
    const { path, session_id, seen } = earlier;
    const fork = await call("POST", `${path}/sessions/${session_id}/fork`);
    expect(fork.status, JSON.stringify(fork.body)).toBe(200);
    const copied = (await exportOf(fork.body.session_id)).split("\n");
    const textsOf = (lines: string[]) =>
      linesOf(lines.join("\n")).flatMap(({ type, run_id, message_id, ...rest }) => (type === "message" ? [rest] : []));
    expect(textsOf(copied)).toEqual(textsOf(seen.exported.split("\n")));
  });

  it("are gone on from: a paused run continues behind what it told, and its model sees what was said", async () => {
    const run = runOf(PAUSED);
    const before = (await resumed(run)).map(({ id }) => id);
    model.next("Posted.");
    const { body } = await answer(run, yes);
    expect([body.status, body.content]).toEqual(["COMPLETED", "I post it.Posted."]);
    const after = await resumed(run);
    expect(after.map(({ id }) => id)).toEqual(after.map((_event, nth) => nth));
    expect(after.slice(0, before.length)).toEqual(await new EventStream(new Response(seenEvents(PAUSED))).rest());
    expect(shown(runCalls(model).at(-1))).toEqual([
      "user: hi",
      "assistant: Hello.",
      "user: post it",
      "assistant: I post it.",
      "tool: saw it",
      "tool: posted it",
    ]);
  });

  it("are gone on from: a paused run of a team, with its member", async () => {
    model.respondWith((request) => (asking(request) === "bob" ? "Bob has done it." : "All is done."));
    const { body } = await answer(runOf(TEAM), yes);
    expect([body.status, body.content]).toEqual(["COMPLETED", "Both.All is done."]);
    const ids = (await resumed(runOf(TEAM))).map(({ id }) => id);
    expect(ids).toEqual(ids.map((_id, nth) => nth));
  });

  it("are gone on from: a run is regenerated, and another begins behind it", async () => {
    const { path, session_id, run_id } = SETTLED;
    model.next("It is a bush.");
    const again = await call("POST", `${path}/runs/${run_id}/continue`, {
      session_id,
      regenerate: true,
      stream: false,
    });
    expect([again.body.status, again.body.content]).toEqual(["COMPLETED", "It is a bush."]);
  });
});

/** The events that were told then, without AgentOS's control events. */
function seenEvents({ run_id, seen }: Earlier): string {
  const blocks = (seen.resumed[run_id] ?? "").split("\n\n").filter((block) => block.startsWith("id: "));
  return blocks.map((block) => `${block}\n\n`).join("");
}

it("a journal from before it kept reasoning is landed as it was then", async () => {
  const { path, session_id, run_id, seen } = UNDER_WAY;
  const events = await resumed(runOf(UNDER_WAY));
  const then = await new EventStream(new Response(seenEvents(UNDER_WAY))).rest();
  const withoutTimes = (some: typeof events) =>
    some.map(({ id, event, data: { created_at, ...fields } }) => ({ id, event, fields }));
  expect(withoutTimes(events)).toEqual(withoutTimes(then));
  const { metrics: _now, ...run } = await read(`${path}/runs/${run_id}?session_id=${session_id}`);
  const { metrics: _then, ...ended } = asShown(seen.read[run_id] ?? "");
  expect(run).toMatchObject(ended);
  expect(run).not.toHaveProperty("model_name");
  expect(await journalOf(session_id)).toEqual([]);
});
