import { describe, expect, it, vi } from "vitest";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { documentedOperations } from "../support/document.ts";
import { call, newId, send } from "../support/http.ts";
import { scriptModel } from "../support/scripted-model.ts";

// What each scope opens. `walk.test.ts` asks every route without what it needs.

const model = scriptModel();
vi.spyOn(console, "info").mockReturnValue();

const USER = `ada-${newId()}`;
/** Asks as a user whose token holds these scopes; undefined: it says nothing of scopes. */
const asking = async (scopes: unknown, method: string, path: string, body?: unknown) =>
  call(method, path, body, bearer(await tokenFor(USER, { scopes })));
const answer = async (...request: Parameters<typeof asking>) => {
  const { status, body } = await asking(...request);
  return [status, body?.detail];
};
const lacks = (scope: string) => [403, `Insufficient permissions. Required scope(s): ${scope}`];
const DENIED = [403, "Access denied to run this agent"];

/** Which scopes a route needs, in the design's words. */
const NEEDED: Record<string, readonly string[]> = {
  "config:read": ["GET /config", "GET /models"],
  "agents:read": ["GET /agents", "GET /agents/{agent_id}"],
  "teams:read": ["GET /teams", "GET /teams/{team_id}"],
  "agents:run": ["", "/{run_id}/continue", "/{run_id}/cancel", "/{run_id}/resume"]
    .map((rest) => `POST /agents/{agent_id}/runs${rest}`)
    .concat("GET /agents/{agent_id}/runs/{run_id}/resume", "POST /agents/{agent_id}/sessions/{session_id}/fork")
    .concat("POST /agents/{agent_id}/chat", "POST /agents/{agent_id}/chat/{session_id}/stop")
    .concat("GET /agents/{agent_id}/chat/{session_id}/stream"),
  "agents:read agents:run": ["", "/{run_id}", "/{run_id}/checkpoints", "/{run_id}/checkpoints/{message_index}"]
    .map((rest) => `GET /agents/{agent_id}/runs${rest}`)
    .concat("GET /agents/{agent_id}/chat/{session_id}"),
  "sessions:read": [
    ...["", "/{session_id}", "/{session_id}/runs", "/{session_id}/runs/{run_id}", "/{session_id}/messages"].map(
      (rest) => `GET /sessions${rest}`,
    ),
    ...["chat-history", "name", "export", "run-previews"].map((what) => `GET /sessions/{session_id}/${what}`),
    ...["GET /search", "GET /export", "GET /users/{user_id}/export", "GET /users/{user_id}/usage"],
    ...["GET /jobs", "GET /jobs/{job_id}", "GET /jobs/{job_id}/items"],
  ],
  "sessions:write": [
    ...["POST /sessions", "PATCH /sessions/{session_id}", "POST /sessions/{session_id}/rename"],
    ...["POST /sessions/{session_id}/summary", "POST /jobs/{job_id}/cancel"],
  ],
  "sessions:delete": [
    ...["DELETE /sessions", "DELETE /sessions/{session_id}", "POST /sessions/{session_id}/restore"],
    "DELETE /users/{user_id}/sessions",
  ],
  "sessions:write sessions:delete": ["POST /sessions/bulk"],
  "sessions:write users:act": ["POST /sessions/names", "POST /naming-jobs/{job_id}/cancel", "POST /import"],
  "sessions:read users:act": ["GET /naming-jobs", "GET /naming-jobs/{job_id}", "GET /naming-jobs/{job_id}/items"],
  "approvals:read": ["GET /requirements"],
  "service_accounts:read": ["GET /service-accounts"],
  "service_accounts:write": ["POST /service-accounts", "POST /service-accounts/{service_account_id}/rotate"],
  "service_accounts:delete": ["DELETE /service-accounts/{service_account_id}"],
  "client_tokens:write users:act": ["POST /client-tokens"],
  "audit:read": ["GET /authz/audit"],
  "": ["GET /", "GET /health", "GET /info", "GET /me"],
};
const needed = new Map(Object.entries(NEEDED).flatMap(([scopes, routes]) => routes.map((route) => [route, scopes])));

describe("a route", () => {
  // cases 39 and 40
  it("needs the scopes of the design's table, a team's those of an agent's in its own name", async () => {
    const operations = await documentedOperations();
    const wrong = operations.flatMap((operation) => {
      const route = `${operation.method} ${operation.path}`;
      const scopes = operation["x-required-scopes"].join(" ");
      const asAgents = route.replaceAll("team", "agent");
      const expected = needed.get(route) ?? needed.get(asAgents)?.replaceAll("agents:", "teams:");
      return scopes === expected ? [] : [[route, scopes, expected]];
    });
    expect(wrong).toEqual([]);
  });

  it("says by its 403 and its challenge what is lacking", async () => {
    const { status, headers, body } = await asking([], "GET", "/sessions");
    expect([status, body.code, body.detail]).toEqual([403, "forbidden", lacks("sessions:read")[1]]);
    expect(headers.get("WWW-Authenticate")).toBe('Bearer error="insufficient_scope", scope="sessions:read"');
  });
});

describe("an agent's routes, in AgentOS's words", () => {
  const RUNS = "/agents/operator/runs";
  const in_ = `?session_id=${newId()}`;

  it("are closed to who lacks its run, or has another's only", async () => {
    for (const scopes of [["agents:read"], ["agents:read", "agents:assistant:run"]]) {
      for (const rest of ["", "/r/continue", "/r/cancel"]) {
        expect(await answer(scopes, "POST", `${RUNS}${rest}`, {})).toEqual(lacks("agents:run"));
      }
      expect(await answer(scopes, "POST", `${RUNS}/r/resume`, {})).toEqual(DENIED);
      expect(await answer(scopes, "GET", `${RUNS}/r/resume`)).toEqual(DENIED);
      expect(await answer(scopes, "POST", "/agents/operator/sessions/s/fork")).toEqual(DENIED);
      for (const rest of ["", "/r", "/r/checkpoints", "/r/checkpoints/0"]) {
        expect(await answer(scopes, "GET", `${RUNS}${rest}${in_}`)).toEqual(DENIED);
        expect(await answer(["agents:run"], "GET", `${RUNS}${rest}${in_}`)).toEqual(lacks("agents:read"));
      }
    }
    expect(await answer(["agents:assistant:read"], "GET", "/agents/operator")).toEqual(lacks("agents:read"));
    expect(await answer(["agents:operator:read"], "GET", "/agents/operator")).toEqual([200, undefined]);
  });

  // case 43
  it("are the same for an agent that is not there: 404 only for who may run it", async () => {
    const run = { message: "Hello", stream: false };
    for (const scopes of [["agents:run"], ["agents:*:run"], ["agents:ghost:run"]]) {
      expect(await answer(scopes, "POST", "/agents/ghost/runs", run)).toEqual([404, "Agent not found"]);
    }
    for (const scopes of [[], ["agents:operator:run"], ["agents:read"]]) {
      expect(await answer(scopes, "POST", "/agents/ghost/runs", run)).toEqual(lacks("agents:run"));
    }
    expect(await answer(["agents:operator:run"], "POST", "/agents/assistant/runs", run)).toEqual(lacks("agents:run"));
    expect((await asking(["agents:assistant:run"], "POST", "/agents/assistant/runs", run)).status).toBe(200);
  });

  it("of a team are the team's: its run covers its members, and a member's does not run it", async () => {
    const run = { message: "Hello", stream: false };
    model.respondWith("Done.");
    expect((await asking(["teams:support:run"], "POST", "/teams/support/runs", run)).status).toBe(200);
    const members = ["agents:run", "agents:triage:run", "agents:resolver:run", "teams:other:run"];
    expect(await answer(members, "POST", "/teams/support/runs", run)).toEqual(lacks("teams:run"));
  });

  it("are opened by no form that AgentOS does not know", async () => {
    const forms = ["agents", "run", "*", "*:run", "agents:*", "agents:*:*", "agents:oper*:run", "AGENTS:run"];
    for (const form of [
      ...forms,
      " agents:run",
      "agents:run ",
      "agents::run",
      "agents:operator:run:x",
      "x:agents:run",
    ]) {
      expect([form, ...(await answer([form], "POST", RUNS, { message: "Hello" }))]).toEqual([
        form,
        ...lacks("agents:run"),
      ]);
    }
    expect(await answer(["sessions:x:read"], "GET", "/sessions")).toEqual(lacks("sessions:read"));
    expect((await asking(["sessions:*:read"], "GET", "/sessions")).status).toBe(200);
    expect((await asking(["system:read"], "GET", "/config")).status).toBe(200);
  });
});

// case 44
describe("the list of agents", () => {
  const ids = async (scopes: string[], path = "/agents") =>
    (await asking(scopes, "GET", path)).body.map(({ id }: { id: string }) => id);

  it("has those that may be read, and is closed to who may read none", async () => {
    expect(await ids(["agents:operator:read", "agents:ghost:read"])).toEqual(["operator"]);
    expect(await ids(["agents:ghost:read"])).toEqual([]);
    expect((await ids(["agents:*:read"])).length).toBeGreaterThan(1);
    expect(await ids(["teams:support:read"], "/teams")).toEqual(["support"]);
    for (const scopes of [[], ["agents:run"], ["agents:operator:run"], ["agents::read"]]) {
      expect(await answer(scopes, "GET", "/agents")).toEqual(lacks("agents:read"));
    }
  });
});

// case 45
describe("another spelling of a path", () => {
  it("opens nothing: it needs the same scope, or is no route", async () => {
    const none = bearer(await tokenFor(USER, { scopes: [] }));
    const lists = ["/sessions", "/sessions/", "//sessions", "/%73essions", "/sessions%2f", "/SESSIONS", "/./sessions"];
    const others = [
      "/sessions;x",
      "/sessions//",
      "/sessions/.",
      "/sessions/%2e",
      "/v1/../sessions",
      "/export/",
      "/search//",
    ];
    const files = [
      "/agents/operator/runs/",
      "/agents/operator%2fruns",
      "/agents//operator/runs",
      "/jobs/",
      "/users/x/export/",
    ];
    for (const path of [...lists, ...others, ...files]) {
      for (const method of ["GET", "HEAD"]) {
        const { status } = await send(method, path, undefined, none);
        expect([method, path, [403, 404, 405].includes(status)]).toEqual([method, path, true]);
        expect([method, path, (await send(method, path)).status]).toEqual([method, path, 401]);
      }
    }
    expect((await send("HEAD", "/sessions", undefined, none)).status).toBe(403);
    expect((await send("HEAD", "/sessions", undefined, bearer(await tokenFor(USER)))).status).toBe(200);
  });

  it("shows a user its own list behind a slash, and the key no list", async () => {
    const own = await call("GET", "/sessions/", undefined, bearer(await tokenFor(USER)));
    expect([own.status, Array.isArray(own.body.data)]).toEqual([200, true]);
    expect((await call("GET", "/sessions/", undefined, key)).status).toBe(404);
  });

  it("that is no route is 401 without a credential and 404 with any", async () => {
    expect((await send("GET", "/nothing")).status).toBe(401);
    expect(await answer([], "GET", "/nothing")).toEqual([404, "Not Found"]);
    expect((await send("PUT", "/sessions")).status).toBe(401);
    expect((await asking([], "PUT", "/sessions")).status).toBe(405);
  });
});

// case 46
describe("a bulk change", () => {
  it("needs the scope of its action", async () => {
    const bulk = (scope: string, action: string) =>
      answer([scope], "POST", "/sessions/bulk", { action, session_ids: [newId()] });
    expect(await bulk("sessions:write", "delete")).toEqual(lacks("sessions:delete"));
    expect(await bulk("sessions:delete", "pin")).toEqual(lacks("sessions:write"));
    expect(await bulk("sessions:write", "pin")).toEqual([200, undefined]);
    expect(await bulk("sessions:delete", "delete")).toEqual([200, undefined]);
    expect(await bulk("sessions:read", "pin")).toEqual(lacks("sessions:write"));
  });
});

// case 47
describe("a token that says nothing of scopes", () => {
  it("opens neither configuration, models, imports, names of many, nor accounts", async () => {
    const closed: [string, string, string?][] = [
      ["GET", "/config", "config:read"],
      ["GET", "/models", "config:read"],
      ["POST", "/import", "users:act"],
      ["POST", "/sessions/names", "users:act"],
      ["GET", "/naming-jobs", "users:act"],
      ["GET", "/service-accounts"],
      ["POST", "/service-accounts"],
      ["POST", "/client-tokens"],
      ["GET", "/authz/audit"],
    ];
    for (const [method, path, scope] of closed) {
      const [status, detail] = await answer(undefined, method, path, method === "POST" ? {} : undefined);
      expect([path, status, scope === undefined || detail === lacks(scope)[1]]).toEqual([path, 403, true]);
    }
    for (const path of ["/agents", "/teams", "/sessions", "/jobs", "/requirements", "/search?q=x", "/export"]) {
      expect([path, (await send("GET", path, undefined, bearer(await tokenFor(USER)))).status]).toEqual([path, 200]);
    }
  });

  // cases 41 and 42
  it("has the default scopes; a claim that is there counts alone, and a text of it splits at spaces", async () => {
    expect(await answer([], "GET", "/sessions")).toEqual(lacks("sessions:read"));
    expect(await answer(null, "GET", "/sessions")).toEqual(lacks("sessions:read"));
    const both = "sessions:read agents:read";
    expect((await asking(both, "GET", "/sessions")).status).toBe(200);
    expect((await asking(both, "GET", "/agents")).status).toBe(200);
    expect(await answer(both, "POST", "/sessions", {})).toEqual(lacks("sessions:write"));
  });
});
