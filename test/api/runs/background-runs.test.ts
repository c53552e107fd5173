import { describe, expect, it } from "vitest";
import { call, EventStream, newId, openRun, run, send } from "../../support/http.ts";
import { gate, hold, scriptModel, text } from "../../support/scripted-model.ts";
import { eventually } from "../../support/session-story.ts";

const model = scriptModel();
const RUNS = "/agents/assistant/runs";
const inBackground = (message: string, session_id: string, fields: object = {}) =>
  call("POST", RUNS, { message, session_id, stream: false, background: true, ...fields });
const read = (runId: string, session_id: string) => call("GET", `${RUNS}/${runId}?session_id=${session_id}`);

describe("a run in the background", () => {
  it("is answered at once, and read when it is over", async () => {
    const session_id = newId();
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    const answer = await inBackground("hi", session_id);
    const run_id = answer.headers.get("X-Run-Id") ?? "";
    expect([answer.status, answer.body]).toEqual([202, { run_id, session_id, status: "PENDING", queue_position: 0 }]);
    expect(answer.headers.get("X-Session-Id")).toBe(session_id);
    await point.reached();
    expect((await read(run_id, session_id)).body).toMatchObject({ run_id, status: "RUNNING" });
    point.release();
    const over = await eventually(
      () => read(run_id, session_id),
      ({ body }) => body.status !== "RUNNING",
    );
    expect(over.body).toMatchObject({ run_id, status: "COMPLETED", content: "Hello" });
  });

  it("is told how many runs go before it", async () => {
    const session_id = newId();
    const point = gate();
    model.next([hold(point), text("first")]);
    const active = await openRun("one", { session_id });
    const answers = [await inBackground("two", session_id), await inBackground("three", session_id)];
    expect(answers.map(({ status, body }) => [status, body.queue_position])).toEqual([
      [202, 1],
      [202, 2],
    ]);
    const refused = await inBackground("four", session_id, { on_busy: "reject" });
    expect([refused.status, refused.body.code]).toEqual([409, "run_active"]);
    point.release();
    await active.rest();
    const last = answers.at(-1)?.body.run_id;
    await eventually(
      () => read(last, session_id),
      ({ body }) => body.status === "COMPLETED",
    );
  });

  it("is one run under one key", async () => {
    const [session_id, key] = [newId(), newId()];
    const body = { message: "once", session_id, stream: "false", background: "true" };
    const first = await call("POST", RUNS, new URLSearchParams(body), { "Idempotency-Key": key });
    const again = await run("once", { session_id, key });
    expect([first.status, again.status, again.body.run_id]).toEqual([202, 200, first.body.run_id]);
  });

  it("with a stream is a stream", async () => {
    const response = await send("POST", RUNS, { message: "hi", background: true });
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect((await new EventStream(response).rest()).at(-1)).toMatchObject({ data: { content: "echo: hi" } });
  });

  it("is refused like any other", async () => {
    const empty = await call("POST", RUNS, { message: " ", stream: false, background: true });
    expect(empty.status).toBe(422);
    const wrong = await call("POST", RUNS, { message: "hi", background: "later" });
    expect([wrong.status, wrong.body.detail[0].loc]).toEqual([422, ["body", "background"]]);
  });
});
