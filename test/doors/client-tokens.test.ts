import { describe, expect, it } from "vitest";
import { bearer, key, secondsNow, sign, tokenFor } from "../support/credentials.ts";
import { DEVELOPMENT, isolate, movableClock } from "../support/deployments.ts";
import { CLIENT_TOKEN_SECRET } from "../support/doors-deployment.ts";
import { call, newId } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

scriptModel();
const clock = movableClock();

const mint = (fields: object, headers = key) => call("POST", "/client-tokens", fields, headers);
const secretBytes = (text: string) => new TextEncoder().encode(text);

describe("a client token", () => {
  // case 79
  it("is made by a backend for its user, and then is that user", async () => {
    const { status, body } = await mint({ user_id: "ada" });
    expect([status, Object.keys(body)]).toEqual([201, ["token", "user_id", "scopes", "expires_at"]]);
    expect(body.token).toMatch(/^es_ct_[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(body.scopes).toContain("agents:run");
    const ada = bearer(body.token);
    const session_id = newId();
    const made = await call("POST", "/agents/assistant/runs", { message: "Hi", stream: false, session_id }, ada);
    expect([made.status, made.body.status]).toEqual([200, "COMPLETED"]);
    const theirs = await call("GET", `/sessions/${session_id}`, undefined, key);
    expect(theirs.body.user_id).toBe("ada");
    const bob = bearer((await mint({ user_id: "bob" })).body.token);
    expect((await call("GET", `/sessions/${session_id}`, undefined, bob)).status).toBe(404);
  });

  // case 80
  it("ends after ten minutes if its maker says nothing else", async () => {
    const { body } = await mint({ user_id: "ada" });
    expect(body.expires_at - secondsNow()).toBeGreaterThan(597);
    expect(body.expires_at - secondsNow()).toBeLessThanOrEqual(600);
    clock.forward(590);
    expect((await call("GET", "/me", undefined, bearer(body.token))).status).toBe(200);
    clock.forward(11);
    const late = await call("GET", "/me", undefined, bearer(body.token));
    expect([late.status, late.body.detail]).toEqual([401, "Token has expired"]);
    expect(late.headers.get("WWW-Authenticate")).toBe('Bearer error="invalid_token"');
  });

  it("ends when its maker says", async () => {
    const { body } = await mint({ user_id: "ada", expires_in_seconds: 86_400 });
    clock.forward(86_300);
    expect((await call("GET", "/me", undefined, bearer(body.token))).status).toBe(200);
    clock.forward(200);
    expect((await call("GET", "/me", undefined, bearer(body.token))).status).toBe(401);
    for (const expires_in_seconds of [0, 86_401, 1.5]) {
      expect((await mint({ user_id: "ada", expires_in_seconds })).status).toBe(422);
    }
  });

  it("ends with the service account that makes it", async () => {
    const scopes = ["client_tokens:write", "users:act", "agents:run"].map((scope) => ({ scope }));
    const fields = { name: `m-${newId()}`, scopes, expires_in_days: 1, allow_privileged_scopes: true };
    const { body: maker } = await call("POST", "/service-accounts", fields, key);
    const byMaker = async (expires_in_seconds?: number) => {
      const asked = { user_id: "ada", scopes: ["agents:run"], ...(expires_in_seconds && { expires_in_seconds }) };
      return (await mint(asked, bearer(maker.token))).body.expires_at;
    };
    clock.forward(86_000);
    expect(await byMaker(86_400)).toBe(maker.expires_at);
    expect(await byMaker()).toBe(maker.expires_at);
    expect(await byMaker(60)).toBeLessThan(maker.expires_at);
  });

  // case 81
  it("grants nothing that its maker does not hold, and nothing of staff's", async () => {
    const maker = bearer(await tokenFor("ops", { scopes: ["client_tokens:write", "users:act", "agents:run"] }));
    expect((await mint({ user_id: "ada", scopes: ["agents:run", "agents:assistant:run"] }, maker)).status).toBe(201);
    const more = await mint({ user_id: "ada", scopes: ["agents:run", "sessions:read", "agents:read"] }, maker);
    expect([more.status, more.body.detail]).toEqual([
      403,
      "Cannot grant scope(s) you do not hold: sessions:read, agents:read",
    ]);
    const byDefault = await mint({ user_id: "ada" }, maker);
    expect([byDefault.status, byDefault.body.detail]).toEqual([403, expect.stringContaining("sessions:delete")]);
    const forbidden = [
      "agent_os:admin",
      "users:act",
      "users:*:act",
      "client_tokens:write",
      "service_accounts:read",
      "service_accounts:x:read",
      "audit:read",
      "no-scope",
      "agents::run",
    ];
    for (const scope of forbidden) {
      const { status, body } = await mint({ user_id: "ada", scopes: ["agents:run", scope] });
      expect([scope, status, body.detail[0].loc]).toEqual([scope, 422, ["body", "scopes"]]);
    }
  });

  it("may grant nothing at all", async () => {
    const { body } = await mint({ user_id: "ada", scopes: [] });
    expect((await call("GET", "/me", undefined, bearer(body.token))).body.scopes).toEqual([]);
    expect((await call("GET", "/sessions", undefined, bearer(body.token))).status).toBe(403);
  });

  // case 82
  it("is not made by whoever speaks for one user only", async () => {
    const scopes = ["client_tokens:write", "agents:run"];
    const { status, body } = await mint(
      { user_id: "bob", scopes: ["agents:run"] },
      bearer(await tokenFor("ada", { scopes })),
    );
    expect([status, body.detail]).toEqual([403, "Insufficient permissions. Required scope(s): users:act"]);
    const own = bearer((await mint({ user_id: "ada" })).body.token);
    expect((await mint({ user_id: "ada" }, own)).status).toBe(403);
  });

  it("is not made for an id that no user can have", async () => {
    for (const user_id of ["sa:billing", "__scheduler__", "", "a\u0000b", "x".repeat(129), "..", 7, null, undefined]) {
      const { status, body } = await mint({ user_id });
      expect([user_id, status, body.detail[0].loc]).toEqual([user_id, 422, ["body", "user_id"]]);
    }
  });

  it("has limits that are checked when it is made, and when it is shown", async () => {
    const limits = { concurrent_runs: 1, runs_per_day: 10, tokens_per_day: 0, max_sessions: 3 };
    expect((await mint({ user_id: "ada", limits })).status).toBe(201);
    for (const wrong of [{ runs: 1 }, { runs_per_day: -1 }, { runs_per_day: "many" }, [1], "none"]) {
      expect([wrong, (await mint({ user_id: "ada", limits: wrong })).status]).toEqual([wrong, 422]);
    }
    const claims = { iss: "edge-sessions", aud: "edge-sessions", sub: "ada", exp: secondsNow() + 60, scopes: [] };
    const forged = (more: object) => sign({ ...claims, ...more }, secretBytes(CLIENT_TOKEN_SECRET));
    expect((await call("GET", "/me", undefined, bearer(`es_ct_${await forged({})}`))).status).toBe(200);
    const malformed = bearer(`es_ct_${await forged({ limits: { runs_per_day: "many" } })}`);
    const { status, body } = await call("GET", "/me", undefined, malformed);
    expect([status, body.detail]).toEqual([401, expect.stringMatching(/^Invalid token: limits /)]);
  });

  it("carries claims for tools, up to 4 KB", async () => {
    expect((await mint({ user_id: "ada", claims: { plan: "pro", seats: 3 } })).status).toBe(201);
    const tooMany = await mint({ user_id: "ada", claims: { note: "x".repeat(4_096) } });
    expect([tooMany.status, tooMany.body.detail[0].loc]).toEqual([422, ["body", "claims"]]);
    expect((await mint({ user_id: "ada", claims: ["plan"] })).status).toBe(422);
  });

  it("is not made where it would be longer than a token may be, because nobody would take it", async () => {
    const scopes = Array.from({ length: 100 }, (_, nth) => `agents:${"a".repeat(230)}${nth}:run`);
    const { status, body } = await mint({ user_id: "ada", scopes });
    expect([status, body.detail[0].msg]).toEqual([422, "Value error, the token would be longer than 16384 characters"]);
  });

  it("is for the deployment that made it", async () => {
    const { body } = await mint({ user_id: "ada" });
    const other = await isolate({ OS_ID: "another" })("GET", "/me", undefined, bearer(body.token));
    expect([other.status, other.body.detail]).toEqual([
      401,
      "Invalid token audience - token not valid for this AgentOS instance",
    ]);
  });

  it("is refused if somebody else signed it, or changed it", async () => {
    const claims = {
      iss: "edge-sessions",
      aud: "edge-sessions",
      sub: "ada",
      exp: secondsNow() + 60,
      scopes: ["agents:run"],
    };
    const refusals: [string, string][] = [
      [await sign(claims, secretBytes("another secret of thirty-two bytes!!")), "Signature verification failed"],
      [await sign(claims, secretBytes("x".repeat(64)), { alg: "HS512" }), "The specified alg value is not allowed"],
      ["garbage", "Not enough segments"],
      [await sign({ ...claims, exp: undefined }, secretBytes(CLIENT_TOKEN_SECRET)), 'Token is missing the "exp" claim'],
      [
        await sign({ ...claims, iss: "https://idp.test" }, secretBytes(CLIENT_TOKEN_SECRET)),
        "Invalid issuer. Expected: edge-sessions, got: https://idp.test",
      ],
    ];
    for (const [jwt, reason] of refusals) {
      const { status, body } = await call("GET", "/me", undefined, bearer(`es_ct_${jwt}`));
      expect([status, body.detail]).toEqual([401, `Invalid token: ${reason}`]);
    }
    const reserved = await sign({ ...claims, sub: "sa:billing" }, secretBytes(CLIENT_TOKEN_SECRET));
    expect((await call("GET", "/me", undefined, bearer(`es_ct_${reserved}`))).body.detail).toBe(
      "Invalid token subject",
    );
  });

  // case 27
  it("is none without its prefix, and no other token is one with it", async () => {
    const { body } = await mint({ user_id: "ada" });
    const bare = await call("GET", "/me", undefined, bearer(body.token.slice("es_ct_".length)));
    expect(bare.status).toBe(401);
    const idp = await tokenFor("ada", { iss: "edge-sessions", aud: "edge-sessions" });
    const prefixed = await call("GET", "/me", undefined, bearer(`es_ct_${idp}`));
    expect([prefixed.status, prefixed.body.detail]).toEqual([401, "Invalid token: Signature verification failed"]);
  });

  // case 83
  it("goes on under the old secret, which signs no new one", async () => {
    const before = (await mint({ user_id: "ada" })).body.token;
    const secret = "the next secret of the doors tests, long enough";
    const moved = isolate({ CLIENT_TOKEN_SECRET: secret, CLIENT_TOKEN_SECRET_OLD: CLIENT_TOKEN_SECRET });
    expect((await moved("GET", "/me", undefined, bearer(before))).body.user_id).toBe("ada");
    const made = (await moved("POST", "/client-tokens", { user_id: "ada" }, key)).body.token;
    expect((await moved("GET", "/me", undefined, bearer(made))).status).toBe(200);
    const withoutOld = isolate({ CLIENT_TOKEN_SECRET: secret });
    expect((await withoutOld("GET", "/me", undefined, bearer(made))).status).toBe(200);
    expect((await withoutOld("GET", "/me", undefined, bearer(before))).status).toBe(401);
  });

  // case 84
  it("is neither made nor taken without a secret: the 503 names it", async () => {
    const { token } = (await mint({ user_id: "ada" })).body;
    const without = isolate({ CLIENT_TOKEN_SECRET: "" });
    const { status, body } = await without("POST", "/client-tokens", { user_id: "ada" }, key);
    expect([status, body.code]).toEqual([503, "client_tokens_not_configured"]);
    expect(body.detail).toContain("wrangler secret put CLIENT_TOKEN_SECRET");
    expect((await without("GET", "/me", undefined, bearer(token))).status).toBe(401);
  });

  it("confines in open development too, where nothing is asked for", async () => {
    const open = isolate(DEVELOPMENT);
    const { body } = await open("POST", "/client-tokens", { user_id: "ada" });
    const ada = bearer(body.token);
    expect((await open("GET", "/me", undefined, ada)).body).toMatchObject({ actor: "user:ada", confined: true });
    const session_id = newId();
    await open("POST", "/sessions", { session_id, user_id: "bob" });
    expect((await open("GET", `/sessions/${session_id}`, undefined, ada)).status).toBe(404);
    expect((await open("GET", `/sessions/${session_id}`)).status).toBe(200);
    expect((await open("GET", "/me", undefined, bearer(`${body.token}x`))).status).toBe(401);
    expect((await open("GET", "/me")).body).toMatchObject({ actor: "development", confined: false });
  });
});

describe("GET /me", () => {
  it("says who any credential is, and what it may do", async () => {
    const me = async (headers: Record<string, string>) => (await call("GET", "/me", undefined, headers)).body;
    expect(await me(key)).toEqual({
      actor: "security_key",
      user_id: null,
      confined: false,
      admin: true,
      scopes: ["agent_os:admin"],
      expires_at: null,
    });
    const exp = secondsNow() + 100;
    expect(await me(bearer(await tokenFor("ada", { scopes: ["agents:run"], exp })))).toEqual({
      actor: "user:ada",
      user_id: "ada",
      confined: true,
      admin: false,
      scopes: ["agents:run"],
      expires_at: exp,
    });
    const staff = await me(bearer(await tokenFor("eve", { scopes: ["users:act"] })));
    expect([staff.user_id, staff.confined]).toEqual(["eve", false]);
    expect((await call("GET", "/me")).status).toBe(401);
  });

  it("says that the admin scope is all, whatever the deployment calls it", async () => {
    const named = isolate({ JWT_ADMIN_SCOPE: "root" });
    const me = async (token: string) => (await named("GET", "/me", undefined, bearer(token))).body;
    expect(await me(await tokenFor("eve", { scopes: ["root"] }))).toMatchObject({ admin: true, scopes: ["root"] });
    const foreign = await me(await tokenFor("ada", { scopes: ["agent_os:admin"] }));
    expect(foreign).toMatchObject({ admin: false, confined: true });
  });
});

describe("the old security key", () => {
  // case 93
  it("is taken beside the new one, in any order of deploys", async () => {
    const [old, next] = ["the-key-of-before", "the-key-from-now-on"];
    const sessions = async (vars: object, shown: string) =>
      (await isolate({ ...vars })("GET", "/sessions", undefined, bearer(shown))).status;
    const before = { OS_SECURITY_KEY: old };
    const during = { OS_SECURITY_KEY: next, OS_SECURITY_KEY_OLD: old };
    const after = { OS_SECURITY_KEY: next };
    expect([await sessions(before, old), await sessions(before, next)]).toEqual([200, 401]);
    expect([await sessions(during, old), await sessions(during, next)]).toEqual([200, 200]);
    expect([await sessions(after, old), await sessions(after, next)]).toEqual([401, 200]);
    // A deployment that has gone over to tokens, and forgot the old key.
    const forgotten = { OS_SECURITY_KEY: "", OS_SECURITY_KEY_OLD: old };
    expect(await sessions(forgotten, old)).toBe(401);
  });
});
