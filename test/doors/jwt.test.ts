import { describe, expect, it } from "vitest";
import { bearer, type Claims, rawToken, scriptIssuer, secondsNow, sign } from "../support/credentials.ts";
import { ISSUER } from "../support/doors-deployment.ts";
import { call, newId } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";
import { IDP, NOBODY, refused, SECRET, said, whoApp } from "../support/who.ts";

// Whose JWTs are taken, where they stand, and when.

scriptModel();
const idp = scriptIssuer();
/** What an app with these variables says of a token of the issuer with these claims. */
const ofClaims = async (claims: Claims, vars: Record<string, unknown> = {}) =>
  whoApp({ ...IDP, ...vars }).show(await idp.tokenFor("ada", claims));

describe("identity providers", () => {
  it("such as Clerk: no aud, an azp, a minute to live; its user reads its sessions (case 1)", async () => {
    const ada = bearer(
      await idp.tokenFor("user_2ada", { azp: "https://app.example.com", exp: secondsNow() + 60, sid: "s" }),
    );
    const session_id = newId();
    expect((await call("POST", "/sessions", { session_id }, ada)).status).toBe(201);
    expect((await call("GET", "/sessions", undefined, ada)).body.data).toMatchObject([{ session_id }]);
    const bob = bearer(await idp.tokenFor("user_2bob"));
    expect((await call("GET", "/sessions", undefined, bob)).body.data).toEqual([]);
  });

  it("such as Auth0: a list of audiences, and scopes as one text (case 2)", async () => {
    const vars = { JWT_AUDIENCE: "https://api.example.com", JWT_SCOPES_CLAIM: "scope" };
    const claims = {
      sub: "auth0|ada",
      aud: ["https://api.example.com", `${ISSUER}/userinfo`],
      scope: "openid profile sessions:read",
    };
    expect((await ofClaims(claims, vars)).body.credential).toMatchObject({
      caller: "user",
      subject: "auth0|ada",
      scopes: ["openid", "profile", "sessions:read"],
    });
  });

  it("such as Supabase: the login's session_id does not steer the run's session (case 4)", async () => {
    const login = newId();
    const token = await idp.tokenFor("ada", { session_id: login, role: "authenticated" });
    const session_id = newId();
    const answer = await call(
      "POST",
      "/agents/assistant/runs",
      { message: "Hi", stream: false, session_id },
      bearer(token),
    );
    expect([answer.status, answer.body.session_id]).toEqual([200, session_id]);
    expect((await whoApp(IDP).show(token)).body.credential.sessionId).toBeNull();
    const steered = await whoApp({ ...IDP, JWT_SESSION_ID_CLAIM: "session_id" }).show(token);
    expect(steered.body.credential.sessionId).toBe(login);
  });

  it("such as Supabase: its public key for pages says no user, and is refused (case 29)", async () => {
    const anon = await sign({ iss: "supabase", ref: "x", role: "anon", iat: 1, exp: secondsNow() + 60 });
    expect(said(await whoApp(SECRET).show(anon))).toEqual(NOBODY);
  });

  it("such as Cloudflare Access: the token stands in a header of its own", async () => {
    const { ask } = whoApp({ ...IDP, ...SECRET, JWT_HEADER: "Cf-Access-Jwt-Assertion", OS_SECURITY_KEY: "the-key" });
    const token = await idp.tokenFor("ada");
    expect((await ask({ "Cf-Access-Jwt-Assertion": token })).body.credential.subject).toBe("ada");
    const both = await ask({ "Cf-Access-Jwt-Assertion": token, Authorization: "Bearer the-key" });
    expect(both.body.credential.caller).toBe("security_key");
    // Keys are read from Authorization only, JWTs then from the other header only, and nothing is tried behind a failure.
    expect(said(await ask({ "Cf-Access-Jwt-Assertion": "the-key" }))).toEqual(
      refused("Invalid token: Not enough segments"),
    );
    for (const Authorization of [`Bearer ${token}`, "Bearer wrong"]) {
      const answer = await ask({ "Cf-Access-Jwt-Assertion": token, Authorization });
      expect(said(answer)).toEqual(refused("Invalid authentication token"));
    }
  });
});

describe("such as Firebase", () => {
  const url = "https://keys.test/securetoken@system.gserviceaccount.com";
  const firebase = scriptIssuer("https://securetoken.google.com/project", url);

  it("its keys stand at a URL of their own, the project is the audience (case 3)", async () => {
    const { show } = whoApp({ JWT_ISSUER: firebase.issuer, JWT_JWKS_URL: url, JWT_AUDIENCE: "project" });
    const told = await show(await firebase.tokenFor("uid", { aud: "project", auth_time: 1, firebase: {} }));
    expect([told.status, told.body.credential?.subject]).toEqual([200, "uid"]);
    expect(firebase.reads.map((one) => one.url)).toEqual([url]);
  });
});

describe("what is shown", () => {
  const both = () => whoApp({ ...IDP, OS_SECURITY_KEY: "the-key" });

  it("is missing: no header, or one with nothing in it (cases 5 and 6)", async () => {
    for (const headers of [{}, { Authorization: "" }, { Authorization: "Bearer " }] as Record<string, string>[]) {
      expect(said(await both().ask(headers))).toEqual([401, "Authorization header missing", "Bearer"]);
    }
  });

  it.each([
    ["Basic YWRhOnB3", "Not enough segments"],
    ["Bearer garbage", "Not enough segments"],
    ["Bearer a.b", "Not enough segments"],
    ["Bearer .", "Not enough segments"],
    ["Bearer ..", "Invalid header string: Expecting value: line 1 column 1 (char 0)"],
    ["Bearer abcde.e30.c2ln", "Invalid header padding"],
    ["Bearer a+b/.e30.c2ln", "Invalid header padding"],
    ["Bearer bm8ganNvbg.e30.c2ln", "Invalid header string: Expecting value: line 1 column 1 (char 0)"],
    ["Bearer Ingi.e30.c2ln", "Invalid header string: must be a json object"],
    ["Bearer bnVsbA.e30.c2ln", "Invalid header string: must be a json object"],
    ["Bearer e30.e30.c2ln", "Algorithm not specified"],
    ["Bearer eyJhbGciOiJSUzI1NiJ9.abcde.c2ln", "Invalid payload padding"],
    ["Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln.c2ln", "Invalid payload padding"],
    ["Bearer eyJhbGciOiJSUzI1NiJ9.e30.abcde", "Invalid crypto padding"],
  ])("is no token: %s (cases 7 and 8)", async (Authorization, reason) => {
    expect(said(await both().ask({ Authorization }))).toEqual(refused(`Invalid token: ${reason}`));
  });

  it("is more than one (case 26)", async () => {
    const twice = new Headers({ Authorization: `Bearer ${await idp.tokenFor("ada")}` });
    twice.append("Authorization", `Bearer ${await idp.tokenFor("bob")}`);
    expect(said(await both().ask(twice))).toEqual(refused("Ambiguous Authorization header"));
    const bare = { Authorization: `${await idp.tokenFor("ada")}, ${await idp.tokenFor("bob")}` };
    expect(said(await both().ask(bare))).toEqual(refused("Ambiguous Authorization header"));
    expect((await whoApp({ OS_SECURITY_KEY: "a, b" }).show("a, b")).status).toBe(200);
  });

  it("is the key, beside the tokens; a form is told by the text alone", async () => {
    expect((await both().show("the-key")).body.credential.caller).toBe("security_key");
    expect(said(await both().show("es_ct_x"))).toEqual(refused("Invalid token: Not enough segments"));
    expect((await both().show("es_pat_x")).status).toBe(401);
    expect(said(await whoApp({ OS_SECURITY_KEY: "the-key" }).show(await idp.tokenFor("ada")))).toEqual(
      refused("Invalid authentication token"),
    );
  });

  it("is too long to be read (case 25)", async () => {
    const long = await idp.tokenFor("ada", { long: "x".repeat(17_000) });
    expect(said(await both().show(long))).toEqual(refused("Invalid token: Token is too long"));
    expect((await both().show(await idp.tokenFor("ada", { long: "x".repeat(11_000) }))).status).toBe(200);
  });

  it("is a token in the query, which is never read (case 72)", async () => {
    const told = await both().ask({}, "GET", `/who?access_token=${await idp.tokenFor("ada")}`);
    expect(said(told)).toEqual([401, "Authorization header missing", "Bearer"]);
  });
});

describe("time", () => {
  const NOW = 1_800_000_000_000;
  const at = async (claims: Claims) =>
    said(await whoApp(IDP, () => NOW).show(await idp.tokenFor("ada", { iat: 1, ...claims })));
  const seconds = (from: number) => NOW / 1000 + from;
  const EXPIRED = refused("Token has expired");

  it("is over ten seconds after exp (case 9)", async () => {
    expect(await at({ exp: seconds(-11) })).toEqual(EXPIRED);
    expect(await at({ exp: seconds(-10) })).toEqual(EXPIRED);
    expect((await at({ exp: seconds(-9) }))[0]).toBe(200);
    expect((await at({ exp: seconds(-9.5) }))[0]).toBe(200);
  });

  it("must end: exp is a finite number (cases 10 and 11)", async () => {
    expect(await at({ exp: undefined })).toEqual(refused('Invalid token: Token is missing the "exp" claim'));
    const noInteger = refused("Invalid token: Expiration Time claim (exp) must be an integer.");
    for (const exp of ["9999999999", null, {}, [], true]) expect(await at({ exp })).toEqual(noInteger);
    const [pair] = idp.keys;
    if (pair === undefined) throw new Error("no key");
    for (const exp of ["1e999", "-1e999"]) {
      const payload = `{"iss":"${ISSUER}","sub":"ada","exp":${exp}}`;
      const token = await rawToken({ alg: "RS256", kid: pair.kid }, payload, pair.privateKey);
      expect(said(await whoApp(IDP, () => NOW).show(token))).toEqual(EXPIRED);
    }
  });

  it("has come: nbf and iat are no more than ten seconds ahead (case 12)", async () => {
    const exp = seconds(60);
    expect((await at({ exp, nbf: seconds(10), iat: seconds(10) }))[0]).toBe(200);
    expect(await at({ exp, nbf: seconds(11) })).toEqual(refused("Invalid token: The token is not yet valid (nbf)"));
    expect(await at({ exp, iat: seconds(11) })).toEqual(refused("Invalid token: The token is not yet valid (iat)"));
    expect(await at({ exp, nbf: "soon" })).toEqual(
      refused("Invalid token: Not Before claim (nbf) must be an integer."),
    );
    expect(await at({ exp, iat: null })).toEqual(refused("Invalid token: Issued At claim (iat) must be an integer."));
  });

  it("of an end beyond all dates is the last date", async () => {
    const token = await idp.tokenFor("ada", { exp: 1e300 });
    expect((await whoApp(IDP).show(token)).body.credential.expiresAt).toBe(8_640_000_000_000_000);
  });
});
