import { describe, expect, it } from "vitest";
import { call, EventStream, newId, openRun, run, type SentEvent, send } from "../../support/http.ts";
import { type Gate, gate, hold, reset, type Step, scriptModel, text } from "../../support/scripted-model.ts";
import { killObjects, ring, storyOf } from "../../support/session-story.ts";

const model = scriptModel();

/** AgentOS's control events carry no id. A reader goes on from the last event that had one. */
const isControl = ({ id }: SentEvent) => Number.isNaN(id);
const indexes = (events: SentEvent[]) =>
  events.filter((event) => !isControl(event)).map(({ data }) => data.event_index);
const own = (events: SentEvent[]) => events.filter((event) => !isControl(event));
const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, nth) => from + nth);

interface Seen {
  runId: string;
  session_id: string;
  last?: number | undefined;
  user_id?: string;
}

async function opened(response: Response): Promise<EventStream> {
  expect([response.status, response.headers.get("Content-Type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  return new EventStream(response);
}

async function resume({ runId, session_id, last, user_id }: Seen): Promise<EventStream> {
  const fields = { session_id, last_event_index: last, user_id };
  return opened(await send("POST", `/agents/assistant/runs/${runId}/resume`, fields));
}

/** Resumes as a browser's EventSource does: by GET, with the last id in a header. */
function follow({ runId, session_id, last, user_id }: Seen, query = ""): Promise<Response> {
  const headers: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": String(last) };
  const user = user_id === undefined ? "" : `&user_id=${user_id}`;
  const path = `/agents/assistant/runs/${runId}/resume?session_id=${session_id}${user}${query}`;
  return send("GET", path, undefined, headers);
}

async function take(stream: EventStream, count: number): Promise<SentEvent[]> {
  const events: SentEvent[] = [];
  while (own(events).length < count) {
    const event = await stream.next();
    if (event === null) break;
    events.push(event);
  }
  return events;
}

const words = (count: number, from = 0) => upTo(from + count, from).map((nth) => `w${nth} `);
/**
 * Five events of a run have no content: RunStarted, ModelRequestStarted, …Completed, RunContentCompleted, RunCompleted.
 */
const FRAME = 5;

/** A run that has ended, with all that it streamed. */
async function ended(count: number): Promise<{ seen: Seen; streamed: SentEvent[] }> {
  const session_id = newId();
  model.next([text(...words(count - FRAME))]);
  const stream = await openRun("count", { session_id });
  const streamed = await stream.rest();
  expect(streamed).toHaveLength(count);
  return { seen: { runId: stream.runId, session_id }, streamed };
}

/** A run that is held after its first words, with its first events. */
async function held(count: number): Promise<{ seen: Seen; stream: EventStream; first: SentEvent[]; point: Gate }> {
  const session_id = newId();
  const point = gate();
  model.next([text(...words(count)), hold(point), text("end")]);
  const stream = await openRun("count", { session_id });
  const first = await take(stream, count + 2);
  return { seen: { runId: stream.runId, session_id }, stream, first, point };
}

describe("a stream that drops at every tenth event of 200", () => {
  it("is read to its end with every event once, in order, while the run goes on", async () => {
    const session_id = newId();
    const gates = Array.from({ length: 19 }, gate);
    // After every ten words the model waits until the reader has dropped once more.
    const steps: Step[] = gates.flatMap((point, nth) => [text(...words(10, nth * 10)), hold(point)]);
    model.next([...steps, text(...words(5, 190))]);
    const stream = await openRun("count", { session_id });
    const seen: Seen = { runId: stream.runId, session_id };
    const events = await take(stream, 10);
    await stream.leave();
    for (const point of gates) {
      point.release();
      const again = await resume({ ...seen, last: events.at(-1)?.id });
      events.push(...own(await take(again, 10)));
      await again.leave();
    }
    expect(indexes(events)).toEqual(upTo(200));
    expect(events.at(-1)).toMatchObject({ event: "RunCompleted", data: { content: words(195).join("") } });
    const replayed = own(await (await resume(seen)).rest());
    expect(replayed).toEqual(events);
    expect(await storyOf(session_id)).toEqual([`count → COMPLETED: ${words(195).join("")}`]);
  });

  it("is read alike after the run has ended, and after its object was evicted", async () => {
    const { seen, streamed } = await ended(200);
    for (const evict of [async () => {}, killObjects]) {
      const events = streamed.slice(0, 10);
      while (events.length < 200) {
        await evict();
        const again = await resume({ ...seen, last: events.at(-1)?.id });
        events.push(...own(await take(again, 10)));
        await again.leave();
      }
      expect(events).toEqual(streamed);
    }
  });
});

describe("resuming a run that goes on", () => {
  it("gives what was missed, then what comes, and says where one begins", async () => {
    const { seen, point } = await held(8);
    const { runId } = seen;
    const again = await resume({ ...seen, last: 5 });
    const missed = await take(again, 4);
    const subscribed = await again.next();
    point.release();
    const live = await again.rest();
    expect(missed[0]).toMatchObject({
      event: "catch_up",
      data: {
        event: "catch_up",
        run_id: runId,
        status: "running",
        missed_events: 4,
        current_event_count: 10,
        message: "Catching up on 4 missed events.",
      },
    });
    expect(indexes(missed)).toEqual([6, 7, 8, 9]);
    expect(subscribed).toMatchObject({
      event: "subscribed",
      data: {
        event: "subscribed",
        run_id: runId,
        status: "running",
        current_event_count: 10,
        message: "Subscribed to agent run. Receiving live events.",
      },
    });
    for (const control of [missed[0], subscribed]) {
      expect(control?.id).toBeNaN();
      expect(control?.data).not.toHaveProperty("event_index");
    }
    expect(indexes(live)).toEqual(upTo(14, 10));
    expect(live.at(-1)?.event).toBe("RunCompleted");
  });

  it("serves any number of readers, and none of them changes the run", async () => {
    const { seen, stream, first, point } = await held(4);
    const readers = await Promise.all([undefined, 0, 5].map((last) => resume({ ...seen, last })));
    await stream.leave();
    await readers[0]?.leave();
    point.release();
    const [, second, third] = await Promise.all(readers.map((reader, nth) => (nth === 0 ? [] : reader.rest())));
    expect(indexes(second ?? [])).toEqual(upTo(10, 1));
    expect(indexes(third ?? [])).toEqual(upTo(10, 6));
    expect(own(await (await resume(seen)).rest()).slice(0, 6)).toEqual(first);
  });

  it("waits for the events of a run that waits", async () => {
    const { seen, stream, point } = await held(2);
    const { session_id } = seen;
    const waiting = await openRun("next", { session_id });
    await waiting.leave();
    const again = await resume({ runId: waiting.runId, session_id });
    point.release();
    await stream.rest();
    const events = own(await again.rest());
    expect(indexes(events)).toEqual(upTo(events.length));
    expect(events.at(-1)).toMatchObject({ event: "RunCompleted", data: { content: "echo: next" } });
  });
});

describe("resuming a run that has ended", () => {
  it("says how much is replayed, and replays it", async () => {
    const { seen, streamed } = await ended(35);
    const [control, ...events] = await (await resume({ ...seen, last: 30 })).rest();
    expect(control).toMatchObject({
      event: "replay",
      data: {
        event: "replay",
        run_id: seen.runId,
        status: "COMPLETED",
        total_events: 4,
        total_buffered: 35,
        last_event_index_requested: 30,
        message: "Run COMPLETED. Replaying 4 missed events (of 35 total).",
      },
    });
    expect(control?.id).toBeNaN();
    expect(events).toEqual(streamed.slice(31));
  });

  it("replays all of it to who has seen nothing, and nothing to who has seen all", async () => {
    const { seen, streamed } = await ended(12);
    for (const last of [undefined, -1]) expect(own(await (await resume({ ...seen, last })).rest())).toEqual(streamed);
    for (const last of [11, 12, 4000]) expect(own(await (await resume({ ...seen, last })).rest())).toEqual([]);
    const { runId, session_id } = seen;
    const asForm = new URLSearchParams({ session_id, last_event_index: "9" });
    const events = await (await opened(await send("POST", `/agents/assistant/runs/${runId}/resume`, asForm))).rest();
    expect(own(events)).toEqual(streamed.slice(10));
  });

  it("replays one that failed, and one that was cancelled, as they were", async () => {
    const session_id = newId();
    model.next([text(...words(3)), reset()]);
    const failed = await openRun("fails", { session_id });
    const streamed = await failed.rest();
    expect(streamed.at(-1)?.event).toBe("RunError");
    expect(own(await (await resume({ runId: failed.runId, session_id })).rest())).toEqual(streamed);

    const { seen, stream, first } = await held(3);
    await call("POST", `/agents/assistant/runs/${seen.runId}/cancel`);
    const all = [...first, ...(await stream.rest())];
    await killObjects();
    expect(own(await (await resume(seen)).rest())).toEqual(all);
  });

  it("has an end above all that was sent where its object died", async () => {
    const { seen, first } = await held(20);
    await killObjects();
    await ring(seen.session_id);
    const events = own(await (await resume({ ...seen, last: first.at(-1)?.id })).rest());
    expect(events.at(-1)).toMatchObject({ event: "RunError", data: { error_type: "interrupted" } });
    for (const index of indexes(events)) expect(index).toBeGreaterThan(first.at(-1)?.id ?? 0);
    const all = own(await (await resume(seen)).rest());
    const found = indexes(all);
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    expect(all.at(-1)).toEqual(events.at(-1));
    // The log has what was journaled and no more: a part of what was sent, from its beginning, and the end.
    expect(all.slice(0, -1)).toEqual(first.slice(0, all.length - 1));
  });
});

/** As a reader does that posts: it sends the same body when it connects again, and what it saw last in the header. */
function post({ runId, session_id, last }: Seen, fields: object = {}): Promise<Response> {
  const headers: Record<string, string> = last === undefined ? {} : { "Last-Event-ID": String(last) };
  return send("POST", `/agents/assistant/runs/${runId}/resume`, { session_id, ...fields }, headers);
}

describe("a reader that posts, and connects again", () => {
  it("says in a header what it saw last, which goes before the body", async () => {
    const { seen, streamed } = await ended(12);
    const events = async (response: Response) => own(await (await opened(response)).rest());
    expect(await events(await post({ ...seen, last: 8 }))).toEqual(streamed.slice(9));
    expect(await events(await post({ ...seen, last: 8 }, { last_event_index: 2 }))).toEqual(streamed.slice(9));
    expect(await events(await post(seen, { last_event_index: 2 }))).toEqual(streamed.slice(3));
    expect(await events(await post({ ...seen, last: -1 }, { last_event_index: 2 }))).toEqual(streamed);
  });

  it("is told to stop, as a browser is, once the run is over and nothing was missed", async () => {
    const { seen } = await ended(12);
    for (const evict of [async () => {}, killObjects]) {
      await evict();
      const response = await post({ ...seen, last: 11 }, { last_event_index: 2 });
      expect([response.status, await response.text()]).toEqual([204, ""]);
      expect(own(await (await opened(await post(seen, { last_event_index: 11 }))).rest())).toEqual([]);
    }
  });

  it("is not told to stop while the run goes on", async () => {
    const { seen, first, point } = await held(3);
    const again = await opened(await post({ ...seen, last: first.at(-1)?.id }));
    point.release();
    expect(indexes(await again.rest())).toEqual(upTo(9, 5));
  });
});

describe("a browser that connects again", () => {
  it("says in a header what it saw last, which goes before the query", async () => {
    const { seen, streamed } = await ended(12);
    const events = await (await opened(await follow({ ...seen, last: 8 }))).rest();
    expect(own(events)).toEqual(streamed.slice(9));
    const both = await (await opened(await follow({ ...seen, last: 8 }, "&last_event_index=2"))).rest();
    expect(own(both)).toEqual(streamed.slice(9));
    const query = await (await opened(await follow(seen, "&last_event_index=2"))).rest();
    expect(own(query)).toEqual(streamed.slice(3));
    expect(own(await (await opened(await follow(seen))).rest())).toEqual(streamed);
  });

  it("is told to stop once the run is over and nothing was missed", async () => {
    const { seen } = await ended(12);
    for (const evict of [async () => {}, killObjects]) {
      await evict();
      const response = await follow({ ...seen, last: 11 });
      expect([response.status, await response.text()]).toEqual([204, ""]);
    }
  });

  it("is not told to stop while the run goes on", async () => {
    const { seen, first, point } = await held(3);
    const again = await opened(await follow({ ...seen, last: first.at(-1)?.id }));
    point.release();
    expect(indexes(await again.rest())).toEqual(upTo(9, 5));
  });
});

describe("a run that nobody can resume", () => {
  it("is one control event, for who asks either way", async () => {
    const [session_id, user_id] = [newId(), newId()];
    const { run_id } = (await run("hi", { session_id, user_id })).body;
    const other = newId();
    await run("hi", { session_id: other });
    const cases: Seen[] = [
      { runId: "nope", session_id },
      { runId: "nope", session_id: newId() },
      { runId: run_id, session_id: other },
      { runId: run_id, session_id, user_id: newId() },
    ];
    for (const seen of cases) {
      const error = { event: "error", error: `Run ${seen.runId} not found in buffer or database` };
      const answers = [await resume(seen), await opened(await follow({ ...seen, last: 3 }))];
      for (const answer of answers) {
        expect(await answer.rest()).toEqual([{ id: Number.NaN, event: "error", data: error }]);
        expect(answer.runId).toBe(seen.runId);
      }
    }
    const { runId } = { runId: run_id };
    const path = `/agents/operator/runs/${runId}/resume`;
    const foreign = await (await opened(await send("POST", path, { session_id }))).rest();
    expect(foreign.map(({ event }) => event)).toEqual(["error"]);
  });

  it("is refused where the request is wrong", async () => {
    const { body } = await run("hi");
    const path = `/agents/assistant/runs/${body.run_id}/resume`;
    const { session_id } = body;
    for (const answer of [await call("POST", path, {}), await call("POST", path), await call("GET", path)]) {
      expect([answer.status, answer.body.detail]).toEqual([400, "session_id is required for this action"]);
    }
    for (const last_event_index of ["x", "1.5", -2]) {
      const answer = await call("POST", path, { session_id, last_event_index });
      expect([answer.status, answer.body.detail[0].loc]).toEqual([422, ["body", "last_event_index"]]);
    }
    const query = await call("GET", `${path}?session_id=${session_id}&last_event_index=x`);
    expect([query.status, query.body.detail[0].loc]).toEqual([422, ["query", "last_event_index"]]);
    for (const last of ["x", "1.5", "0x1", "-2"]) {
      const header = { "Last-Event-ID": last };
      const answers = [
        await call("GET", `${path}?session_id=${session_id}`, undefined, header),
        await call("POST", path, { session_id }, header),
      ];
      for (const { status, body: refusal } of answers) {
        expect([last, status, refusal.detail[0].loc]).toEqual([last, 422, ["header", "Last-Event-ID"]]);
      }
    }
    const nobody = await call("POST", `/agents/nobody/runs/${body.run_id}/resume`, { session_id });
    expect([nobody.status, nobody.body.detail]).toEqual([404, "Agent not found"]);
  });
});
