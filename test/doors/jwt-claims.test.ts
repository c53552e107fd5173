import { describe, expect, it } from "vitest";
import { bearer, type Claims, type KeyPair, part, rawToken, scriptIssuer, secondsNow } from "../support/credentials.ts";
import { ISSUER } from "../support/doors-deployment.ts";
import { call, run } from "../support/http.ts";
import { IDP, NOBODY, refused, said, whoApp } from "../support/who.ts";

// What a token has to say, and who shows it.

const idp = scriptIssuer();
const AUDIENCE = refused("Invalid token audience - token not valid for this AgentOS instance");
const DEFAULT_SCOPES = [
  "agents:read",
  "agents:run",
  "teams:read",
  "teams:run",
  "sessions:read",
  "sessions:write",
  "sessions:delete",
  "approvals:read",
];

/** What an app with these variables says of a token of the issuer with these claims. */
const ofClaims = async (claims: Claims, vars: Record<string, unknown> = {}) =>
  whoApp({ ...IDP, ...vars }).show(await idp.tokenFor("ada", claims));

describe("audience, issuer and party", () => {
  const missing = (claim: string, what: string) =>
    refused(
      `Invalid token: Token is missing the "${claim}" claim. ${what} verification requires this claim to be present in the token.`,
    );

  it("the audience is one of the expected (cases 19 and 20)", async () => {
    const vars = { JWT_AUDIENCE: "api, other" };
    for (const aud of ["api", "other", ["x", "api"], [7, "api"]])
      expect((await ofClaims({ aud }, vars)).status).toBe(200);
    for (const aud of ["x", "", [], ["x"], 7, {}, "API", "api,other", [["api"]]]) {
      expect(said(await ofClaims({ aud }, vars))).toEqual(AUDIENCE);
    }
    expect(said(await ofClaims({}, vars))).toEqual(missing("aud", "Audience"));
    // An ID token is for the page: its audience is the page's client id.
    expect(said(await ofClaims({ aud: "client-id" }, vars))).toEqual(AUDIENCE);
    expect(said(await ofClaims({ aud: "client-id" }))).toEqual(AUDIENCE);
  });

  it("without a setting the audience is the server's id, and may be left out", async () => {
    expect((await ofClaims({})).status).toBe(200);
    expect((await ofClaims({ aud: "edge-sessions" })).status).toBe(200);
    expect((await ofClaims({ aud: "mine" }, { OS_ID: "mine" })).status).toBe(200);
    expect(said(await ofClaims({ aud: "edge-sessions" }, { OS_ID: "mine" }))).toEqual(AUDIENCE);
  });

  it("what has expired is told so before its audience", async () => {
    expect(said(await ofClaims({ exp: 1 }, { JWT_AUDIENCE: "api" }))).toEqual(refused("Token has expired"));
  });

  it("the issuer is exactly that text (case 21)", async () => {
    const issuer = (got: string) => refused(`Invalid token: Invalid issuer. Expected: ${ISSUER}, got: ${got}`);
    expect(said(await ofClaims({ iss: `${ISSUER}/` }))).toEqual(issuer(`${ISSUER}/`));
    expect(said(await ofClaims({ iss: ISSUER.toUpperCase() }))).toEqual(issuer(ISSUER.toUpperCase()));
    expect(said(await ofClaims({ iss: 7 }))).toEqual(issuer("7"));
    expect(said(await ofClaims({ iss: [ISSUER] }))).toEqual(issuer(`["${ISSUER}"]`));
    expect(said(await ofClaims({ iss: undefined }))).toEqual(missing("iss", "Issuer"));
    const vars = { JWT_ISSUER: `${ISSUER}/` };
    expect((await ofClaims({ iss: `${ISSUER}/` }, vars)).status).toBe(200);
    expect(said(await ofClaims({}, vars))[0]).toBe(401);
  });

  it("an issuer that is nested too deep to be told is refused like any other", async () => {
    const payload = part(`{"iss":${"[".repeat(6_000)}${"]".repeat(6_000)}}`);
    expect((await whoApp(IDP).show(`${part('{"alg":"RS256"}')}.${payload}.`)).status).toBe(401);
  });

  it("the authorized party, if there is one, is a listed one (case 22)", async () => {
    const vars = { JWT_AUTHORIZED_PARTIES: "https://app.example.com,https://b.example.com" };
    expect((await ofClaims({ azp: "https://b.example.com" }, vars)).status).toBe(200);
    expect((await ofClaims({}, vars)).status).toBe(200);
    for (const azp of ["https://evil.example.com", "", null, ["https://app.example.com"], 7]) {
      expect(said(await ofClaims({ azp }, vars))).toEqual(refused("Invalid token: Invalid authorized party"));
    }
    expect((await ofClaims({ azp: "https://evil.example.com" })).status).toBe(200);
  });
});

describe("the user of a token", () => {
  // case 23
  it.each([[undefined], [""], [null]])("is needed: sub %j", async (sub) => {
    expect(said(await ofClaims({ sub }))).toEqual(NOBODY);
  });

  it("is needed, whatever the token may do (case 24)", async () => {
    for (const scopes of [["agent_os:admin"], []]) {
      expect(said(await ofClaims({ sub: undefined, scopes }))).toEqual(NOBODY);
    }
    const admin = bearer(await idp.tokenFor("", { scopes: ["agent_os:admin"] }));
    expect((await call("GET", "/sessions", undefined, admin)).status).toBe(403);
    expect((await run("Hi")).status).toBe(401);
  });

  // case 23
  it.each([[7], [["ada"]], [{}], [true], [0], [false]])("is a text: sub %j", async (sub) => {
    expect(said(await ofClaims({ sub }))).toEqual(refused("Invalid token: Subject must be a string"));
  });

  // case 23
  it.each([
    ["sa:x"],
    ["sa:"],
    ["__x"],
    ["__scheduler__"],
    ["u".repeat(129)],
    ["a\u0000b"],
    ["a\nb"],
    ["\ud800"],
    ["."],
    [".."],
  ])("has no name that stands for another, and none that no path can carry: %j", async (sub) => {
    expect(said(await ofClaims({ sub }))).toEqual(refused("Invalid token subject"));
  });

  it.each([["SA:x"], ["u".repeat(128)], ["auth0|a b"], ["user:ada"], ["security_key"], ["ädä"], ["_x"]])(
    "may be any other text: %j",
    async (sub) => {
      const { body } = await ofClaims({ sub });
      expect([body.credential.subject, body.principal.actor, body.principal.userId]).toEqual([sub, `user:${sub}`, sub]);
    },
  );

  it("stands in the claim that the deployment names", async () => {
    const vars = { JWT_USER_ID_CLAIM: "/app_metadata/users/0/id" };
    const claims = { app_metadata: { users: [{ id: "grace" }] } };
    expect((await ofClaims(claims, vars)).body.credential.subject).toBe("grace");
    expect(said(await ofClaims({ app_metadata: [] }, vars))).toEqual(NOBODY);
    expect(
      (await ofClaims({ "https://x/y": "eve" }, { JWT_USER_ID_CLAIM: "https://x/y" })).body.credential.subject,
    ).toBe("eve");
    for (const JWT_USER_ID_CLAIM of ["constructor", "/constructor/name", "/sub/length", "__proto__", "toString"]) {
      expect(said(await ofClaims({}, { JWT_USER_ID_CLAIM }))).toEqual(NOBODY);
    }
  });

  it("is the last of two subs, everywhere: the text is read once", async () => {
    const [pair] = idp.keys as [KeyPair];
    const payload = `{"sub":"ada","iss":"x","exp":${secondsNow() + 60},"iss":"${ISSUER}","sub":"bob"}`;
    const token = await rawToken({ alg: "RS256", kid: pair.kid }, payload, pair.privateKey);
    expect((await whoApp(IDP).show(token)).body.credential.subject).toBe("bob");
  });
});

describe("what a token says besides", () => {
  it("scopes: a list or a text; what is no such thing allows nothing; without the claim the default (cases 41 and 42)", async () => {
    const scopesOf = async (claims: Claims, vars = {}) => (await ofClaims(claims, vars)).body.credential.scopes;
    expect(await scopesOf({})).toEqual(DEFAULT_SCOPES);
    expect(await scopesOf({}, { JWT_DEFAULT_SCOPES: "sessions:read" })).toEqual(["sessions:read"]);
    expect(await scopesOf({ scopes: ["agents:run", "system:read"] })).toEqual(["agents:run", "config:read"]);
    expect(await scopesOf({ scopes: "agents:run  sessions:read" })).toEqual(["agents:run", "sessions:read"]);
    for (const scopes of [[], "", null, {}, 7, true, [7, "agents:run"]]) expect(await scopesOf({ scopes })).toEqual([]);
    expect(await scopesOf({ scopes: ["agent_os:admin"] })).toBe("all");
    expect(await scopesOf({ scopes: ["root"] }, { JWT_ADMIN_SCOPE: "root" })).toBe("all");
    expect(await scopesOf({ scopes: ["agent_os:admin"] }, { JWT_ADMIN_SCOPE: "root" })).toEqual(["agent_os:admin"]);
    expect(await scopesOf({ app_metadata: { scopes: ["x:y"] } }, { JWT_SCOPES_CLAIM: "/app_metadata/scopes" })).toEqual(
      ["x:y"],
    );
  });

  it("its id for logs: jti, or the beginning of its digest if it has none that is plain; who acts as the user (case 109)", async () => {
    const { body } = await ofClaims({ jti: "id-1", act: { sub: "staff" } });
    expect(body.credential).toMatchObject({ tokenId: "id-1", actingAs: "staff" });
    for (const jti of [undefined, 7, "a b", "x".repeat(129), "a\nb"]) {
      const told = await ofClaims({ jti, act: 7 });
      expect(told.body.credential).toMatchObject({ tokenId: expect.stringMatching(/^[0-9a-f]{12}$/), actingAs: null });
    }
  });

  it("what tools are told: the named claims, no more than 4 KB of them, and not too deep", async () => {
    const vars = { JWT_TOOL_CLAIMS: "org_id,/plan/name,gone" };
    expect((await ofClaims({ org_id: "o1", plan: { name: "pro" }, other: 1 }, vars)).body.credential.claims).toEqual({
      org_id: "o1",
      "/plan/name": "pro",
    });
    expect((await ofClaims({ other: 1 }, vars)).body.credential.claims).toBeNull();
    const deep = JSON.parse(`${"[".repeat(2_000)}${"]".repeat(2_000)}`);
    for (const org_id of ["x".repeat(4_096), deep]) {
      expect(said(await ofClaims({ org_id }, vars))).toEqual(
        refused("Invalid token: The claims for tools are larger than 4096 bytes, or too deep"),
      );
    }
    expect((await ofClaims({ deep })).status).toBe(200);
  });

  it("the session of its runs is an id, or none", async () => {
    const vars = { JWT_SESSION_ID_CLAIM: "session_id" };
    for (const session_id of [undefined, null, ""]) {
      expect((await ofClaims({ session_id }, vars)).body.credential.sessionId).toBeNull();
    }
    for (const session_id of [7, "..", "x".repeat(129), ["s"]]) {
      expect(said(await ofClaims({ session_id }, vars))).toEqual(refused("Invalid token: Invalid session id"));
    }
  });

  it("limits, or none; malformed ones are refused (case 104)", async () => {
    const limits = { concurrent_runs: 1, runs_per_day: 0, tokens_per_day: 5, max_sessions: 2 };
    const read = { concurrentRuns: 1, runsPerDay: 0, tokensPerDay: 5, maxSessions: 2 };
    expect((await ofClaims({ limits })).body.credential.limits).toEqual(read);
    expect((await ofClaims({ limits: { runs_per_day: 9 } })).body.credential.limits).toEqual({ runsPerDay: 9 });
    expect((await ofClaims({})).body.credential.limits).toBeNull();
    for (const wrong of [
      7,
      [],
      "x",
      { runs_per_day: -1 },
      { runs_per_day: "9" },
      { runs: 1 },
      { toString: 1 },
      { runs_per_day: null },
    ]) {
      const [status, detail] = said(await ofClaims({ limits: wrong }));
      expect([status, detail]).toEqual([401, expect.stringMatching(/^Invalid token: limits /)]);
    }
  });
});
