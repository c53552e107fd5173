import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import {
  IdempotencyKey,
  integer,
  integerOr,
  list,
  optionalParameter,
  parameter,
  SessionId,
  SessionScope,
  SessionType,
} from "../../../src/api/shared/request-fields.ts";

import { defineRoute, json, newRouter, type Router } from "../../../src/api/shared/route.ts";
import { smallApp, withKey } from "../../support/small-app.ts";

const Query = SessionScope.extend({
  limit: integerOr(20, { description: "How many.", ge: 1, le: 1000 }),
  last_n_runs: integer({ description: "How many runs." }),
  sort_order: optionalParameter(z.enum(["asc", "desc"])),
  skip_roles: list(z.enum(["user", "tool"]), "Roles to leave out."),
});
const common = {
  method: "get" as const,
  user: "caller" as const,
  scope: "credential" as const,
  summary: "",
  description: "",
  tags: ["Things"],
  responses: { 200: json(z.unknown(), "What was read") },
};
const listThings = defineRoute({ ...common, path: "/sessions", operationId: "list", request: { query: Query } });
const getThing = defineRoute({
  ...common,
  path: "/sessions/{session_id}",
  operationId: "get",
  request: {
    params: z.object({ session_id: SessionId }),
    query: z.object({ run_id: parameter(SessionId) }),
    headers: z.object({ "idempotency-key": IdempotencyKey.optional() }),
  },
});

function thingRouter(): Router {
  const router = newRouter();
  router.openapi(listThings, (c) => c.json(c.req.valid("query"), 200));
  router.openapi(getThing, (c) => c.json({ ...c.req.valid("param"), ...c.req.valid("header") }, 200));
  return router;
}

const { request } = smallApp({ routers: [thingRouter()] });
const Refusal = z.object({ detail: z.array(z.looseObject({ loc: z.array(z.unknown()) })) });

async function refusals(path: string, headers: Record<string, string> = {}) {
  const answer = await request(path, { headers });
  expect(answer.status).toBe(422);
  return Refusal.parse(await answer.json()).detail;
}

async function accepted(path: string) {
  const answer = await request(path);
  expect(answer.status).toBe(200);
  return answer.json();
}

describe("query parameters", () => {
  it("have defaults when they are absent or empty", async () => {
    const defaults = { limit: 20 };
    expect(await accepted("/sessions")).toEqual(defaults);
    expect(await accepted("/sessions?limit=&type=&db_id=&table=&last_n_runs=")).toEqual(defaults);
  });

  it("that are unknown are ignored, and of a repeated one the last counts", async () => {
    expect(await accepted("/sessions?nothing=1&limit=x&limit=7&type=team&type=agent")).toEqual({
      limit: 7,
      type: "agent",
    });
  });

  it("that are lists repeat: `name=` is the empty list, absent is none", async () => {
    expect(await accepted("/sessions?skip_roles=user&skip_roles=tool")).toMatchObject({ skip_roles: ["user", "tool"] });
    expect(await accepted("/sessions?skip_roles=user")).toMatchObject({ skip_roles: ["user"] });
    expect(await accepted("/sessions?skip_roles=")).toMatchObject({ skip_roles: [] });
    expect(await accepted("/sessions")).not.toHaveProperty("skip_roles");
  });

  it("without bounds may be zero or less", async () => {
    expect(await accepted("/sessions?last_n_runs=-3")).toMatchObject({ last_n_runs: -3 });
    expect(await accepted("/sessions?last_n_runs=0")).toMatchObject({ last_n_runs: 0 });
  });

  it.each([
    [
      "type=foo",
      {
        type: "enum",
        loc: ["query", "type"],
        msg: "Input should be 'agent', 'team' or 'workflow'",
        input: "foo",
        ctx: { expected: "'agent', 'team' or 'workflow'" },
      },
    ],
    [
      "limit=0",
      {
        type: "greater_than_equal",
        loc: ["query", "limit"],
        msg: "Input should be greater than or equal to 1",
        input: "0",
        ctx: { ge: 1 },
      },
    ],
    ["limit=1001", { type: "less_than_equal", loc: ["query", "limit"], ctx: { le: 1000 } }],
    ["limit=99999999999999999999", { type: "less_than_equal" }],
    ["last_n_runs=99999999999999999999", { type: "int_parsing_size" }],
    [
      "limit=abc",
      {
        type: "int_parsing",
        loc: ["query", "limit"],
        msg: "Input should be a valid integer, unable to parse string as an integer",
        input: "abc",
      },
    ],
    ["limit=1e3", { type: "int_parsing" }],
    ["limit=0x10", { type: "int_parsing" }],
    ["sort_order=up", { type: "enum", msg: "Input should be 'asc' or 'desc'" }],
    ["skip_roles=user&skip_roles=boss", { type: "enum", loc: ["query", "skip_roles", 1], input: "boss" }],
    ["user_id=..", { type: "value_error", loc: ["query", "user_id"] }],
    [`user_id=${"x".repeat(300)}`, { type: "string_too_long", ctx: { max_length: 128 }, input: "x".repeat(200) }],
  ])("are refused as AgentOS does: %s", async (query, expected) => {
    expect(await refusals(`/sessions?${query}`)).toMatchObject([expected]);
  });

  it("are all named when several are wrong", async () => {
    const wrong = await refusals("/sessions?type=x&limit=x&sort_order=x");
    expect(wrong.map((entry) => entry.loc.at(-1))).toEqual(["type", "limit", "sort_order"]);
  });
});

describe("ids", () => {
  it.each([
    ["s1"],
    ["a/b"],
    ["ä ö"],
    ["日本語"],
    ["x".repeat(128)],
    ["😀".repeat(128)],
    ["..."],
    ["%"],
    ["'; DROP TABLE sessions"],
  ])("may be %s", async (id) => {
    const answer = await request(`/sessions/${encodeURIComponent(id)}?run_id=${encodeURIComponent(id)}`);
    expect(await answer.json()).toMatchObject({ session_id: id });
  });

  it.each([
    ["%00", "value_error"],
    ["a%0Ab", "value_error"],
    ["a%7F", "value_error"],
    ["a%C2%85", "value_error"],
    ["x".repeat(129), "string_too_long"],
  ])("may not be %s", async (id, type) => {
    expect(await refusals(`/sessions/${id}?run_id=r`)).toMatchObject([{ type, loc: ["path", "session_id"] }]);
    expect(await refusals(`/sessions/s1?run_id=${id}`)).toMatchObject([{ type, loc: ["query", "run_id"] }]);
  });

  it("may not be dots or half a character where a URL does not fold them away", () => {
    for (const id of [".", "..", "", "\ud800"]) expect(SessionId.safeParse(id).success).toBe(false);
  });

  it("must be there and not empty when they are required", async () => {
    const loc = ["query", "run_id"];
    expect(await refusals("/sessions/s1")).toEqual([{ type: "missing", loc, msg: "Field required", input: null }]);
    expect(await refusals("/sessions/s1?run_id=")).toMatchObject([{ type: "string_too_short", loc, input: "" }]);
  });
});

describe("an idempotency key", () => {
  it("has 1 to 255 visible characters", async () => {
    for (const key of ["k", "x".repeat(255), "a/b=c"]) {
      const answer = await request("/sessions/s1?run_id=r", { headers: { "Idempotency-Key": key } });
      expect(await answer.json()).toMatchObject({ "idempotency-key": key });
    }
    for (const key of ["a b", "x".repeat(256), "a\tb"]) {
      expect(await refusals("/sessions/s1?run_id=r", { "Idempotency-Key": key })).toMatchObject([
        { type: "string_pattern_mismatch", loc: ["header", "idempotency-key"] },
      ]);
    }
  });
});

describe("the database", () => {
  it("may be named, with any table", async () => {
    expect(await accepted("/sessions?db_id=d1&table=agno_sessions")).toMatchObject({ db_id: "d1" });
  });

  it("is not found by another id, on every session route, before anything else is looked at", async () => {
    for (const path of ["/sessions?db_id=zz", "/sessions/?db_id=zz&limit=x", "/sessions/s1/runs?db_id=zz"]) {
      const answer = await request(path);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ detail: "No database found with id 'zz'" });
    }
  });

  it("is not named to a caller without the key", async () => {
    const { request: send } = smallApp({ vars: { OS_SECURITY_KEY: "correct-horse" } });
    expect((await send("/sessions?db_id=zz")).status).toBe(401);
    expect((await send("/sessions?db_id=zz", { headers: withKey() })).status).toBe(404);
  });
});

describe("the kind of a session", () => {
  it("is one of three", () => {
    expect(["agent", "team", "workflow"].every((type) => SessionType.safeParse(type).success)).toBe(true);
  });
});
