import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { apiRouters } from "../../../src/api/routers.ts";
import type { RouteDependencies } from "../../../src/api/shared/dependencies.ts";
import { deployed, silentModel, smallApp, withKey } from "../../support/small-app.ts";

/** The routes need dependencies to be declared. These tests only read the document, so none of them is called. */
const dependencies: RouteDependencies = {
  agents: new Map(),
  teams: new Map(),
  models: () => () => silentModel,
  session: () => {
    throw new Error("only the document is looked at");
  },
  now: () => 0,
  newId: () => "",
};
const routers = apiRouters(dependencies);
/**
 * The routes with two successful answers: done at once (200) or accepted for later (202), events (200) or no events left
 * (204).
 */
const SUCCESSES: Record<string, string[]> = {
  create_agent_run: ["200", "202"],
  create_team_run: ["200", "202"],
  resume_agent_run: ["200", "204"],
  resume_team_run: ["200", "204"],
  follow_agent_run: ["200", "204"],
  follow_team_run: ["200", "204"],
  stream_agent_chat: ["200", "204"],
  stream_team_chat: ["200", "204"],
  change_sessions: ["200", "202"],
  erase_user_sessions: ["202", "204"],
};

const RUN_OPERATIONS = ["agent", "team"].flatMap((type) =>
  ["create", "get", "cancel", "continue", "resume", "follow"].map((verb) => `${verb}_${type}_run`),
);

const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  tags: z.array(z.string()),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), schema: z.unknown() })).optional(),
  requestBody: z.looseObject({ required: z.boolean(), content: z.record(z.string(), z.unknown()) }).optional(),
  security: z.array(z.unknown()).optional(),
  responses: z.record(z.string(), z.looseObject({ description: z.string() })),
});
const Document = z.looseObject({
  openapi: z.literal("3.1.0"),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
  security: z.unknown(),
});

async function fetchDocument(vars: Record<string, string> = { MODE: "development" }) {
  const answer = await smallApp({ routers, vars }).request("/openapi.json", { headers: withKey() });
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
    const { paths } = await fetchDocument();
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(["list_agents", "list_sessions", ...RUN_OPERATIONS]));
    for (const { operationId, responses, security } of operations) {
      const isOpen = security?.length === 0;
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(["422", "500", "503"]));
      expect([operationId, "401" in responses]).toEqual([operationId, !isOpen]);
      const successes = Object.keys(responses).filter((status) => status.startsWith("2"));
      expect([operationId, successes]).toEqual([operationId, SUCCESSES[operationId] ?? [expect.any(String)]]);
    }
  });

  it("has an end to every reference", async () => {
    const document = await fetchDocument();
    const references = valuesOfKey(document, "$ref").map(String);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references.filter((reference) => !known.includes(reference))).toEqual([]);
    expect(references.length).toBeGreaterThan(20);
  });

  it("describes every parameter of a path", async () => {
    const { paths } = await fetchDocument();
    for (const [path, methods] of Object.entries(paths)) {
      const names = [...path.matchAll(/\{(.+?)\}/g)].map((match) => match[1]);
      for (const { parameters = [] } of Object.values(methods)) {
        expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(names);
      }
    }
  });

  it("has the bounds and kinds that the same schemas validate", async () => {
    const { paths } = await fetchDocument();
    const parameters = ["/sessions", "/sessions/{session_id}/messages"].flatMap((path) => {
      return paths[path]?.get?.parameters?.filter((parameter) => parameter.in === "query") ?? [];
    });
    const schemaOf = (name: string) => parameters.find((parameter) => parameter.name === name)?.schema;
    expect(schemaOf("limit")).toMatchObject({ type: "integer", minimum: 1, maximum: 1000, default: 20 });
    expect(schemaOf("type")).toMatchObject({ type: "string", enum: ["agent", "team", "workflow"] });
    expect(schemaOf("user_id")).toMatchObject({ type: "string", maxLength: 128 });
    expect(schemaOf("db_id")).toMatchObject({ type: "string" });
    const roles = ["system", "user", "assistant", "tool"];
    expect(schemaOf("skip_roles")).toMatchObject({ type: "array", items: { type: "string", enum: roles } });
    expect(parameters.some((parameter) => parameter.required === true)).toBe(false);
  });

  it("describes a run's body in every form it may have", async () => {
    const { paths, components } = await fetchDocument();
    const content = paths["/agents/{agent_id}/runs"]?.post?.requestBody?.content ?? {};
    expect(Object.keys(content)).toEqual([
      "multipart/form-data",
      "application/x-www-form-urlencoded",
      "application/json",
    ]);
    for (const media of Object.values(content)) {
      expect(media).toMatchObject({ schema: { $ref: "#/components/schemas/RunRequest" } });
    }
    expect(components.schemas.RunRequest).toMatchObject({
      type: "object",
      required: ["message"],
      properties: { message: { type: "string" }, session_id: { type: "string", maxLength: 128 } },
    });
  });

  it("describes both forms of a session's change, the ETag and its condition", async () => {
    const { paths, components } = await fetchDocument();
    const change = paths["/sessions/{session_id}"]?.patch;
    expect(change?.requestBody?.content).toMatchObject({
      "application/json": { schema: { $ref: "#/components/schemas/UpdateSession" } },
      "application/merge-patch+json": { schema: { $ref: "#/components/schemas/SessionMergePatch" } },
    });
    const { UpdateSession: plain, SessionMergePatch: merge } = components.schemas;
    for (const schema of [plain, merge]) {
      expect(schema).toMatchObject({
        type: "object",
        properties: { session_state: { type: ["object", "null"] }, summary: { additionalProperties: false } },
      });
    }
    expect(plain).toMatchObject({ properties: { summary: { required: ["summary"] } } });
    expect(valuesOfKey(merge, "required")).toEqual([]);
    for (const operation of [change, paths["/sessions/{session_id}/rename"]?.post]) {
      expect(operation?.parameters).toContainEqual(
        expect.objectContaining({ name: "If-Match", in: "header", required: false }),
      );
      expect(operation?.responses).toMatchObject({
        200: { headers: { ETag: { schema: { type: "string" } } } },
        412: {},
      });
    }
  });

  it("says how to authenticate, and where that is not needed", async () => {
    const { paths, components, security } = await fetchDocument(deployed);
    expect(security).toEqual([{ SecurityKey: [] }]);
    expect(components).toMatchObject({ securitySchemes: { SecurityKey: { type: "http", scheme: "bearer" } } });
    const open = Object.keys(paths).filter((path) => paths[path]?.get?.security !== undefined);
    expect(open).toEqual(["/", "/health", "/info"]);
    expect((await fetchDocument()).security).toEqual([{ SecurityKey: [] }, {}]);
  });
});
