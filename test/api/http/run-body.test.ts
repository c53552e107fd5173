import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { booleanOr, integerOr, jsonObject, optionalField, SessionId } from "../../../src/api/shared/request-fields.ts";
import { newRouter, type Router } from "../../../src/api/shared/route.ts";
import { readRunBody } from "../../../src/http/body.ts";
import { parseFields } from "../../../src/http/field-errors.ts";
import { routeScope } from "../../../src/http/scope.ts";
import { smallApp } from "../../support/small-app.ts";

const RunBody = z.object({
  message: z.string(),
  stream: booleanOr(true, "Whether to stream."),
  session_id: optionalField(SessionId),
  session_state: optionalField(jsonObject("State.")),
  rounds: integerOr(3, { description: "Rounds.", ge: 1 }),
});

function runRouter(): Router {
  const router = newRouter();
  router.post("/run", routeScope("credential"), async (c) => c.json(parseFields(RunBody, await readRunBody(c))));
  return router;
}

const { request } = smallApp({ routers: [runRouter()] });
const JSON_TYPE = { "Content-Type": "application/json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };
const post = (path: string, body: BodyInit, headers: Record<string, string> = {}) =>
  request(path, { method: "POST", headers, body });
const read = async (answer: Promise<Response>) => {
  const { status } = await answer;
  return [status, await (await answer).json()];
};

describe("a run's body", () => {
  const expected = { message: "hi", stream: false, session_id: "s1", session_state: { a: [1] }, rounds: 5 };
  const form = { message: "hi", stream: "False", session_id: "s1", session_state: '{"a":[1]}', rounds: "5" };
  const multipart = (fields: Record<string, string | File>) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(fields)) data.append(name, value);
    return data;
  };

  it("may be multipart, urlencoded or JSON, of any content type that fits", async () => {
    const asJson = JSON.stringify({ ...form, stream: false, session_state: { a: [1] }, rounds: 5 });
    const bodies = [
      post("/run", multipart(form)),
      post("/run", new URLSearchParams(form)),
      post("/run", asJson, JSON_TYPE),
      post("/run", asJson, FORM_TYPE),
      post("/run", new TextEncoder().encode(asJson)),
      post("/run", JSON.stringify(form), { "Content-Type": "text/plain" }),
    ];
    for (const body of bodies) expect(await read(body)).toEqual([200, expected]);
  });

  it("takes empty and null fields as absent, and of a repeated field the last", async () => {
    const defaults = { message: "hi", stream: true, rounds: 3 };
    expect(await read(post("/run", "message=no&message=hi&session_id=&stream=&rounds=", FORM_TYPE))).toEqual([
      200,
      defaults,
    ]);
    expect(await read(post("/run", '{"message":"hi","session_id":null,"stream":null}', JSON_TYPE))).toEqual([
      200,
      defaults,
    ]);
    const unchosen = { message: "hi", session_id: "", files: new File([], "") };
    expect(await read(post("/run", multipart(unchosen)))).toEqual([200, defaults]);
  });

  it.each([
    ["", FORM_TYPE],
    ["message=", FORM_TYPE],
    ['{"message":""}', JSON_TYPE],
    ["{}", JSON_TYPE],
    ["", {}],
  ])("needs a message: '%s'", async (body, headers) => {
    const [status, refusal] = await read(post("/run", body, headers));
    expect(status).toBe(422);
    expect(refusal).toMatchObject({
      detail: [{ type: "missing", loc: ["body", "message"], msg: "Field required", input: null }],
    });
  });

  it.each([
    ["true", true],
    ["1", true],
    ["ON", true],
    ["Yes", true],
    ["false", false],
    ["0", false],
    ["off", false],
    ["NO", false],
  ])("reads the boolean %s as pydantic does", async (text, value) => {
    const [, body] = await read(post("/run", `message=hi&stream=${text}`, FORM_TYPE));
    expect(body).toMatchObject({ stream: value });
  });

  it.each([
    ["stream", "maybe", "bool_parsing"],
    ["rounds", "0", "greater_than_equal"],
    ["rounds", "1.5", "int_parsing"],
    ["session_id", "..", "value_error"],
    ["session_state", "[1]", "dict_type"],
    ["session_state", '"x"', "dict_type"],
    ["session_state", "{", "json_invalid"],
  ])("refuses %s=%s", async (name, value, type) => {
    const [status, refusal] = await read(post("/run", new URLSearchParams({ message: "hi", [name]: value })));
    expect(status).toBe(422);
    expect(refusal).toMatchObject({ detail: [{ type, loc: ["body", name], input: value }] });
  });

  it("refuses values of the wrong JSON type", async () => {
    const [status, refusal] = await read(post("/run", '{"message":["hi"],"session_state":7}', JSON_TYPE));
    expect(status).toBe(422);
    expect(refusal).toMatchObject({ detail: [{ type: "string_type" }, { type: "dict_type" }] });
  });

  it("refuses files and media", async () => {
    const bodies = [
      post("/run", multipart({ message: "hi", files: new File(["x"], "a.txt") })),
      post("/run", multipart({ message: "hi", anything: new File([], "empty.txt") })),
      post("/run", "message=hi&images=[%7B%7D]", FORM_TYPE),
      post("/run", '{"message":"hi","audio":[{"url":"x"}]}', JSON_TYPE),
      post("/run", '{"message":"hi","videos":"x"}', JSON_TYPE),
    ];
    for (const body of bodies) {
      const [status, refusal] = await read(body);
      expect(status).toBe(400);
      expect(refusal).toMatchObject({ detail: "Unsupported file type", code: "unsupported_file" });
    }
    expect(await read(post("/run", "message=hi&images=[]&audio=null&files=", FORM_TYPE))).toMatchObject([200, {}]);
  });

  it("refuses a form with bytes or escapes that are no UTF-8, and takes a lone percent sign as one", async () => {
    const bytes = new Uint8Array([0x62, 0xff]);
    const data = multipart({ message: "hi" });
    const [head, ...rest] = (await new Response(data).text()).split("hi");
    const type = `multipart/form-data; boundary=${/--(\S+)/.exec(head ?? "")?.[1]}`;
    const encoder = new TextEncoder();
    const body = new Blob([encoder.encode(head), bytes, encoder.encode(rest.join("hi"))]);
    for (const sent of [
      post("/run", body, { "Content-Type": type }),
      post("/run", "message=b%FF", FORM_TYPE),
      post("/run", "message=hi&session_id=%c3%28", FORM_TYPE),
    ]) {
      const [status, refusal] = await read(sent);
      expect(status).toBe(422);
      expect(refusal).toMatchObject({ detail: [{ type: "json_invalid", ctx: { error: "Invalid UTF-8" } }] });
    }
    const sure = await read(post("/run", "message=100%+sure+%C3%BC", FORM_TYPE));
    expect(sure).toMatchObject([200, { message: "100% sure ü" }]);
  });

  it("refuses a multipart body that cannot be taken apart", async () => {
    const [status, refusal] = await read(
      post("/run", "garbage", { "Content-Type": "multipart/form-data; boundary=x" }),
    );
    expect(status).toBe(400);
    expect(refusal).toMatchObject({ detail: "There was an error parsing the body" });
  });

  it("refuses JSON that is no object", async () => {
    const [status, refusal] = await read(post("/run", '["hi"]', JSON_TYPE));
    expect(status).toBe(422);
    expect(refusal).toMatchObject({ detail: [{ type: "model_attributes_type", loc: ["body"] }] });
  });
});
