import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, ConnectionError, EdgeSessions } from "../../../packages/client/src/index.ts";

interface Sent {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

type Reply = (sent: Sent, signal: AbortSignal) => Response | Promise<Response>;

const KEY = "es_pat_secret";

/** A client whose requests are answered by these replies, one after the other; the last one answers all further ones. */
function client(replies: Reply[], options: Partial<ConstructorParameters<typeof EdgeSessions>[0]> = {}) {
  const sent: Sent[] = [];
  const fetch = async (url: string, { method = "", headers, body, signal }: RequestInit) => {
    const one = { method, url, headers: headers as Record<string, string>, body };
    const reply = replies[Math.min(sent.push(one), replies.length) - 1];
    if (reply === undefined) throw new Error("no reply");
    return reply(one, signal as AbortSignal);
  };
  return { es: new EdgeSessions({ baseUrl: "https://sessions.test/", token: KEY, fetch, ...options }), sent };
}

const json =
  (value: unknown, headers: Record<string, string> = {}): Reply =>
  () =>
    Response.json(value, { headers });
const refusal =
  (status: number, headers: Record<string, string> = {}, body: unknown = { detail: "No", code: "no" }): Reply =>
  () =>
    Response.json(body, { status, headers: { "X-Request-Id": "req-1", ...headers } });
const away: Reply = () => Promise.reject(new TypeError("fetch failed"));
const silent: Reply = () => new Promise(() => {});

const failureOf = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(1);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Lets all waits pass, and answers how long they were. */
async function waited<T>(work: Promise<T>): Promise<{ ms: number; value: T }> {
  const from = Date.now();
  work.catch(() => {});
  await vi.runAllTimersAsync();
  return { value: await work, ms: Date.now() - from };
}

describe("A request", () => {
  it("has the token, the user, the query and the body", async () => {
    const { es, sent } = client([json({ session_id: "a b" })], { userId: "ada", headers: { "X-App": "mine" } });
    await es.request("POST", "/search", { query: { q: "a&b", tag: ["x", "y"], none: undefined }, body: { a: 1 } });
    expect(sent).toEqual([
      {
        method: "POST",
        url: "https://sessions.test/search?user_id=ada&q=a%26b&tag=x&tag=y",
        headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", "x-app": "mine" },
        body: '{"a":1}',
      },
    ]);
  });

  it("names another user than the client's, or none", async () => {
    const { es, sent } = client([json({})], { userId: "ada" });
    await es.sessions.get("s", { userId: "grace" });
    await es.sessions.get("s", { userId: null });
    expect(sent.map(({ url }) => url.split("?")[1])).toEqual(["user_id=grace", undefined]);
  });

  it("sends ids and texts as they are, and a text as its headers say", async () => {
    const { es, sent } = client([json({}, { ETag: '"7"' })]);
    expect((await es.sessions.get("a/b ü")).etag).toBe('"7"');
    await es.request("POST", "/import", { body: "{}\n", headers: { "Content-Type": "application/x-ndjson" } });
    expect(sent.map(({ url }) => url)).toEqual([
      "https://sessions.test/sessions/a%2Fb%20%C3%BC",
      "https://sessions.test/import",
    ]);
    expect(sent[1]).toMatchObject({ body: "{}\n", headers: { "content-type": "application/x-ndjson" } });
  });

  it("asks for the token each time, and once more where it is refused", async () => {
    let given = 0;
    const token = async () => `token-${++given}`;
    const { es, sent } = client([refusal(401), json({}), json({})], { token });
    await es.sessions.get("s");
    await es.sessions.get("s");
    expect(sent.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer token-1",
      "Bearer token-2",
      "Bearer token-3",
    ]);
    const wrong = client([refusal(401)], { token });
    expect(await failureOf(wrong.es.sessions.get("s"))).toMatchObject({ status: 401 });
    expect(wrong.sent).toHaveLength(2);
    const text = client([refusal(401)]);
    expect(await failureOf(text.es.sessions.get("s"))).toMatchObject({ status: 401 });
    expect(text.sent).toHaveLength(1);
  });

  it("that is refused says with what, and never with the key", async () => {
    const errors = [{ type: "missing", loc: ["body", "message"], msg: "Field required", input: null }];
    const { es } = client([
      refusal(412, {}, { detail: "It has changed.", code: "precondition_failed" }),
      refusal(422, {}, { detail: errors, code: "invalid_request" }),
      () => new Response("<h1>Bad gateway</h1>", { status: 500 }),
    ]);
    const failures = [];
    for (let nth = 0; nth < 3; nth += 1) failures.push(await failureOf(es.sessions.patch("s", {}, { ifMatch: '"1"' })));
    expect(failures.every((failure) => failure instanceof ApiError)).toBe(true);
    expect(failures).toMatchObject([
      {
        status: 412,
        code: "precondition_failed",
        detail: "It has changed.",
        errors: null,
        requestId: "req-1",
        retryAfter: null,
      },
      { status: 422, code: "invalid_request", detail: "body.message: Field required", errors },
      { status: 500, code: "unknown", detail: "<h1>Bad gateway</h1>", requestId: null },
    ]);
    const { es: gone } = client([away]);
    const { value } = await waited(failureOf(gone.sessions.delete("s")));
    expect(value).toBeInstanceOf(ConnectionError);
    expect([...failures, value].map((one) => `${one} ${(one as Error).stack}`).join()).not.toContain(KEY);
  });

  it("with a token that no header takes says so, and not which", async () => {
    const strict: Reply = ({ headers }) => Response.json({}, { headers: new Headers(headers) });
    const { es } = client([strict], { token: `${KEY}\nnext line` });
    const { value } = await waited(failureOf(es.sessions.get("s")));
    expect(value).toMatchObject({ name: "ConnectionError", message: expect.stringContaining("no header takes") });
    const { cause } = value as ConnectionError;
    expect(`${value} ${cause} ${(cause as Error).stack}`).not.toContain(KEY);
    const ends = client([strict], { token: `${KEY}\n` });
    await ends.es.sessions.get("s");
    expect(ends.sent[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });
});

describe("A path", () => {
  it("with a query of its own keeps it, and has the user as well", async () => {
    const { es, sent } = client([json({})], { userId: "ada" });
    await es.request("GET", "/sessions/x?_=1");
    await es.request("GET", "/sessions?q=/../", { query: { limit: 2 }, userId: null });
    expect(sent.map(({ url }) => url)).toEqual([
      "https://sessions.test/sessions/x?_=1&user_id=ada",
      "https://sessions.test/sessions?q=/../&limit=2",
    ]);
  });

  it("that would lead elsewhere is refused, and nothing is sent", async () => {
    const { es, sent } = client([json({})]);
    const calls = [
      ".evil.test",
      "//evil.test",
      "/\\evil.test",
      "@evil.test",
      "",
      "/sessions/../x",

      "/sessions#x",
    ];
    for (const path of calls) expect(await failureOf(es.request("GET", path))).toBeInstanceOf(RangeError);
    for (const id of [".", ".."]) {
      const runs = { agentId: "a", runId: id, sessionId: "s" };
      for (const work of [
        es.sessions.get(id),
        es.sessions.messages(id),
        es.sessions.delete(id),
        es.agent(id).run({ message: "Hi" }).result(),
        es.team("t").again(id, { sessionId: "s" }).result(),
        es.attach(runs).result(),
        es.attach(runs).result({ poll: true }),
        es.attach(runs).cancel(),
      ])
        expect(await failureOf(work)).toBeInstanceOf(RangeError);
    }
    expect(sent).toEqual([]);
    await es.sessions.get("...");
    expect(sent).toHaveLength(1);
  });
});

describe("A body", () => {
  it.each([
    ["URLSearchParams", new URLSearchParams({ message: "Hi" })],
    ["FormData", new FormData()],
    ["ArrayBuffer", new ArrayBuffer(1)],
    ["Map", new Map([["message", "Hi"]])],
    ["ReadableStream", new ReadableStream()],
  ])("that JSON has no words for is refused, and not sent as {}: %s", async (_, body) => {
    const { es, sent } = client([json({})]);
    expect(await failureOf(es.request("POST", "/agents/a/runs", { body }))).toBeInstanceOf(TypeError);
    expect(sent).toEqual([]);
  });

  it("is any value that JSON has", async () => {
    const { es, sent } = client([json({})]);
    for (const body of [null, 0, false, [1], { a: { b: null } }]) await es.request("POST", "/x", { body });
    expect(sent.map(({ body }) => body)).toEqual(["null", "0", "false", "[1]", '{"a":{"b":null}}']);
  });
});

describe("A redirect", () => {
  it("is not followed, so no other address gets what was sent", async () => {
    const modes: unknown[] = [];
    const fetch = async (_: string, { redirect }: RequestInit) => {
      modes.push(redirect);
      return new Response(null, { status: 302, headers: { Location: "https://evil.test/" } });
    };
    const { es } = client([], { fetch });
    const failure = await failureOf(es.sessions.create());
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 302, detail: expect.stringContaining("redirect") });
    expect(modes).toEqual(["manual"]);
  });
});

describe("A read", () => {
  it.each([
    ["no answer", away],
    ["429", refusal(429)],
    ["502", refusal(502)],
    ["503", refusal(503)],
    ["504", refusal(504)],
  ])("is tried three times at most: %s", async (_, reply) => {
    const { es, sent } = client([reply]);
    expect((await waited(failureOf(es.sessions.get("s")))).value).toBeInstanceOf(Error);
    expect(sent).toHaveLength(3);
    const back = client([reply, reply, json({ session_id: "s" })]);
    expect((await waited(back.es.sessions.get("s"))).value.data.session_id).toBe("s");
  });

  it("waits longer each time, or as long as the server says", async () => {
    const { es } = client([away]);
    expect((await waited(failureOf(es.sessions.get("s")))).ms).toBe(500 + 1000);
    const told = client([refusal(503, { "Retry-After": "2" }), json({})]);
    expect((await waited(told.es.sessions.get("s"))).ms).toBe(2000);
  });

  it("is not tried again before a longer wait than ten seconds, which the server asked for", async () => {
    const { es, sent } = client([refusal(429, { "Retry-After": "60" })]);
    expect((await waited(failureOf(es.sessions.get("s")))).value).toMatchObject({ status: 429, retryAfter: 60 });
    expect(sent).toHaveLength(1);
  });

  it.each([400, 403, 404, 409, 500])("is not tried again after %i", async (status) => {
    const { es, sent } = client([refusal(status)]);
    expect((await waited(failureOf(es.sessions.get("s")))).value).toMatchObject({ status });
    expect(sent).toHaveLength(1);
  });
});

describe("A write", () => {
  it.each(["/agents/a/runs", "/teams/t/runs/r/continue", "/sessions/names", "/sessions/bulk"])(
    "to %s has a key, and is tried again with it",
    async (path) => {
      const { es, sent } = client([away, refusal(503), json({})]);
      await waited(es.request("POST", path, { body: {} }));
      const keys = new Set(sent.map(({ headers }) => headers["idempotency-key"]));
      expect([sent.length, keys.size, [...keys][0]]).toEqual([3, 1, expect.stringMatching(/^[\da-f-]{36}$/)]);
      await es.request("POST", path, { body: {}, idempotencyKey: "mine" });
      expect(sent.at(-1)?.headers["idempotency-key"]).toBe("mine");
    },
  );

  it("of any other kind is sent once, without a key", async () => {
    for (const [method, path] of [
      ["POST", "/sessions"],
      ["PATCH", "/sessions/s"],
      ["DELETE", "/sessions/s"],
      ["POST", "/agents/a/runs/r/cancel"],
      ["POST", "/sessions/s/rename"],
    ] as const) {
      const { es, sent } = client([refusal(503)]);
      await waited(failureOf(es.request(method, path, { body: {} })));
      expect(sent.map(({ headers }) => headers["idempotency-key"])).toEqual([undefined]);
    }
  });
});

describe("A call that gets no answer", () => {
  it("ends with its time, whatever does not answer: the server, the body, or the token", async () => {
    const stuck = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
    for (const one of [client([silent]), client([stuck]), client([json({})], { token: () => new Promise(() => {}) })]) {
      const { value, ms } = await waited(failureOf(one.es.sessions.create({}, { timeoutMs: 3_000 })));
      expect([value instanceof ConnectionError, ms]).toEqual([true, 3_000]);
    }
    const usual = client([silent]);
    expect((await waited(failureOf(usual.es.sessions.create()))).ms).toBe(60_000);
  });

  it.each([Number.POSITIVE_INFINITY, 2 ** 31, Number.NaN])(
    "is waited for as long as it takes, by %d ms",
    async (timeoutMs) => {
      const slow: Reply = () => new Promise((resolve) => setTimeout(() => resolve(Response.json({})), 90_000));
      const { es } = client([slow], { timeoutMs });
      expect((await waited(es.sessions.create())).ms).toBe(90_000);
    },
  );

  it("ends with its signal's reason, also while it waits for the next try", async () => {
    const reason = new Error("left");
    for (const reply of [silent, refusal(503, { "Retry-After": "9" })]) {
      const leaving = new AbortController();
      const { es, sent } = client([reply]);
      const failure = failureOf(es.sessions.get("s", { signal: leaving.signal }));
      await vi.advanceTimersByTimeAsync(10);
      leaving.abort(reason);
      expect(await failure).toBe(reason);
      expect(await failureOf(es.sessions.get("s", { signal: leaving.signal }))).toBe(reason);
      expect(sent).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe("An answer that its caller reads", () => {
  /** A body that stays open until the request is aborted, as that of `fetch`. */
  const open: Reply = (_, signal) =>
    new Response(
      new ReadableStream({
        start(controller) {
          controller.enqueue(new Uint8Array([1]));
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      }),
    );

  it("ends with the signal, and not with the time", async () => {
    const reason = new Error("left");
    const leaving = new AbortController();
    const { es } = client([open]);
    const { body } = await es.open("GET", "/sessions/export", { signal: leaving.signal, timeoutMs: 10 });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await vi.advanceTimersByTimeAsync(100);
    expect((await reader.read()).done).toBe(false);
    leaving.abort(reason);
    const late = await Promise.race([failureOf(reader.read()), vi.advanceTimersByTimeAsync(10).then(() => "is open")]);
    expect(late).toBe(reason);
  });
});

describe("A list", () => {
  const page = (from: number, next_cursor: string | null): Reply =>
    json({ data: [{ session_id: `s${from}` }, { session_id: `s${from + 1}` }], meta: { next_cursor } });
  const ids = (rows: { session_id: string }[]) => rows.map(({ session_id }) => session_id);

  it("follows its cursor to the end", async () => {
    const { es, sent } = client([page(1, "c 1"), page(3, null)]);
    const seen: { session_id: string }[] = [];
    for await (const session of es.sessions.list({ archived: "all", limit: 2 })) seen.push(session);
    expect(ids(seen)).toEqual(["s1", "s2", "s3", "s4"]);
    expect(sent.map(({ url }) => url.split("?")[1])).toEqual([
      "archived=all&limit=2",
      "archived=all&limit=2&cursor=c%201",
    ]);
  });

  it("asks for no page that nobody reads", async () => {
    const { es, sent } = client([page(1, "c"), page(3, "d"), page(5, null)]);
    expect(ids(await es.sessions.list().first(2))).toEqual(["s1", "s2"]);
    expect(await es.sessions.list().first(0)).toEqual([]);
    for await (const { data, meta } of es.sessions.list().pages()) {
      expect([ids(data).length, meta.next_cursor]).toEqual([2, "d"]);
      break;
    }
    for await (const _ of es.sessions.list()) break;
    expect(sent).toHaveLength(3);
  });
});
