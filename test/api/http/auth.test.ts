import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { defineRoute, json, newRouter, type Router } from "../../../src/api/shared/route.ts";
import { principalOf, unlimited } from "../../../src/domain/principal.ts";
import { principal } from "../../../src/http/auth.ts";
import { deployed, KEY, smallApp, withKey } from "../../support/small-app.ts";

const who = defineRoute({
  method: "get",
  path: "/who",
  operationId: "who",
  user: "caller",
  scope: "credential",
  summary: "",
  description: "",
  tags: [],
  responses: { 200: json(z.unknown(), "Who asks") },
});

function whoRouter(): Router {
  const router = newRouter();
  router.openapi(who, (c) => c.json(principal(c), 200));
  return router;
}

const app = (vars: Record<string, unknown>) => smallApp({ vars, routers: [whoRouter()] });
const send = (vars: Record<string, unknown>, path: string, authorization?: string) =>
  app(vars).request(path, authorization === undefined ? {} : { headers: { Authorization: authorization } });

describe("a deployment with its key", () => {
  it.each([["/"], ["/health"], ["/info"], ["/docs"], ["/openapi.json"], ["/health/"]])(
    "answers %s without it",
    async (path) => {
      expect((await send(deployed, path)).status).toBe(200);
    },
  );

  it("asks for the key everywhere else, also where nothing is", async () => {
    for (const path of ["/agents", "/config", "/who", "/sessions", "/nowhere"]) {
      const answer = await send(deployed, path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.json()).toMatchObject({ detail: "Authorization header required", code: "unauthorized" });
      expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
    }
  });

  it.each([[`Bearer ${KEY}`], [`bearer ${KEY}`], [`BEARER  ${KEY}`], [KEY]])(
    "takes the key as '%s'",
    async (header) => {
      expect((await send(deployed, "/who", header)).status).toBe(200);
    },
  );

  it.each([
    ["a wrong key", "Bearer correct-hors"],
    ["a longer key", `Bearer ${KEY}x`],
    ["no key at all", "Bearer"],
    ["Basic", `Basic ${KEY}`],
    ["Basic in base64", `Basic ${btoa(`user:${KEY}`)}`],
  ])("refuses %s", async (_name, header) => {
    const answer = await send(deployed, "/who", header);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ detail: "Invalid authentication token" });
  });

  it("knows its caller by the key, speaking for the user it names", async () => {
    const answers = await Promise.all(
      ["/who", "/who?user_id=ada"].map((path) => send(deployed, path, `Bearer ${KEY}`)),
    );
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
      principalOf(unlimited("security_key"), null),
      principalOf(unlimited("security_key"), "ada"),
    ]);
  });

  it("says in /info that a key is needed", async () => {
    expect(await (await send(deployed, "/info")).json()).toMatchObject({ auth_mode: "security_key" });
  });
});

describe("a deployment without its key", () => {
  it.each([["/health"], ["/info"], ["/health/"], ["/info/"]])("still answers %s", async (path) => {
    expect((await send({}, path)).status).toBe(200);
  });

  it.each([["/"], ["/agents"], ["/docs"], ["/openapi.json"], ["/who"], ["/nowhere"]])(
    "answers %s with the name of the missing secret, whatever is shown",
    async (path) => {
      for (const authorization of [undefined, "Bearer anything"]) {
        const answer = await send({}, path, authorization);
        expect(answer.status).toBe(503);
        const { detail, code } = await answer.json<{ detail: string; code: string }>();
        expect(code).toBe("security_key_not_configured");
        expect(detail).toContain("OS_SECURITY_KEY");
        expect(detail).toContain("npm start");
      }
    },
  );

  it("counts an empty key as none", async () => {
    expect((await send({ OS_SECURITY_KEY: " " }, "/who", "Bearer ")).status).toBe(503);
  });

  it("lets OPTIONS pass", async () => {
    const headers = { Origin: "https://app.example.com", "Access-Control-Request-Method": "GET" };
    const vars = { CORS_ORIGINS: "https://app.example.com" };
    expect((await app(vars).request("/who", { method: "OPTIONS", headers })).status).toBe(200);
  });
});

describe("development", () => {
  it("needs no key", async () => {
    const answer = await send({ MODE: "development" }, "/who?user_id=ada");
    expect(await answer.json()).toEqual(principalOf(unlimited("development"), "ada"));
    expect(await (await send({ MODE: "development" }, "/info")).json()).toMatchObject({ auth_mode: "none" });
  });

  it("asks for the key when one is set", async () => {
    const vars = { MODE: "development", ...deployed };
    expect((await send(vars, "/who")).status).toBe(401);
    expect((await app(vars).request("/who", { headers: withKey() })).status).toBe(200);
  });
});
