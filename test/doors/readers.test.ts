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
    const credential = { ...unlimited("development"), caller: "user" as const, subject: user, scopes: [] };
    const reading = {
      runId: paused.run_id,
      component: { type: "agent" as const, id: "operator" },
      principal: principalOf(credential, null),
      lastEventIndex: null,
    };
    // Nobody reads what these streams hold, so they keep their places.
    const streams = await runInDurableObject(objectOf(session_id), async (object) => {
      const calls = object as unknown as Pick<LiveSession, "resumeRun">;
      const opened = await Promise.all(Array.from({ length: MAX_READERS }, () => calls.resumeRun(reading)));
      return opened.flatMap((one) => (one.ok ? [one.value.stream] : []));
    });
    expect(streams.length).toBe(MAX_READERS);
    const said = { session_id, ...tools(paused, confirmed) };
    const ninth = await call("POST", continuePath(paused), { ...said, stream: true }, headers);
    expect([ninth.status, ninth.body.code]).toEqual([429, "rate_limited"]);
    const where = `/agents/operator/runs/${paused.run_id}?session_id=${session_id}`;
    expect((await call("GET", where, undefined, headers)).body.status).toBe("PAUSED");

    const whole = await call("POST", continuePath(paused), { ...said, stream: false }, headers);
    expect([whole.status, whole.body.status]).toEqual([200, "COMPLETED"]);
    await runInDurableObject(objectOf(session_id), () => Promise.all(streams.map((stream) => stream.cancel())));
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
