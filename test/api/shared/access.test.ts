import { describe, expect, it } from "vitest";
import { type Answer, call, newId, openRun, run, send } from "../../support/http.ts";
import { countRows } from "../../support/rows.ts";
import { gate, hold, scriptModel, text } from "../../support/scripted-model.ts";

const model = scriptModel();
type Ask = (session: string, run: string, user: string) => Promise<Answer>;

const owned = async (user_id?: string) => {
  const session_id = newId();
  const { body } = await run("mine", { session_id, ...(user_id !== undefined && { user_id }) });
  return { session_id, run_id: body.run_id as string };
};
/** All that the API shows of a session to a caller who names no user, and so sees every session. */
const everything = async (id: string) => [
  (await call("GET", `/sessions/${id}`)).body,
  (await call("GET", `/sessions/${id}/runs`)).body,
  (await call("GET", `/sessions/${id}/name`)).body,
];
/** An answer without what tells one request or id from another. */
const anonymous = ({ status, body }: Answer, ids: string[]) => {
  const shown = JSON.stringify({ ...body, request_id: "" });
  return [status, ids.reduce((textSoFar, id) => textSoFar.replaceAll(id, "ID"), shown)];
};

const READS: [string, Ask][] = [
  ["GET /sessions/{id}", (s, _r, u) => call("GET", `/sessions/${s}?user_id=${u}`)],
  ["GET /sessions/{id} of a type", (s, _r, u) => call("GET", `/sessions/${s}?type=agent&user_id=${u}`)],
  ["GET /sessions/{id}/runs", (s, _r, u) => call("GET", `/sessions/${s}/runs?user_id=${u}`)],
  ["GET /sessions/{id}/runs/{run}", (s, r, u) => call("GET", `/sessions/${s}/runs/${r}?user_id=${u}`)],
  ["GET /sessions/{id}/messages", (s, _r, u) => call("GET", `/sessions/${s}/messages?user_id=${u}`)],
  ["GET /sessions/{id}/chat-history", (s, _r, u) => call("GET", `/sessions/${s}/chat-history?user_id=${u}`)],
  ["GET /sessions/{id}/name", (s, _r, u) => call("GET", `/sessions/${s}/name?user_id=${u}`)],
  ["GET /agents/{agent}/runs", (s, _r, u) => call("GET", `/agents/assistant/runs?session_id=${s}&user_id=${u}`)],
  [
    "GET /agents/{agent}/runs/{run}",
    (s, r, u) => call("GET", `/agents/assistant/runs/${r}?session_id=${s}&user_id=${u}`),
  ],
];
const CHANGES: [string, Ask][] = [
  [
    "PATCH /sessions/{id}",
    (s, _r, u) => call("PATCH", `/sessions/${s}?user_id=${u}`, { session_state: { stolen: 1 } }),
  ],
  ["PATCH /sessions/{id} with nothing", (s, _r, u) => call("PATCH", `/sessions/${s}?user_id=${u}`, {})],
  [
    "PATCH /sessions/{id} of a type",
    (s, _r, u) => call("PATCH", `/sessions/${s}?type=agent&user_id=${u}`, { metadata: { m: 1 } }),
  ],
  ["rename", (s, _r, u) => call("POST", `/sessions/${s}/rename?user_id=${u}`, { session_name: "stolen" })],
  ["rename by model", (s, _r, u) => call("POST", `/sessions/${s}/rename?user_id=${u}`, { autogenerate: true })],
];
const ALIKE: [string, number, Ask][] = [
  ["DELETE /sessions/{id}", 204, (s, _r, u) => call("DELETE", `/sessions/${s}?user_id=${u}`)],
  ["DELETE /sessions/{id} of a type", 204, (s, _r, u) => call("DELETE", `/sessions/${s}?type=agent&user_id=${u}`)],
  [
    "DELETE /sessions",
    204,
    (s, _r, u) => call("DELETE", `/sessions?user_id=${u}`, { session_ids: [s], session_types: ["agent"] }),
  ],
  ["cancel", 200, (_s, r, u) => call("POST", `/agents/assistant/runs/${r}/cancel?user_id=${u}`)],
  [
    "cancel in a session",
    200,
    (s, r, u) => call("POST", `/agents/assistant/runs/${r}/cancel?session_id=${s}&user_id=${u}`),
  ],
];

describe("with a user only that user's sessions exist", () => {
  it.each([...READS, ...CHANGES])("on %s", async (_route, ask) => {
    const [me, other] = [newId(), newId()];
    const mine = await owned(me);
    const nobodys = await owned();
    const before = [await everything(mine.session_id), await everything(nobodys.session_id)];
    const missing = { session_id: newId(), run_id: newId() };
    const ids = [mine, nobodys, missing].flatMap(({ session_id, run_id }) => [session_id, run_id]);
    const calls = model.calls.length;
    const answers = [
      await ask(mine.session_id, mine.run_id, other),
      await ask(nobodys.session_id, nobodys.run_id, other),
      await ask(missing.session_id, missing.run_id, other),
    ].map((answer) => anonymous(answer, ids));
    expect(answers[2]?.[0]).toBe(404);
    expect(answers).toEqual([answers[2], answers[2], answers[2]]);
    expect([await everything(mine.session_id), await everything(nobodys.session_id)]).toEqual(before);
    expect(model.calls).toHaveLength(calls);
    expect((await ask(mine.session_id, mine.run_id, me)).status).toBe(200);
  });

  it.each(ALIKE)("on %s, which answers %i alike and changes nothing", async (_route, status, ask) => {
    const [me, other] = [newId(), newId()];
    const mine = await owned(me);
    const nobodys = await owned();
    const before = [await everything(mine.session_id), await everything(nobodys.session_id), await countRows()];
    for (const { session_id, run_id } of [mine, nobodys, { session_id: newId(), run_id: newId() }]) {
      expect(await ask(session_id, run_id, other)).toMatchObject({ status, body: status === 204 ? null : {} });
    }
    const after = [await everything(mine.session_id), await everything(nobodys.session_id), await countRows()];
    expect(after).toEqual(before);
    expect((await ask(mine.session_id, mine.run_id, me)).status).toBe(status);
  });

  it("on cancel, while the run goes on", async () => {
    const [me, session_id] = [newId(), newId()];
    const point = gate();
    model.next([text("x"), hold(point)]);
    const stream = await openRun("mine", { session_id, user_id: me });
    await stream.until("RunContent");
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel?user_id=${newId()}`);
    // Other run routes take the user in the body. A cancel that overlooked it there would end another user's run.
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`, { user_id: newId() });
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`, new URLSearchParams({ user_id: newId() }));
    await call("POST", `/agents/assistant/runs/${stream.runId}/cancel`, { session_id: newId() });
    await call("DELETE", `/sessions/${session_id}?user_id=${newId()}`);
    point.release();
    expect((await stream.rest()).at(-1)?.data).toMatchObject({ event: "RunCompleted", finish_reason: "stop" });
    expect((await call("GET", `/sessions/${session_id}?user_id=${me}`)).status).toBe(200);
  });

  it("on deleting many: the others stay", async () => {
    const [me, other] = [newId(), newId()];
    const [mine, theirs] = [await owned(me), await owned(other)];
    const session_ids = [mine.session_id, theirs.session_id];
    await call("DELETE", `/sessions?user_id=${me}`, { session_ids, session_types: ["agent", "agent"] });
    expect((await call("GET", `/sessions/${mine.session_id}`)).status).toBe(404);
    expect((await call("GET", `/sessions/${theirs.session_id}`)).status).toBe(200);
  });
});

describe("a run", () => {
  it.each([true, false])(
    "in someone else's session is not found, and no model is asked (stream: %s)",
    async (stream) => {
      const { session_id } = await owned(newId());
      const before = [await everything(session_id), await countRows()];
      for (const fields of [{}, { on_busy: "interrupt" }, { on_busy: "reject" }, { session_state: { k: 1 } }]) {
        const message = `break in ${newId()}`;
        const body = { message, session_id, user_id: newId(), stream, ...fields };
        const answer = await call("POST", "/agents/assistant/runs", body, { "Idempotency-Key": newId() });
        expect([answer.status, answer.body]).toMatchObject([
          404,
          { detail: "Session not found", code: "session_not_found" },
        ]);
        expect(model.callsWith(message)).toEqual([]);
      }
      expect([await everything(session_id), await countRows()]).toEqual(before);
    },
  );

  it("of nobody in an owned session is added to it and leaves it its owner", async () => {
    const me = newId();
    const { session_id } = await owned(me);
    const { body } = await run("from nobody", { session_id });
    expect(body).not.toHaveProperty("user_id");
    const detail = await call("GET", `/sessions/${session_id}?user_id=${me}`);
    expect(detail.body).toMatchObject({ user_id: me, chat_history_total: 4 });
  });
});

describe("the first run with a user on a session without owner", () => {
  it("claims it, and keeps its name, state, metadata and runs", async () => {
    const [me, session_id] = [newId(), newId()];
    await call("POST", "/sessions", { session_id, session_name: "Named", session_state: { k: 1 }, metadata: { m: 1 } });
    await run("before", { session_id });
    const claimed = await run("mine", { session_id, user_id: me });
    expect(claimed.body).toMatchObject({ status: "COMPLETED", session_state: { k: 1 } });
    const { body } = await call("GET", `/sessions/${session_id}?user_id=${me}`);
    expect(body).toMatchObject({
      user_id: me,
      session_name: "Named",
      session_state: { k: 1 },
      metadata: { m: 1 },
      agent_id: "assistant",
      chat_history_total: 4,
    });
    expect(model.callsWith("mine")[0]?.request.messages.map(({ content }) => content)).toContain("before");
    expect((await call("GET", `/sessions?user_id=${me}`)).body.data).toMatchObject([{ session_id }]);
    const other = await run("theirs", { session_id, user_id: newId() });
    expect(other.status).toBe(404);
  });

  it("is one of many that come at once: the others find no session", async () => {
    const { session_id } = await owned();
    const users = Array.from({ length: 4 }, newId);
    const answers = await Promise.all(users.map((user_id) => run("me first", { session_id, user_id })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 404, 404, 404]);
    const owner = users[answers.findIndex((answer) => answer.status === 200)];
    expect((await call("GET", `/sessions/${session_id}`)).body).toMatchObject({
      user_id: owner,
      chat_history_total: 4,
    });
  });
});

describe("creating a session", () => {
  it("on a taken id says so to everybody in the same words", async () => {
    const { session_id } = await owned(newId());
    const answers = [{}, { user_id: newId() }, { agent_id: "operator", session_state: { k: 1 } }].map((fields) =>
      call("POST", "/sessions", { session_id, ...fields }),
    );
    const details = (await Promise.all(answers)).map(({ status, body }) => [status, body.detail]);
    expect(new Set(details.map(String)).size).toBe(1);
    expect(details[0]?.[0]).toBe(409);
  });

  it("tells nothing of it by HEAD or OPTIONS", async () => {
    const { session_id } = await owned(newId());
    const foreign = await send("HEAD", `/sessions/${session_id}?user_id=${newId()}`);
    const missing = await send("HEAD", `/sessions/${newId()}?user_id=${newId()}`);
    expect(foreign.status).toBe(missing.status);
  });
});

describe("a session that is claimed while runs wait", () => {
  it("a run that waits for a session without owner does not run in what another user claimed meanwhile", async () => {
    const { session_id } = await owned();
    const [one, other] = [newId(), newId()];
    const point = gate();
    model.next([text("x"), hold(point)]);
    const active = await openRun("nobody's", { session_id });
    await active.until("RunContent");
    const first = await openRun("the secret of one", { session_id, user_id: one });
    const second = await send("POST", "/agents/assistant/runs", { message: "other asks", session_id, user_id: other });
    point.release();
    await Promise.all([active.rest(), first.rest(), second.text()]);
    expect((await call("GET", `/sessions/${session_id}`)).body.user_id).toBe(one);
    expect(model.callsWith("other asks")).toEqual([]);
  });
});
