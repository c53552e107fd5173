import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_PROVIDER_DATA_BYTES } from "../../../src/domain/limits.ts";
import { goOn } from "../../support/continue.ts";
import { call, newId, openRun, run } from "../../support/http.ts";
import { confirmed, pauseOf, answer as sayTo, tools } from "../../support/paused-runs.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { beside, gate, hold, scriptModel, text, thinks, toolCall } from "../../support/scripted-model.ts";
import { killObjects, objectOf, runCalls } from "../../support/session-story.ts";
import { kept, read, shownOf, start, THOUGHT, thinker } from "../../support/thinking.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

const model = scriptModel();

describe("what a provider says beside the text", () => {
  it("goes back over a pause, days later, from D1", async () => {
    const agent = thinker();
    const session_id = newId();
    model.next([thinks(THOUGHT), toolCall("ask", {})], "Asked.");
    const { body } = await run("ask", { session_id, agent });
    await killObjects();
    const paused = pauseOf(agent, body);
    expect((await sayTo(paused, tools(paused, confirmed))).body.content).toBe("Asked.");
    const sent = runCalls(model)
      .at(-1)
      ?.request.messages.find(({ role }) => role === "assistant");
    expect(sent).toMatchObject({ reasoning_content: THOUGHT });
  });

  it("is copied by a fork, continue_from and regenerate, and comes out and in as it is", async () => {
    const place = { agent: thinker(), session_id: newId() };
    model.next([thinks(THOUGHT), text("I add."), toolCall("add", {})], [thinks("So."), text("Three.")]);
    const { runId } = await start(place);
    const before = await kept(place.session_id);
    expect(before).toMatchObject([
      { content: "I add.", reasoning_content: THOUGHT, provider_data: JSON.stringify({ reasoning_content: THOUGHT }) },
      { content: "Three.", reasoning_content: "So." },
    ]);
    const fork = await call("POST", `/agents/${place.agent}/sessions/${place.session_id}/fork`);
    expect(await kept(fork.body.session_id)).toEqual(before);

    const lines = await exportOf(place.session_id);
    expect(lines).toContain(`"reasoning_content":"${THOUGHT}"`);
    const report = await importing(lines, "?on_conflict=new");
    expect(report).toMatchObject({ imported: 1, errors: [] });
    const copies = `select session_id from messages where session_id not in (?, ?) and content = 'Three.' and reasoning_content = 'So.'`;
    const copy = await env.DB.prepare(copies).bind(place.session_id, fork.body.session_id).first<string>("session_id");
    expect(await kept(copy ?? "")).toEqual(before);

    const older = { session_id: place.session_id, run_id: runId, at: `agents/${place.agent}` };
    model.next("Continued.", "Regenerated.");
    await goOn(older, { fork: true, input: "and now" });
    await goOn(older, { regenerate: true });
    const sent = runCalls(model)
      .slice(-2)
      .map(({ request }) => JSON.stringify(request.messages));
    expect(sent[0]).toContain(THOUGHT);
    const copied = (await kept(place.session_id)).map(({ content, reasoning_content }) => [content, reasoning_content]);
    expect(copied).toContainEqual(["I add.", THOUGHT]);
    expect(copied.filter(([content]) => content === "I add.").length).toBeGreaterThan(1);
  });

  it("is left out whole where it is too large; the message says so, and the run goes on", async () => {
    const place = { agent: thinker(), session_id: newId() };
    const data = "x".repeat(MAX_PROVIDER_DATA_BYTES);
    model.next([beside({ reasoning_details: [{ type: "reasoning.encrypted", data }] }), toolCall("add", {})], "Three.");
    const { runId } = await start(place);
    const run = await read(place, runId);
    expect(run).toMatchObject({ status: "COMPLETED", content: "Three." });
    const flags = run.messages
      .filter(({ role }: Json) => role === "assistant")
      .map((message: Json) => message.provider_data_dropped);
    expect(flags).toEqual([true, undefined]);
    const [first] = await kept(place.session_id);
    expect([first.provider_source === null, first.provider_data]).toEqual([false, null]);
    expect(JSON.stringify(run)).not.toContain("xxxx");
  });

  it("is journaled once, with the answer that it came with", async () => {
    const place = { agent: thinker({ showReasoning: false }), session_id: newId() };
    const point = gate();
    model.next([thinks("Zwei", "fel"), toolCall("add", {})], [text("Three"), hold(point)]);
    const stream = await openRun("think", place);
    await stream.until("ToolCallCompleted");
    const journal = await runInDurableObject(objectOf(place.session_id), (_object, { storage: { sql } }) =>
      JSON.stringify(["journal", "journal_facts"].map((table) => sql.exec(`select * from ${table}`).toArray())),
    );
    expect(journal.split(THOUGHT)).toHaveLength(2);
    point.release();
    await stream.rest();
    expect((await kept(place.session_id))[0].provider_data).toContain(THOUGHT);
  });

  it("is not shown to callers", async () => {
    const place = { agent: thinker(), session_id: newId() };
    model.next([beside({ reasoning_details: [{ type: "reasoning.encrypted", data: "sealed" }] }), text("Yes.")]);
    const { runId, events } = await start(place);
    expect((await kept(place.session_id))[0].provider_data).toContain("sealed");
    expect(events.join("") + (await shownOf(place, runId))).not.toContain("sealed");
  });
});
