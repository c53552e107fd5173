import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type AgentEvent,
  ApiError,
  ConnectionError,
  EdgeSessions,
  type RunStream,
} from "../../../packages/client/src/index.ts";
import { collected } from "../../support/collected.ts";
import {
  body,
  bytesOf,
  EVENTS,
  eventsIn,
  RUN_ID,
  resumed,
  SESSION_ID,
  STREAMS,
  streamed,
  TEAM,
} from "../../support/recorded-run.ts";

interface Sent {
  url: string;
  method: string | undefined;
  headers: Record<string, string>;
  body: unknown;
}

type Reply = (sent: Sent) => Response | Promise<Response>;

/** Replies one after the other; behind the last one nobody may ask. */
function client(...replies: Reply[]) {
  const sent: Sent[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    const { method, headers } = init;
    const one = {
      url,
      method,
      headers: headers as Record<string, string>,
      body: JSON.parse(String(init.body ?? "null")),
    };
    const reply = replies[sent.push(one) - 1];
    if (reply === undefined) throw new Error(`nobody may ask for ${url}`);
    return reply(one);
  };
  return { es: new EdgeSessions({ baseUrl: "https://sessions.test", fetch }), sent };
}

const part =
  (text: string, how: "ends" | "breaks" | "stays" = "ends"): Reply =>
  () =>
    streamed(body([bytesOf(text)], how));
const rest: Reply = ({ headers }) => {
  const bytes = resumed(Number(headers["last-event-id"]));
  return bytes === null ? streamed(null, 204) : streamed(body([bytes], "ends"));
};
const away: Reply = () => Promise.reject(new TypeError("fetch failed"));
const refused = (status: number, headers: Record<string, string> = {}): Reply => {
  return () => Response.json({ detail: "No", code: "no" }, { status, headers });
};

const replay = (es: EdgeSessions, options = {}): RunStream =>
  es.attach({ teamId: TEAM, runId: RUN_ID, sessionId: SESSION_ID }, options);
/** The first events of the run, as text. */
const first = (count: number): string => `${STREAMS.start.split("\n\n").slice(0, count).join("\n\n")}\n\n`;
const failureOf = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function waited<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  await vi.runAllTimersAsync();
  return work;
}

describe("A stream that breaks off", () => {
  it("goes on behind the last event, by POST …/resume", async () => {
    const { es, sent } = client(part(first(3), "breaks"), rest);
    const run = es.team(TEAM).run({ message: "Go" });
    expect(await waited(collected(run))).toEqual(EVENTS);
    expect(run.reconnects).toBe(1);
    expect(sent[1]).toMatchObject({
      url: `https://sessions.test/teams/${TEAM}/runs/${RUN_ID}/resume`,
      method: "POST",
      headers: { "last-event-id": "2" },
      body: { session_id: SESSION_ID },
    });
  });

  it("before its first event is asked for again, with the same key", async () => {
    const { es, sent } = client(part(": keep-alive\n\nid: 0\nev", "breaks"), part(STREAMS.start));
    const run = es.team(TEAM).run({ message: "Go" });
    expect(await waited(collected(run))).toEqual(eventsIn(STREAMS.start));
    expect(run.reconnects).toBe(1);
    expect(sent.map(({ url, headers }) => [url, headers["idempotency-key"]])).toEqual(
      Array(2).fill([`https://sessions.test/teams/${TEAM}/runs`, expect.stringMatching(/^[\da-f-]{36}$/)]),
    );
  });

  it("is given up after five tries in a row without a new event, which says how far it came", async () => {
    const tries = Array(5).fill(away);
    const { es, sent } = client(part(first(3), "breaks"), ...tries);
    const failure = await waited(failureOf(collected(es.team(TEAM).run({ message: "Go" }))));
    expect(failure).toBeInstanceOf(ConnectionError);
    expect(failure).toMatchObject({ lastEventIndex: 2 });
    expect(sent).toHaveLength(6);
  });

  it("has all tries again after each new event, and for who asks once more", async () => {
    const four = [away, part("", "ends"), part(first(3)), refused(503)];
    const { es } = client(
      part(first(3), "breaks"),
      ...four,
      part(first(5), "breaks"),
      ...four,
      away,
      away,
      ...four,
      rest,
    );
    const run = es.team(TEAM).run({ message: "Go" });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { event_index } of run) seen.push(event_index);
    })();
    expect(await waited(failureOf(reading))).toMatchObject({ lastEventIndex: 4 });
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(await waited(run.result())).toMatchObject({ status: "COMPLETED" });
  });

  it("is given up as well where each connection ends without a new event", async () => {
    const { es, sent } = client(part(first(3)), ...Array(9).fill(part("")));
    const failure = await waited(failureOf(collected(es.team(TEAM).run({ message: "Go" }))));
    expect(failure).toBeInstanceOf(ConnectionError);
    expect([failure, sent.length]).toMatchObject([{ lastEventIndex: 2 }, 6]);
  });

  it("waits as long as the server says", async () => {
    const { es } = client(part(first(3), "breaks"), refused(429, { "Retry-After": "30" }), rest);
    const from = Date.now();
    expect(await waited(collected(es.team(TEAM).run({ message: "Go" })))).toEqual(EVENTS);
    expect(Date.now() - from).toBe(30_000);
  });

  it("is given up at once where the server refuses for good", async () => {
    const { es } = client(part(first(3), "breaks"), refused(403));
    const failure = await waited(failureOf(collected(es.team(TEAM).run({ message: "Go" }))));
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 403 });
  });

  it("counts as broken after 25 seconds without a byte", async () => {
    const { es } = client(part(first(3), "stays"), rest);
    const from = Date.now();
    expect(await waited(collected(es.team(TEAM).run({ message: "Go" })))).toEqual(EVENTS);
    expect(Date.now() - from).toBe(25_000);
  });

  it("is not broken for a reader that is slow", async () => {
    const { es, sent } = client(part(STREAMS.start));
    const run = es.team(TEAM).run({ message: "Go" }).start();
    await run.runId;
    await vi.advanceTimersByTimeAsync(60_000);
    let seen = 0;
    for await (const _ of run) {
      seen += 1;
      await vi.advanceTimersByTimeAsync(60_000);
    }
    expect([seen, sent.length, run.reconnects]).toEqual([eventsIn(STREAMS.start).length, 1, 0]);
  });
});

describe("A stream that is over", () => {
  it("ends with a 204 of a resume", async () => {
    const { es } = client(() => streamed(null, 204));
    expect(await collected(replay(es, { after: 47 }))).toEqual([]);
  });

  it("ends with the run, and closes the connection if that stays open", async () => {
    let isClosed = false;
    const open = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytesOf(STREAMS.continued)),
      cancel: () => {
        isClosed = true;
      },
    });
    const { es, sent } = client(() => streamed(open));
    const run = es.team(TEAM).again(RUN_ID, { sessionId: SESSION_ID });
    expect(await collected(run)).toEqual(eventsIn(STREAMS.continued));
    expect([sent.length, isClosed]).toEqual([1, true]);
  });

  it("throws where the run does not exist", async () => {
    const { es } = client(part('event: error\ndata: {"event":"error","error":"Run x not found"}\n\n'));
    expect(await failureOf(collected(replay(es)))).toMatchObject({ status: 404, detail: "Run x not found" });
  });
});

describe("Events", () => {
  it("of a kind that nobody knows are handed on, and what is about the stream is not", async () => {
    const odd = { event: "SomethingNew", event_index: 0, run_id: RUN_ID, session_id: SESSION_ID, more: 1 };
    const control = 'event: subscribed\ndata: {"event":"subscribed"}\n\n';
    const { es } = client(part(`${control}id: 0\nevent: SomethingNew\ndata: ${JSON.stringify(odd)}\n\n`), rest);
    const seen = await waited(collected(replay(es)));
    expect(seen).toEqual([odd, ...EVENTS.slice(1)]);
  });

  it("are read in whatever pieces, and with whatever line ends, they come", async () => {
    const bytes = bytesOf(STREAMS.start.replaceAll("\n", "\r\n"));
    const single = Array.from(bytes, (byte) => new Uint8Array([byte]));
    const { es } = client(() => streamed(body(single, "ends")));
    expect(await collected(es.team(TEAM).run({ message: "Go" }))).toEqual(eventsIn(STREAMS.start));
  });
});

describe("Who leaves", () => {
  it("by `break` closes the connection, sends nothing, and can have the rest later", async () => {
    let isClosed = false;
    const open = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytesOf(first(3))),
      cancel: () => {
        isClosed = true;
      },
    });
    const { es, sent } = client(() => streamed(open), rest);
    const run = es.team(TEAM).run({ message: "Go" });
    for await (const { event_index } of run) if (event_index === 1) break;
    expect([isClosed, sent.length, run.lastEventIndex]).toEqual([true, 1, 1]);
    expect(await waited(run.result())).toMatchObject({ status: "COMPLETED" });
    expect(sent[1]?.headers["last-event-id"]).toBe("1");
  });

  it("while an event is waited for is let go at once", async () => {
    const { es, sent } = client(part(first(1), "stays"));
    const events = es.team(TEAM).run({ message: "Go" })[Symbol.asyncIterator]();
    await events.next();
    const waiting = events.next();
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect([sent.length, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it("before the answer is there closes it when it comes", async () => {
    let answer = (_: Response) => {};
    const coming = new Promise<Response>((resolve) => {
      answer = resolve;
    });
    let isClosed = false;
    const open = new ReadableStream<Uint8Array>({
      cancel: () => {
        isClosed = true;
      },
    });
    const { es, sent } = client(() => coming, part(STREAMS.start));
    const run = es.team(TEAM).run({ message: "Go" });
    const events = run[Symbol.asyncIterator]();
    const waiting = events.next();
    await vi.advanceTimersByTimeAsync(1);
    await events.return?.();
    answer(streamed(open));
    expect([await waiting, isClosed]).toEqual([{ done: true, value: undefined }, true]);
    expect((await run.result()).status).toBe("PAUSED");
    expect(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  it("by an abort gets the signal's reason, at once, and nothing goes on", async () => {
    const reason = new Error("left");
    for (const replies of [
      [part(first(1), "stays")],
      [part(first(1), "breaks"), refused(503, { "Retry-After": "50" })],
    ]) {
      const leaving = new AbortController();
      const { es, sent } = client(...(replies as Reply[]));
      const failure = failureOf(collected(es.team(TEAM).run({ message: "Go", signal: leaving.signal })));
      await vi.advanceTimersByTimeAsync(10);
      leaving.abort(reason);
      expect(await failure).toBe(reason);
      expect([sent.length, vi.getTimerCount()]).toEqual([replies.length, 0]);
    }
  });

  it("has events that were asked for before they came, in order", async () => {
    const { es } = client(part(STREAMS.start));
    const events = es.team(TEAM).run({ message: "Go" })[Symbol.asyncIterator]();
    const three = await Promise.all([events.next(), events.next(), events.next()]);
    expect(three.map(({ value }) => value?.event_index)).toEqual([0, 1, 2]);
  });
});

describe("A run that could not begin", () => {
  it("rejects whoever asks, and is tried again when somebody asks again, with the same key", async () => {
    const { es, sent } = client(refused(404), refused(404), part(STREAMS.start));
    const run = es.team(TEAM).run({ message: "Go" }).start();
    await expect(run.runId).rejects.toMatchObject({ status: 404 });
    await expect(run.result()).rejects.toMatchObject({ status: 404 });
    expect((await run.result()).status).toBe("PAUSED");
    expect(new Set(sent.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  });

  it("is asked for once, however many ask at the same time", async () => {
    const { es, sent } = client(part(STREAMS.start));
    const run = es.team(TEAM).run({ message: "Go" });
    const [events, id] = await Promise.all([collected(run), run.runId]);
    expect([events.length, id, sent.length]).toEqual([eventsIn(STREAMS.start).length, RUN_ID, 1]);
  });
});

describe("A result", () => {
  it("waits for who iterates, and is asked for by many at once", async () => {
    const { es } = client(part(STREAMS.continued));
    const run = es.team(TEAM).again(RUN_ID, { sessionId: SESSION_ID });
    const reading = collected(run);
    const [one, other, events] = await Promise.all([run.result(), run.result(), reading]);
    expect(one).toBe(other);
    expect(events).toEqual(eventsIn(STREAMS.continued));
  });

  /** What `result` says in the loop, asked for with the event of this kind. */
  async function resultIn(run: RunStream, kind: string) {
    const results: unknown[] = [];
    const events: AgentEvent[] = [];
    for await (const event of run) {
      events.push(event);
      if (event.event === kind && event.run_id === RUN_ID) results.push(await run.result());
    }
    return { results, events };
  }

  it("is there in the loop, with the event that ends the reading", async () => {
    const { es } = client(part(STREAMS.continued, "stays"));
    const { results, events } = await waited(
      resultIn(es.team(TEAM).again(RUN_ID, { sessionId: SESSION_ID }), "TeamRunCompleted"),
    );
    expect(results).toMatchObject([{ status: "COMPLETED" }]);
    expect(events).toEqual(eventsIn(STREAMS.continued));
  });

  it("is there in the loop with a pause, as the server has it, and takes no event from the loop", async () => {
    const stored = (status: string, tool_execution: object): Reply => {
      const requirements = [{ id: "q", tool_execution }];
      return () => Response.json({ run_id: RUN_ID, session_id: SESSION_ID, status, content: "Done", requirements });
    };
    const paused = stored("PAUSED", { requires_confirmation: true });
    const { es } = client(part(STREAMS.start), paused);
    const begun = await waited(resultIn(es.team(TEAM).run({ message: "Go" }), "TeamRunPaused"));
    expect(begun.results).toMatchObject([{ status: "PAUSED", requirements: [{ kind: "confirmation" }] }]);
    expect(begun.events).toEqual(eventsIn(STREAMS.start));
    // A pause that is over, as a replay has it: the result is of the run's end.
    const over = client(part(STREAMS.replay), stored("COMPLETED", {}));
    const read = await waited(resultIn(replay(over.es), "TeamRunPaused"));
    expect(read.results).toMatchObject([{ status: "COMPLETED", content: "Done" }]);
    expect(read.events).toEqual(EVENTS);
  });

  it("that waits for a loop ends with the signal", async () => {
    const leaving = new AbortController();
    const reason = new Error("left");
    const { es } = client(part(STREAMS.start));
    const run = es.team(TEAM).run({ message: "Go", signal: leaving.signal });
    for await (const _ of run) {
      const result = failureOf(run.result());
      leaving.abort(reason);
      expect(await Promise.race([result, vi.advanceTimersByTimeAsync(10).then(() => "waits")])).toBe(reason);
      break;
    }
  });

  it("of a pause has what is open, with its kind", async () => {
    const { es } = client(part(STREAMS.start));
    const { status, requirements } = await es.team(TEAM).run({ message: "Go" }).result();
    expect([status, requirements.map(({ kind }) => kind)]).toEqual(["PAUSED", ["confirmation"]]);
  });

  it("by `poll` asks less and less often, over connections that it closes", async () => {
    const stored = (status: string): Reply => {
      return () => Response.json({ run_id: "r", session_id: "s", status, content: "Hello" });
    };
    const times: number[] = [];
    const running: Reply = (sent) => {
      times.push(Date.now());
      return stored("RUNNING")(sent) as Response;
    };
    const accepted: Reply = () => Response.json({ run_id: "r", session_id: "s", status: "PENDING" }, { status: 202 });
    const { es, sent } = client(accepted, ...Array(9).fill(running), stored("COMPLETED"));
    expect(await waited(es.agent("a").run({ message: "Go" }).result({ poll: true }))).toMatchObject({
      content: "Hello",
    });
    expect(sent[0]?.body).toMatchObject({ message: "Go", stream: false, background: true });
    const pauses = times.slice(1).map((at, nth) => at - (times[nth] ?? 0));
    expect([pauses[0], pauses.at(-1), Math.max(...pauses)]).toEqual([500, 5_000, 5_000]);
  });
});
