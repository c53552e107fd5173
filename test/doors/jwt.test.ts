import { exportSPKI, type JWK } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import {
  bearer,
  type Claims,
  type KeyPair,
  keyPair,
  part,
  rawToken,
  scriptIssuer,
  secondsNow,
  sign,
  signWith,
  tokenFor,
} from "../support/credentials.ts";
import { CLIENT_TOKEN_SECRET, ISSUER, VERIFICATION_SECRET } from "../support/doors-deployment.ts";
import { call, newId, run } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";
import { type Told, whoApp } from "../support/who.ts";

// Which JWTs are taken, as whom, and what is said of those that are not.

scriptModel();
const idp = scriptIssuer();
const IDP = { JWT_ISSUER: ISSUER };
const SECRET = { JWT_VERIFICATION_KEY: VERIFICATION_SECRET, JWT_ALGORITHM: "HS256" };
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

const said = ({ status, body, headers }: Told) => [status, body.detail, headers.get("WWW-Authenticate")];
const INVALID = 'Bearer error="invalid_token"';
const refused = (detail: string) => [401, detail, INVALID];
const SIGNATURE = refused("Invalid token: Signature verification failed");
const ALGORITHM = refused("Invalid token: The specified alg value is not allowed");
const AUDIENCE = refused("Invalid token audience - token not valid for this AgentOS instance");
const NOBODY = [403, "Authenticated request is missing a user identity", null];

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
    expect(said(await both().show("es_ct_x"))).toEqual(refused("Invalid authentication token"));
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

describe("signatures", () => {
  let pairs: KeyPair[];
  beforeAll(async () => {
    pairs = [await keyPair("ES256", "e1"), await keyPair("EdDSA", "d1")];
  });
  const idpToken = (pair: KeyPair, header: Claims = {}) => signWith(pair, idp.claimsOf("ada"), header);

  it("of RS256, ES256 and EdDSA are verified", async () => {
    const { show } = whoApp(IDP);
    idp.keys.push(...pairs);
    for (const pair of idp.keys) expect((await show(await idpToken(pair))).body.credential?.subject).toBe("ada");
  });

  it("are needed: alg none (case 13)", async () => {
    const [, payload] = (await idp.tokenFor("ada")).split(".");
    for (const alg of ["none", "None", "NONE", "nOnE"]) {
      expect(said(await whoApp(IDP).show(`${part(JSON.stringify({ alg }))}.${payload}.`))).toEqual(ALGORITHM);
    }
    const [head] = (await idp.tokenFor("ada")).split(".");
    expect(said(await whoApp(IDP).show(`${head}.${payload}.`))).toEqual(SIGNATURE);
  });

  it("of a secret never count for the issuer: HS256 with what everybody can read of its keys (case 14)", async () => {
    const [pair] = idp.keys;
    if (pair === undefined) throw new Error("no key");
    const texts = [await exportSPKI(pair.publicKey), JSON.stringify({ keys: [pair.jwk] }), JSON.stringify(pair.jwk)];
    for (const text of texts) {
      const header = { alg: "HS256", kid: pair.kid };
      const token = await sign(idp.claimsOf("ada"), new TextEncoder().encode(text), header);
      expect(said(await whoApp(IDP).show(token))).toEqual(ALGORITHM);
      const pem = await sign({ sub: "ada", exp: secondsNow() + 60 }, new TextEncoder().encode(text), header);
      const own = whoApp({ JWT_VERIFICATION_KEY: await exportSPKI(pair.publicKey) });
      expect(said(await own.show(pem))).toEqual(ALGORITHM);
    }
  });

  it("are of an algorithm that the deployment lists (case 15)", async () => {
    const [elliptic] = pairs as [KeyPair];
    idp.keys.push(elliptic);
    const { show } = whoApp({ ...IDP, JWT_ALGORITHMS: "RS256" });
    expect(said(await show(await idpToken(elliptic)))).toEqual(ALGORITHM);
  });

  it("are verified with listed keys only: jwk, jku, x5u and x5c in a header say nothing (case 16)", async () => {
    const mallory = await keyPair("RS256", "k1");
    const header = { jwk: mallory.jwk, jku: "https://evil.test/keys", x5u: "https://evil.test/cert", x5c: ["MII"] };
    for (const kid of ["k1", "ghost", "../../etc/passwd", "' OR 1=1 --", ""]) {
      expect(said(await whoApp(IDP).show(await idpToken(mallory, { ...header, kid })))).toEqual(SIGNATURE);
    }
    expect(idp.reads.map(({ url }) => url).filter((url) => !url.startsWith(ISSUER))).toEqual([]);
  });

  it("are refused with what the header says must be heeded, or a kid that is no text (case 17)", async () => {
    const [pair] = idp.keys as [KeyPair];
    const [, payload, signature] = (await idpToken(pair)).split(".");
    const withHeader = (header: Claims) =>
      whoApp(IDP).show(`${part(JSON.stringify(header))}.${payload}.${signature}`);
    const alg = "RS256";
    const critical = (name: string) => refused(`Invalid token: Unsupported critical extension: ${name}`);
    expect(said(await withHeader({ alg, crit: ["x"], x: 1 }))).toEqual(critical("x"));
    expect(said(await withHeader({ alg, crit: ["b64"], b64: false }))).toEqual(critical("b64"));
    for (const crit of [[], null, "x", {}]) expect(said(await withHeader({ alg, crit }))).toEqual(critical(""));
    for (const kid of [7, null, {}, ["k1"]]) {
      const told = await withHeader({ alg, kid });
      expect(said(told)).toEqual(refused("Invalid token: Key ID header parameter must be a string"));
    }
    for (const other of [7, null, {}, ["RS256"], ""]) {
      expect(said(await withHeader({ alg: other }))).toEqual(refused("Invalid token: Algorithm not specified"));
    }
    expect(said(await withHeader({ alg: "toString" }))).toEqual(ALGORITHM);
    expect(said(await withHeader({ alg, b64: false }))).toEqual(SIGNATURE);
  });

  it("hold for what was signed only (case 18)", async () => {
    const [head, , signature] = (await idp.tokenFor("ada")).split(".");
    const [, payload] = (await idp.tokenFor("bob")).split(".");
    expect(said(await whoApp(IDP).show(`${head}.${payload}.${signature}`))).toEqual(SIGNATURE);
  });

  it("of tokens without kid are verified with the only key that fits; with several, none (case 30)", async () => {
    const [pair] = idp.keys as [KeyPair];
    const token = await signWith(pair, idp.claimsOf("ada"), { kid: undefined });
    expect((await whoApp(IDP).show(token)).status).toBe(200);
    await idp.add("k2");
    expect(said(await whoApp(IDP).show(token))).toEqual(SIGNATURE);
  });

  it("of a payload that is no object are none of a user", async () => {
    const [pair] = idp.keys as [KeyPair];
    const own = { JWT_VERIFICATION_KEY: await exportSPKI(pair.publicKey) };
    const text = "Invalid token: Invalid payload string: ";
    for (const [payload, reason] of [
      ["nonsense", "Expecting value: line 1 column 1 (char 0)"],
      ["[]", "must be a json object"],
      ['"x"', "must be a json object"],
      ["null", "must be a json object"],
    ] as const) {
      const token = await rawToken({ alg: "RS256" }, payload, pair.privateKey);
      expect(said(await whoApp(own).show(token))).toEqual(refused(text + reason));
      const missing =
        'Token is missing the "iss" claim. Issuer verification requires this claim to be present in the token.';
      expect(said(await whoApp(IDP).show(token))).toEqual(refused(`Invalid token: ${missing}`));
    }
  });
});

describe("the deployment's own keys", () => {
  it("are several PEMs, each tried; a kid says nothing", async () => {
    const [one, two] = [await keyPair("ES256", "a"), await keyPair("ES256", "b")];
    const pems = [await exportSPKI(one.publicKey), await exportSPKI(two.publicKey)];
    const claims = { sub: "ada", exp: secondsNow() + 60 };
    for (const text of [pems.join("\n"), pems.join("").replaceAll("\n", "\\n")]) {
      const { show } = whoApp({ JWT_VERIFICATION_KEY: text, JWT_ALGORITHM: "ES256" });
      expect((await show(await signWith(one, claims))).status).toBe(200);
      expect((await show(await signWith(two, claims, { kid: "ghost" }))).status).toBe(200);
      expect(said(await show(await signWith(await keyPair("ES256", "a"), claims)))).toEqual(SIGNATURE);
    }
  });

  // case 114
  it("that cannot be keys are a wrong variable, for every request", async () => {
    const wrong = "-----BEGIN PUBLIC KEY-----\ns3cret\n-----END PUBLIC KEY-----";
    const weak = await crypto.subtle.generateKey(
      { name: "RSASSA-PKCS1-v1_5", modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    );
    const { publicKey } = weak as CryptoKeyPair;
    const elliptic = await exportSPKI((await keyPair("ES256", "a")).publicKey);
    for (const text of [wrong, await exportSPKI(publicKey), elliptic, `${elliptic}\ns3cret`]) {
      const { ask, request } = whoApp({ JWT_VERIFICATION_KEY: text, OS_SECURITY_KEY: "the-key" });
      for (const answer of [await ask({ Authorization: "Bearer the-key" }), await ask()]) {
        expect([answer.status, answer.body.code]).toEqual([500, "internal"]);
        expect(answer.body.detail).toContain("JWT_VERIFICATION_KEY must be public keys for RS256");
        expect(answer.body.detail).not.toContain("s3cret");
      }
      expect((await request("/health")).status).toBe(500);
    }
  });

  it("verify no token of the issuer, and the issuer's no token of others (case 28)", async () => {
    const [pair] = idp.keys as [KeyPair];
    const { show } = whoApp({ ...IDP, JWT_VERIFICATION_KEY: await exportSPKI(pair.publicKey) });
    const other = await keyPair("RS256", "k1");
    const foreign = whoApp({ ...IDP, JWT_VERIFICATION_KEY: await exportSPKI(other.publicKey) });
    // Signed by the deployment's own key, as if it were the issuer's; and the reverse.
    expect(said(await foreign.show(await signWith(other, idp.claimsOf("ada"))))).toEqual(SIGNATURE);
    const claims = { sub: "ada", exp: secondsNow() + 60 };
    for (const iss of [undefined, "https://other.test", `${ISSUER}/`, [ISSUER], null]) {
      expect(said(await foreign.show(await signWith(pair, { ...claims, iss })))).toEqual(SIGNATURE);
      expect((await show(await signWith(pair, { ...claims, iss }))).status).toBe(200);
    }
    const mixed = whoApp({ ...IDP, ...SECRET });
    expect(said(await mixed.show(await sign(idp.claimsOf("ada"))))).toEqual(ALGORITHM);
    expect((await mixed.show(await tokenFor("ada"))).status).toBe(200);
  });

  it("verify no client token: without its prefix it is a JWT that nobody signed (case 27)", async () => {
    const claims = { iss: "edge-sessions", aud: "edge-sessions", sub: "ada", exp: secondsNow() + 60 };
    const token = await sign(claims, new TextEncoder().encode(CLIENT_TOKEN_SECRET));
    const { status, body } = await call("GET", "/sessions", undefined, bearer(token));
    expect([status, body.detail]).toEqual([401, "Invalid token: Signature verification failed"]);
    const onlyIdp = await whoApp({ ...IDP, CLIENT_TOKEN_SECRET }).show(token);
    const reason = `Invalid token: Invalid issuer. Expected: ${ISSUER}, got: edge-sessions`;
    expect(said(onlyIdp)).toEqual(refused(reason));
  });
});

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

  it.each([[7], [["ada"]], [{}], [true], [0], [false]])("is a text: sub %j", async (sub) => {
    expect(said(await ofClaims({ sub }))).toEqual(refused("Invalid token: Subject must be a string"));
  });

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

describe("the open deployment, and development", () => {
  it("a deployment without key and JWT door answers nobody (case 113)", async () => {
    const { ask, show } = whoApp({ CLIENT_TOKEN_SECRET });
    for (const told of [await ask(), await show(await tokenFor("ada"))]) {
      expect([told.status, told.body.code]).toEqual([503, "security_key_not_configured"]);
    }
  });

  it("development stays open without a door, whatever is shown but this server's own tokens; with one it asks", async () => {
    const open = whoApp({ MODE: "development" });
    for (const told of [await open.ask(), await open.show("anything"), await open.show(await tokenFor("ada"))]) {
      expect(told.body.credential.caller).toBe("development");
    }
    expect((await open.show("es_ct_x")).status).toBe(401);
    const closed = whoApp({ MODE: "development", ...SECRET });
    expect(said(await closed.ask())).toEqual([401, "Authorization header missing", "Bearer"]);
    expect((await closed.show(await tokenFor("ada"))).status).toBe(200);
  });

  it("/info says how to come in, and is open also with a bad token (case 110)", async () => {
    const info = async (vars: Record<string, unknown>) => {
      const answer = await whoApp(vars).request("/info", { headers: { Authorization: "Bearer garbage" } });
      const { auth_mode, user_isolation } = await answer.json<Record<string, unknown>>();
      return [answer.status, auth_mode, user_isolation];
    };
    expect(await info(IDP)).toEqual([200, "jwt", true]);
    expect(await info({ ...SECRET, OS_SECURITY_KEY: "the-key" })).toEqual([200, "jwt", true]);
    expect(await info({ OS_SECURITY_KEY: "the-key" })).toEqual([200, "security_key", false]);
    expect(await info({ MODE: "development" })).toEqual([200, "none", false]);
    expect(await info({})).toEqual([200, "security_key", false]);
  });

  it("an unknown path is 401 without a credential, 404 with one", async () => {
    expect((await call("GET", "/nothing-here")).status).toBe(401);
    expect((await call("GET", "/nothing-here", undefined, bearer(await tokenFor("ada")))).status).toBe(404);
  });

  it("keys that stand in a variable are used without a read", async () => {
    const [pair] = idp.keys as [KeyPair];
    const jwk: JWK = pair.jwk;
    const { show } = whoApp({ JWT_ISSUER: "idp", JWT_JWKS: JSON.stringify({ keys: [jwk] }) });
    expect((await show(await signWith(pair, { ...idp.claimsOf("ada"), iss: "idp" }))).status).toBe(200);
    const ghost = await signWith(pair, { ...idp.claimsOf("ada"), iss: "idp" }, { kid: "ghost" });
    expect(said(await show(ghost))).toEqual(SIGNATURE);
    expect(idp.reads).toEqual([]);
  });
});
