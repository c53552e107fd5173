import { HTTPException } from "hono/http-exception";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newRouter, type Router } from "../../../src/api/shared/route.ts";
import { AppError, badRequest, queueFull, runActive } from "../../../src/domain/error.ts";
import { fail } from "../../../src/domain/outcome.ts";
import { unwrap } from "../../../src/http/errors.ts";
import { routeScope } from "../../../src/http/scope.ts";
import { deployed, smallApp, withKey } from "../../support/small-app.ts";

class DrizzleQueryError extends Error {
  override name = "DrizzleQueryError";
}

function failingRouter(): Router {
  const router = newRouter();
  router.get("/bug", routeScope("credential"), () => {
    throw new DrizzleQueryError("insert into messages … params: my secret prompt");
  });
  router.get("/type-bug", routeScope("credential"), () => {
    throw new TypeError("Cannot read properties of undefined");
  });
  router.get("/full", routeScope("credential"), () => unwrap(fail(queueFull(32))));
  router.get("/active", routeScope("credential"), () => unwrap(fail(runActive("run-1"))));
  router.get("/active-abroad", routeScope("credential"), () => unwrap(fail(runActive("løb 100%"))));
  router.get("/refused", routeScope("credential"), () => {
    throw new AppError(badRequest("Nothing to do"));
  });
  router.get("/hono", routeScope("credential"), () => {
    throw new HTTPException(415, { message: "Unsupported Media Type" });
  });
  router.get("/hono-bug", routeScope("credential"), () => {
    throw new HTTPException(500, { message: "my secret prompt" });
  });
  router.get("/stream", routeScope("credential"), () => new Response("data: {}\n\n"));
  router.post("/things/:id", routeScope("credential"), (c) => c.json({ id: c.req.param("id") }));
  return router;
}

/** A router with a fixed path (`/things/all`) beside one with a parameter (`/things/:id`). Both match `/things/all`. */
function besideRouter(): Router {
  const router = newRouter();
  router.get("/things/:id", routeScope("credential"), (c) => c.json({ id: c.req.param("id") }));
  router.post("/things/:id", routeScope("credential"), (c) => c.json({ id: c.req.param("id") }));
  router.post("/things/all", routeScope("credential"), (c) => c.json({}));
  return router;
}

const { request } = smallApp({ routers: [failingRouter()] });
afterEach(() => vi.restoreAllMocks());

/** Keeps the log off the console and collects its lines. */
function logLines(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const keep = (line: string) => void lines.push(JSON.parse(line));
  vi.spyOn(console, "error").mockImplementation(keep);
  vi.spyOn(console, "warn").mockImplementation(keep);
  return lines;
}

describe("the envelope of errors", () => {
  it("has AgentOS's detail, a code and the request's id", async () => {
    const answer = await request("/refused", { headers: { "X-Request-Id": "req-1" } });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ detail: "Nothing to do", code: "bad_request", request_id: "req-1" });
  });

  it("says in headers when to come back and which run it is about", async () => {
    const full = await request("/full");
    expect([full.status, full.headers.get("Retry-After")]).toEqual([429, "5"]);
    const active = await request("/active");
    expect([active.status, active.headers.get("X-Run-Id")]).toEqual([409, "run-1"]);
    const abroad = await request("/active-abroad");
    expect([abroad.status, abroad.headers.get("X-Run-Id")]).toEqual([409, encodeURIComponent("løb 100%")]);
  });

  it("is the same for what the framework refuses", async () => {
    const answer = await request("/hono");
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ detail: "Unsupported Media Type", code: "bad_request" });
  });
});

describe("an error that nobody expected", () => {
  it.each([["/bug"], ["/hono-bug"]])(
    "is a 500 that tells the caller of %s nothing, and one log line without data",
    async (path) => {
      const lines = logLines();
      const answer = await request(path, { headers: { "X-Request-Id": "req-2" } });
      expect(answer.status).toBe(500);
      expect(await answer.json()).toEqual({ detail: "Internal Server Error", code: "internal", request_id: "req-2" });
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({
        level: "error",
        event: "request.failed",
        request_id: "req-2",
        method: "GET",
        route: path,
      });
      expect(JSON.stringify(lines)).not.toContain("secret");
    },
  );

  it("is logged with its message when the language wrote it, and never with a stack", async () => {
    const lines = logLines();
    await request("/type-bug?user_id=zoe.quill");
    expect(lines[0]).toMatchObject({ error: "TypeError", message: "Cannot read properties of undefined" });
    expect(JSON.stringify(lines)).not.toContain("\\n");
    expect(JSON.stringify(lines)).not.toContain("quill");
  });
});

describe("an unknown route", () => {
  it.each([["/nowhere"], ["/agents/helper/nowhere"], ["/agents//"]])("is 404 Not Found: %s", async (path) => {
    const answer = await request(path);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ detail: "Not Found", code: "not_found" });
  });

  it("is 405 with the methods there are when only the method is unknown", async () => {
    const answers = [
      await request("/agents", { method: "POST" }),
      await request("/agents/helper/", { method: "DELETE" }),
      await request("/docs", { method: "PUT" }),
      await request("/agents", { method: "OPTIONS" }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
      expect(await answer.json()).toMatchObject({ detail: "Method Not Allowed", code: "method_not_allowed" });
    }
    const things = await request("/things/1");
    expect([things.status, things.headers.get("Allow")]).toEqual([405, "POST"]);
  });

  it("tells a path's own methods where a parameter beside it would fit as well", async () => {
    for (const [path, allowed] of [
      ["/things/all", "POST"],
      ["/things/all/", "POST"],
      ["/things/1", "GET, HEAD, POST"],
    ] as const) {
      const answer = await smallApp({ routers: [besideRouter()] }).request(path, { method: "OPTIONS" });
      expect([path, answer.status, answer.headers.get("Allow")]).toEqual([path, 405, allowed]);
    }
  });

  it("stays 404 when a known route finds nothing", async () => {
    const answer = await request("/agents/unknown");
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ detail: "Agent not found" });
  });
});

describe("a URL", () => {
  it("is refused with escapes that are no UTF-8, in its path and in its query", async () => {
    for (const path of ["/things/%FF", "/things/a%C3%28b", "/refused?user_id=%ff", "/nowhere/%ed%a0%80"]) {
      const answer = await request(path, { method: "POST" });
      expect([path, answer.status]).toEqual([path, 400]);
      expect(await answer.json()).toMatchObject({ code: "bad_request", detail: expect.stringContaining("UTF-8") });
    }
  });

  it("may hold percent signs, and escapes of any script", async () => {
    for (const [path, id] of [
      ["/things/50%25", "50%"],
      ["/things/50%", "50%"],
      ["/things/%C3%BC%E4%BD%A0?q=100%", "ü你"],
    ] as const) {
      const answer = await request(path, { method: "POST" });
      expect([path, await answer.json()]).toEqual([path, { id }]);
    }
  });
});

describe("every answer", () => {
  it("has a request id: the caller's when it is fit to be logged, else a new one", async () => {
    const given = await request("/health", { headers: { "X-Request-Id": "trace-1.2:3/4=5" } });
    expect(given.headers.get("X-Request-Id")).toBe("trace-1.2:3/4=5");
    for (const bad of ['"><script>', "x".repeat(129), "a b"]) {
      const answer = await request("/health", { headers: { "X-Request-Id": bad } });
      expect(answer.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("has the headers of an API with private data in it, streams and errors too", async () => {
    for (const path of ["/health", "/stream", "/nowhere", "/full"]) {
      expect(Object.fromEntries((await request(path)).headers)).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "x-request-id": expect.any(String),
      });
    }
  });

  it("asks for HTTPS in the future only where it came by HTTPS", async () => {
    const production = smallApp({ vars: deployed });
    const secure = await production.request("https://api.example.com/agents", { headers: withKey() });
    expect(secure.headers.get("Strict-Transport-Security")).toBe("max-age=15552000");
    expect((await request("/health")).headers.get("Strict-Transport-Security")).toBeNull();
  });

  it("comes without a body for HEAD", async () => {
    const answer = await request("/agents", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  });
});

describe("a deployment that is configured wrongly", () => {
  it("answers with the names of the bad variables and never their values", async () => {
    logLines();
    const vars = { ...deployed, MAX_TOOL_ROUNDS: "many-secret", OPENAI_BASE_URL: "sk-secret", MODE: "prod-secret" };
    const answer = await smallApp({ vars }).request("/health");
    expect(answer.status).toBe(500);
    const { detail, code } = await answer.json<{ detail: string; code: string }>();
    expect(code).toBe("internal");
    expect(detail).toContain("MAX_TOOL_ROUNDS must be a whole number from 1 to 1000.");
    expect(detail).toContain("OPENAI_BASE_URL must be an http or https URL.");
    expect(detail).toContain("MODE must be `development` or unset.");
    expect(detail).not.toContain("secret");
  });
});
