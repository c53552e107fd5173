import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { call, EventStream, newId, openRun, run, send } from "../../support/http.ts";
import { countRows } from "../../support/rows.ts";
import { gate, hold, scriptModel, text, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();
const KB = 1024;
const known = { session: newId(), user: newId(), run: "" };
beforeAll(async () => {
  model.next([toolCall("add", { a: 1, b: 2 })], "It is 3.");
  const fields = { agent: "operator", session_id: known.session, user_id: known.user };
  known.run = (await run("what is 1 + 2?", fields)).body.run_id;
});

const path = (runId = known.run, agent = "operator") => `/agents/${agent}/runs/${runId}/continue`;
const asForm = (fields: Record<string, unknown>) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "object" ? JSON.stringify(value) : `${value}`,
    ]),
  );

/** Expects that the fields are refused alike as JSON and as a form, and that nothing is stored. */
async function refused(fields: Record<string, unknown>, to = path(), headers: Record<string, string> = {}) {
  const before = await countRows();
  const answer = await call("POST", to, fields, headers);
  const sentAsForm = await call("POST", to, asForm(fields), headers);
  const what = ({ status, body }: typeof answer) => ({ status, code: body.code, detail: body.detail });
  // The fields of a form are text, so details that quote them may differ.
  if (typeof answer.body.detail === "string") expect(what(sentAsForm)).toEqual(what(answer));
  else expect(sentAsForm.status).toBe(answer.status);
  expect(await countRows()).toEqual(before);
  return answer;
}

const inSession = (fields: Record<string, unknown> = {}) => ({ session_id: known.session, ...fields });

/** Makes a run from the known one, and answers what is stored of where it came from. */
async function originOf(fields: Record<string, unknown>, headers: Record<string, string> = {}) {
  const { status, body } = await call("POST", path(), inSession({ stream: false, ...fields }), headers);
  expect([status, body.detail]).toEqual([200, undefined]);
  const row = await env.DB.prepare(
    `SELECT origin, iif(input_left_out, (SELECT content FROM messages WHERE messages.session_id = runs.session_id
       AND messages.run_index = runs.run_index AND role = 'user' ORDER BY message_index LIMIT 1), input) AS input
     FROM runs WHERE run_id = ?`,
  )
    .bind(body.run_id)
    .first<{ origin: string; input: string }>();
  return { runId: body.run_id, input: row?.input, origin: JSON.parse(row?.origin ?? "null") };
}

describe("a continue whose fields are wrong", () => {
  const NEITHER = "Invalid continue_from. Use 'end', 'last_user', or a numeric message index.";
  const bad: [detail: string, fields: Record<string, unknown>][] = [
    ["Invalid JSON in tools field", { tools: "{" }],
    ["Invalid JSON in tools field", { tools: "not json", requirements: "{" }],
    ["Invalid JSON in requirements field", { requirements: "[1" }],
    ["Invalid structure or content for tools: ", { tools: 7 }],
    ["Invalid structure or content for tools: ", { tools: { tool_call_id: "c1" } }],
    ["Invalid structure or content for tools: entry 0: ", { tools: [1] }],
    [
      "Invalid structure or content for tools: entry 0, confirmed: ",
      { tools: [{ tool_call_id: "c1", confirmed: "yes" }] },
    ],
    ["Invalid structure or content for requirements: entry 0: ", { requirements: [{}] }],
    [NEITHER, { continue_from: "start" }],
    [NEITHER, { continue_from: "1.5" }],
    [NEITHER, { continue_from: 1.5 }],
    [NEITHER, { continue_from: ["end"] }],
    [NEITHER, { continue_from: true, regenerate: true }],
    ["continue_from is not within the run, which has messages 1 to 5.", { continue_from: 0 }],
    ["continue_from is not within the run", { continue_from: "-1" }],
    ["continue_from is not within the run", { continue_from: 6 }],
    ["continue_from is not within the run", { continue_from: "9".repeat(400) }],
    ["The first 1 messages of the run hold no user message", { continue_from: 1 }],
    ["The first 3 messages of the run end before the results", { continue_from: 3 }],
    ["The first 3 messages of the run end before the results", { continue_from: 3, regenerate: true }],
    ["additional_instructions can only be given with regenerate", { additional_instructions: "shorter" }],
    ["additional_instructions can only be given with regenerate", { additional_instructions: "shorter", fork: true }],
    ["input cannot be given with regenerate", { input: "and 4?", regenerate: true }],
    ["input can only be given with fork or continue_from", { input: "and 4?" }],
  ];
  it.each(bad)("is 400: %s %j", async (detail, fields) => {
    const answer = await refused(inSession(fields));
    expect([answer.status, answer.body.code]).toEqual([400, "bad_request"]);
    expect(answer.body.detail.slice(0, detail.length)).toBe(detail);
  });

  it("is 400 without a session, before anything else of it is looked at", async () => {
    for (const fields of [{}, { session_id: "" }, { session_id: null }, { tools: "{", continue_from: "x" }]) {
      const { session_id, ...others } = fields as Record<string, unknown>;
      const answer = await call("POST", path(), session_id === undefined ? others : fields);
      expect([answer.status, answer.body.detail]).toEqual([400, "session_id is required for this action"]);
    }
    const empty = await call("POST", path());
    expect([empty.status, empty.body.detail]).toEqual([400, "session_id is required for this action"]);
  });

  it("is 413 where a text is too large", async () => {
    const long = "é".repeat(128 * KB);
    for (const fields of [
      { fork: true, input: `${long}x` },
      { regenerate: true, additional_instructions: `${long}x` },
    ]) {
      const answer = await call("POST", path(), inSession(fields));
      expect([answer.status, answer.body.code]).toEqual([413, "payload_too_large"]);
    }
    expect((await originOf({ fork: true, input: long })).input).toBe(long);
  });

  const wrongs: [field: string, fields: Record<string, unknown>][] = [
    ["stream", { stream: "maybe" }],
    ["stream_events", { stream_events: 2 }],
    ["on_busy", { on_busy: "wait" }],
    ["background", { background: "soon" }],
    ["fork", { fork: "perhaps" }],
    ["regenerate", { regenerate: "perhaps" }],
    ["replace_original", { replace_original: "perhaps", regenerate: true }],
    ["user_id", { user_id: "a\nb" }],
    ["answered_by", { answered_by: ".." }],
    ["input", { input: " \n", fork: true }],
    ["session_id", { session_id: ".." }],
  ];
  it.each(wrongs)("is 422 and says which: %s", async (field, fields) => {
    const answer = await refused(inSession(fields));
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].loc).toEqual(["body", field]);
  });

  it("is 422 where its key is none", async () => {
    const answer = await refused(inSession({ fork: true }), path(), { "Idempotency-Key": "a b" });
    expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ["header", "Idempotency-Key"]]);
  });

  it("is 422 where an id in its path is none", async () => {
    const answer = await refused(inSession(), "/agents/operator/runs/a%0Ab/continue");
    expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ["path", "run_id"]]);
  });
});

describe("a run to make another one from", () => {
  const made: Record<string, unknown>[] = [{ fork: true }, { continue_from: "end" }, { regenerate: true }];

  it("must be one of the agent, the session and the user", async () => {
    const other = newId();
    const elsewhere = (await run("hi", { session_id: other })).body.run_id;
    const cases: [fields: Record<string, unknown>, to: string, runId: string][] = [
      [inSession(), path("nope"), "nope"],
      [inSession(), path(elsewhere), elsewhere],
      [{ session_id: newId() }, path(), known.run],
      [{ session_id: other }, path(), known.run],
      [inSession({ user_id: newId() }), path(), known.run],
      [inSession(), path(known.run, "assistant"), known.run],
    ];
    for (const [fields, to, runId] of cases) {
      for (const kind of made) {
        const answer = await refused({ ...fields, ...kind }, to);
        const { code, detail } = answer.body;
        expect([answer.status, code, detail]).toEqual([404, "run_not_found", `No runs found for run ID ${runId}`]);
      }
    }
    const nobody = await refused({}, path(known.run, "nobody"));
    expect([nobody.status, nobody.body.detail]).toEqual([404, "Agent not found"]);
  });

  it("must have started and ended", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    const active = await openRun("one", { session_id });
    const waiting = await openRun("two", { session_id });
    await point.reached();
    for (const kind of made) {
      const running = await refused({ session_id, ...kind }, path(active.runId, "assistant"));
      expect([running.status, running.body.detail]).toEqual([
        409,
        `Cannot continue run ${active.runId}: it is still running`,
      ]);
      expect(running.headers.get("X-Run-Id")).toBe(active.runId);
      const pending = await refused({ session_id, ...kind }, path(waiting.runId, "assistant"));
      expect([pending.status, pending.body.detail]).toEqual([
        409,
        `Cannot continue run ${waiting.runId}: it has not started yet`,
      ]);
    }
    point.release();
    await Promise.all([active.rest(), waiting.rest()]);
  });

  it("may be a cancelled one only to be tried again", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("Hel"), hold(point)]);
    const stream = await openRun("one", { session_id });
    await point.reached();
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`);
    await stream.rest();
    for (const kind of [{ fork: true }, { continue_from: "last_user" }]) {
      const answer = await refused({ session_id, ...kind }, path(stream.runId, "assistant"));
      expect([answer.status, answer.body.code]).toEqual([409, "run_not_continuable"]);
      expect(answer.body.detail).toBe(`Cannot continue run ${stream.runId}: run is cancelled`);
    }
    const again = { session_id, regenerate: true, stream: false };
    expect((await call("POST", path(stream.runId, "assistant"), again)).status).toBe(200);
  });

  it("must not be a member's", async () => {
    const session_id = newId();
    const { run_id } = (await run("hi", { session_id })).body;
    await env.DB.prepare("UPDATE runs SET parent_run_id = 'leader' WHERE run_id = ?").bind(run_id).run();
    for (const kind of made) {
      const answer = await refused({ session_id, ...kind }, path(run_id, "assistant"));
      expect([answer.status, answer.body.code]).toEqual([409, "run_not_continuable"]);
    }
  });
});

describe("a run that is made from another one", () => {
  it("remembers which, and what it begins with", async () => {
    const continued = { type: "continued", runId: known.run, historyBefore: 0, input: null, instructions: null };
    const regenerated = { ...continued, type: "regenerated", replace: false, input: undefined };
    const cases: [fields: Record<string, unknown>, origin: object][] = [
      [{ fork: true }, { ...continued, messageIndex: 5 }],
      [{ continue_from: "end" }, { ...continued, messageIndex: 5 }],
      [{ continue_from: "last_user" }, { ...continued, messageIndex: 2 }],
      [{ continue_from: "4" }, { ...continued, messageIndex: 4 }],
      [
        { continue_from: 4, fork: true, tools: [] },
        { ...continued, messageIndex: 4 },
      ],
      [
        { fork: true, user_id: known.user },
        { ...continued, messageIndex: 5 },
      ],
      [
        { regenerate: true, replace_original: false, additional_instructions: "shorter" },
        { ...regenerated, messageIndex: 2, instructions: "shorter" },
      ],
      [
        { regenerate: true, replace_original: false, continue_from: 4, fork: true },
        { ...regenerated, messageIndex: 4, instructions: null },
      ],
    ];
    for (const [fields, origin] of cases) {
      const found = await originOf(fields);
      expect({ ...found, fields }).toEqual({ runId: expect.any(String), input: "what is 1 + 2?", origin, fields });
      expect(found.runId).not.toBe(known.run);
    }
  });

  it("is asked what the user says next", async () => {
    const { input, origin } = await originOf({ fork: true, input: "and 3 + 4?" });
    expect([input, origin.input]).toEqual(["and 3 + 4?", "and 3 + 4?"]);
  });

  it("is one run under one key, which is one of the older run", async () => {
    const key = { "Idempotency-Key": newId() };
    const first = await originOf({ fork: true }, key);
    expect(await originOf({ fork: true, on_busy: "reject" }, key)).toEqual(first);
    const other = await refused(inSession({ fork: true, input: "else" }), path(), key);
    expect([other.status, other.body.code]).toEqual([409, "idempotency_conflict"]);
    const older = await call("POST", path(first.runId), inSession({ fork: true, stream: false }), key);
    expect(older.body.run_id).not.toBe(first.runId);
  });

  it("is streamed unless told otherwise", async () => {
    const response = await send("POST", path(), inSession({ fork: true }));
    expect(response.headers.get("Content-Type")).toBe("text/event-stream; charset=utf-8");
    expect((await new EventStream(response).rest()).at(-1)?.event).toBe("RunCompleted");
    const whole = await call("POST", path(), inSession({ fork: true, stream: "false", background: true }));
    expect([whole.status, whole.body.status]).toEqual([200, "COMPLETED"]);
    expect(whole.headers.get("X-Session-Id")).toBe(known.session);
  });
});
