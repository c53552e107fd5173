import { beforeAll, describe, expect, it } from "vitest";
import { documentedOperations } from "../../support/document.ts";
import { call, newId, run } from "../../support/http.ts";
import { countRows } from "../../support/rows.ts";
import { scriptModel } from "../../support/scripted-model.ts";

scriptModel();

// biome-ignore lint/suspicious/noExplicitAny: a document's JSON, looked into by tests
type Schema = any;

/** A list that a request may hold: `place` leads to it, from the body or the query. */
interface ListPlace {
  method: string;
  path: string;
  at: "body" | "query";
  type: string;
  place: string[];
  schema: Schema;
}

let document: Schema;
let lists: ListPlace[];
const sessionId = newId();

beforeAll(async () => {
  await run("hi", { session_id: sessionId });
  document = (await call("GET", "/openapi.json")).body;
  lists = (await documentedOperations()).flatMap(({ method, path, parameters, requestBody }) => [
    ...parameters.flatMap(({ name, in: at, schema }: Schema) =>
      listsIn(schema, [name]).map((found) => ({ method, path, at, type: "", ...found })),
    ),
    // What is old of a chat's messages is left out before they are read, and what may be in the newest has a limit of its own.
    ...Object.entries<Schema>(path.endsWith("/chat") ? {} : (requestBody?.content ?? {})).flatMap(
      ([type, { schema }]) => listsIn(schema).map((found) => ({ method, path, at: "body" as const, type, ...found })),
    ),
  ]);
});

/** Every list in a schema, at any depth. */
function listsIn(schema: Schema, place: string[] = []): Pick<ListPlace, "place" | "schema">[] {
  const { $ref, type, items, properties = {}, allOf = [], anyOf = [], oneOf = [] } = schema;
  if ($ref !== undefined) {
    return listsIn(document.components.schemas[$ref.split("/").at(-1)], place);
  }
  return [
    ...([type].flat().includes("array") ? [{ place, schema }, ...listsIn(items ?? {}, [...place, "0"])] : []),
    ...Object.entries<Schema>(properties).flatMap(([name, inner]) => listsIn(inner, [...place, name])),
    ...[...allOf, ...anyOf, ...oneOf].flatMap((inner: Schema) => listsIn(inner, place)),
  ];
}

/** So many wrong elements that the validator's stack would overflow if it looked at each of them. */
const WRONG = new Array(130_000).fill(0);

const inBody = (place: string[], value: unknown): object =>
  place.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;

const pathOf = (path: string): string =>
  path
    .replace("{agent_id}", "assistant")
    .replace("{session_id}", sessionId)
    .replaceAll(/\{\w+\}/g, "x");

describe("a list of a request", () => {
  it("has a maximum, wherever the document has one", () => {
    const names = lists.map(
      ({ method, path, at, place }) => `${method.toLowerCase()} ${path} ${at}.${place.join(".")}`,
    );
    expect(names).toEqual(
      expect.arrayContaining([
        "post /sessions body.tags",
        "patch /sessions/{session_id} body.summary.topics",
        "post /sessions/bulk body.filter.tag",
        "get /sessions/{session_id}/messages query.member_ids",
        "post /agents/{agent_id}/runs/{run_id}/continue body.requirements",
      ]),
    );
    expect(lists.filter(({ schema }) => !(schema.maxItems > 0)).map(({ path, place }) => [path, ...place])).toEqual([]);
  });

  it("is counted before its elements are looked at: 130,000 wrong ones are one error", async () => {
    const before = await countRows();
    const bodies = lists.filter(({ at, path }) => at === "body" && !path.startsWith("/teams/"));
    expect(bodies.length).toBeGreaterThan(15);
    for (const { method, path, type, place } of bodies) {
      const isAnswer = path.endsWith("/continue");
      const fields = { ...inBody(place, WRONG), ...(isAnswer && { session_id: sessionId }) };
      const body = type.includes("form") ? formOf(fields, type) : JSON.stringify(fields);
      const headers: Record<string, string> = type.includes("json") ? { "Content-Type": type } : {};
      const answer = await call(method, pathOf(path), body, headers);
      const what = [method, path, type, ...place];
      if (isAnswer) {
        expect([what, answer.status, answer.body.detail]).toEqual([what, 400, expect.stringContaining("Too big")]);
        continue;
      }
      expect([what, answer.status]).toEqual([what, 422]);
      const about = answer.body.detail.filter(({ loc }: Schema) => loc.join().startsWith(["body", ...place].join()));
      expect([what, about]).toEqual([what, [expect.objectContaining({ type: "too_long", loc: ["body", ...place] })]]);
    }
    expect(await countRows()).toEqual(before);
  });

  it("is refused with one element too many in a query", async () => {
    const queries = lists.filter(({ at }) => at === "query");
    expect(queries.length).toBeGreaterThan(4);
    for (const { path, place, schema } of queries) {
      const [name = ""] = place;
      const answer = await call("GET", `${pathOf(path)}?${`${name}=x&`.repeat(schema.maxItems + 1)}`);
      expect([name, answer.status, answer.body.detail]).toEqual([
        name,
        422,
        [expect.objectContaining({ type: "too_long", loc: ["query", name] })],
      ]);
    }
  });

  it("may be as long as it says, and every element wrong: a hundred of them are named", async () => {
    const ids = new Array(25_000).fill(0);
    for (const path of ["/sessions/names", "/sessions/bulk"]) {
      const { status, body } = await call("POST", path, { action: "pin", session_ids: ids });
      expect([path, status, body.detail.length]).toEqual([path, 422, 100]);
    }
  });

  it("of filled fields is counted too, in each of a thousand answers", async () => {
    const answer = (fields: number) => ({ tool_call_id: "c", user_input_schema: new Array(fields).fill(0) });
    const path = pathOf("/agents/{agent_id}/runs/x/continue");
    for (const [tools, reason] of [
      [[answer(130_000)], "entry 0, user_input_schema: Too big"],
      [new Array(400).fill(answer(1_000)), "entry 0, user_input_schema.0: Invalid input"],
    ] as const) {
      const { status, body } = await call("POST", path, { session_id: sessionId, tools });
      expect([status, body.detail]).toEqual([400, expect.stringContaining(reason)]);
    }
  });
});

it("names a hundred of the fields that nobody knows, however many there are", async () => {
  const unknown = Object.fromEntries(Array.from({ length: 80_000 }, (_, nth) => [`k${nth}`, 0]));
  for (const [method, path, body, place] of [
    ["POST", "/sessions/bulk", { action: "pin", ...unknown }, ["body"]],
    ["POST", "/sessions/names", { filter: unknown }, ["body", "filter"]],
    ["PATCH", pathOf("/sessions/{session_id}"), { summary: { summary: "s", ...unknown } }, ["body", "summary"]],
  ] as const) {
    const answer = await call(method, path, body);
    expect([path, answer.status, answer.body.detail.length]).toEqual([path, 422, 100]);
    expect(answer.body.detail[0]).toMatchObject({ type: "extra_forbidden", loc: [...place, "k0"] });
  }
});

function formOf(fields: object, type: string): URLSearchParams | FormData {
  const form = type === "multipart/form-data" ? new FormData() : new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return form;
}
