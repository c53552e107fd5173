import { describe, expect, it } from "vitest";
import { bearer, scriptIssuer, secondsNow, tokenFor } from "../support/credentials.ts";
import { BASE, deployment } from "../support/deployment.ts";
import { call, EventStream, newId, send } from "../support/http.ts";
import { gate, hold, scriptModel, text } from "../support/scripted-model.ts";

// What pages do: streams that are read on, cookies, and answers that a page may look into.

const model = scriptModel();
const idp = scriptIssuer();
const APP = "https://app.example.com";
const EVIL = "https://evil.example.com";
const NOT_ALLOWED = "This origin is not allowed. Add it to CORS_ORIGINS to let its pages call.";
const withCookie = deployment({ JWT_COOKIE: "access_token", CORS_ORIGINS: APP });
const cookie = (token: string) => ({ Cookie: `theme=dark; access_token=${token}` });

async function ranAs(token: string): Promise<{ session_id: string; run_id: string }> {
  const session_id = newId();
  const { body } = await call(
    "POST",
    "/agents/assistant/runs",
    { message: "Hi", stream: false, session_id },
    bearer(token),
  );
  expect(body.status).toBe("COMPLETED");
  return { session_id, run_id: body.run_id };
}

describe("a stream", () => {
  it("goes on though its token expires; to come back takes a fresh one (case 71)", async () => {
    const point = gate();
    model.next([text("Hel"), hold(point), text("lo")]);
    // With the ten seconds by which clocks may differ, it has two seconds left.
    const old = bearer(await tokenFor("ada", { exp: secondsNow() - 7 }));
    const session_id = newId();
    const response = await send("POST", "/agents/assistant/runs", { message: "Hi", stream: true, session_id }, old);
    expect(response.status).toBe(200);
    const stream = new EventStream(response);
    await point.reached();
    let status = 0;
    while (status !== 401) ({ status } = await call("GET", "/sessions", undefined, old));
    point.release();
    expect((await stream.until("RunCompleted")).data.content).toBe("Hello");
    const path = `/agents/assistant/runs/${stream.runId}/resume?session_id=${session_id}`;
    const again = await call("GET", path, undefined, old);
    expect([again.status, again.body.detail]).toEqual([401, "Token has expired"]);
    const fresh = await send("GET", path, undefined, bearer(await tokenFor("ada")));
    expect((await new EventStream(fresh).until("RunCompleted")).data.content).toBe("Hello");
  });
});

describe("a token in a cookie", () => {
  it("reads, streams too, from any page that the browser lets send it (case 73)", async () => {
    const token = await tokenFor("ada");
    const { session_id, run_id } = await ranAs(token);
    const path = `/agents/assistant/runs/${run_id}/resume?session_id=${session_id}`;
    const stream = await withCookie("GET", path, { ...cookie(token), Origin: APP });
    expect([stream.status, stream.headers.get("Access-Control-Allow-Origin")]).toEqual([200, APP]);
    await new EventStream(stream).until("RunCompleted");
    expect((await withCookie("GET", "/sessions", cookie(token))).status).toBe(200);
    expect((await withCookie("HEAD", "/sessions", { ...cookie(token), Origin: EVIL })).status).toBe(200);
  });

  it("changes something only for a page of this server, or one that may call (case 73)", async () => {
    const token = await tokenFor("ada");
    const { session_id } = await ranAs(token);
    const path = `/sessions/${session_id}`;
    for (const origin of [undefined, EVIL, "null", `${APP}.evil.example.com`, `${BASE}0`, "http://localhost:3000"]) {
      const headers = { ...cookie(token), ...(origin !== undefined && { Origin: origin }) };
      for (const method of ["DELETE", "PATCH", "POST", "PUT"]) {
        const answer = await withCookie(method, path, headers, method === "PATCH" ? '{"session_name":"x"}' : undefined);
        const text = await answer.text();
        expect([method, origin, answer.status, text]).toEqual([
          method,
          origin,
          403,
          expect.stringContaining(NOT_ALLOWED),
        ]);
      }
    }
    for (const origin of [APP, BASE]) {
      const answer = await withCookie("PATCH", path, { ...cookie(token), Origin: origin }, '{"session_name":"Named"}');
      expect([origin, answer.status]).toEqual([origin, 200]);
    }
    const bare = await withCookie("PATCH", path, { ...bearer(token), Origin: EVIL }, '{"session_name":"Named"}');
    expect(bare.status).toBe(200);
  });

  it("counts only without a header, though the header's fails (case 74)", async () => {
    const [ada, bob] = [await tokenFor("ada"), await tokenFor("bob")];
    const { session_id } = await ranAs(bob);
    const path = `/sessions/${session_id}`;
    expect((await withCookie("GET", path, { ...cookie(ada), ...bearer(bob) })).status).toBe(200);
    expect((await withCookie("GET", path, { ...cookie(bob), ...bearer(ada) })).status).toBe(404);
    expect((await withCookie("GET", path, { ...cookie(bob), ...bearer("garbage") })).status).toBe(401);
  });

  it("is never the key, and never read where no setting names the cookie", async () => {
    expect((await withCookie("GET", "/sessions", cookie("the-key-of-the-doors-tests"))).status).toBe(401);
    const plain = await call("GET", "/sessions", undefined, cookie(await tokenFor("ada")));
    expect([plain.status, plain.body.detail]).toEqual([401, "Authorization header missing"]);
  });

  it("is refused if it stands there twice", async () => {
    const [ada, eve] = [await tokenFor("ada"), await tokenFor("eve")];
    const answer = await withCookie("GET", "/sessions", { Cookie: `access_token=${eve}; access_token=${ada}` });
    expect([answer.status, (await answer.json<{ detail: string }>()).detail]).toEqual([401, "Ambiguous cookie"]);
  });
});

describe("a token in a header that a proxy adds by its cookie", () => {
  const behindAccess = deployment({ JWT_HEADER: "Cf-Access-Jwt-Assertion", CORS_ORIGINS: APP });
  const added = (token: string) => ({ "Cf-Access-Jwt-Assertion": token });

  it("changes something for no foreign page, and does for a program, which names no origin", async () => {
    const token = await tokenFor("ada");
    const { session_id } = await ranAs(token);
    const path = `/sessions/${session_id}`;
    for (const origin of [EVIL, "null", `${APP}.evil.example.com`]) {
      for (const method of ["DELETE", "PATCH", "POST", "PUT"]) {
        const answer = await behindAccess(method, path, { ...added(token), Origin: origin });
        const { detail } = await answer.json<{ detail: string }>();
        expect([method, origin, answer.status, detail]).toEqual([method, origin, 403, NOT_ALLOWED]);
      }
    }
    for (const headers of [{ Origin: APP }, { Origin: BASE }, {}]) {
      const answer = await behindAccess("PATCH", path, { ...added(token), ...headers }, '{"session_name":"Named"}');
      expect([headers, answer.status]).toEqual([headers, 200]);
    }
    expect((await behindAccess("GET", path, { ...added(token), Origin: EVIL })).status).toBe(200);
  });
});

describe("a page of another origin", () => {
  const preflight = (origin: string) =>
    withCookie("OPTIONS", "/sessions", {
      Origin: origin,
      "Access-Control-Request-Method": "GET",
      "Access-Control-Request-Headers": "authorization",
    });

  it("asks first without a token: yes to one that may call, no to others (case 75)", async () => {
    const answer = await preflight(APP);
    expect([answer.status, answer.headers.get("Access-Control-Allow-Headers")]).toEqual([200, "authorization"]);
    const evil = await preflight(EVIL);
    expect([evil.status, evil.headers.get("Access-Control-Allow-Origin")]).toEqual([400, null]);
  });

  it("may look into refusals too: why, and when to come back (case 76)", async () => {
    idp.answer = () => new Response(null, { status: 500 });
    const once = await tokenFor(`ada-${newId()}`, { limits: { runs_per_day: 1 } });
    await ranAs(once);
    const spent = { ...bearer(once), "Content-Type": "application/json" };
    const asked = '{"message":"Hi","stream":false}';
    const poor = bearer(await tokenFor("ada", { scopes: [] }));
    const shown: [Response, number][] = [
      [await withCookie("GET", "/sessions", { Origin: APP }), 401],
      [await withCookie("GET", "/sessions", { Origin: APP, ...bearer("garbage") }), 401],
      [await withCookie("GET", "/sessions", { Origin: APP, ...poor }), 403],
      [await withCookie("GET", "/sessions", { Origin: APP, ...bearer(await idp.tokenFor("ada")) }), 503],
      [await withCookie("POST", "/agents/assistant/runs", { Origin: APP, ...spent }, asked), 429],
    ];
    for (const [answer, status] of shown) {
      expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([status, APP]);
      expect(answer.headers.get("Access-Control-Expose-Headers")?.split(", ")).toEqual(
        expect.arrayContaining(["WWW-Authenticate", "RateLimit", "RateLimit-Policy", "Retry-After"]),
      );
    }
    expect(
      (await withCookie("GET", "/sessions", { Origin: EVIL, ...poor })).headers.get("Access-Control-Allow-Origin"),
    ).toBeNull();
  });
});
