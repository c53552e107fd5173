import { describe, expect, it } from "vitest";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { EventStream, newId, overConnection, send } from "../support/http.ts";
import { sleep } from "../support/model-connection.ts";
import { gate, hold, scriptModel, text } from "../support/scripted-model.ts";

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
