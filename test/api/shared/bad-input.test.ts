import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { call, newId, run, send } from "../../support/http.ts";
import { countRows } from "../../support/rows.ts";
import { scriptModel } from "../../support/scripted-model.ts";

scriptModel();
const KB = 1024;
const RUNS = "/agents/assistant/runs";
const LONG = "x".repeat(129);
const JSON_TYPE = { "Content-Type": "application/json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };
const encode = (fields: Record<string, string>) => String(new URLSearchParams(fields));

/** A session with one run, which nothing here may change. */
const known = { session: "", run: "" };
beforeAll(async () => {
  known.session = newId();
  known.run = (await run("hi", { session_id: known.session })).body.run_id;
});

/** How many sessions, runs and messages there are, and all that D1 stores of that session. */
const snapshot = async () => {
  const rows = ["sessions", "runs", "messages"].map((table) =>
    env.DB.prepare(`SELECT * FROM ${table} WHERE session_id = ?`).bind(known.session),
  );
  return [await countRows(), (await env.DB.batch(rows)).map(({ results }) => results)];
};

/**
 * Sends a wrong request. Whatever its answer is, it must be an error in our shape that tells nothing of the inside, and
 * nothing may be stored.
 */
async function refused(method: string, path: string, body?: BodyInit | object, headers: Record<string, string> = {}) {
  const before = await snapshot();
  const response = await send(method, path, body, headers);
  const text = await response.text();
  expect(text).not.toMatch(/\bat .*\(|\.ts\b|node_modules|D1_|SQLITE|sk-test/);
  const answer = JSON.parse(text);
  expect(answer).toEqual({ detail: expect.anything(), code: expect.any(String), request_id: expect.any(String) });
  expect(response.headers.get("X-Request-Id")).toBe(answer.request_id);
  expect(await snapshot()).toEqual(before);
  return { status: response.status, body: answer };
}

/** Expects that the answer is AgentOS's 422 and is about this place. */
function expect422(
  answer: { status: number; body: { detail: unknown } },
  loc: (string | number)[],
  what: unknown,
): void {
  expect([what, answer.status, answer.body.detail]).toEqual([
    what,
    422,
    expect.arrayContaining([expect.objectContaining({ type: expect.any(String), loc, msg: expect.any(String) })]),
  ]);
}

/** Every route that takes a JSON body. */
const JSON_ROUTES: [string, () => string][] = [
  ["POST", () => "/sessions"],
  ["PATCH", () => `/sessions/${known.session}`],
  ["POST", () => `/sessions/${known.session}/rename`],
  ["DELETE", () => "/sessions"],
  ["POST", () => RUNS],
];

describe("a request without a body", () => {
  it("is taken whatever type it says its body has", async () => {
    for (const type of ["multipart/form-data", "application/x-www-form-urlencoded", "application/json"]) {
      const answer = await send("GET", `/sessions/${known.session}`, undefined, { "Content-Type": type });
      expect([type, answer.status]).toEqual([type, 200]);
    }
  });
});

describe("a body that is no JSON object", () => {
  it.each(JSON_ROUTES)("is refused by %s %s", async (method, path) => {
    const bodies = [
      "{",
      '{"a":',
      "nonsense",
      "[1]",
      '"text"',
      "7",
      "true",
      `${"[".repeat(3000)}${"]".repeat(3000)}`,
      '{"a":1}x',
    ];
    for (const body of bodies) {
      const answer = await refused(method, path(), body, JSON_TYPE);
      expect([body.slice(0, 20), answer.status]).toEqual([body.slice(0, 20), 422]);
      expect(answer.body.detail[0].loc[0]).toBe("body");
    }
    const latin = await refused(method, path(), new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), JSON_TYPE);
    expect(latin.status).toBe(422);
  });

  it.each(JSON_ROUTES.slice(1))("is refused when it is missing, by %s %s", async (method, path) => {
    const answer = await refused(method, path(), undefined, JSON_TYPE);
    expect(answer.status).toBe(422);
  });
});

describe("a field of a body", () => {
  const wrongs: [string, string, () => string, Record<string, unknown>][] = [
    ["session_id", "POST", () => "/sessions", { session_id: 7 }],
    ["session_id", "POST", () => "/sessions", { session_id: ".." }],
    ["session_id", "POST", () => "/sessions", { session_id: "." }],
    ["session_id", "POST", () => "/sessions", { session_id: LONG }],
    ["session_id", "POST", () => "/sessions", { session_id: "a\nb" }],
    ["session_id", "POST", () => "/sessions", { session_id: "a\u0000" }],
    ["session_id", "POST", () => "/sessions", { session_id: "\u0085" }],
    ["session_id", "POST", () => "/sessions", { session_id: "\ud800" }],
    ["session_name", "POST", () => "/sessions", { session_name: { a: 1 } }],
    ["session_state", "POST", () => "/sessions", { session_state: [1] }],
    ["session_state", "POST", () => "/sessions", { session_state: "{}" }],
    ["metadata", "POST", () => "/sessions", { metadata: 1 }],
    ["user_id", "POST", () => "/sessions", { user_id: "\u007f" }],
    ["agent_id", "POST", () => "/sessions", { agent_id: ".." }],
    ["team_id", "POST", () => "/sessions", { team_id: true }],
    ["workflow_id", "POST", () => "/sessions", { workflow_id: LONG }],
    ["session_name", "PATCH", () => `/sessions/${known.session}`, { session_name: 5 }],
    ["session_state", "PATCH", () => `/sessions/${known.session}`, { session_state: "x" }],
    ["metadata", "PATCH", () => `/sessions/${known.session}`, { metadata: [] }],
    ["summary", "PATCH", () => `/sessions/${known.session}`, { summary: "text" }],
    ["session_name", "POST", () => `/sessions/${known.session}/rename`, {}],
    ["session_name", "POST", () => `/sessions/${known.session}/rename`, { session_name: null }],
    ["session_name", "POST", () => `/sessions/${known.session}/rename`, { session_name: 5 }],
    ["session_name", "POST", () => `/sessions/${known.session}/rename`, { autogenerate: false }],
    ["session_name", "POST", () => `/sessions/${known.session}/rename`, { autogenerate: true, session_name: "both" }],
    ["autogenerate", "POST", () => `/sessions/${known.session}/rename`, { autogenerate: "yes" }],
    ["fallback", "POST", () => `/sessions/${known.session}/rename`, { autogenerate: true, fallback: 1 }],
    ["session_ids", "DELETE", () => "/sessions", { session_types: [] }],
    ["session_ids", "DELETE", () => "/sessions", { session_ids: "a", session_types: ["agent"] }],
    [
      "session_ids",
      "DELETE",
      () => "/sessions",
      { session_ids: Array(1001).fill("a"), session_types: Array(1001).fill("agent") },
    ],
    ["message", "POST", () => RUNS, {}],
    ["message", "POST", () => RUNS, { message: "" }],
    ["message", "POST", () => RUNS, { message: " \n\t\u2028" }],
    ["message", "POST", () => RUNS, { message: ["hi"] }],
    ["message", "POST", () => RUNS, { message: 7 }],
    ["session_id", "POST", () => RUNS, { message: "hi", session_id: ".." }],
    ["session_id", "POST", () => RUNS, { message: "hi", session_id: LONG }],
    ["session_id", "POST", () => RUNS, { message: "hi", session_id: 5 }],
    ["user_id", "POST", () => RUNS, { message: "hi", user_id: "a\tb" }],
    ["stream", "POST", () => RUNS, { message: "hi", stream: "maybe" }],
    ["stream", "POST", () => RUNS, { message: "hi", stream: [false] }],
    ["background", "POST", () => RUNS, { message: "hi", background: ["no", "yes"] }],
    ["monitor", "POST", () => "/teams/support/runs", { message: "hi", monitor: "perhaps" }],
    [
      "last_event_index",
      "POST",
      () => `${RUNS}/${known.run}/resume`,
      { session_id: known.session, last_event_index: [1] },
    ],
    ["fallback", "POST", () => `/sessions/${known.session}/rename`, { session_name: "x", fallback: LONG + LONG }],
    ["stream", "POST", () => RUNS, { message: "hi", stream: ["maybe"] }],
    ["stream_events", "POST", () => RUNS, { message: "hi", stream_events: 2 }],
    ["on_busy", "POST", () => RUNS, { message: "hi", on_busy: "wait" }],
    ["session_state", "POST", () => RUNS, { message: "hi", session_state: [1] }],
    ["session_state", "POST", () => RUNS, { message: "hi", session_state: "{" }],
    ["session_state", "POST", () => RUNS, { message: "hi", session_state: "[]" }],
    ["session_state", "POST", () => RUNS, { message: "hi", session_state: 5 }],
    [
      "session_state",
      "POST",
      () => RUNS,
      { message: "hi", session_state: `{"a":${"[".repeat(200)}${"]".repeat(200)}}` },
    ],
  ];
  it.each(wrongs)("%s is refused when it is wrong: %s %s %j", async (field, method, path, body) => {
    const answer = await refused(method, path(), body);
    expect422(answer, ["body", field], body);
    const isForm = path() === RUNS && Object.values(body).every((value) => typeof value === "string");
    if (isForm)
      expect422(
        await refused("POST", RUNS, new URLSearchParams(body as Record<string, string>)),
        ["body", field],
        body,
      );
  });

  it("is named where it is inside another", async () => {
    const summary = await refused("PATCH", `/sessions/${known.session}`, { summary: { summary: "s", x: 1 } });
    expect422(summary, ["body", "summary", "x"], "summary.x");
    const ids = { session_ids: ["a", ".."], session_types: ["agent", "robot"] };
    const many = await refused("DELETE", "/sessions", ids);
    expect422(many, ["body", "session_ids", 1], "session_ids");
    expect422(many, ["body", "session_types", 1], "session_types");
  });
});

describe("a query parameter", () => {
  const session = () => `/sessions/${known.session}`;
  const wrongs: [string, () => string][] = [
    ...["0", "-1", "1001", "1.5", "abc", "1e3", "0x10", "99999999999999999999", "\u0000"].map(
      (limit): [string, () => string] => ["limit", () => `/sessions?${encode({ limit })}`],
    ),
    ...["-1", "x", "9".repeat(400)].map((page): [string, () => string] => [
      "page",
      () => `/sessions?${encode({ page })}`,
    ]),
    ["type", () => "/sessions?type=foo"],
    ["type", () => "/sessions?type=Agent"],
    ["sort_by", () => "/sessions?sort_by=session_name"],
    ["sort_by", () => "/sessions?sort_by=created_at;drop"],
    ["sort_order", () => "/sessions?sort_order=random"],
    ["component_id", () => "/sessions?component_id=.."],
    ["user_id", () => `/sessions?user_id=${LONG}`],
    ["session_name", () => `/sessions?session_name=${"x".repeat(201)}`],
    ["type", () => `${session()}?type=robot`],
    ["user_id", () => `${session()}?user_id=%00`],
    ["created_after", () => `${session()}/runs?created_after=yesterday`],
    ["created_before", () => `${session()}/runs?created_before=1.5`],
    ["limit", () => `${session()}/messages?limit=many`],
    ["last_n_runs", () => `${session()}/messages?last_n_runs=1.0`],
    ["agent_id", () => `${session()}/messages?agent_id=..`],
    ["skip_history_messages", () => `${session()}/messages?skip_history_messages=perhaps`],
    ["last_n_runs", () => `${session()}/chat-history?last_n_runs=${"9".repeat(30)}`],
    ["type", () => `${session()}/name?type=x`],
    ["session_id", () => `${RUNS}?session_id=..`],
    ["session_id", () => `${RUNS}?session_id=`],
    ["status", () => `${RUNS}?session_id=${known.session}&status=completed`],
    ["user_id", () => `${RUNS}/${known.run}?session_id=${known.session}&user_id=${LONG}`],
  ];
  it.each(wrongs)("%s is refused when it is out of range or unknown", async (name, path) => {
    expect422(await refused("GET", path()), ["query", name], path());
  });

  it("that is a list is refused where one entry is wrong", async () => {
    const roles = await refused("GET", `${session()}/messages?skip_roles=user&skip_roles=robot`);
    expect422(roles, ["query", "skip_roles", 1], "roles");
    const statuses = await refused("GET", `${session()}/messages?skip_statuses=failed`);
    expect422(statuses, ["query", "skip_statuses", 0], "statuses");
  });

  it("is refused in AgentOS's own words", async () => {
    const type = await refused("GET", "/sessions?type=foo");
    expect(type.body.detail).toEqual([
      {
        type: "enum",
        loc: ["query", "type"],
        msg: "Input should be 'agent', 'team' or 'workflow'",
        input: "foo",
        ctx: { expected: "'agent', 'team' or 'workflow'" },
      },
    ]);
    const limit = await refused("GET", "/sessions?limit=0");
    expect(limit.body.detail).toEqual([
      {
        type: "greater_than_equal",
        loc: ["query", "limit"],
        msg: "Input should be greater than or equal to 1",
        input: "0",
        ctx: { ge: 1 },
      },
    ]);
    const message = await refused("POST", RUNS, "", FORM_TYPE);
    expect(message.body.detail).toEqual([
      { type: "missing", loc: ["body", "message"], msg: "Field required", input: null },
    ]);
  });

  it("of another database is not found, on every session route", async () => {
    const paths = ["/sessions", session(), `${session()}/runs`, `${session()}/messages`, `${session()}/name`];
    for (const path of paths) {
      const answer = await refused("GET", `${path}?db_id=zz`);
      expect([path, answer.status, answer.body.detail]).toEqual([path, 404, "No database found with id 'zz'"]);
    }
    const changes = [
      refused("POST", "/sessions?db_id=zz", {}),
      refused("PATCH", `${session()}?db_id=zz`, { metadata: { m: 1 } }),
      refused("DELETE", `${session()}?db_id=zz`),
      refused("POST", `${session()}/rename?db_id=zz`, { session_name: "x" }),
    ];
    for (const answer of changes) expect((await answer).status).toBe(404);
  });
});

describe("an id in a path", () => {
  const routes: [string, string, (id: string) => string][] = [
    ["GET", "session_id", (id) => `/sessions/${id}`],
    ["PATCH", "session_id", (id) => `/sessions/${id}`],
    ["DELETE", "session_id", (id) => `/sessions/${id}`],
    ["POST", "session_id", (id) => `/sessions/${id}/rename`],
    ["GET", "session_id", (id) => `/sessions/${id}/runs`],
    ["GET", "run_id", (id) => `/sessions/${known.session}/runs/${id}`],
    ["GET", "session_id", (id) => `/sessions/${id}/messages`],
    ["GET", "session_id", (id) => `/sessions/${id}/chat-history`],
    ["GET", "session_id", (id) => `/sessions/${id}/name`],
    ["GET", "agent_id", (id) => `/agents/${id}`],
    ["POST", "agent_id", (id) => `/agents/${id}/runs`],
    ["GET", "agent_id", (id) => `/agents/${id}/runs?session_id=s`],
    ["GET", "run_id", (id) => `${RUNS}/${id}?session_id=s`],
    ["POST", "run_id", (id) => `${RUNS}/${id}/cancel`],
    ["GET", "team_id", (id) => `/teams/${id}`],
  ];
  it.each(routes)("is refused by %s …{%s} where it cannot be one", async (method, name, path) => {
    const body = method === "PATCH" ? {} : path("").endsWith("rename") ? { session_name: "x" } : undefined;
    for (const id of ["%00", "a%0Ab", "%7F", "a%C2%85", LONG, "%F0%9F%98%80".repeat(129)]) {
      expect422(await refused(method, path(id), body), ["path", name], id);
    }
  });

  it("may hold a percent sign as it is, but no escapes that are not UTF-8", async () => {
    for (const [id, status] of [
      ["%", 404],
      ["%zz", 404],
      ["%FF", 400],
      ["%ED%A0%80", 400],
    ] as const) {
      expect([id, (await refused("GET", `/sessions/${id}`)).status]).toEqual([id, status]);
    }
  });

  it("may be 128 characters, whatever they take", async () => {
    const session_id = "😀".repeat(128);
    expect((await call("POST", "/sessions", { session_id })).status).toBe(201);
    expect((await run("hi", { session_id })).status).toBe(200);
    expect((await call("GET", `/sessions/${encodeURIComponent(session_id)}`)).body.session_id).toBe(session_id);
  });

  it("of dots names another path, and changes nothing", async () => {
    for (const [method, path] of [
      ["DELETE", "/sessions/%2e%2e"],
      ["DELETE", "/sessions/.."],
      ["PATCH", "/sessions/%2E"],
      ["POST", "/sessions/../sessions/%2e%2e/rename"],
    ] as const) {
      const answer = await refused(method, path, {});
      expect([path, answer.status >= 404 && answer.status < 500]).toEqual([path, true]);
    }
  });
});

describe("what is too large", () => {
  const state = (size: number) => ({ pad: "é".repeat((size - '{"pad":""}'.length) / 2) });

  it("is a message over 256 KB, in bytes", async () => {
    const message = "é".repeat(128 * KB);
    expect((await run(message)).status).toBe(200);
    for (const body of [{ message: `${message}x` }, new URLSearchParams({ message: `${message}x` })]) {
      const answer = await refused("POST", RUNS, body);
      expect([answer.status, answer.body.code]).toEqual([413, "payload_too_large"]);
    }
  });

  it("is a session state or metadata over 128 KB, wherever it is given", async () => {
    const [fits, over] = [state(128 * KB), state(128 * KB + 2)];
    expect((await call("POST", "/sessions", { session_state: fits, metadata: fits })).status).toBe(201);
    expect((await run("hi", { session_state: fits })).status).toBe(200);
    const path = `/sessions/${known.session}`;
    const answers = [
      await refused("POST", "/sessions", { session_state: over }),
      await refused("POST", "/sessions", { metadata: over }),
      await refused("PATCH", path, { session_state: over }),
      await refused("PATCH", path, { metadata: over }),
      await refused("PATCH", path, { summary: { summary: over.pad } }),
      await refused("POST", RUNS, { message: "hi", session_state: over }),
      await refused("POST", RUNS, { message: "hi", session_id: known.session, session_state: over, stream: false }),
    ];
    for (const answer of answers) expect(answer.status).toBe(413);
  });

  it("is a state that grows over 128 KB when a run's is merged in", async () => {
    const session_id = newId();
    await call("POST", "/sessions", { session_id, session_state: { old: "x".repeat(100 * KB) } });
    const answer = await refused("POST", RUNS, {
      message: "hi",
      session_id,
      session_state: { more: "x".repeat(30 * KB) },
    });
    expect(answer.status).toBe(413);
    expect((await run("hi", { session_id })).status).toBe(200);
  });

  it("is a body over 1 MB, on every route", async () => {
    const pad = "x".repeat(1024 * KB);
    const bodies: [string, string, BodyInit | object][] = [
      ["POST", "/sessions", { pad }],
      ["PATCH", `/sessions/${known.session}`, { pad }],
      ["POST", `/sessions/${known.session}/rename`, { session_name: "x", pad }],
      ["DELETE", "/sessions", { session_ids: ["a"], session_types: ["agent"], pad }],
      ["POST", RUNS, { message: "hi", pad }],
      ["POST", RUNS, new URLSearchParams({ message: "hi", pad })],
    ];
    for (const [method, path, body] of bodies) expect((await refused(method, path, body)).status).toBe(413);
  });
});

describe("files and media", () => {
  it("are refused as not supported", async () => {
    const form = new FormData();
    form.append("message", "hi");
    form.append("files", new File(["x"], "a.txt"));
    const bodies = [
      form,
      ...["images", "audio", "videos", "files"].map((name) => ({ message: "hi", [name]: [{ url: "x" }] })),
    ];
    for (const body of bodies) {
      const answer = await refused("POST", RUNS, body);
      expect([answer.status, answer.body.detail]).toEqual([400, "Unsupported file type"]);
    }
  });
});

describe("an idempotency key", () => {
  it.each([
    ["", "an empty one"],
    ["a b", "with a space"],
    ["x".repeat(256), "a long one"],
    ["\u00e9", "of other characters"],
  ])("is refused when it is none: %j, %s", async (key) => {
    const answer = await refused("POST", RUNS, { message: "hi" }, { "Idempotency-Key": key });
    expect422(answer, ["header", "Idempotency-Key"], key);
  });

  it("may be 255 characters, and names one run however its fields are sent", async () => {
    const key = newId().padEnd(255, "!~");
    const headers = { "Idempotency-Key": key };
    const first = await call("POST", RUNS, { message: "once", stream: false, session_id: null, unknown: 1 }, headers);
    const again = await call(
      "POST",
      RUNS,
      new URLSearchParams({ message: "once", stream: "0", session_id: "" }),
      headers,
    );
    expect(again.body).toEqual(first.body);
    const refusal = await refused("POST", RUNS, { message: "twice" }, headers);
    expect([refusal.status, refusal.body.code]).toEqual([409, "idempotency_conflict"]);
    const conflict = await call("POST", RUNS, { message: "twice" }, headers);
    expect(conflict.headers.get("X-Run-Id")).toBe(first.body.run_id);
  });

  it("stays free when its request was refused", async () => {
    const headers = { "Idempotency-Key": newId() };
    await refused("POST", RUNS, { message: " " }, headers);
    await refused("POST", RUNS, { message: "x".repeat(257 * KB) }, headers);
    await refused("POST", "/agents/nobody/runs", { message: "hi" }, headers);
    expect((await call("POST", RUNS, { message: "now", stream: false }, headers)).status).toBe(200);
  });
});

describe("a method or path that is not there", () => {
  it("is refused, whatever is sent", async () => {
    for (const [method, path, status] of [
      ["PUT", "/sessions", 405],
      ["POST", `/sessions/${known.session}`, 405],
      ["GET", `/sessions/${known.session}/rename`, 405],
      ["DELETE", RUNS, 405],
      ["GET", "/sessions/a/b/c/d", 404],
      ["GET", "/nowhere", 404],
    ] as const) {
      const answer = await refused(method, path, method === "GET" ? undefined : "{");
      expect([method, path, answer.status]).toEqual([method, path, status]);
    }
  });
});
