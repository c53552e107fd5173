import { z } from "@hono/zod-openapi";
import { beforeAll, describe, expect, it } from "vitest";
import { hasControl, NO_CONTROL_PATTERN } from "../../../src/domain/control.ts";
import { parseIfMatch } from "../../../src/domain/etag.ts";
import { ID_PATTERN, idProblem } from "../../../src/domain/id.ts";
import { MAX_BODY_BYTES } from "../../../src/domain/limits.ts";
import { type DocumentedOperation, documentedOperations, filledPath } from "../../support/document.ts";
import { call, send } from "../../support/http.ts";

/** A schema somewhere in the document: its name, the schema, and its path. */
interface Place {
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: the document's JSON, looked into by tests
  schema: any;
  path: string;
}

// biome-ignore lint/suspicious/noExplicitAny: the document's JSON, looked into by tests
let document: any;
let operations: DocumentedOperation[];
beforeAll(async () => {
  document = (await call("GET", "/openapi.json")).body;
  operations = await documentedOperations();
});

/** Every named member of a schema, and every parameter. */
function* places(value: unknown, path = "#"): Generator<Place> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const at = `${path}/${key}`;
    if (key === "properties") {
      for (const [name, schema] of Object.entries(child)) yield { name, schema, path: `${at}/${name}` };
    } else if (key === "parameters" && Array.isArray(child)) {
      for (const { name, schema } of child) yield { name, schema, path: `${at}/${name}` };
    }
    yield* places(child, at);
  }
}

const all = (): Place[] => [...places(document)];
/** The paths of the places where a rule is broken. */
const breaking = (found: Place[], isKept: (place: Place) => boolean) =>
  found.filter((place) => !isKept(place)).map(({ path }) => path);
/** A schema, and all schemas that it is made of. */
const parts = (schema: Place["schema"]): Place["schema"][] => [
  schema,
  ...[schema.anyOf, schema.oneOf, schema.items && [schema.items]].flatMap((list) => (list ?? []).flatMap(parts)),
];
const types = (schema: Place["schema"]): unknown[] => parts(schema).flatMap(({ type }) => type ?? []);
/** A variant repeats a member only to say whether it may be there, so what it says of the member is not all. */
const isWhole = ({ path }: Place) =>
  !/\/(oneOf|anyOf)\/\d+\/properties\//.test(path.replace(/^.*\/properties\/(?=.*\/)/, ""));

describe("the document names every status that is answered", () => {
  const statusesOf = ({ operationId, path, method }: DocumentedOperation) =>
    Object.keys(document.paths[path]?.[method.toLowerCase()]?.responses ?? {}).map((status) =>
      [operationId, status].join(" "),
    );
  const ids = {
    agent_id: "assistant",
    team_id: "support",
    message_index: "0",
    job_id: "none",
    user_id: "u",
    session_id: "s",
    run_id: "r",
  };

  const faults: [fault: string, send: (operation: DocumentedOperation, path: string) => Promise<Response>][] = [
    ["ids that are of nothing", ({ method }, path) => send(method, path)],
    ["a database that is not there", ({ method }, path) => send(method, `${path}?db_id=other`)],
    [
      "a body that is too large",
      ({ method }, path) => send(method, path, method === "GET" ? undefined : "x".repeat(MAX_BODY_BYTES + 1)),
    ],
    [
      "a form that cannot be read",
      ({ method }, path) =>
        send(method, path, method === "GET" ? undefined : "x", {
          "Content-Type": "multipart/form-data; boundary=none",
        }),
    ],
    [
      "a page from elsewhere",
      ({ method }, path) => send(method, path, undefined, { Origin: "https://elsewhere.test" }),
    ],
    ["a user that is none", ({ method }, path) => send(method, `${path}?user_id=`)],
    [
      "an id that is folded away",
      ({ method, path }) =>
        send(
          method,
          filledPath(path, { ...ids, session_id: ".", agent_id: ".", team_id: ".", job_id: ".", user_id: ".." }),
        ),
    ],
  ];
  it.each(faults)("of a request with %s", async (_, request) => {
    for (const operation of operations) {
      const response = await request(operation, filledPath(operation.path, ids));
      await response.body?.cancel();
      expect(statusesOf(operation)).toContain(`${operation.operationId} ${response.status}`);
    }
  });

  it("of 403, of a path's other methods, and of a body that is late or too large where one is read", () => {
    for (const operation of operations) {
      const of = (status: number) => `${operation.operationId} ${status}`;
      const statuses = statusesOf(operation);
      expect(statuses).toEqual(expect.arrayContaining([of(403), of(405)]));
      const { requestBody, security } = document.paths[operation.path][operation.method.toLowerCase()];
      const isRead = operation.operationId !== "import_sessions" && requestBody !== undefined;
      if (isRead) expect(statuses).toEqual(expect.arrayContaining([of(408), of(413)]));
      if (security?.length === 0 || operation.operationId === "import_sessions") {
        expect(statuses.filter((status) => [of(408), of(413)].includes(status))).toEqual([]);
      }
    }
  });
});

describe("the document says of every", () => {
  /**
   * Ids that keep to other rules: a provider or a deployer gives them, they have only one value, or they are digits.
   */
  const OTHERS = ["tool_call_id", "os_id", "db_id", "approval_id", "checkpoint_id", "request_id"];
  it("id which it may be", () => {
    const ids = all()
      .filter(isWhole)
      .filter(({ name, path }) => {
        const isId = /(^id|_id|_ids)$/.test(name) && !OTHERS.includes(name);
        // A provider gives a model its id, and a client the messages of a chat. An import tells the session id of a line that
        // failed as it stood there.
        return (
          isId &&
          !/schemas\/(Model|Root|RunStreamEvent|ResumeStreamEvent|UIMessage)\/|sessions\/items\/properties\/session_id$/.test(
            path,
          )
        );
      });
    expect(ids.length).toBeGreaterThan(100);
    const isKept = ({ schema }: Place) => parts(schema).some(({ pattern }) => pattern?.endsWith(ID_PATTERN));
    expect(
      breaking(
        ids.filter(({ schema }) => types(schema).includes("string")),
        isKept,
      ),
    ).toEqual([]);
  });

  it("id in the pattern what the server itself refuses", () => {
    const pattern = new RegExp(ID_PATTERN, "u");
    const samples = [
      "s1",
      "a/b",
      "ä ö",
      "日本語",
      "...",
      "%",
      "😀".repeat(128),
      "x".repeat(128),
      "",
      ".",
      "..",
      "a\nb",
      "\n",
      "a\u0000",
      "\u007f",
      "\u0085",
      "x".repeat(129),
      "a\u00a0b",
    ];
    for (const id of samples) expect([id, pattern.test(id)]).toEqual([id, idProblem(id) === null]);
  });

  it("name and tag that it has no control characters, as the server has it", () => {
    const pattern = new RegExp(NO_CONTROL_PATTERN, "u");
    const samples = [
      "",
      "Kyoto",
      "日本",
      "a\nb",
      "\u0085",
      "\u2028",
      "\u202e",
      "\u2067",
      "\u200d",
      "a\u007f",
      "\u00a0",
      "😀",
    ];
    for (const text of samples) expect([text, pattern.test(text)]).toEqual([text, !hasControl(text)]);
    const { CreateSession, UpdateSession, RenameSession } = document.components.schemas;
    for (const { properties } of [CreateSession, UpdateSession, RenameSession]) {
      expect(properties.session_name.pattern).toBe(NO_CONTROL_PATTERN);
    }
    expect(CreateSession.properties.tags.items.pattern).toBe(NO_CONTROL_PATTERN);
  });

  it("integer its bounds", () => {
    const integers = all().flatMap(({ schema, ...place }) => parts(schema).map((part) => ({ ...place, schema: part })));
    const wholes = integers.filter(
      ({ schema }) => [schema.type].flat().includes("integer") && schema.anyOf === undefined,
    );
    expect(wholes.length).toBeGreaterThan(50);
    expect(
      breaking(wholes, ({ schema }) => Number.isSafeInteger(schema.minimum) && Number.isSafeInteger(schema.maximum)),
    ).toEqual([]);
  });

  it("time one format", () => {
    const isTime = ({ name }: Place) => /_at$|^(created|updated)_(after|before)$/.test(name);
    // A summary's `updated_at` may be any text of a caller's, and in AgentOS it has no offset.
    const isCallers = ({ path }: Place) => /(Summary|summary\/properties)\/.*updated_at$/.test(`${path}`);
    const times = all()
      .filter(isWhole)
      .filter(isTime)
      .filter((place) => !isCallers(place));
    expect(times.length).toBeGreaterThan(30);
    const isOne = (schema: Place["schema"]) => {
      const [type, ...more] = [schema.type].flat().filter((one) => one !== "null");
      return more.length === 0 && (type === "integer" || (type === "string" && schema.format === "date-time"));
    };
    expect(breaking(times, ({ schema }) => (schema.anyOf ?? [schema]).every(isOne))).toEqual([]);
  });

  it("content that it is text", () => {
    const contents = all().filter(({ name, path }) => name === "content" && !/responses/.test(path));
    expect(contents.length).toBeGreaterThan(5);
    expect(breaking(contents, ({ schema }) => schema.type === "string")).toEqual([]);
  });

  it("body its name", () => {
    const bodies = operations.flatMap(({ operationId, requestBody }) =>
      Object.entries(requestBody?.content ?? {}).map(([type, media]) => ({
        of: `${operationId} ${type}`,
        media,
        type,
      })),
    );
    const named = z.object({ schema: z.object({ $ref: z.string().startsWith("#/components/schemas/") }) });
    const unnamed = bodies.filter(({ media }) => !named.safeParse(media).success).map(({ of }) => of);
    expect(unnamed).toEqual(["import_sessions application/x-ndjson"]);
    const names = [
      "UpdateSession",
      "SessionMergePatch",
      "RunRequest",
      "TeamRunRequest",
      "ContinueRequest",
      "ResumeRequest",
      "CancelRequest",
    ];
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  });
});

describe("the document", () => {
  it("has no schema that is null by itself", () => {
    const nullable = Object.entries<Place["schema"]>(document.components.schemas).filter(([, schema]) =>
      [schema.type].flat().includes("null"),
    );
    expect(nullable.map(([name]) => name)).toEqual([]);
    expect(document.components.schemas.Session.properties.session_summary).toEqual({
      anyOf: [{ $ref: "#/components/schemas/SessionSummary" }, { type: "null" }],
    });
  });

  it("tells the kinds of events, an agent's and a team's, and what each has", () => {
    const { RunEvent, ...schemas } = document.components.schemas;
    const kinds = Object.entries<string>(RunEvent.discriminator.mapping);
    expect(RunEvent.discriminator.propertyName).toBe("event");
    expect(kinds.map(([name]) => name).filter((name) => !name.startsWith("Team"))).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "RunContent",
      "ModelRequestCompleted",
      "ToolCallStarted",
      "ToolCallCompleted",
      "ToolCallError",
      "RunContentCompleted",
      "SessionSummaryStarted",
      "SessionSummaryCompleted",
      "RunCompleted",
      "RunError",
      "RunCancelled",
      "RunPaused",
      "RunContinued",
    ]);
    for (const [name, reference] of kinds) {
      const schema = schemas[reference.split("/").at(-1) ?? ""];
      expect([name, schema.properties.event.enum]).toEqual([
        name,
        [name.replace(/^Team/, ""), `Team${name.replace(/^Team/, "")}`],
      ]);
      expect(RunEvent.oneOf).toContainEqual({ $ref: reference });
    }
    expect(schemas.RunPausedEvent.required).toEqual(expect.arrayContaining(["content", "tools", "requirements"]));
    const stream = document.paths["/agents/{agent_id}/runs"].post.responses[200].content["text/event-stream"].schema;
    expect(stream).toEqual({ $ref: "#/components/schemas/RunStreamEvent" });
    expect(schemas.RunStreamEvent.properties.data).toMatchObject({
      contentSchema: { $ref: "#/components/schemas/RunEvent" },
    });
  });

  it("names each event of a stream, an agent's and a team's, and what a resume says of its stream", () => {
    const { RunEvent, RunEventName, RunStreamEvent, ResumeStreamEvent } = document.components.schemas;
    expect(RunEventName.enum).toHaveLength(30);
    expect(new Set(RunEventName.enum)).toEqual(new Set(Object.keys(RunEvent.discriminator.mapping)));
    const name = { $ref: "#/components/schemas/RunEventName" };
    expect(RunStreamEvent.properties.event).toEqual(name);
    expect(ResumeStreamEvent.properties.event.anyOf).toEqual([
      name,
      { type: "string", enum: ["catch_up", "subscribed", "replay", "error"] },
    ]);
  });

  it("says which fields and parameters exclude each other", () => {
    const saidOf = (path: string) => {
      const parameters: { name: string; description?: string; schema: { description?: string } }[] =
        document.paths[path].get.parameters;
      return (name: string) => {
        const parameter = parameters.find((one) => one.name === name);
        return `${parameter?.description} ${parameter?.schema.description}`;
      };
    };
    for (const path of ["/sessions/{session_id}/messages", "/sessions/{session_id}/chat-history"]) {
      expect(saidOf(path)("before")).toContain("Not with `after`");
      expect(saidOf(path)("after")).toContain("Not with `before`");
    }
    for (const name of ["sort_by", "sort_order", "page", "rank"]) expect(saidOf("/sessions")(name)).toContain("`q`");
    expect(saidOf("/sessions")("cursor")).toContain("`page`");
    const { NameSessions, ChangeSessions, RenameSession } = document.components.schemas;
    const ways = (schema: { oneOf: { required: string[] }[] }) => [
      ...new Set(schema.oneOf.map(({ required }) => required[0])),
    ];
    expect(ways(NameSessions)).toEqual(["session_ids", "filter"]);
    expect(ways(ChangeSessions)).toEqual(["session_ids", "filter", "names"]);
    expect(ways(RenameSession)).toEqual(["session_name", "autogenerate"]);
    for (const { properties } of [NameSessions, ChangeSessions])
      expect(properties.session_ids.description).toContain("`filter`");
  });

  it("says how a condition on an ETag is written", () => {
    const parameters: Place["schema"][] = document.paths["/sessions/{session_id}"].patch.parameters;
    const { schema } = parameters.find(({ name }) => name === "If-Match");
    const pattern = new RegExp(schema.pattern, "u");
    for (const header of ["*", '"a-1"', 'W/"a", "b,c"', '""', "a-1", "", '"', '"a" "b"', '* "a"']) {
      expect([header, pattern.test(header)]).toEqual([header, header !== "" && parseIfMatch(header) !== null]);
    }
  });

  it("describes state and answers as JSON text where they are taken so, and there only", () => {
    const { RunRequest, TeamRunRequest, ContinueRequest, CreateSession } = document.components.schemas;
    const text = { type: "string", contentMediaType: "application/json" };
    for (const { properties } of [RunRequest, TeamRunRequest])
      expect(properties.session_state.anyOf).toContainEqual(text);
    for (const name of ["tools", "requirements"]) expect(ContinueRequest.properties[name].anyOf).toContainEqual(text);
    expect(types(CreateSession.properties.session_state)).not.toContain("string");
  });
});
