import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { captureLogs } from "../support/captured-logs.ts";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { deletes, unanswered, unsent, watchD1 } from "../support/d1-faults.ts";
import { isolate, movableClock } from "../support/deployments.ts";
import { type Answer, call, newId, send } from "../support/http.ts";
import { confirmed, continuePath, pauseOf, tools } from "../support/paused-runs.ts";
import { peopleAgent } from "../support/people-tools.ts";
import { tick } from "../support/retention.ts";
import { scriptModel, toolCall } from "../support/scripted-model.ts";

const model = scriptModel();
const d1 = watchD1();
const clock = movableClock();
const logs = captureLogs();

const ada = async () => bearer(await tokenFor("ada"));
/** One of the staff, who may name any user. */
const eve = async () =>
  bearer(
    await tokenFor("eve", {
      scopes: ["users:act", "sessions:read", "sessions:write", "sessions:delete", "agents:run", "approvals:write"],
    }),
  );

type Headers = Record<string, string>;

async function sessionOf(user: string | undefined, headers: Headers = key): Promise<string> {
  const session_id = newId();
  const { status } = await call(
    "POST",
    "/sessions",
    { session_id, ...(user !== undefined && { user_id: user }) },
    headers,
  );
  expect(status).toBe(201);
  return session_id;
}

/** A row of the audit, as it is told. */
interface Row {
  created_at: number;
  actor: string;
  action: string;
  target: string | null;
  before: unknown;
  after: unknown;
  metadata?: unknown;
}

async function rows(): Promise<Row[]> {
  return (await call("GET", "/authz/audit?limit=1000", undefined, key)).body.data;
}

/** The rows, oldest first, that come of a piece of work. */
async function rowsOf(work: () => Promise<unknown>): Promise<Row[]> {
  await env.DB.prepare("delete from audit").run();
  await work();
  return (await rows()).reverse();
}

const told = ({ actor, action, target }: Row) => [actor, action, target];

const audits = ({ statements }: { statements: { sql: string }[] }) =>
  statements.some(({ sql }) => sql.startsWith('insert into "audit"'));

// case 107
describe("the audit", () => {
  it("has a row for each token of a machine that is made, rotated or revoked", async () => {
    const name = `m-${newId()}`;
    let first: Answer["body"];
    let second: Answer["body"];
    const found = await rowsOf(async () => {
      first = (await call("POST", "/service-accounts", { name, scopes: [{ scope: "agents:run" }] }, key)).body;
      second = (await call("POST", `/service-accounts/${first.id}/rotate`, { overlap_seconds: 60 }, key)).body;
      await call("DELETE", `/service-accounts/${second.id}`, undefined, key);
      await call("DELETE", `/service-accounts/${second.id}`, undefined, key);
      await call("POST", "/service-accounts", { name, scopes: [{ scope: "agents:run" }] }, key);
    });
    expect(found).toEqual([
      {
        created_at: expect.any(Number),
        actor: "security_key",
        action: "service_account.created",
        target: `sa:${name}`,
        before: null,
        after: { id: first.id, scopes: ["agents:run"], expires_at: first.expires_at },
      },
      {
        created_at: expect.any(Number),
        actor: "security_key",
        action: "service_account.rotated",
        target: `sa:${name}`,
        before: { id: first.id, scopes: ["agents:run"], expires_at: first.expires_at },
        after: { id: second.id, scopes: ["agents:run"], expires_at: second.expires_at },
        metadata: { overlap_seconds: 60 },
      },
      expect.objectContaining({ action: "service_account.revoked", target: `sa:${name}`, after: null }),
    ]);
    expect(JSON.stringify(found)).not.toContain(first.token.slice(16));
  });

  it("has a row for a user who is erased, by whomever, and one only while that goes on", async () => {
    await sessionOf("ada");
    const found = await rowsOf(async () => {
      expect((await call("DELETE", "/users/ada/sessions", undefined, await ada())).status).toBe(204);
      expect((await call("DELETE", "/users/bob/sessions", undefined, key)).status).toBe(204);
    });
    expect(found.map(told)).toEqual([
      ["user:ada", "user.erased", "ada"],
      ["security_key", "user.erased", "bob"],
    ]);
  });

  it("has no second row for an erasure that goes on", async () => {
    const session = await sessionOf("carol");
    const erase = async () => (await call("DELETE", "/users/carol/sessions", undefined, key)).status;
    const found = await rowsOf(async () => {
      d1.always(deletes(session), unsent());
      expect([await erase(), await erase()]).toEqual([202, 202]);
      d1.heal();
      expect(await erase()).toBe(204);
    });
    expect(found.map(told)).toEqual([["security_key", "user.erased", "carol"]]);
  });

  it("has a row for imports, and for exports of whoever is not confined to what is theirs", async () => {
    const session = await sessionOf("ada");
    const found = await rowsOf(async () => {
      const lines = await exported("/users/ada/export", await eve());
      await exported(`/sessions/${session}/export`, key);
      await exported("/export?all=true", key);
      await exported(`/sessions/${session}/export`, await ada());
      await exported("/users/ada/export", await ada());
      expect((await call("POST", "/import?user_id=ada", lines, key)).status).toBe(200);
    });
    expect(found.map(told)).toEqual([
      ["user:eve", "sessions.exported", "ada"],
      ["security_key", "sessions.exported", session],
      ["security_key", "sessions.exported", null],
      ["security_key", "sessions.imported", "ada"],
    ]);
  });

  it("has a row for bulk deletes", async () => {
    const [one, two] = [await sessionOf("ada"), await sessionOf("ada")];
    const found = await rowsOf(async () => {
      const some = { session_ids: [one], session_types: ["agent"] };
      expect((await call("DELETE", "/sessions", some, await ada())).status).toBe(204);
      const bulk = { action: "delete", session_ids: [two] };
      expect((await call("POST", "/sessions/bulk", bulk, await ada())).status).toBe(200);
      await call("POST", "/sessions/bulk", { action: "archive", session_ids: [two] }, await ada());
    });
    expect(found.map(told)).toEqual([
      ["user:ada", "sessions.deleted", "ada"],
      ["user:ada", "sessions.deleted", "ada"],
    ]);
  });

  it("has a row for what is deleted in somebody else's session, and none in one's own or nobody's", async () => {
    const [own, others, named, relayed, nobodys, machines] = [
      await sessionOf("ada"),
      await sessionOf("ada"),
      await sessionOf("ada"),
      await sessionOf("ada"),
      await sessionOf(undefined),
      await sessionOf("eve"),
    ];
    const remove = async (id: string, headers: Headers, user = "") =>
      expect((await call("DELETE", `/sessions/${id}${user}`, undefined, headers)).status).toBe(204);
    const found = await rowsOf(async () => {
      await remove(own, await ada());
      await remove(machines, await eve());
      await remove(nobodys, key);
      // A backend that names the user relays what that user asked for; one of the staff who names it leaves a trace.
      await remove(relayed, key, "?user_id=ada");
      await remove(named, await eve(), "?user_id=ada");
      await remove(others, await eve());
      await remove(others, await eve());
    });
    expect(found.map(told)).toEqual([
      ["user:eve", "session.deleted", named],
      ["user:eve", "session.deleted", others],
    ]);
    expect(found[0]?.metadata).toEqual({ session_id: named, user_id: "ada" });
  });

  it("has a row for what is restored in somebody else's session", async () => {
    const undoable = isolate({ DELETE_UNDO_SECONDS: "3600" });
    const restored = async (id: string, headers: Headers) => {
      expect((await undoable("DELETE", `/sessions/${id}`, undefined, await ada())).status).toBe(204);
      expect((await undoable("POST", `/sessions/${id}/restore`, undefined, headers)).status).toBe(200);
    };
    const [own, others] = [await sessionOf("ada"), await sessionOf("ada")];
    const found = await rowsOf(async () => {
      await restored(own, await ada());
      await restored(others, await eve());
    });
    expect(found.map(told)).toEqual([["user:eve", "session.restored", others]]);
  });

  it("has a row for an answer in somebody else's session", async () => {
    const { agent } = peopleAgent();
    const pause = async () => {
      model.next([toolCall("wipe", { disk: 1 })]);
      const asked = { message: "wipe it", stream: false };
      return pauseOf(agent, (await call("POST", `/agents/${agent}/runs`, asked, await ada())).body);
    };
    const answer = async (paused: Awaited<ReturnType<typeof pause>>, headers: Headers) => {
      const { session_id } = paused;
      const said = { session_id, stream: false, ...tools(paused, confirmed) };
      expect((await call("POST", continuePath(paused), said, headers)).status).toBe(200);
    };
    const [own, others] = [await pause(), await pause()];
    const found = await rowsOf(async () => {
      await answer(own, await ada());
      await answer(others, await eve());
    });
    expect(found.map(told)).toEqual([["user:eve", "run.answered", others.run_id]]);
  });

  it("has none for reads, nor for what a user does with what is its own", async () => {
    const headers = await ada();
    const session = await sessionOf("ada");
    const found = await rowsOf(async () => {
      for (const path of [
        "/sessions",
        `/sessions/${session}`,
        "/agents",
        "/me",
        "/requirements",
        "/service-accounts",
      ]) {
        await call("GET", path, undefined, key);
      }
      await call("POST", "/agents/assistant/runs", { message: "Hi", stream: false, session_id: session }, headers);
      await call("PATCH", `/sessions/${session}`, { session_name: "Mine" }, headers);
    });
    expect(found).toEqual([]);
  });

  it("is told newest first, page by page, to whoever holds audit:read", async () => {
    const erased = [newId(), newId(), newId()];
    await rowsOf(async () => {
      for (const user of erased) {
        clock.forward(1);
        await call("DELETE", `/users/${user}/sessions`, undefined, key);
      }
    });
    const auditor = bearer(await tokenFor("eve", { scopes: ["audit:read"] }));
    const first = (await call("GET", "/authz/audit?limit=2", undefined, auditor)).body;
    expect(first.data.map(({ target }: Row) => target)).toEqual([erased[2], erased[1]]);
    const second = (await call("GET", `/authz/audit?limit=2&cursor=${first.meta.next_cursor}`, undefined, auditor))
      .body;
    expect(second.data.map(({ target }: Row) => target)).toEqual([erased[0]]);
    expect(second.meta).toEqual({ limit: 2, next_cursor: null });
    const refused = await call("GET", "/authz/audit", undefined, await ada());
    expect([refused.status, refused.body.detail]).toEqual([
      403,
      "Insufficient permissions. Required scope(s): audit:read",
    ]);
    for (const query of ["limit=0", "limit=1001", "cursor=nonsense"]) {
      expect([query, (await call("GET", `/authz/audit?${query}`, undefined, auditor)).status]).toEqual([query, 422]);
    }
  });

  it("is written before the act: where D1 does not confirm the row, nothing is done and nothing is told as done", async () => {
    const session = await sessionOf("ada");
    d1.always(audits, unsent());
    const acts: [string, string, unknown?][] = [
      ["POST", "/import?user_id=ada", '{"type":"session"}\n'],
      ["GET", "/users/ada/export"],
      ["DELETE", "/users/ada/sessions"],
      ["DELETE", `/sessions/${session}`],
      ["DELETE", "/sessions", { session_ids: [session], session_types: ["agent"] }],
      ["POST", "/sessions/bulk", { action: "delete", session_ids: [session] }],
      ["POST", "/service-accounts", { name: `m-${newId()}` }],
    ];
    for (const [method, path, body] of acts) {
      const { status, body: said } = await call(method, path, body, key);
      expect([path, status, said.code]).toEqual([path, 503, "database_unavailable"]);
    }
    d1.heal();
    expect((await call("GET", `/sessions/${session}`, undefined, key)).status).toBe(200);
    expect((await call("GET", `/sessions/${session}`, undefined, await ada())).status).toBe(200);
  });

  it("has one row where D1's answer was lost and the batch was sent again", async () => {
    const name = `m-${newId()}`;
    const found = await rowsOf(async () => {
      d1.next(audits, unanswered());
      const made = await call("POST", "/service-accounts", { name, scopes: [{ scope: "agents:run" }] }, key);
      expect([made.status, made.body.name]).toEqual([201, name]);
      d1.next(audits, unanswered());
      expect((await call("DELETE", `/service-accounts/${made.body.id}`, undefined, key)).status).toBe(204);
    });
    expect(found.map(({ action }) => action)).toEqual(["service_account.created", "service_account.revoked"]);
  });

  it("keeps a row for 400 days", async () => {
    await rowsOf(() => call("DELETE", "/users/ada/sessions", undefined, key));
    clock.forward(399 * 86_400);
    await tick();
    expect((await rows()).length).toBe(1);
    clock.forward(2 * 86_400);
    await tick();
    expect(await rows()).toEqual([]);
  });
});

/** The lines of an export. */
async function exported(path: string, headers: Headers): Promise<string> {
  const answer = await send("GET", path, undefined, headers);
  expect(answer.status).toBe(200);
  return answer.text();
}

describe("the access log", () => {
  it("has a line for each request that changes something or is refused, and none for reads", async () => {
    const headers = { ...(await ada()), "X-Request-Id": "request-1" };
    const session_id = newId();
    const made = await call("POST", "/agents/assistant/runs", { message: "Hi", stream: false, session_id }, headers);
    await call("GET", "/sessions", undefined, headers);
    await call("GET", "/config", undefined, headers);
    await call("GET", "/sessions", undefined, { ...bearer("garbage"), "X-Request-Id": "request-2" });
    await call("DELETE", `/sessions/${session_id}`, undefined, headers);
    const by = { request_id: "request-1", actor: "user:ada" };
    expect(logs.access()).toMatchObject([
      { ...by, method: "POST", route: "/agents/:agent_id/runs", status: 200, session_id, run_id: made.body.run_id },
      { ...by, level: "warn", method: "GET", route: "/config", status: 403 },
      { request_id: "request-2", level: "warn", actor: null, method: "GET", route: "/sessions", status: 401 },
      { ...by, method: "DELETE", route: "/sessions/:session_id", status: 204, session_id },
    ]);
  });

  // case 109
  it("says who acts as the user, and by which token", async () => {
    const acting = bearer(await tokenFor("ada", { act: { sub: "support-7" }, jti: "token-1" }));
    await call("POST", "/sessions", { session_id: newId() }, acting);
    const plain = await tokenFor("ada");
    await call("POST", "/sessions", { session_id: newId() }, bearer(plain));
    await call("POST", "/sessions", { session_id: newId() }, key);
    expect(logs.access()).toMatchObject([
      { actor: "user:ada", act_sub: "support-7", token_id: "token-1" },
      { actor: "user:ada", token_id: expect.stringMatching(/^[0-9a-f]{12}$/) },
      { actor: "security_key" },
    ]);
    expect(logs.access().map((line) => "token_id" in line)).toEqual([true, true, false]);
  });

  // case 108
  it("has no token, message or query in any line", async () => {
    const secret = "zqx-said";
    const made = (await call("POST", "/client-tokens", { user_id: "ada", claims: { note: secret } }, key)).body.token;
    const machine = (await call("POST", "/service-accounts", { name: `m-${newId()}` }, key)).body.token;
    const jwt = await tokenFor("ada");
    const wrong = await tokenFor("ada", { exp: 1 });
    const shown = [
      made,
      machine,
      jwt,
      wrong,
      `${made}x`,
      `${machine}x`,
      `Basic-${secret}`,
      "the-key-of-the-doors-tests",
    ];
    for (const token of shown) {
      const headers = bearer(token);
      const asked = { message: secret, stream: false, session_state: { note: secret } };
      await call("POST", `/agents/assistant/runs?note=${secret}`, asked, headers);
      await call("GET", `/sessions?session_name=${secret}`, undefined, headers);
      await call("GET", `/search?q=${secret}`, undefined, headers);
      await call("PATCH", `/sessions/${newId()}?note=${secret}`, { session_name: secret }, headers);
      await call("GET", `/config?access_token=${token}`, undefined, headers);
      await call("DELETE", `/users/${secret}/sessions`, undefined, headers);
      await call("POST", "/client-tokens", { user_id: secret, claims: { note: secret } }, headers);
    }
    expect(logs.lines.length).toBeGreaterThan(30);
    const parts = shown.flatMap((token) => token.split(".")).filter((part) => part.length > 12);
    const telling = logs.lines.filter((line) => [secret, "?", ...parts].some((part) => line.includes(part)));
    expect(telling).toEqual([]);
  });
});
