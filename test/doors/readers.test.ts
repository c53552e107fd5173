import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { principalOf, unlimited } from "../../src/domain/principal.ts";
import type { LiveSession } from "../../src/session/live-session.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { call, EventStream, newId, overConnection, send } from "../support/http.ts";
import { sleep } from "../support/model-connection.ts";
import { confirmed, continuePath, pauseOf, tools } from "../support/paused-runs.ts";
import { gate, hold, scriptModel, text, toolCall } from "../support/scripted-model.ts";
import { objectOf } from "../support/session-story.ts";

// case 77: how often a user reads one run at once.

overConnection();
const model = scriptModel();
const MAX_READERS = 8;

/** A run of a new user that stays in the middle of its answer. */
async function heldRun() {
  const [more, end] = [gate(), gate()];
  model.next([text("one"), hold(more), text(" two"), hold(end), text(" three")]);
  const user = `ada-${newId()}`;
  const headers = bearer(await tokenFor(user));
  const session_id = newId();
  const path = "/agents/assistant/runs";
  const first = new EventStream(await send("POST", path, { message: "go", session_id }, headers));
  const run_id = first.runId;
  await more.reached();
  const read = (as = headers, method = "POST") =>
    method === "POST"
      ? send(method, `${path}/${run_id}/resume`, { session_id }, as)
      : send(method, `${path}/${run_id}/resume?session_id=${session_id}`, undefined, as);
  return { first, read, more, end };
}

/** Reads the run once a place is free. */
async function placeAt(read: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const answer = await read();
    if (answer.status !== 429) return answer;
    await answer.body?.cancel();
    await sleep(20);
  }
}

/** As many streams of each of the runs as the user may have. Nobody reads what they hold, so they keep their places. */
async function unread(user: string, sessionId: string, runIds: string[], id = "assistant"): Promise<ReadableStream[]> {
  const credential = { ...unlimited("development"), caller: "user" as const, subject: user, scopes: [] };
  const readings = runIds.flatMap((runId) => {
    const component = { type: "agent" as const, id };
    const reading = { runId, component, principal: principalOf(credential, null), lastEventIndex: null };
    return Array.from({ length: MAX_READERS }, () => reading);
  });
  const streams = await runInDurableObject(objectOf(sessionId), async (object) => {
    const calls = object as unknown as Pick<LiveSession, "resumeRun">;
    const opened = await Promise.all(readings.map((reading) => calls.resumeRun(reading)));
    return opened.flatMap((one) => (one.ok ? [one.value.stream] : []));
  });
  expect(streams.length).toBe(readings.length);
  return streams;
}

const cancelled = (sessionId: string, streams: ReadableStream[]) =>
  runInDurableObject(objectOf(sessionId), async () => void (await Promise.all(streams.map((one) => one.cancel()))));

describe("a run that a user reads", () => {
  it("has eight readers; the ninth is refused, the first eight go on, and one that leaves frees its place", async () => {
    const { first, read, more, end } = await heldRun();
    const readers = [first];
    while (readers.length < MAX_READERS) readers.push(new EventStream(await read()));
    for (const method of ["POST", "GET"]) {
      const refused = await read(undefined, method);
      expect([refused.status, refused.headers.get("Retry-After"), await refused.json()]).toEqual([
        429,
        "10",
        expect.objectContaining({ detail: "Too many streams of this run are open", code: "rate_limited" }),
      ]);
    }
    // The backend, which may act for users, is not counted.
    const backend = new EventStream(await read(key));

    await readers.pop()?.leave();
    // The platform tells that a reader has left when something is sent to it.
    more.release();
    await end.reached();
    const freed = await placeAt(read);
    expect(freed.status).toBe(200);
    readers.push(new EventStream(freed));

    end.release();
    for (const reader of [...readers, backend]) {
      expect((await reader.rest()).at(-1)?.event).toBe("RunCompleted");
    }
    // Those that have read all of it hold no place.
    for (let again = 0; again < MAX_READERS + 1; again += 1) {
      expect((await new EventStream(await read()).rest()).at(-1)?.event).toBe("RunCompleted");
    }
  });

  it("takes no answers from a ninth: they can be sent again, and whoever streams no answer is let in", async () => {
    const user = `ada-${newId()}`;
    const headers = bearer(await tokenFor(user));
    const session_id = newId();
    model.next([toolCall("delete_record", { id: "7" })]);
    const asked = { message: "go", stream: false, session_id };
    const paused = pauseOf("operator", (await call("POST", "/agents/operator/runs", asked, headers)).body);
    const streams = await unread(user, session_id, [paused.run_id], "operator");
    const said = { session_id, ...tools(paused, confirmed) };
    const ninth = await call("POST", continuePath(paused), { ...said, stream: true }, headers);
    expect([ninth.status, ninth.body.code]).toEqual([429, "rate_limited"]);
    const where = `/agents/operator/runs/${paused.run_id}?session_id=${session_id}`;
    expect((await call("GET", where, undefined, headers)).body.status).toBe("PAUSED");

    const whole = await call("POST", continuePath(paused), { ...said, stream: false }, headers);
    expect([whole.status, whole.body.status]).toEqual([200, "COMPLETED"]);
    await cancelled(session_id, streams);
  });

  it("is one of a session in which the user has sixteen readers: further ones are refused at any run, and a run of theirs is not begun", async () => {
    const user = `ada-${newId()}`;
    const headers = bearer(await tokenFor(user));
    const session_id = newId();
    const path = "/agents/assistant/runs";
    const ask = (stream: boolean, of: object = {}, named: Record<string, string> = {}) =>
      send("POST", path, { message: "go", stream, session_id, ...of }, { ...headers, ...named });
    const runs: string[] = [];
    for (let nth = 0; nth < 3; nth += 1) runs.push((await (await ask(false)).json<{ run_id: string }>()).run_id);
    const [one = "", two = "", three = ""] = runs;
    const streams = await unread(user, session_id, [one, two]);
    const read = (as = headers) => send("POST", `${path}/${three}/resume`, { session_id }, as);
    const tooMany = { detail: "Too many streams of this session are open", code: "rate_limited" };
    const refused = [await read(), await ask(true)];
    for (const answer of refused) {
      expect([answer.status, answer.headers.get("Retry-After")]).toEqual([429, "10"]);
      expect(await answer.json()).toMatchObject(tooMany);
    }
    const listed = async () => (await call("GET", `/sessions/${session_id}/runs`, undefined, headers)).body.length;
    expect(await listed()).toBe(3);
    expect((await ask(false)).status).toBe(200);
    expect((await read(key)).status).toBe(200);

    // A start that is read, also one that repeats its key, holds one place and gives it back.
    await cancelled(session_id, streams.splice(0, 1));
    const named = { "Idempotency-Key": newId() };
    for (const _ of ["first", "again", "again"]) {
      const begun = await ask(true, {}, named);
      expect(begun.status).toBe(200);
      expect((await new EventStream(begun).rest()).at(-1)?.event).toBe("RunCompleted");
    }
    expect(await listed()).toBe(5);
    await cancelled(session_id, streams);
  });

  it("counts each user's readers by themselves, and each run's", async () => {
    const one = await heldRun();
    const readers = [one.first];
    while (readers.length < MAX_READERS) readers.push(new EventStream(await one.read()));
    const other = await heldRun();
    expect((await other.read()).status).toBe(200);
    const isOver = new EventStream(await one.read(key));
    for (const { more, end } of [one, other]) {
      more.release();
      end.release();
    }
    await Promise.all([...readers, isOver, other.first].map((reader) => reader.rest()));
  });
});
