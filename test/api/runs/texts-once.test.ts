import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { testAgent, testTeam } from "../../support/agents.ts";
import { costOf } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId, openRun, run, send } from "../../support/http.ts";
import { formOf, toOldForm } from "../../support/old-form.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { rowsNaming } from "../../support/rows.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { journalOf, objectOf } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();

const KIND = "Be kind, and answer in one sentence.";
const LEFT_OUT = { input: "", left_out: 1 };
const writtenOut = (input: string) => ({ input, left_out: null });

async function asked(messages: string[], options: { agent: string; session_id?: string }) {
  const session_id = options.session_id ?? newId();
  for (const message of messages) await run(message, { ...options, session_id });
  return session_id;
}

const systemOf = async (sessionId: string, query = "?limit=2") => {
  const { body } = await call("GET", `/sessions/${sessionId}/messages${query}`);
  return body.data
    .filter(({ role }: { role: string }) => role === "system")
    .map(({ content }: { content: string }) => content);
};

/** All that callers can read of a session, as it comes. */
async function shownOf(sessionId: string): Promise<string[]> {
  const { body: runs } = await call("GET", `/sessions/${sessionId}/runs`);
  const paths = [
    "",
    "/runs",
    "/runs?limit=2",
    "/run-previews",
    "/messages",
    "/messages?limit=2",
    "/messages?agent_id=nobody&limit=2",
    "/chat-history",
    "/export",
    ...runs.map(({ run_id }: { run_id: string }) => `/runs/${run_id}`),
  ];
  const shown: string[] = [];
  for (const path of paths) {
    const response = await send("GET", `/sessions/${sessionId}${path}`);
    shown.push(`${path} ${response.status} ${new TextDecoder().decode(await response.arrayBuffer())}`);
  }
  return shown;
}

describe("a text of a run is stored once", () => {
  it("the input in the user's message, the system text in the session", async () => {
    const agent = testAgent({ instructions: KIND });
    const session_id = await asked(["one", "two", "three"], { agent });
    const { inputs, systems, texts } = await formOf(session_id);
    expect(inputs).toEqual([LEFT_OUT, LEFT_OUT, LEFT_OUT]);
    expect(texts).toEqual([
      { text: expect.any(String), whose: agent, first: 0, content: expect.stringContaining(KIND) },
    ]);
    const named = { content: "", text: texts[0]?.text };
    expect(systems).toEqual([named, named, named]);
    expect(await systemOf(session_id)).toEqual([texts[0]?.content]);
  });

  it("an agent without instructions has none, and a second agent its own", async () => {
    const session_id = await asked(["one"], { agent: testAgent({ instructions: "" }) });
    expect((await formOf(session_id)).texts).toEqual([]);
    expect(await systemOf(session_id)).toEqual([]);
    await asked(["two"], { agent: testAgent({ instructions: KIND }), session_id });
    await asked(["three"], { agent: testAgent({ instructions: `${KIND} Be brief.` }), session_id });
    expect((await formOf(session_id)).texts).toMatchObject([{ first: 1 }, { first: 2 }]);
  });

  it("two agents that are told the same share it, and it is nobody's", async () => {
    const session_id = newId();
    for (const agent of [testAgent({ instructions: KIND }), testAgent({ instructions: KIND })]) {
      await asked(["one"], { agent, session_id });
    }
    expect((await formOf(session_id)).texts).toMatchObject([{ whose: "", first: 0 }]);
  });

  it("warm it is not even sent again; after an eviction it is, and changes no row", async () => {
    const agent = testAgent({ instructions: KIND });
    const session_id = await asked(["one"], { agent });
    await call("POST", `/sessions/${session_id}/rename`, { session_name: "Named" });
    const rows = { runs: 4, messages: 6, sessions: 5, message_docs: 6 };
    d1.forget();
    await asked(["two"], { agent, session_id });
    expect(costOf(d1.of(session_id))).toEqual({ batches: 2, alone: 0, reads: 0, rows });
    // By the time that an object is evicted it has cleared away what its run left.
    expect(await journalOf(session_id)).toEqual([]);
    await evictDurableObject(objectOf(session_id));
    d1.forget();
    await asked(["three"], { agent, session_id });
    expect(costOf(d1.of(session_id))).toEqual({ batches: 3, alone: 0, reads: 3, rows: { ...rows, system_texts: 0 } });
  });

  it("a run that waits keeps its input, also once it has started", async () => {
    const session_id = newId();
    const point = gate();
    model.next([hold(point), text("first")]);
    const active = await openRun("m1", { session_id });
    const waiting = await openRun("m2", { session_id });
    expect(
      (await call("GET", `/sessions/${session_id}/run-previews`)).body.map(
        (one: { run_input: string }) => one.run_input,
      ),
    ).toEqual(["m1", "m2"]);
    point.release();
    await active.rest();
    await waiting.rest();
    expect((await formOf(session_id)).inputs).toEqual([LEFT_OUT, writtenOut("m2")]);
  });

  it("a run that is made from another one has its input where its first user message says something else", async () => {
    const agent = testAgent({ instructions: KIND });
    const session_id = newId();
    const first = await run("one", { agent, session_id });
    const again = (fields: object) =>
      call("POST", `/agents/${agent}/runs/${first.body.run_id}/continue`, { session_id, stream: false, ...fields });
    expect((await again({ fork: true, input: "and then?" })).status).toBe(200);
    expect((await again({ regenerate: true, replace_original: false })).status).toBe(200);
    expect((await formOf(session_id)).inputs).toEqual([LEFT_OUT, writtenOut("and then?"), LEFT_OUT]);
    const { body } = await call("GET", `/sessions/${session_id}/runs`);
    expect(body.map((one: { run_input: string }) => one.run_input)).toEqual(["one", "and then?", "one"]);
  });

  it("a member run's task, and what its member is told, too", async () => {
    const member = testAgent({ instructions: "I am a member." });
    const team = testTeam({ instructions: "Lead.", mode: "coordinate", members: [member] });
    const session_id = newId();
    model.next([toolCall("delegate_task_to_member", { member_id: member, task: "work" })]);
    await call("POST", `/teams/${team}/runs`, { message: "m1", session_id, stream: false });
    const { inputs, texts } = await formOf(session_id);
    expect(inputs).toEqual([LEFT_OUT, LEFT_OUT]);
    expect(texts.map(({ whose }) => whose).toSorted()).toEqual([member, team].toSorted());
  });
});

describe("rows of both forms", () => {
  async function mixed() {
    const agent = testAgent({ instructions: KIND });
    const session_id = await asked(["one", "two\u0001", "three 世界"], { agent });
    return { agent, session_id };
  }

  it("are shown and exported alike, byte for byte", async () => {
    const { session_id } = await mixed();
    const shown = await shownOf(session_id);
    await toOldForm(session_id);
    expect((await formOf(session_id)).texts).toEqual([]);
    expect(await shownOf(session_id)).toEqual(shown);
  });

  it("stand in one session: its next run looks it through, once, and finds the oldest", async () => {
    const { agent, session_id } = await mixed();
    await toOldForm(session_id);
    await evictDurableObject(objectOf(session_id));
    const before = await systemOf(session_id);
    await asked(["four"], { agent, session_id });
    const { systems, texts } = await formOf(session_id);
    expect(systems.map(({ text }) => text === null)).toEqual([true, true, true, false]);
    expect(texts).toMatchObject([
      { text: "", first: 0, content: "" },
      { first: 3, whose: agent },
    ]);
    expect(await systemOf(session_id)).toEqual(before);
    expect(
      await env.DB.prepare("select system_known from sessions where session_id = ?")
        .bind(session_id)
        .first("system_known"),
    ).toBe(1);
    d1.forget();
    await asked(["five"], { agent, session_id });
    const sent = d1.of(session_id).flatMap(({ statements }) => statements);
    expect(sent.filter(({ sql }) => sql.includes("system_texts"))).toEqual([]);
  });

  it("are forked with the texts that they name", async () => {
    const { agent, session_id } = await mixed();
    const { body } = await call("POST", `/agents/${agent}/sessions/${session_id}/fork`);
    const { texts, systems } = await formOf(body.session_id);
    expect(texts).toEqual((await formOf(session_id)).texts);
    expect(systems).toHaveLength(3);
    await call("DELETE", `/sessions/${session_id}`);
    expect(await systemOf(body.session_id)).toEqual([texts[0]?.content]);
    const { body: runs } = await call("GET", `/sessions/${body.session_id}/runs`);
    expect(runs.map((one: { run_input: string }) => one.run_input)).toEqual(["one", "two\u0001", "three 世界"]);
  });

  it("are imported with each text once", async () => {
    const { session_id } = await mixed();
    const lines = await exportOf(session_id);
    const form = await formOf(session_id);
    await call("DELETE", `/sessions/${session_id}`);
    expect(await rowsNaming([session_id]).then((rows) => rows.filter((row) => row.startsWith("system_texts")))).toEqual(
      [],
    );
    await importing(lines);
    const imported = await formOf(session_id);
    expect(imported).toMatchObject({ inputs: form.inputs, systems: form.systems });
    expect(imported.texts).toEqual(form.texts.map((one) => ({ ...one, whose: "" })));
    expect(await exportOf(session_id)).toBe(lines);
  });
});

describe("a purge", () => {
  it("leaves nothing of what the session's agents were told", async () => {
    const agent = testAgent({ instructions: `Secret ${newId()}.` });
    const session_id = await asked(["one"], { agent });
    const { texts } = await formOf(session_id);
    const told = String(texts[0]?.content);
    expect(await rowsNaming([told])).toHaveLength(1);
    await call("DELETE", `/sessions/${session_id}`);
    expect(await rowsNaming([told])).toEqual([]);
  });
});
