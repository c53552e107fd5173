import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { type Answer, call, EventStream, newId, send } from "../support/http.ts";
import { sessionLines } from "../support/portable-lines.ts";
import { rowsNaming } from "../support/rows.ts";
import { gate, hold, scriptModel, text } from "../support/scripted-model.ts";

// What users with tokens of their own see, change and own. Each test has users of its own.

const model = scriptModel();
const logged: string[] = [];
beforeEach(() => {
  logged.length = 0;
  vi.spyOn(console, "info").mockImplementation((line: string) => void logged.push(line));
});
const ignored = () => logged.filter((line) => line.includes("user_id.ignored"));

/** A user with a token. */
interface User {
  id: string;
  headers: Record<string, string>;
  call(method: string, path: string, body?: unknown, more?: Record<string, string>): Promise<Answer>;
  run(message: string, fields?: object, more?: Record<string, string>): Promise<Answer>;
}

async function user(name: string, claims: Record<string, unknown> = {}): Promise<User> {
  const id = `${name}-${newId()}`;
  const headers = bearer(await tokenFor(id, claims));
  const asUser: User["call"] = (method, path, body, more) => call(method, path, body, { ...headers, ...more });
  return {
    id,
    headers,
    call: asUser,
    run: (message, fields, more) =>
      asUser("POST", "/agents/assistant/runs", { message, stream: false, ...fields }, more),
  };
}
const users = () => Promise.all([user("ada"), user("bob")]);
const operator = () => user("ops", { scopes: ["users:act", "agents:run", "sessions:read", "sessions:write"] });
const asKey: User["call"] = (method, path, body, more) => call(method, path, body, { ...key, ...more });

/** The calls of a service account that may name any user. */
async function machine(): Promise<User["call"]> {
  const scopes = ["users:act", "sessions:read", "sessions:write"].map((scope) => ({ scope }));
  const account = { name: `m-${newId()}`, scopes, allow_privileged_scopes: true };
  const { token } = (await asKey("POST", "/service-accounts", account)).body;
  return (method, path, body, more) => call(method, path, body, { ...bearer(token), ...more });
}

const rowOf = (jobId: string) => env.DB.prepare("SELECT * FROM jobs WHERE job_id = ?").bind(jobId).first();

const ownerOf = async (session_id: string) =>
  (await env.DB.prepare("SELECT user_id FROM sessions WHERE session_id = ?").bind(session_id).first("user_id")) ?? null;

const CHOOSE_ANOTHER =
  "Could not create a session with the supplied session_id. Omit session_id to have one generated, or choose a different one.";

describe("a user_id that a user's request names", () => {
  // case 50
  it("is ignored in query, body and form, misspelt, doubled or malformed, and logged once without its value", async () => {
    const [ada, bob] = await users();
    const session_id = newId();
    await bob.run("mine", { session_id });
    const form = (...fields: [string, string][]) => new URLSearchParams([["session_name", "x"], ...fields]);
    const path = `/sessions/${session_id}`;
    const ways: [query: string, body?: unknown][] = [
      [`user_id=${ada.id}`],
      [`userId=${ada.id}&USER_ID=${ada.id}`],
      [`user_id=${ada.id}&user_id=${bob.id}`],
      ["user_id="],
      [`user_id=${"x".repeat(300)}`],
      ["", { user_id: ada.id }],
      ["", { user_id: 7, userId: ada.id }],
      ["", `{"user_id": "${bob.id}", "user_id": "${ada.id}"}`],
      [`user_id=${ada.id}`, { user_id: "" }],
    ];
    for (const [query, body] of ways) {
      logged.length = 0;
      const answer = await bob.call(body === undefined ? "GET" : "PATCH", `${path}?${query}`, body);
      expect([query, body, answer.status, answer.body.user_id]).toEqual([query, body, 200, bob.id]);
      expect([query, ignored().length, ignored().join().includes(ada.id)]).toEqual([query, 1, false]);
    }
    for (const body of [form(["user_id", ada.id]), form(["userID", ada.id], ["user_id", ""])]) {
      const run = new URLSearchParams([...body, ["message", "Hello"], ["stream", "false"], ["session_id", session_id]]);
      const { status, body: shown } = await bob.call("POST", "/agents/assistant/runs", run);
      expect([status, shown.user_id]).toEqual([200, bob.id]);
    }
    // A strict body does not take another name for it from the key, and it is ignored in one all the same.
    const bulk = { action: "pin", session_ids: [session_id], userId: ada.id };
    expect((await bob.call("POST", "/sessions/bulk", bulk)).body.succeeded).toBe(1);
    expect((await asKey("POST", "/sessions/bulk", bulk)).status).toBe(422);
    expect((await bob.call("GET", `/sessions?user_id=${ada.id}`)).body.data).toMatchObject([{ session_id }]);
  });

  it("is not logged where it is the user's own, or left out", async () => {
    const { call: asAda, id } = await user("ada");
    for (const [query, body] of [
      [`user_id=${id}`, { user_id: id }],
      ["", { user_id: null }],
    ] as const) {
      expect((await asAda("POST", `/sessions?${query}`, body)).status).toBe(201);
    }
    expect(ignored()).toEqual([]);
  });

  it("is refused as ever where the caller may act for users, and it is malformed", async () => {
    const ops = await operator();
    for (const query of ["user_id=", "userId=ada", "user_id=a&user_id=b"]) {
      expect((await ops.call("GET", `/sessions?${query}`)).status).toBe(422);
      expect((await asKey("GET", `/sessions?${query}`)).status).toBe(422);
    }
  });

  // case 54
  it("makes nobody the owner of a session, a run or a fork", async () => {
    const [ada, bob] = await users();
    const made = await bob.call("POST", `/sessions?user_id=${ada.id}`, { user_id: ada.id });
    expect([made.status, made.body.user_id]).toEqual([201, bob.id]);
    const ran = await bob.run("mine", { user_id: ada.id });
    expect([ran.body.user_id, await ownerOf(ran.body.session_id)]).toEqual([bob.id, bob.id]);
    const fork = `/agents/assistant/sessions/${ran.body.session_id}/fork?user_id=${ada.id}`;
    expect(await ownerOf((await bob.call("POST", fork)).body.session_id)).toBe(bob.id);
    expect(await rowsNaming([ada.id])).toEqual([]);
  });

  // bulk filters keep it as a condition
  it("stays a condition in a filter: another's gives no sessions", async () => {
    const [ada, bob] = await users();
    await ada.run("hers");
    await bob.run("his");
    const pin = async (user_id: string) =>
      (await bob.call("POST", "/sessions/bulk", { action: "pin", filter: { user_id } })).body.total;
    expect([await pin(ada.id), await pin(bob.id)]).toEqual([0, 1]);
  });
});

// case 58
describe("the path of another user", () => {
  it("is 403 to read and to delete, whether or not there is such a user; the own one is not", async () => {
    const [ada, bob] = await users();
    await ada.run("hers");
    const before = await rowsNaming([ada.id]);
    for (const id of [ada.id, "nobody", "%20", "x".repeat(300), bob.id.toUpperCase()]) {
      const read = await bob.call("GET", `/users/${id}/export`);
      expect([id, read.status, read.body.detail, read.body.code]).toEqual([
        id,
        403,
        "Access denied to read this user",
        "forbidden",
      ]);
      const erase = await bob.call("DELETE", `/users/${id}/sessions?user_id=${bob.id}`);
      expect([id, erase.status, erase.body.detail]).toEqual([id, 403, "Access denied to delete this user"]);
    }
    expect(await rowsNaming([ada.id])).toEqual(before);
    expect((await send("GET", `/users/${ada.id}/export`, undefined, ada.headers)).status).toBe(200);
    expect((await ada.call("DELETE", `/users/${ada.id}/sessions`)).status).toBe(204);
    // What she has used today stays until midnight, and that she erased herself for as long as the audit.
    const left = (await rowsNaming([ada.id])).map((row) => row.split(" ")[0]);
    expect(left).toEqual(["audit", "jobs", "run_usage"]);
  });
});

// case 55
describe("a session id that is taken", () => {
  it("is said to be so to its owner; of another's and nobody's it is not said that it exists", async () => {
    const [ada, bob] = await users();
    const [hers, nobodys] = [newId(), newId()];
    await ada.call("POST", "/sessions", { session_id: hers });
    await asKey("POST", "/sessions", { session_id: nobodys });
    const taken = async (by: User["call"], session_id: string) => {
      const { status, body } = await by("POST", "/sessions", { session_id });
      return [status, body.code, body.detail];
    };
    const exists = (id: string) => [
      409,
      "session_exists",
      `Session with id '${id}' already exists. Use PATCH /sessions/${id} to update it.`,
    ];
    expect(await taken(ada.call, hers)).toEqual(exists(hers));
    expect(await taken(asKey, hers)).toEqual(exists(hers));
    expect(await taken(bob.call, hers)).toEqual([409, "session_exists", CHOOSE_ANOTHER]);
    expect(await taken(bob.call, nobodys)).toEqual([409, "session_exists", CHOOSE_ANOTHER]);
  });
});

describe("a session of nobody", () => {
  // case 56
  it("does not exist for a user: neither a run nor anything else claims it", async () => {
    const bob = await user("bob");
    const session_id = newId();
    const ran = await asKey("POST", "/agents/assistant/runs", { message: "nobody's", stream: false, session_id });
    const before = await rowsNaming([session_id]);
    for (const fields of [{}, { on_busy: "interrupt" }, { user_id: "ada" }, { background: true }]) {
      const { status, body } = await bob.run("take it over", { session_id, ...fields });
      expect([status, body.detail]).toEqual([404, "Session not found"]);
    }
    const continued = { session_id, stream: false, regenerate: true };
    const path = `/agents/assistant/runs/${ran.body.run_id}/continue`;
    expect((await bob.call("POST", path, continued)).status).toBe(404);
    expect((await bob.call("PATCH", `/sessions/${session_id}`, { metadata: {} })).status).toBe(404);
    expect((await bob.call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    expect(model.callsWith("take it over")).toEqual([]);
    expect(await rowsNaming([session_id])).toEqual(before);
  });

  it("is not let in for a user whose run, asked for by the key, waits to claim it and may yet be cancelled", async () => {
    const ada = await user("ada");
    const session_id = newId();
    const point = gate();
    model.next([text("x"), hold(point)]);
    const body = { message: "nobody's", stream: true, session_id };
    const active = new EventStream(await send("POST", "/agents/assistant/runs", body, key));
    await active.until("RunContent");
    const waiting = await asKey("POST", "/agents/assistant/runs", {
      ...body,
      message: "claims it for Ada",
      stream: false,
      background: true,
      user_id: ada.id,
    });
    expect(waiting.status).toBe(202);
    expect((await ada.run("by herself", { session_id })).status).toBe(404);
    await asKey("POST", `/agents/assistant/runs/${waiting.body.run_id}/cancel`);
    point.release();
    await active.rest();
    expect([await ownerOf(session_id), model.callsWith("by herself")]).toEqual([null, []]);
  });

  it("is not claimed by who speaks for all and names no user: the run is nobody's there, and is not left out", async () => {
    const [ada, ops] = [await user("ada"), await operator()];
    const [nobodys, hers] = [newId(), newId()];
    await asKey("POST", "/sessions", { session_id: nobodys });
    expect((await ops.run("look", { session_id: nobodys })).status).toBe(200);
    expect(await ownerOf(nobodys)).toBe(null);
    const point = gate();
    model.next([text("x"), hold(point)]);
    const body = { message: "hers", stream: true, session_id: hers };
    const active = new EventStream(await send("POST", "/agents/assistant/runs", body, ada.headers));
    await active.until("RunContent");
    const waits = await ops.run("from the operator", { session_id: hers, background: true });
    expect(waits.status).toBe(202);
    point.release();
    await active.rest();
    await vi.waitFor(async () => {
      const shown = await ada.call("GET", `/agents/assistant/runs/${waits.body.run_id}?session_id=${hers}`);
      expect(shown.body.status).toBe("COMPLETED");
    });
    expect(await ownerOf(hers)).toBe(ada.id);
  });
});

describe("an id that a user has begun a session under before a backend uses it", () => {
  it("is refused where the backend names its user, or makes the session first; else the user reads what is said there", async () => {
    const [ada, bob] = await users();
    const session_id = `order-${newId()}`;
    await bob.run("mine", { session_id });
    const run = (fields: object) =>
      asKey("POST", "/agents/assistant/runs", { message: "for Ada", stream: false, session_id, ...fields });
    const named = await run({ user_id: ada.id });
    expect([named.status, named.body.detail]).toEqual([404, "Session not found"]);
    expect((await asKey("POST", "/sessions", { session_id })).status).toBe(409);
    const unnamed = await run({});
    expect([unnamed.status, unnamed.body.user_id]).toEqual([200, undefined]);
    expect(await ownerOf(session_id)).toBe(bob.id);
    const read = await bob.call("GET", `/agents/assistant/runs/${unnamed.body.run_id}?session_id=${session_id}`);
    expect([read.status, read.body.content]).toEqual([200, unnamed.body.content]);
  });
});

// case 57
describe("two users who start in the same new session at once", () => {
  it("are one owner, and one who finds no session", async () => {
    for (let round = 0; round < 5; round++) {
      const both = await users();
      const session_id = newId();
      const answers = await Promise.all(both.map((one) => one.run("me first", { session_id })));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 404]);
      const winner = both[answers.findIndex(({ status }) => status === 200)];
      expect(await ownerOf(session_id)).toBe(winner?.id);
      expect(model.callsWith("me first")).toHaveLength(round + 1);
    }
  });

  it("are the same when one makes it by POST /sessions", async () => {
    const [ada, bob] = await users();
    const session_id = newId();
    const [made, ran] = await Promise.all([
      ada.call("POST", "/sessions", { session_id }),
      bob.run("me first", { session_id }),
    ]);
    const owner = await ownerOf(session_id);
    expect([made.status, ran.status, owner]).toEqual(owner === ada.id ? [201, 404, ada.id] : [409, 200, bob.id]);
  });
});

describe("an idempotency key", () => {
  const run = async (by: User, of: object, more: Record<string, string>) => (await by.run("once", of, more)).body;

  // case 59
  it("of one user is not another's, and its session's id cannot be begun by another", async () => {
    const [ada, bob] = await users();
    const more = { "Idempotency-Key": newId() };
    const hers = await run(ada, {}, more);
    const his = await run(bob, {}, more);
    expect(hers.session_id).toMatch(/^keyed-/);
    expect([his.session_id === hers.session_id, his.run_id === hers.run_id]).toEqual([false, false]);
    expect((await run(ada, {}, more)).run_id).toBe(hers.run_id);
    // Who knows the key can compute the id: neither a session that is there, nor one that is deleted, may tell that it was used.
    const unbegun = `keyed-${newId()}`;
    const told = async (session_id: string) => {
      const ran = await bob.run("once", { session_id }, more);
      const made = await bob.call("POST", "/sessions", { session_id });
      return JSON.stringify([ran, made].map(({ status, body }) => [status, body.detail])).replaceAll(session_id, "…");
    };
    const ofUnbegun = await told(unbegun);
    expect(ofUnbegun).toMatch(/^\[\[422,.*\[422,/);
    expect(await told(hers.session_id)).toBe(ofUnbegun);
    expect((await ada.call("DELETE", `/sessions/${hers.session_id}`)).status).toBe(204);
    expect(await told(hers.session_id)).toBe(ofUnbegun);
  });

  // case 60
  it("of who holds the key for a user, or acts for them, is not that user's own", async () => {
    const [ada, ops] = [await user("ada"), await operator()];
    const more = { "Idempotency-Key": newId() };
    const body = { message: "once", stream: false, user_id: ada.id };
    const ofKey = await asKey("POST", "/agents/assistant/runs", body, more);
    const ofOps = await ops.run("once", { user_id: ada.id }, more);
    const hers = await ada.run("once", {}, more);
    expect(new Set([ofKey, ofOps, hers].map((answer) => answer.body.run_id)).size).toBe(3);
    expect([ofKey, ofOps, hers].map((answer) => answer.body.user_id)).toEqual([ada.id, ada.id, ada.id]);
    const { results } = await env.DB.prepare(
      "SELECT idempotency_caller AS caller FROM runs WHERE idempotency_key = ? ORDER BY 1",
    )
      .bind(more["Idempotency-Key"])
      .all();
    expect(results.map(({ caller }) => caller)).toEqual(["security_key", "user", `user:${ops.id}`]);
  });

  it("of a job is apart by user too", async () => {
    const [ada, bob] = await users();
    const more = { "Idempotency-Key": newId() };
    const pin = (by: User) => by.call("POST", "/sessions/bulk", { action: "pin", session_ids: ["s"] }, more);
    const [hers, his] = [await pin(ada), await pin(bob)];
    expect([hers.status, his.status]).toEqual([200, 200]);
    expect(his.body.job_id).not.toBe(hers.body.job_id);
  });
});

// case 59
describe("a cursor and an id of Ada's, in Bob's hands", () => {
  it("page through what is Bob's, and name nothing", async () => {
    const [ada, bob] = await users();
    for (const one of [ada, bob]) for (const message of ["needle 1", "needle 2", "needle 3"]) await one.run(message);
    const lists = ["/sessions?limit=1", "/search?q=needle&limit=1", "/jobs?limit=1"];
    for (const one of [ada, bob]) {
      for (const action of ["pin", "unpin"])
        await one.call("POST", "/sessions/bulk", { action, filter: { pinned: action === "unpin" } });
    }
    for (const path of lists) {
      const { next_cursor } = (await ada.call("GET", path)).body.meta;
      expect([path, typeof next_cursor]).toEqual([path, "string"]);
      const { status, body } = await bob.call("GET", `${path}&cursor=${encodeURIComponent(next_cursor)}`);
      expect([path, status, JSON.stringify(body).includes(ada.id)]).toEqual([path, 200, false]);
      const sessions = new Set(
        (await ada.call("GET", "/sessions")).body.data.map((one: { session_id: string }) => one.session_id),
      );
      const seen = body.data.map((one: { session_id?: string }) => one.session_id);
      expect(seen.filter((id: string) => sessions.has(id))).toEqual([]);
    }
    const part = (await ada.call("GET", "/jobs")).body.data[0].job_id;
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/items"],
      ["POST", "/cancel"],
    ] as const) {
      const answer = await bob.call(method, `/jobs/${part}${path}`);
      expect([answer.status, answer.body.code]).toEqual([404, "job_not_found"]);
    }
  });

  it("of an export is no way into her sessions", async () => {
    const [ada, bob] = await users();
    const ran = await ada.run("her secret");
    const { exportCursor } = await import("../../src/portable/export/cursor.ts");
    const behind = { createdAt: 0, sessionId: "" };
    const open = { ...behind, sessionId: ran.body.session_id, horizon: 9 };
    const counts = { runs: 0, messages: 0, requirements: 0 };
    const at = { started: { runIndex: -1, part: "end" as const, nth: 0 } };
    const cursor = exportCursor({ behind, sessions: 0, open: { ...open, counts, at } });
    const response = await send("GET", `/export?cursor=${encodeURIComponent(cursor)}`, undefined, bob.headers);
    const lines = new TextDecoder().decode(await response.arrayBuffer());
    expect([response.status, lines.includes("her secret")]).toEqual([200, false]);
  });
});

describe("an answer that is still being read", () => {
  it("shows nothing of another's session that begins under the id of one that was deleted meanwhile", async () => {
    const [ada, bob] = await users();
    const session_id = newId();
    model.respondWith("Fine.");
    // A run that is a page by itself, so that the next page is read only once this one was taken.
    await bob.run("x".repeat(200_000), { session_id });
    const response = await send("GET", `/sessions/${session_id}/runs`, undefined, bob.headers);
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    let shown = decoder.decode((await reader?.read())?.value, { stream: true });
    expect((await bob.call("DELETE", `/sessions/${session_id}`)).status).toBe(204);
    for (const message of ["her first", "her second"]) {
      expect((await ada.run(message, { session_id })).status).toBe(200);
    }
    for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
      shown += decoder.decode(read.value, { stream: true });
    }
    expect([shown.includes("her second"), shown.startsWith("["), shown.endsWith("]")]).toEqual([false, true, true]);
  });
});

describe("a cancel", () => {
  it("of a run that is not the user's is 404 in AgentOS's words, known or not; the key's answer stays", async () => {
    const [ada, bob] = await users();
    const point = gate();
    model.next([text("x"), hold(point)]);
    const body = { message: "hers", stream: true, session_id: newId() };
    const active = new EventStream(await send("POST", "/agents/assistant/runs", body, ada.headers));
    await active.until("RunContent");
    const cancel = (by: User["call"], runId: string, query = "") =>
      by("POST", `/agents/assistant/runs/${runId}/cancel${query}`);
    for (const query of ["", `?session_id=${body.session_id}`, `?user_id=${ada.id}`]) {
      for (const id of [active.runId, newId()]) {
        const { status, body: refusal } = await cancel(bob.call, id, query);
        expect([status, refusal.detail, refusal.code]).toEqual([404, "Run not found", "run_not_found"]);
      }
    }
    expect((await cancel(asKey, newId())).body).toEqual({});
    expect((await cancel(asKey, active.runId, `?user_id=${bob.id}`)).body).toEqual({});
    // Not by another agent's path, nor in another session, even her own.
    expect((await ada.call("POST", `/agents/operator/runs/${active.runId}/cancel`)).status).toBe(404);
    expect((await cancel(ada.call, active.runId, `?session_id=${newId()}`)).status).toBe(404);
    expect((await cancel(ada.call, active.runId)).body).toEqual({});
    point.release();
    expect((await active.rest()).map(({ event }) => event)).toContain("RunCancelled");
    expect((await cancel(ada.call, active.runId)).status).toBe(200);
  });
});

// cases 51 and 52
describe("what is Ada's, asked for by Bob", () => {
  it("is not there, in each route's own words, and her rows stay as they are", async () => {
    const [ada, bob] = await users();
    const id = newId();
    const { body: ran } = await ada.run("her secret", { session_id: id });
    const before = await rowsNaming([ada.id, id]);
    const [runs, session] = ["/agents/assistant/runs", `/sessions/${id}`];
    const of = `${runs}/${ran.run_id}`;
    const inBody = { session_id: id, stream: false };
    const missing = `Session with id '${id}' not found`;
    const noRun = `No runs found for run ID ${ran.run_id}`;
    const asked: [method: string, path: string, body: object | undefined, status: number, detail: string][] = [
      ["GET", session, undefined, 404, missing],
      ["GET", `${session}?type=agent`, undefined, 404, `Agent Session with id '${id}' not found`],
      ["GET", `${session}/runs`, undefined, 404, `Session with ID ${id} not found`],
      ["GET", `${session}/runs/${ran.run_id}`, undefined, 404, `Session with ID ${id} not found`],
      ["GET", `${session}/messages`, undefined, 404, missing],
      ["GET", `${session}/chat-history`, undefined, 404, missing],
      ["GET", `${session}/name`, undefined, 404, missing],
      ["GET", `${session}/export`, undefined, 404, missing],
      ["GET", `${runs}?session_id=${id}`, undefined, 404, "Session not found"],
      ["GET", `${of}?session_id=${id}`, undefined, 404, "Run not found"],
      ["GET", `${of}/checkpoints?session_id=${id}`, undefined, 404, "Run not found"],
      ["GET", `${of}/checkpoints/1?session_id=${id}`, undefined, 404, "Run not found"],
      ["POST", runs, { ...inBody, message: "let me in" }, 404, "Session not found"],
      ["POST", runs, { ...inBody, message: "let me in", stream: true }, 404, "Session not found"],
      ...[{ tools: [] }, { fork: true }, { regenerate: true }, { continue_from: "end", input: "let me in" }].map(
        (more): (typeof asked)[number] => ["POST", `${of}/continue`, { ...inBody, ...more }, 404, noRun],
      ),
      ["POST", `${of}/cancel?session_id=${id}`, undefined, 404, "Run not found"],
      ["POST", `/agents/assistant/sessions/${id}/fork`, undefined, 404, "Session not found"],
      ["PATCH", session, { session_state: { stolen: true } }, 404, missing],
      ["POST", `${session}/rename`, { session_name: "Stolen" }, 404, missing],
      ["POST", `${session}/rename`, { autogenerate: true }, 404, missing],
      ["POST", `${session}/summary`, undefined, 404, missing],
      ["POST", `${session}/restore`, undefined, 404, missing],
    ];
    for (const [method, path, body, status, detail] of asked) {
      const answer = await bob.call(method, path, body);
      expect([method, path, answer.status, answer.body.detail]).toEqual([method, path, status, detail]);
    }
    for (const resumed of [
      await send("POST", `${of}/resume`, { session_id: id }, bob.headers),
      await send("GET", `${of}/resume?session_id=${id}`, undefined, bob.headers),
    ]) {
      const events = await new EventStream(resumed).rest();
      expect(events.map(({ event, data }) => [event, data.error])).toEqual([
        ["error", `Run ${ran.run_id} not found in buffer or database`],
      ]);
    }
    const many = { session_ids: [id], session_types: ["agent"] };
    expect((await bob.call("DELETE", "/sessions", many)).status).toBe(204);
    expect((await bob.call("DELETE", session)).status).toBe(204);
    expect(model.callsWith("let me in")).toEqual([]);
    // case 53
    expect(await rowsNaming([ada.id, id])).toEqual(before);
  });
});

describe("who may act for users", () => {
  // case 62
  it("makes a session for the user whom it names, and else its own; without a user it reads all", async () => {
    const [ada, ops] = [await user("ada"), await operator()];
    const forHer = await ops.run("for Ada", { user_id: ada.id });
    expect(await ownerOf(forHer.body.session_id)).toBe(ada.id);
    const own = await ops.run("for itself");
    expect([own.body.user_id, await ownerOf(own.body.session_id)]).toEqual([ops.id, ops.id]);
    const made = await ops.call("POST", "/sessions", {});
    expect(made.body.user_id).toBe(ops.id);
    expect((await ada.call("GET", `/sessions/${forHer.body.session_id}`)).status).toBe(200);
    expect((await ada.call("GET", `/sessions/${own.body.session_id}`)).status).toBe(404);
    expect((await ops.call("GET", `/sessions/${forHer.body.session_id}`)).status).toBe(200);
    expect((await ops.call("GET", `/sessions/${own.body.session_id}?user_id=${ada.id}`)).status).toBe(404);
  });

  // case 61
  it("may import, and names owners by lines or by user_id; nobody else may", async () => {
    const [ada, bob, ops] = [...(await users()), await operator()];
    const lines = () => sessionLines(newId(), { user_id: ada.id, runs: 1 });
    const take = (by: User["call"], some: object[], query = "") =>
      by("POST", `/import${query}`, some.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const writing = await user("w", { scopes: ["sessions:write"] });
    for (const one of [bob, writing]) {
      const { status, body } = await take(one.call, lines());
      expect([status, body.detail]).toEqual([403, "Insufficient permissions. Required scope(s): users:act"]);
    }
    const [asSaid, asNamed] = [lines(), lines()];
    expect((await take(ops.call, asSaid)).body.imported).toBe(1);
    expect((await take(ops.call, asNamed, `?user_id=${bob.id}`)).body.imported).toBe(1);
    const owners = [asSaid, asNamed].map(([line]) => ownerOf(String(Object(line).session_id)));
    expect(await Promise.all(owners)).toEqual([ada.id, bob.id]);
  });
});

// case 52
describe("a job of a user", () => {
  it("names at most 1,000 sessions, so that those of others do not wait long behind it", async () => {
    const bob = await user("bob");
    const pinned = async (by: User, count: number) => {
      const session_ids = Array.from({ length: count }, (_, nth) => `none-${nth}`);
      const { status, body } = await by.call("POST", "/sessions/bulk", { action: "pin", session_ids });
      if (status === 202) await by.call("POST", `/jobs/${body.job_id}/cancel`);
      return { status, told: body.detail?.[0] };
    };
    expect((await pinned(bob, 1_000)).status).toBe(202);
    const { status, told } = await pinned(bob, 1_001);
    expect([status, told?.loc, told?.msg]).toEqual([
      422,
      ["body", "session_ids"],
      "Value error, without users:act a request names at most 1000 sessions: send several requests, or a filter",
    ]);
    expect((await pinned(await operator(), 1_001)).status).toBe(202);
  });

  it("shows the same, whether or not another user whose session it names is erased", async () => {
    const [ada, bob] = await users();
    const [hers, none] = [newId(), newId()];
    await ada.run("hers", { session_id: hers });
    const names = [hers, none].map((session_id) => ({ session_id, session_name: `Bob's name for ${session_id}` }));
    const jobs = [
      await bob.call("POST", "/sessions/bulk", { action: "pin", session_ids: [none, hers] }),
      await bob.call("POST", "/sessions/bulk", { action: "pin", session_ids: [hers] }),
      await bob.call("POST", "/sessions/bulk", { action: "rename", names }),
    ].map(({ body }) => body.job_id);
    const shown = async () => {
      const paths = jobs.flatMap((id) => [`/jobs/${id}`, `/jobs/${id}/items`]);
      return Promise.all(paths.map(async (path) => (await bob.call("GET", path)).body));
    };
    const before = await shown();
    expect(before[1].data).toHaveLength(2);
    const own = await ada.call("POST", "/sessions/bulk", { action: "pin", session_ids: [hers] });
    const ofAll = await asKey("POST", "/sessions/bulk", { action: "pin", session_ids: [hers, none] });
    expect((await asKey("DELETE", `/users/${ada.id}/sessions`)).status).toBe(204);
    expect(await shown()).toEqual(before);
    expect((await asKey("GET", `/jobs/${own.body.job_id}`)).status).toBe(404);
    expect((await asKey("GET", `/jobs/${ofAll.body.job_id}/items`)).body.data).toHaveLength(1);
  });

  it("touches only what is its own, also what was another's when the job was made", async () => {
    const [ada, bob] = await users();
    const [hers, his, nobodys] = [newId(), newId(), newId()];
    await ada.run("hers", { session_id: hers });
    await bob.run("his", { session_id: his });
    await asKey("POST", "/sessions", { session_id: nobodys });
    const before = await rowsNaming([ada.id]);
    const { body } = await bob.call("POST", "/sessions/bulk", {
      action: "delete",
      session_ids: [hers, nobodys, his],
      user_id: ada.id,
    });
    const outcomes = body.items.map((item: { outcome: string; reason: string }) => [item.outcome, item.reason]);
    expect(outcomes).toEqual([
      ["failed", "not_found"],
      ["failed", "not_found"],
      ["succeeded", null],
    ]);
    expect(await rowsNaming([ada.id])).toEqual(before);
    expect(await env.DB.prepare("SELECT user_id FROM jobs WHERE job_id = ?").bind(body.job_id).first("user_id")).toBe(
      bob.id,
    );
  });

  it("tells the user of no ids but its own where a backend has made it for them; of its own job it tells all ids that the user gave", async () => {
    const [ada, bob] = await users();
    const [hers, his, gone] = [newId(), newId(), newId()];
    await ada.run("hers", { session_id: hers });
    await bob.run("his", { session_id: his });
    const action = { session_ids: [his, hers, gone, gone], action: "pin" };
    const itemsOf = async (jobId: string, asWhom: User["call"], query = "") =>
      (await asWhom("GET", `/jobs/${jobId}/items${query}`)).body.data.map(
        (one: { session_id: string }) => one.session_id,
      );
    const relayed = (await asKey("POST", "/sessions/bulk", { ...action, user_id: ada.id })).body.job_id;
    expect(await itemsOf(relayed, asKey)).toEqual([his, hers, gone, gone]);
    expect(await itemsOf(relayed, ada.call)).toEqual([hers]);
    expect(await itemsOf(relayed, ada.call, "?outcome=failed")).toEqual([]);
    await env.DB.prepare("UPDATE job_items SET status = 'waiting', outcome = NULL, reason = NULL WHERE job_id = ?")
      .bind(relayed)
      .run();
    expect(await itemsOf(relayed, ada.call)).toEqual([hers]);
    const named = { session_ids: [his, hers], user_id: ada.id };
    const { job_id } = (await asKey("POST", "/sessions/names", named)).body;
    expect(await itemsOf(job_id, ada.call)).toEqual([hers]);
    const own = (await ada.call("POST", "/sessions/bulk", action)).body.job_id;
    expect(await itemsOf(own, ada.call)).toEqual([his, hers, gone, gone]);
    const removed = { action: "delete", session_ids: [hers, his], user_id: ada.id };
    const deleted = (await asKey("POST", "/sessions/bulk", removed)).body.job_id;
    expect(await itemsOf(deleted, ada.call)).toEqual([hers]);
  });

  it("that staff have made about the user is not the user's: it is in no list, and neither read nor cancelled", async () => {
    const [ada, ops] = [await user("ada"), await operator()];
    const asMachine = await machine();
    const session_ids = Array.from({ length: 60 }, () => newId());
    const about = { action: "pin", session_ids, user_id: ada.id };
    const make = async (by: User["call"]) => (await by("POST", "/sessions/bulk", about)).body.job_id as string;
    const [byStaff, byMachine, relayed, own] = [
      await make(ops.call),
      await make(asMachine),
      await make(asKey),
      await make(ada.call),
    ];
    const listed = async (by: User["call"]) =>
      (await by("GET", `/jobs?user_id=${ada.id}`)).body.data.map((job: { job_id: string }) => job.job_id);
    expect(await listed(ada.call)).toEqual([own, relayed]);
    expect(await listed(ops.call)).toEqual([own, relayed, byMachine, byStaff]);
    for (const id of [byStaff, byMachine]) {
      const before = await rowOf(id);
      for (const [method, path] of [
        ["GET", ""],
        ["GET", "/items"],
        ["POST", "/cancel"],
      ] as const) {
        const answer = await ada.call(method, `/jobs/${id}${path}`);
        expect([answer.status, answer.body.code]).toEqual([404, "job_not_found"]);
      }
      expect(await rowOf(id)).toEqual(before);
      expect((await ops.call("GET", `/jobs/${id}?user_id=${ada.id}`)).status).toBe(200);
    }
    for (const id of [relayed, own]) {
      expect((await ada.call("POST", `/jobs/${id}/cancel`)).status).toBe(200);
    }
  });

  it("is the user's as before where its row is from before rows said who had made it", async () => {
    const [ada, ops] = [await user("ada"), await operator()];
    const about = { action: "pin", session_ids: [newId()], user_id: ada.id };
    const { job_id } = (await ops.call("POST", "/sessions/bulk", about)).body;
    await env.DB.prepare("UPDATE jobs SET params = json_remove(params, '$.maker') WHERE job_id = ?").bind(job_id).run();
    expect((await ada.call("GET", `/jobs/${job_id}`)).status).toBe(200);
  });

  it("that the key has made for nobody is no user's", async () => {
    const [ada] = await users();
    const hers = newId();
    await ada.run("hers", { session_id: hers });
    const { job_id } = (await asKey("POST", "/sessions/bulk", { action: "pin", session_ids: [hers] })).body;
    expect((await ada.call("GET", `/jobs/${job_id}/items`)).status).toBe(404);
    expect((await ada.call("GET", "/jobs")).body.data).toEqual([]);
  });
});

// case 66
describe("unknown fields of a run", () => {
  it("change nothing: neither its id, nor its owner, nor its status", async () => {
    const [ada, bob] = await users();
    const hers = await ada.run("hers");
    const before = await rowsNaming([ada.id]);
    const ran = await bob.run("mine", {
      run_id: hers.body.run_id,
      runId: hers.body.run_id,
      owner: ada.id,
      ownerId: ada.id,
      status: "COMPLETED",
      session_type: "team",
      principal: { userId: ada.id, confined: false },
      scopes: ["agent_os:admin"],
    });
    expect(ran.status).toBe(200);
    expect(ran.body.run_id).not.toBe(hers.body.run_id);
    expect([ran.body.user_id, await ownerOf(ran.body.session_id)]).toEqual([bob.id, bob.id]);
    expect(await rowsNaming([ada.id])).toEqual(before);
  });
});

describe("REQUIRE_USER", () => {
  it("is satisfied by the token's user, and by no token that may act for all", async () => {
    const { default: worker } = await import("../../src/index.ts");
    const { createExecutionContext } = await import("cloudflare:test");
    const [ada, ops] = [await user("ada"), await operator()];
    const list = (headers: Record<string, string>, query = "") =>
      worker.fetch(
        new Request(`http://localhost/sessions${query}`, { headers }),
        { ...env, REQUIRE_USER: "true" },
        createExecutionContext(),
      );
    expect((await list(ada.headers)).status).toBe(200);
    expect((await list(ops.headers)).status).toBe(422);
    expect((await list(ops.headers, "?user_id=ada")).status).toBe(200);
    expect((await list(key)).status).toBe(422);
  });
});
