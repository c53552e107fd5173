import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { jsonObject, optionalField, SessionId } from "../../../src/api/shared/request-fields.ts";
import { defineRoute, json, jsonBody, newRouter, type Router } from "../../../src/api/shared/route.ts";
import { MAX_BODY_BYTES } from "../../../src/domain/limits.ts";
import { limitBody } from "../../../src/http/limits.ts";
import { routeScope } from "../../../src/http/scope.ts";
import { smallApp } from "../../support/small-app.ts";

const Named = z.object({ session_name: z.string(), tags: z.array(z.string()).optional() });
const Optional = z.object({ session_id: optionalField(SessionId), session_state: optionalField(jsonObject("State.")) });
const answers = { 200: json(z.unknown(), "What was read") };
const base = {
  method: "post" as const,
  user: "none" as const,
  scope: "credential" as const,
  summary: "",
  description: "",
  tags: ["Bodies"],
  responses: answers,
};
const named = defineRoute({
  ...base,
  path: "/named",
  operationId: "named",
  request: { body: jsonBody(Named, { required: true }) },
});
const optional = defineRoute({
  ...base,
  path: "/optional",
  operationId: "optional",
  request: { body: jsonBody(Optional, { required: false }) },
});

function bodyRouter(): Router {
  const router = newRouter();
  router.openapi(named, (c) => c.json(c.req.valid("json"), 200));
  router.openapi(optional, (c) => c.json(c.req.valid("json"), 200));
  router.post("/raw", routeScope("credential"), limitBody(MAX_BODY_BYTES), async (c) =>
    c.json({ chars: (await c.req.text()).length }),
  );
  router.post("/wait", routeScope("credential"), limitBody(MAX_BODY_BYTES), async (c) => {
    const { signal } = c.req.raw;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return c.json({ message: await c.req.text() });
  });
  return router;
}

const { request } = smallApp({ routers: [bodyRouter()] });
const JSON_TYPE = { "Content-Type": "application/json" };
const post = (path: string, body?: BodyInit, headers: Record<string, string> = {}) =>
  request(path, { method: "POST", headers, ...(body !== undefined && { body }) });
const read = async (answer: Promise<Response>) => {
  const { status } = await answer;
  return [status, await (await answer).json()];
};

describe("a JSON body", () => {
  it.each([
    ["application/x-www-form-urlencoded"],
    ["application/x-www-form-urlencoded; charset=utf-8"],
    ["multipart/form-data; boundary=x"],
    ["application/json"],
    ["text/plain"],
  ])("that is empty is none, though it is called %s", async (type) => {
    for (const body of type.startsWith("multipart") ? [""] : ["", " \n"]) {
      const answers = [
        post("/optional", body, { "Content-Type": type }),
        post("/named", body, { "Content-Type": type }),
      ];
      const missing = { detail: [{ type: "missing", loc: ["body"] }] };
      expect(await Promise.all(answers.map(read))).toMatchObject([
        [200, {}],
        [422, missing],
      ]);
    }
  });

  it.each([
    ["application/json"],
    ["application/json; charset=utf-8"],
    ["text/plain"],
    ["application/x-www-form-urlencoded"],
    ["application/vnd.api+json"],
  ])("is read as JSON when it is called %s", async (type) => {
    const answer = post("/named", '{"session_name":"é"}', { "Content-Type": type });
    expect(await read(answer)).toEqual([200, { session_name: "é" }]);
  });

  it("is read as JSON when nothing says what it is", async () => {
    const bytes = new TextEncoder().encode('\ufeff{"session_name":"x"}');
    expect(await read(post("/named", bytes))).toEqual([200, { session_name: "x" }]);
  });

  it.each([
    ["nothing", undefined, JSON_TYPE],
    ["nothing, of no type", undefined, {}],
    ["blanks", "  ", JSON_TYPE],
    ["null", "null", JSON_TYPE],
  ])("may be %s where it is optional and is missing where it is required", async (_name, body, headers) => {
    expect(await read(post("/optional", body, headers))).toEqual([200, {}]);
    const [status, refusal] = await read(post("/named", body, headers));
    expect(status).toBe(422);
    expect(refusal).toMatchObject({
      detail: [{ type: "missing", loc: ["body"], msg: "Field required", input: null }],
      code: "invalid_request",
    });
  });

  it("may have nulls for optional fields", async () => {
    const body = '{"session_id":null,"session_state":null,"agent_id":null}';
    expect(await read(post("/optional", body, JSON_TYPE))).toEqual([200, {}]);
  });

  it.each([
    ['{"session_name": ', 17],
    ['{"a":1 "b":2}', 7],
    ["not json", 0],
    [`${"[".repeat(101)}${"]".repeat(101)}`, 100],
  ])("is refused where it stops being JSON: %s", async (body, position) => {
    for (const path of ["/named", "/optional"]) {
      const [status, refusal] = await read(post(path, body, JSON_TYPE));
      expect(status).toBe(422);
      expect(refusal).toMatchObject({
        detail: [{ type: "json_invalid", loc: ["body", position], msg: "JSON decode error", input: {} }],
      });
    }
  });

  it("is refused when a number in it is too large to be kept", async () => {
    const answer = await post("/optional", '{"state": {"a": [1e999]}}');
    expect(answer.status).toBe(422);
  });

  it("is refused when it is not UTF-8", async () => {
    const [status] = await read(post("/named", new Uint8Array([0x22, 0xff, 0x22]), JSON_TYPE));
    expect(status).toBe(422);
  });

  it("is refused field by field", async () => {
    const [, refusal] = await read(post("/named", `{"session_name":7,"tags":["a",${"1,".repeat(500)}2]}`, JSON_TYPE));
    const { detail } = z.object({ detail: z.array(z.unknown()) }).parse(refusal);
    expect(detail[0]).toEqual({
      type: "string_type",
      loc: ["body", "session_name"],
      msg: "Input should be a valid string",
      input: 7,
    });
    expect(detail[1]).toMatchObject({ loc: ["body", "tags", 1] });
    expect(detail).toHaveLength(100);
  });

  it("is refused when it is no object", async () => {
    const [status, refusal] = await read(post("/named", "[1]", JSON_TYPE));
    expect(status).toBe(422);
    expect(refusal).toMatchObject({ detail: [{ type: "model_attributes_type", loc: ["body"], input: [1] }] });
  });
});

describe("a body that was read", () => {
  it("leaves the request's signal: a handler still learns that the caller has gone", async () => {
    const caller = new AbortController();
    const answer = request("/wait", { method: "POST", body: "hi", signal: caller.signal });
    setTimeout(() => caller.abort(), 20);
    expect(await read(answer)).toEqual([200, { message: "hi" }]);
  });
});

describe("the size of a body", () => {
  const stream = (chunks: number, chunkBytes: number, pulled = { count: 0 }) =>
    new ReadableStream({
      pull(controller) {
        if (pulled.count++ === chunks) controller.close();
        else controller.enqueue(new Uint8Array(chunkBytes).fill(0x61));
      },
    });

  it("may be exactly the limit", async () => {
    expect(await read(post("/raw", "x".repeat(MAX_BODY_BYTES)))).toEqual([200, { chars: MAX_BODY_BYTES }]);
    expect(await read(post("/raw", stream(16, MAX_BODY_BYTES / 16)))).toEqual([200, { chars: MAX_BODY_BYTES }]);
  });

  it("is counted on what arrives, without reading to the end", async () => {
    const pulled = { count: 0 };
    const answer = await post("/raw", stream(10_000, 65_536, pulled));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({
      detail: `The request body is larger than ${MAX_BODY_BYTES} bytes.`,
      code: "payload_too_large",
      request_id: answer.headers.get("X-Request-Id"),
    });
    expect(pulled.count).toBeLessThan(30);
  });

  it("is refused by its declared length before any of it is read", async () => {
    const headers = { "Content-Length": String(MAX_BODY_BYTES + 1) };
    for (const path of ["/raw", "/optional", "/named"]) {
      expect((await post(path, "small", headers)).status).toBe(413);
    }
  });

  it("is counted although a smaller length is declared", async () => {
    expect((await post("/raw", stream(17, 65_536), { "Content-Length": "5" })).status).toBe(413);
  });
});
