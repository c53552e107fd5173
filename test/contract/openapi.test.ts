import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { AgentId, integerOr, list, optionalField, SessionId, SessionScope } from "../../src/contract/common.ts";
import {
  defineRoute,
  failures,
  formOrJsonBody,
  json,
  jsonBody,
  newRouter,
  type Router,
} from "../../src/contract/route.ts";
import * as shapes from "../../src/contract/shapes.ts";
import { smallApp } from "../support/small-app.ts";

const Query = SessionScope.extend({
  limit: integerOr(20, { description: "How many.", ge: 1, le: 1000 }),
  skip_roles: list(z.enum(["user", "tool"]), "Roles to leave out."),
});
const tags = ["Sessions"];
const routes = [
  defineRoute({
    method: "get",
    path: "/sessions",
    operationId: "list_sessions",
    summary: "Sessions",
    tags,
    request: { query: Query },
    responses: { 200: json(shapes.SessionList, "A page"), ...failures(404) },
  }),
  defineRoute({
    method: "post",
    path: "/agents/{agent_id}/runs",
    operationId: "start_run",
    summary: "Run",
    tags,
    request: {
      params: z.object({ agent_id: AgentId }),
      body: formOrJsonBody(z.object({ message: z.string(), session_id: optionalField(SessionId) }).openapi("RunBody")),
    },
    responses: { 200: json(shapes.RunOutput, "The run"), ...failures(404, 409) },
  }),
  defineRoute({
    method: "patch",
    path: "/sessions/{session_id}",
    operationId: "update_session",
    summary: "Update",
    tags,
    request: {
      params: z.object({ session_id: SessionId }),
      body: jsonBody(z.object({ session_name: optionalField(z.string()) }), { required: true }),
    },
    responses: { 200: json(shapes.SessionDetail, "The session"), ...failures(404) },
  }),
];

function everyShapeRouter(): Router {
  const router = newRouter();
  const neverCalled = () => {
    throw new Error("only its document is looked at");
  };
  for (const route of routes) router.openapi(route, neverCalled);
  const all = z.object({
    name: shapes.SessionName,
    page: shapes.MessagePage,
    run: shapes.RunItem,
    event: shapes.RunEvent,
  });
  const rest = defineRoute({
    method: "get",
    path: "/rest",
    operationId: "rest",
    summary: "",
    tags,
    responses: { 200: json(all, "") },
  });
  router.openapi(rest, neverCalled);
  return router;
}

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), schema: z.unknown() })).optional(),
  requestBody: z.looseObject({ required: z.boolean(), content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const Document = z.looseObject({
  openapi: z.literal("3.1.0"),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
  security: z.unknown(),
});

async function fetchDocument(routers: Router[]) {
  const answer = await smallApp({ routers }).request("/openapi.json");
  expect(answer.headers.get("Content-Type")).toBe("application/json");
  return Document.parse(await answer.json());
}

function valuesOfKey(value: unknown, key: string): unknown[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [
    ...(name === key ? [child] : []),
    ...valuesOfKey(child, key),
  ]);
}

describe("the OpenAPI document", () => {
  it("describes every route under its own operation id, with all that may be answered", async () => {
    const { paths } = await fetchDocument([everyShapeRouter()]);
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(["list_agents", "list_sessions", "start_run"]));
    for (const { responses } of operations) {
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(["200", "401", "422", "500", "503"]));
    }
  });

  it("has an end to every reference", async () => {
    const document = await fetchDocument([everyShapeRouter()]);
    const references = valuesOfKey(document, "$ref").map(String);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
    expect(references.length).toBeGreaterThan(20);
  });

  it("describes every parameter of a path", async () => {
    const { paths } = await fetchDocument([everyShapeRouter()]);
    for (const [path, methods] of Object.entries(paths)) {
      const names = [...path.matchAll(/\{(.+?)\}/g)].map((match) => match[1]);
      for (const { parameters = [] } of Object.values(methods)) {
        expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(names);
      }
    }
  });

  it("has the bounds and kinds that the same schemas validate", async () => {
    const { paths } = await fetchDocument([everyShapeRouter()]);
    const parameters = paths["/sessions"]?.get?.parameters ?? [];
    const schemas = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]));
    expect(schemas).toMatchObject({
      limit: { type: "integer", minimum: 1, maximum: 1000, default: 20 },
      type: { type: "string", enum: ["agent", "team", "workflow"] },
      user_id: { type: "string", maxLength: 128 },
      db_id: { type: "string" },
      skip_roles: { type: "array", items: { type: "string", enum: ["user", "tool"] } },
    });
    expect(parameters.some((parameter) => parameter.required === true)).toBe(false);
  });

  it("describes a run's body in every form it may have", async () => {
    const { paths } = await fetchDocument([everyShapeRouter()]);
    const content = paths["/agents/{agent_id}/runs"]?.post?.requestBody?.content ?? {};
    expect(Object.keys(content)).toEqual([
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "application/json",
    ]);
    for (const media of Object.values(content)) {
      expect(media).toMatchObject({
        schema: {
          type: "object",
          required: ["message"],
          properties: { message: { type: "string" }, session_id: { type: "string", maxLength: 128 } },
        },
      });
    }
  });

  it("says how to authenticate, and where that is not needed", async () => {
    const { paths, components, security } = await fetchDocument([]);
    expect(security).toEqual([{ SecurityKey: [] }]);
    expect(components).toMatchObject({ securitySchemes: { SecurityKey: { type: "http", scheme: "bearer" } } });
    const open = Object.keys(paths).filter((path) => paths[path]?.get?.security !== undefined);
    expect(open).toEqual(["/", "/health", "/info"]);
  });
});
