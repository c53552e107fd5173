import { exportSPKI } from "jose";
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
import { CLIENT_TOKEN_SECRET, ISSUER } from "../support/doors-deployment.ts";
import { call } from "../support/http.ts";
import { ALGORITHM, IDP, refused, SECRET, SIGNATURE, said, whoApp } from "../support/who.ts";

// Whose key verifies a token, and what is no signature.

const idp = scriptIssuer();

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
    const withHeader = (header: Claims) => whoApp(IDP).show(`${part(JSON.stringify(header))}.${payload}.${signature}`);
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
