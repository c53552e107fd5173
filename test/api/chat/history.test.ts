import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  type Chunk,
  chatOf,
  followChat,
  linesOf,
  OpenChat,
  openChat,
  readChat,
  said,
  sendChat,
  statusIn,
  stopChat,
  textIn,
} from "../../support/chat.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import { seedRuns } from "../../support/rows.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { killObjects } from "../../support/session-story.ts";
import { delegate, leading, member, say } from "../../support/teams.ts";

const model = scriptModel();
const d1 = watchD1();

const idsOf = ({ body }: { body: Chunk }): string[] => body.messages.map(({ id }: Chunk) => id);
const asks = toolCall("delete_record", { id: "7" });

describe("a chat's history", () => {
  it("has what the user said and what each run answered, oldest first, and no instructions", async () => {
    const id = newId();
    model.next("one", [text("two"), toolCall("add", { a: 1, b: 2 })], "three");
    const at = "agents/operator";
    const first = await sendChat({ id, messages: [said("1")] }, { at });
    const second = await sendChat({ id, messages: [said("2")] }, { at });
    const history = await chatOf(id, { at });
    expect(history.body).toMatchObject({ id, active_run_id: null, paused_run_id: null, has_more: false });
    expect(idsOf(history)).toEqual([first, second].flatMap(({ runId }) => [`${runId}:user`, runId]));
    expect(linesOf(history)).toEqual(["user: 1", "assistant: one", "user: 2", "assistant: two three"]);
    expect(history.body.messages[3]).toMatchObject({
      metadata: { runId: second.runId, sessionId: id, status: "COMPLETED" },
      parts: expect.arrayContaining([expect.objectContaining({ type: "tool-add", output: "3" })]),
    });
    expect(JSON.stringify(history.body)).not.toContain("You are a careful operator");
  });

  it("leaves out runs that were replaced or never started, and keeps what failed and stopped ones said", async () => {
    const id = newId();
    const point = gate();
    model.next([text("one"), hold(point)]);
    const open = await openChat({ id, messages: [said("1")] });
    await point.reached();
    const waiting = (
      await call("POST", "/agents/assistant/runs", { message: "2", session_id: id, background: true, stream: false })
    ).body;
    await call("POST", `/agents/assistant/runs/${waiting.run_id}/cancel`);
    expect(await stopChat(id)).toBe(204);
    await open.rest();
    const history = await chatOf(id);
    expect(linesOf(history)).toEqual(["user: 1", "assistant: one"]);
    expect(history.body.messages[1].metadata.status).toBe("CANCELLED");
  });

  it("shows what the user said to a run that waits or has just begun", async () => {
    const id = newId();
    const point = gate();
    model.next([hold(point), text("one")], "two");
    const open = [await openChat({ id, messages: [said("1")] })];
    await point.reached();
    open.push(await openChat({ id, messages: [said("2")] }));
    const history = await chatOf(id);
    expect([history.body.active_run_id, linesOf(history)]).toEqual([open[0]?.runId, ["user: 1", "user: 2"]]);
    point.release();
    for (const one of open) await one.rest();
    expect(linesOf(await chatOf(id))).toEqual(["user: 1", "assistant: one", "user: 2", "assistant: two"]);
  });

  it("names the newest run that waits for people", async () => {
    const id = newId();
    const at = "agents/operator";
    model.next([asks], "else", [asks]);
    const first = await sendChat({ id, messages: [said("1")] }, { at });
    await sendChat({ id, messages: [said("2")] }, { at });
    expect((await chatOf(id, { at })).body.paused_run_id).toBe(first.runId);
    const third = await sendChat({ id, messages: [said("3")] }, { at });
    expect((await chatOf(id, { at })).body).toMatchObject({ active_run_id: null, paused_run_id: third.runId });
  });

  it("of a team has each member's run in its answer, in place", async () => {
    const [ada, bob] = [member("ada"), member("bob")];
    const at = `teams/${leading([ada, bob])}`;
    const id = newId();
    say(model, {
      leader: [[delegate(ada, "1"), delegate(bob, "2")], "Done.", "Again."],
      ada: ["Mine."],
      bob: ["His."],
    });
    await sendChat({ id, messages: [said("Go")] }, { at });
    await sendChat({ id, messages: [said("More")] }, { at });
    const history = await chatOf(id, { at });
    expect(linesOf(history)).toEqual(["user: Go", "assistant: Done.", "user: More", "assistant: Again."]);
    const members = history.body.messages[1].parts.filter(({ type }: Chunk) => type === "data-member");
    expect(members.map(({ data }: Chunk) => [data.name, data.text, data.status])).toEqual([
      ["Ada", "Mine.", "completed"],
      ["Bob", "His.", "completed"],
    ]);
  });

  it("has the runs of the agent or team in its path only", async () => {
    const id = newId();
    model.next("one", "two");
    await sendChat({ id, messages: [said("1")] });
    await sendChat({ id, messages: [said("2")] }, { at: "agents/operator" });
    expect(linesOf(await chatOf(id))).toEqual(["user: 1", "assistant: one"]);
    expect(linesOf(await chatOf(id, { at: "agents/operator" }))).toEqual(["user: 2", "assistant: two"]);
    expect((await chatOf(id, { at: "teams/support" })).status).toBe(404);
  });

  it("of a session that no run has begun is empty, and of none is not found", async () => {
    const id = newId();
    await call("POST", "/sessions?type=agent", { session_id: id, agent_id: "assistant" });
    expect((await chatOf(id)).body).toMatchObject({ id, messages: [], has_more: false });
    for (const missing of [await chatOf(newId()), await chatOf(newId(), { at: "teams/support" })]) {
      expect([missing.status, missing.body.code]).toEqual([404, "session_not_found"]);
    }
  });
});

describe("a page of a chat's history", () => {
  it("has the newest runs, and names what is older", async () => {
    const id = newId();
    await run("begin", { session_id: id });
    await env.DB.prepare("DELETE FROM messages WHERE session_id = ?").bind(id).run();
    await env.DB.prepare("DELETE FROM runs WHERE session_id = ?").bind(id).run();
    await seedRuns(id, 120);
    const pages: string[][] = [];
    for (let query = ""; ; ) {
      const page = await chatOf(id, { query });
      const asked = idsOf(page).filter((one) => one.endsWith(":user"));
      pages.push(asked);
      if (!page.body.has_more) break;
      query = `before=${asked[0]?.slice(0, -":user".length)}`;
    }
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 20]);
    expect(pages.toReversed().flat()).toEqual(Array.from({ length: 120 }, (_, nth) => `${id}-${nth}:user`));
    const two = await chatOf(id, { query: `limit=2&before=${id}-5` });
    expect(idsOf(two).filter((one) => one.endsWith(":user"))).toEqual([`${id}-3:user`, `${id}-4:user`]);
    expect((await chatOf(id, { query: `before=${id}-0` })).body).toMatchObject({ messages: [], has_more: false });
    expect((await chatOf(id, { query: "before=nothing" })).status).toBe(404);
    for (const limit of ["0", "51", "x"]) expect((await chatOf(id, { query: `limit=${limit}` })).status).toBe(422);
  });

  it("has at most 8 MB of rows but for a single run, and reads no log of a run that it does not show", async () => {
    const id = newId();
    await run("begin", { session_id: id });
    await env.DB.prepare("DELETE FROM messages WHERE session_id = ?").bind(id).run();
    await env.DB.prepare("DELETE FROM runs WHERE session_id = ?").bind(id).run();
    await seedRuns(id, 12, "hex(zeroblob(524288))");
    d1.forget();
    const page = await chatOf(id);
    const asked = idsOf(page).filter((one) => one.endsWith(":user"));
    expect([asked.length, asked.at(-1), page.body.has_more]).toEqual([7, `${id}-11:user`, true]);
    const read = d1.operations.flatMap(({ statements }) => statements).filter(({ sql }) => /"events"/.test(sql));
    for (const { sql, params } of read.filter((one) => !/octet_length\("runs"."events"\)/.test(one.sql))) {
      expect([sql, JSON.stringify(params)]).toEqual([sql, expect.not.stringMatching(/\[[0-4],[0-4]\]/)]);
    }
    const rest = await chatOf(id, { query: `before=${asked[0]?.slice(0, -":user".length)}` });
    expect(idsOf(rest)).toHaveLength(5);
  });
});

describe("a chat's active run", () => {
  it("is read from its start, and what comes then: with the history no text is missing and none is there twice", async () => {
    const id = newId();
    const [first, second] = [gate(), gate()];
    model.next("zero", [text("one"), hold(first), text(" two"), hold(second), text(" three")]);
    await sendChat({ id, messages: [said("0")] });
    const sent = await openChat({ id, messages: [said("1")] });
    await first.reached();
    const history = await chatOf(id);
    expect([history.body.active_run_id, linesOf(history)]).toEqual([
      sent.runId,
      ["user: 0", "assistant: zero", "user: 1"],
    ]);
    const resumed = new OpenChat(await followChat(id));
    expect([resumed.runId, resumed.response.headers.get("X-Vercel-AI-UI-Message-Stream")]).toEqual([sent.runId, "v1"]);
    first.release();
    await second.reached();
    second.release();
    const [whole, joined] = [await sent.rest(), await resumed.rest()];
    expect(joined).toEqual(whole);
    expect(textIn(joined)).toBe("one two three");
    expect(linesOf(await chatOf(id)).at(-1)).toBe("assistant: one two three");
  });

  it("is none once it is over, while it is paused, and before the first one: 204", async () => {
    const id = newId();
    const at = "agents/operator";
    await call("POST", "/sessions?type=agent", { session_id: id, agent_id: "operator" });
    const followed = async () => {
      const { status, body } = await followChat(id, { at });
      return [status, body];
    };
    expect(await followed()).toEqual([204, null]);
    model.next("one", [asks]);
    await sendChat({ id, messages: [said("1")] }, { at });
    expect(await followed()).toEqual([204, null]);
    expect(statusIn((await sendChat({ id, messages: [said("2")] }, { at })).chunks)).toBe("PAUSED");
    expect(await followed()).toEqual([204, null]);
    expect((await followChat(newId(), { at })).status).toBe(404);
  });

  it("is that of the agent in the path", async () => {
    const id = newId();
    const point = gate();
    model.next([text("one"), hold(point)]);
    const sent = await openChat({ id, messages: [said("1")] });
    await point.reached();
    expect((await followChat(id, { at: "agents/operator" })).status).toBe(204);
    expect(await stopChat(id, { at: "agents/operator" })).toBe(204);
    point.release();
    expect(statusIn(await sent.rest())).toBe("COMPLETED");
  });

  it("ends by a stop, as its readers see, and not by their leaving; what was said stays", async () => {
    const id = newId();
    model.next([text("one"), hold(gate())]);
    const sent = await openChat({ id, messages: [said("1")] });
    await sent.until("text-delta");
    const other = new OpenChat(await followChat(id));
    await sent.leave();
    expect((await chatOf(id)).body.active_run_id).toBe(sent.runId);
    expect([await stopChat(id), await stopChat(id)]).toEqual([204, 204]);
    const chunks = await other.rest();
    expect(chunks.map(({ type }) => type)).toContain("abort");
    expect([textIn(chunks), statusIn(chunks)]).toEqual(["one", "CANCELLED"]);
    expect((await chatOf(id)).body.messages[1]).toMatchObject({ metadata: { status: "CANCELLED" } });
    expect(await stopChat(newId())).toBe(404);
  });

  it("leaves those that are paused, and those that wait behind it, to go on", async () => {
    const id = newId();
    const at = "agents/operator";
    model.next([asks], [text("two"), hold(gate())], "three");
    const paused = await sendChat({ id, messages: [said("1")] }, { at });
    expect(await stopChat(id, { at })).toBe(204);
    const active = await openChat({ id, messages: [said("2")] }, { at });
    await active.until("text-delta");
    const waiting = await openChat({ id, messages: [said("3")] }, { at });
    expect(await stopChat(id, { at })).toBe(204);
    await active.rest();
    expect(textIn(await waiting.rest())).toBe("three");
    expect((await chatOf(id, { at })).body.paused_run_id).toBe(paused.runId);
  });

  it("of an object that died is closed when it is asked for, and read to its end", async () => {
    const id = newId();
    model.next([text("one"), hold(gate())]);
    const sent = await openChat({ id, messages: [said("1")] });
    await sent.until("text-delta");
    await killObjects();
    expect((await chatOf(id)).body.active_run_id).toBe(sent.runId);
    const { runId, chunks } = await readChat(await followChat(id));
    expect([runId, chunks.at(-1)?.type]).toEqual([sent.runId, "error"]);
    expect((await chatOf(id)).body).toMatchObject({
      active_run_id: null,
      messages: [{}, { metadata: { status: "ERROR" } }],
    });
    expect((await followChat(id)).status).toBe(204);
  });
});
