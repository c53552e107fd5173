import type { JWK } from "jose";
import { describe, expect, it } from "vitest";
import { bearer, type KeyPair, scriptIssuer, signWith, tokenFor } from "../support/credentials.ts";
import { CLIENT_TOKEN_SECRET } from "../support/doors-deployment.ts";
import { call } from "../support/http.ts";
import { IDP, SECRET, SIGNATURE, said, whoApp } from "../support/who.ts";

// Which deployments ask for a credential, and what they say of it.

const idp = scriptIssuer();

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
