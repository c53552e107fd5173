import { describe, expect, it } from "vitest";
import { newRouter, type Router } from "../../../src/api/shared/route.ts";
import { routeScope } from "../../../src/http/scope.ts";
import { isLoopback } from "../../../src/lib/loopback.ts";
import { deployed, smallApp, withKey } from "../../support/small-app.ts";

const APP = "https://app.example.com";
const OTHER = "https://evil.example.com";
const development = { MODE: "development" };
const production = { ...deployed, CORS_ORIGINS: `${APP}, https://second.example.com/,*` };

function streamRouter(): Router {
  const router = newRouter();
  router.get(
    "/stream",
    routeScope("credential"),
    () => new Response("data: {}\n\n", { headers: { "Content-Type": "text/event-stream" } }),
  );
  router.get("/relayed", routeScope("credential"), () => Response.redirect("http://localhost/agents"));
  return router;
}

const send = (vars: Record<string, unknown>, path: string, headers: Record<string, string>, method = "GET") =>
  smallApp({ vars, routers: [streamRouter()] }).request(path, { method, headers });
const preflight = (vars: Record<string, unknown>, origin: string) =>
  send(
    vars,
    "/agents",
    {
      Origin: origin,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization, content-type",
    },
    "OPTIONS",
  );

describe("CORS", () => {
  it("lets a configured origin read answers, with credentials and our headers", async () => {
    const answer = await send(production, "/agents", withKey({ Origin: APP }));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe(APP);
    expect(answer.headers.get("Access-Control-Allow-Credentials")).toBe("true");
    expect(answer.headers.get("Access-Control-Expose-Headers")).toBe(
      "X-Run-Id, X-Session-Id, X-Session-Cache, X-Request-Id, Server-Timing, Retry-After, ETag, WWW-Authenticate, RateLimit, RateLimit-Policy",
    );
    expect(answer.headers.get("Vary")).toBe("Origin");
  });

  it("lets it read refusals, streams and relayed answers too", async () => {
    const paths = ["/agents", "/nowhere", "/stream", "/relayed"];
    for (const path of paths) {
      for (const headers of [{ Origin: APP }, withKey({ Origin: APP })]) {
        const answer = await send(production, path, headers);
        expect([path, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([path, APP]);
        expect(answer.headers.get("X-Request-Id")).not.toBeNull();
      }
    }
  });

  it("answers other origins without the header, and never with `*`", async () => {
    for (const origin of [OTHER, "*", "null", "https://app.example.com.evil.example"]) {
      const answer = await send(production, "/agents", withKey({ Origin: origin }));
      expect(answer.status).toBe(200);
      expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
    }
  });

  it("takes an origin that is configured with a slash at its end", async () => {
    const answer = await send(production, "/agents", withKey({ Origin: "https://second.example.com" }));
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBe("https://second.example.com");
  });

  it("answers a preflight without a key, mirroring the headers asked for", async () => {
    const answer = await preflight(production, APP);
    expect([answer.status, await answer.text()]).toEqual([200, "OK"]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
      "access-control-allow-headers": "authorization, content-type",
      "access-control-max-age": "600",
    });
  });

  it("refuses the preflight of another origin", async () => {
    const answer = await preflight(production, OTHER);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });

  it("allows agent-ui's origin in development only", async () => {
    expect((await preflight(development, "http://localhost:3000")).status).toBe(200);
    expect((await preflight(deployed, "http://localhost:3000")).status).toBe(400);
  });
});

describe("development without a key", () => {
  it("refuses pages from elsewhere, whatever they ask for", async () => {
    for (const path of ["/agents", "/health", "/nowhere"]) {
      const answer = await send(development, path, { Origin: OTHER });
      expect([path, answer.status]).toEqual([path, 403]);
      expect(await answer.json()).toMatchObject({ code: "forbidden" });
    }
    expect((await preflight(development, OTHER)).status).toBe(403);
    expect((await send(development, "/agents", { Origin: "null" })).status).toBe(403);
  });

  it("answers its own pages, agent-ui, configured origins, and programs", async () => {
    const vars = { ...development, CORS_ORIGINS: APP };
    for (const origin of ["http://localhost", "http://localhost:3000", APP]) {
      expect((await send(vars, "/agents", { Origin: origin })).status).toBe(200);
    }
    expect((await send(vars, "/agents", {})).status).toBe(200);
  });

  it("refuses a host that is not this machine", async () => {
    const { request } = smallApp({ vars: development });
    for (const url of [
      "http://evil.example.com/health",
      "http://192.168.1.5:8787/agents",
      "http://localhost.evil.com/",
    ]) {
      expect([url, (await request(url)).status]).toEqual([url, 403]);
    }
    for (const url of ["http://127.0.0.1:8787/agents", "http://localhost:8787/agents", "http://[::1]:8787/agents"]) {
      expect([url, (await request(url)).status]).toEqual([url, 200]);
    }
    expect((await send(development, "/agents", { Host: "evil.example.com:8787" })).status).toBe(403);
  });

  const BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

  it("refuses a browser that does not say where its request comes from: its page came by another name", async () => {
    for (const method of ["GET", "POST", "OPTIONS"]) {
      const answer = await send(development, "/agents", { "User-Agent": BROWSER }, method);
      expect([method, answer.status]).toEqual([method, 403]);
      expect(await answer.json()).toMatchObject({
        code: "forbidden",
        detail: expect.stringContaining("Sec-Fetch-Site"),
      });
    }
  });

  it("answers browsers that say so, and programs, whatever they call themselves", async () => {
    for (const site of ["none", "same-origin", "same-site"]) {
      const answer = await send(development, "/agents", { "User-Agent": BROWSER, "Sec-Fetch-Site": site });
      expect([site, answer.status]).toEqual([site, 200]);
    }
    const powerShell = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1";
    for (const userAgent of ["curl/8.14.1", "python-httpx/0.28.1", powerShell]) {
      expect((await send(development, "/agents", { "User-Agent": userAgent })).status).toBe(200);
    }
  });

  it("answers the preflight of an allowed origin, which not every browser marks", async () => {
    const headers = { "User-Agent": BROWSER, "Access-Control-Request-Method": "POST" };
    const answer = await send(development, "/agents", { ...headers, Origin: "http://localhost:3000" }, "OPTIONS");
    expect(answer.status).toBe(200);
  });

  it("drops all checks once there is a key", async () => {
    const { request } = smallApp({ vars: { ...development, ...deployed } });
    for (const stranger of [{ Origin: OTHER }, { "User-Agent": BROWSER }]) {
      const answer = await request("http://dev.example.com/agents", { headers: withKey({ ...stranger }) });
      expect(answer.status).toBe(200);
    }
  });

  it("knows loopback names from others", () => {
    const names = ["localhost", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]"];
    expect(names.filter((name) => !isLoopback(name))).toEqual([]);
    const others = ["", "localhost.evil.com", "127.0.0.1.evil.com", "0.0.0.0", "notlocalhost", "10.0.0.1"];
    expect(others.filter(isLoopback)).toEqual([]);
  });
});
