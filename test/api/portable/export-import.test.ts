import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { answer, confirmed, inbox, pausedRun, requirements, tools } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { exported, exportOf, importing, NOTHING, rowCounts, storedRows } from "../../support/portable.ts";
import { asText, linesOf } from "../../support/portable-lines.ts";
import { fail, gate, hold, scriptModel, summary, text, toolCall } from "../../support/scripted-model.ts";
import { runsOf, saidIn, storyOf } from "../../support/session-story.ts";
import {
  answerTeam,
  delegate,
  leading,
  member,
  readTeamRun,
  resumeTeam,
  say,
  streamTeam,
} from "../../support/teams.ts";

const model = scriptModel();

const remove = (sessionId: string) => call("DELETE", `/sessions/${sessionId}`);

/** Exports the session, deletes it, imports it and exports it again. The bytes and the rows must be the same. */
async function expectRoundTrip(sessionId: string): Promise<void> {
  const before = await exportOf(sessionId);
  const rows = await storedRows(sessionId);
  await remove(sessionId);
  expect(await rowCounts(sessionId)).toEqual(NOTHING);
  expect(await importing(before)).toMatchObject({ imported: 1, skipped: 0, failed: 0, errors: [], complete: true });
  expect(await exportOf(sessionId)).toBe(before);
  expect(await storedRows(sessionId)).toEqual(rows);
}

async function setRow(sessionId: string, columns: Record<string, unknown>): Promise<void> {
  const names = Object.keys(columns);
  await env.DB.prepare(`update sessions set ${names.map((name) => `${name} = ?`).join(", ")} where session_id = ?`)
    .bind(...Object.values(columns), sessionId)
    .run();
}

describe("a session that is written out and taken in again", () => {
  it("is the same, with all that a person gave it", async () => {
    const session_id = newId();
    await run("hello \u{1f600} \u0000 \u2028 é", {
      session_id,
      user_id: "ada",
      session_state: { 10: 1, 2: [null, 1.5e300] },
    });
    await run("again", { session_id, user_id: "ada" });
    await call("PATCH", `/sessions/${session_id}`, {
      session_name: "Two greetings",
      metadata: { b: { a: "x" }, a: 1 },
    });
    await setRow(session_id, {
      tags: '["red","blue"]',
      visibility: "archived",
      archived_at: 5,
      pinned_at: 7,
      ttl_seconds: 3_000_000,
      summary: '{"topics":["x"],"summary":"They greet."}',
      summarized_through: 1,
      last_message: '{"role":"assistant","text":"echo","at":9}',
      name_source: "generated",
      name_details: '{"model":"m","promptTokens":1,"completionTokens":2,"attempts":1,"jobId":null}',
    });
    await expectRoundTrip(session_id);
    expect(await saidIn(session_id)).toEqual([
      "user: hello \u{1f600} \u0000 \u2028 é",
      "assistant: echo: hello \u{1f600} \u0000 \u2028 é",
      "user: again",
      "assistant: echo: again",
    ]);
  });

  it("is the same where the Worker of the deploy before wrote it out, with logs as they are stored", async () => {
    const session_id = newId();
    await run("one two three four five six", { session_id });
    const before = await exportOf(session_id);
    const [stored] = (await storedRows(session_id)).runs ?? [];
    expect(stored?.events).toContain('["d",');
    const lines = linesOf(before).map((line) =>
      line.type === "run" ? { ...line, events: JSON.parse(String(stored?.events)) } : line,
    );
    await remove(session_id);
    expect(await importing(asText(lines))).toMatchObject({ imported: 1, failed: 0, errors: [] });
    expect(await exportOf(session_id)).toBe(before);
  });

  it("is the same with tools, failures, cancelled, forked and regenerated runs", async () => {
    const session_id = newId();
    const { agent } = peopleAgent();
    model.next([toolCall("look", { at: "sky" })], "blue", "second", [fail(403)]);
    const first = await run("look up", { session_id, agent });
    await run("more", { session_id, agent });
    await run("fails", { session_id, agent });
    const point = gate();
    model.next([text("part"), hold(point)]);
    const open = await openRun("long", { session_id, agent });
    await open.until("RunContent");
    const waiting = await openRun("waits", { session_id, agent });
    await call("POST", `/agents/${agent}/runs/${waiting.runId}/cancel?session_id=${session_id}`);
    await call("POST", `/agents/${agent}/runs/${open.runId}/cancel?session_id=${session_id}`);
    await open.rest();
    const path = `/agents/${agent}/runs/${first.body.run_id}/continue`;
    model.next("bluer");
    await call("POST", path, { session_id, stream: false, regenerate: true });
    model.next("and so on");
    await call("POST", path, { session_id, stream: false, fork: true, input: "go on" });
    const statuses = (await runsOf(session_id)).map(({ status }) => status);
    expect(statuses).toEqual(["REGENERATED", "COMPLETED", "ERROR", "CANCELLED", "COMPLETED", "COMPLETED", "CANCELLED"]);
    await expectRoundTrip(session_id);
    const { body } = await call("POST", `/agents/${agent}/sessions/${session_id}/fork`);
    await expectRoundTrip(body.session_id);
  });

  it("is the same where a run that failed was answered again: that one completed never", async () => {
    const session_id = newId();
    const agent = testAgent({});
    model.next([fail(403)]);
    const failed = await run("fails", { session_id, agent });
    await call("POST", `/agents/${agent}/runs/${failed.body.run_id}/continue`, {
      session_id,
      stream: false,
      regenerate: true,
    });
    expect((await runsOf(session_id)).map(({ status }) => status)).toEqual(["REGENERATED", "COMPLETED"]);
    await expectRoundTrip(session_id);
  });

  it("is the same with summaries that its runs waited for, made or not", async () => {
    const session_id = newId();
    const agent = testAgent({ naming: { after: 0 }, summaries: { every: 1, runWaits: true } });
    model.nextSummaries(summary("All so far."), [fail(400)], [fail(400)]);
    await run("one", { session_id, agent });
    await run("two", { session_id, agent });
    const events = linesOf(await exportOf(session_id)).flatMap((line) => line.events ?? []);
    const told = events.filter(([letter]: [string]) => letter === "E").map(([, , made]: unknown[]) => made);
    expect(told).toEqual([expect.objectContaining({ summary: "All so far." }), null]);
    await expectRoundTrip(session_id);
  });

  it("is the same with all the control characters that a run has room for, six bytes each as JSON", async () => {
    const session_id = newId();
    const parameters = z.object({});
    const execute = () => "\u0001".repeat(256 * 1024);
    const noisy = defineTool({ name: "noisy", description: "Is noisy.", parameters, execute });
    const agent = testAgent({ tools: [noisy] });
    model.next(
      [0, 1, 2, 3].map((index) => toolCall("noisy", {}, { index })),
      "done",
    );
    await run("go", { session_id, agent });
    const [{ events }] = await runsOf(session_id);
    expect(JSON.stringify(events).length).toBeGreaterThan(6_000_000);
    await expectRoundTrip(session_id);
  }, 60_000);

  it("goes on waiting for the people that it waited for", async () => {
    const session_id = newId();
    const { agent, ran } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 }), toolCall("order", { item: "tea" }, { index: 1 })], "all done");
    const paused = await pausedRun("do both", { session_id, agent, user_id: "paused-ada" });
    await answer(paused, tools(paused, confirmed, null));
    await expectRoundTrip(session_id);
    const waiting = await inbox({ user_id: "paused-ada" });
    expect(waiting.map(({ tool_execution }) => tool_execution.tool_name)).toEqual(["order"]);
    const done = await answer(
      paused,
      requirements(
        { ...paused, tools: [], requirements: waiting },
        {
          user_input_schema: [{ name: "amount", value: 2 }],
        },
      ),
    );
    expect(done.body).toMatchObject({ status: "COMPLETED", content: "all done" });
    expect(ran).toEqual(["wipe 1", "order 2 tea"]);
  });

  it("is the same for a team, which waits for a person through its member", async () => {
    const session_id = newId();
    const { agent, ran } = peopleAgent();
    const ada = member("ada");
    const team = leading([ada, agent]);
    say(model, {
      leader: [[delegate(ada, "add")], "It is 3.", [delegate(agent, "wipe it")], "Wiped."],
      ada: ["3"],
      nobody: [[toolCall("wipe", { disk: 7 })], "gone"],
    });
    const first = await streamTeam(team, "What is 1 + 2?", { session_id });
    const events = await streamTeam(team, "Wipe it.", { session_id });
    await expectRoundTrip(session_id);
    const seen = { team, session_id, runId: events[0]?.data.run_id as string };
    expect((await readTeamRun({ ...seen, runId: first[0]?.data.run_id })).body.member_responses).toMatchObject([
      { content: "3" },
    ]);
    expect(
      await resumeTeam({ ...seen, runId: first[0]?.data.run_id }).then((all) => all.map(({ event }) => event)),
    ).toEqual(first.map(({ event }) => event));
    const asked = events.at(-1)?.data.requirements as { id: string }[];
    const done = await answerTeam(
      seen,
      asked.map(({ id }) => ({ id, confirmation: true })),
    );
    expect(done.body).toMatchObject({ status: "COMPLETED", content: "Wiped." });
    expect(ran).toEqual(["wipe 7"]);
  });

  it("leaves out what still goes on, and nothing hangs where it comes in", async () => {
    const session_id = newId();
    await run("done", { session_id });
    const point = gate();
    model.next([text("part"), hold(point), text("ial")]);
    const open = await openRun("goes on", { session_id });
    await open.until("RunContent");
    const waiting = await openRun("waits", { session_id });
    const lines = await exportOf(session_id);
    point.release();
    await Promise.all([open.rest(), waiting.rest()]);
    await remove(session_id);
    expect(await importing(lines)).toMatchObject({ imported: 1 });
    expect(await storyOf(session_id)).toEqual(["done → COMPLETED: echo: done"]);
    expect((await run("and now", { session_id })).body).toMatchObject({ status: "COMPLETED" });
    expect(await saidIn(session_id)).toEqual([
      "user: done",
      "assistant: echo: done",
      "user: and now",
      "assistant: echo: and now",
    ]);
  });

  it("comes in also where its agent is not known", async () => {
    const session_id = newId();
    const { agent } = peopleAgent();
    await run("hello", { session_id, agent });
    const lines = linesOf(await exportOf(session_id)).map((line) => ({
      ...line,
      ...(line.agent_id && { agent_id: "gone" }),
    }));
    await remove(session_id);
    expect(await importing(asText(lines))).toMatchObject({ imported: 1 });
    expect(await saidIn(session_id)).toEqual(["user: hello", "assistant: echo: hello"]);
    expect((await run("more", { session_id })).body.status).toBe("COMPLETED");
  });
});

describe("all sessions of a user", () => {
  it("come out oldest first, archived ones too, hidden and other people's not, and come in as somebody else's", async () => {
    const [ada, bob] = [newId(), newId()];
    const ids = [newId(), newId(), newId()];
    for (const session_id of ids) await run(`in ${session_id}`, { session_id, user_id: ada });
    await run("not mine", { session_id: newId(), user_id: bob });
    const [first, second, third] = ids as [string, string, string];
    await setRow(second, { visibility: "archived", archived_at: 1 });
    await setRow(third, { visibility: "deleted", hidden_at: 1 });
    const text = await exported(`/users/${ada}/export`);
    expect(
      linesOf(text)
        .filter(({ type }) => type === "session")
        .map(({ session_id }) => session_id),
    ).toEqual([first, second]);
    expect(linesOf(text).at(-1)).toEqual({ type: "end", sessions: 2 });
    const report = await importing(text, `?on_conflict=new&user_id=${bob}-2`);
    expect(report).toMatchObject({ imported: 2, failed: 0 });
    const copies = await exported(`/export?user_id=${bob}-2`);
    expect(linesOf(copies).at(-1)).toEqual({ type: "end", sessions: 2 });
    expect(copies).not.toContain(ada);
    expect(await exported(`/users/${ada}/export`)).toBe(text);
  });
});
