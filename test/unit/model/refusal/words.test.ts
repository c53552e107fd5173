import { describe, expect, it } from "vitest";
import { errorIn, readableBody, wordsOf } from "../../../../src/model/openai/refusal/provider-failure.ts";
import { askFor } from "../../../support/openai-model.ts";
import { chunk, respond, type Script, scriptModel, text } from "../../../support/scripted-model.ts";

const provider = scriptModel();

async function messageOf(script: Script): Promise<string> {
  provider.next(script);
  return (await askFor()).error?.message ?? expect.unreachable("The model answered.");
}

describe("a provider's own words", () => {
  it.each<[string, unknown]>([
    ["OpenAI", { error: { message: "No such thing", type: "invalid_request_error", param: null, code: null } }],
    ["Gemini", [{ error: { code: 400, message: "No such thing", status: "INVALID_ARGUMENT" } }]],
    ["AI Gateway", { success: false, result: [], messages: [], error: [{ code: 2001, message: "No such thing" }] }],
    ["Workers AI", { errors: [{ message: "No such thing", code: 5006 }], success: false, result: {}, messages: [] }],
    ["FastAPI", { detail: "No such thing" }],
    ["Mistral", { object: "error", message: "No such thing", type: "invalid_request_error", code: 1 }],
    ["Bedrock", { message: "No such thing" }],
    ["older AWS", { Message: "No such thing" }],
    ["Ollama and xAI", { code: "x", error: "No such thing" }],
    ["Fastify and Nest", { statusCode: 400, error: "Bad Request", message: "No such thing" }],
    ["Nest, with several", { statusCode: 400, error: "Bad Request", message: ["No such thing"] }],
    ["a message within a message", { error: { message: { detail: "No such thing" } } }],
    ["JSON in a text", { error: { message: '{"error":{"message":"No such thing"}}' } }],
    ["JSON in a text as the error", { error: '{"message":"No such thing"}' }],
    ["plain text", "No such thing"],
  ])("are read in the shape of %s", async (_who, body) => {
    expect(await messageOf([respond(400, body)])).toBe("The model's provider answered 400: No such thing");
  });

  it("are read with the place in the request, where a validator names it", async () => {
    const detail = [
      { type: "extra_forbidden", loc: ["body", "temperature"], msg: "Extra inputs are not permitted", input: "secret" },
      { type: "missing", loc: ["body", "model"], msg: "Field required" },
    ];
    const expected =
      "The model's provider answered 422: temperature: Extra inputs are not permitted; model: Field required";
    expect(await messageOf([respond(422, { detail })])).toBe(expected);
    expect(await messageOf([respond(422, { object: "error", message: { detail } })])).toBe(expected);
  });

  it("are read behind OpenRouter's, which says only who failed", async () => {
    const raw = JSON.stringify({ error: { message: "No such thing" } });
    const body = { error: { message: "Provider returned error", code: 400, metadata: { raw, provider_name: "x" } } };
    expect(await messageOf([respond(400, body)])).toBe(
      "The model's provider answered 400: Provider returned error: No such thing",
    );
  });

  it.each<[string, unknown]>([
    ["OpenAI", { error: { message: "Overloaded" } }],
    ["one that says it in a text", { error: "Overloaded" }],
    ["older vLLM", { object: "error", message: "Overloaded", code: 500 }],
    ["Gemini", [{ error: { code: 503, message: "Overloaded" } }]],
    ["Workers AI", { errors: [{ message: "Overloaded" }], success: false }],
    ["MiniMax", { base_resp: { status_code: 1004, status_msg: "Overloaded" } }],
  ])("are found in a stream, and in a whole answer with 200: %s", async (_who, body) => {
    const expected = "The model's provider reported an error: Overloaded";
    expect(await messageOf([text("x"), chunk(body)])).toBe(expected);
    expect(await messageOf([respond(200, body)])).toBe(expected);
  });

  it("are one line, and none where there are none", async () => {
    expect(await messageOf([respond(400, {})])).toBe("The model's provider answered 400.");
    expect(await messageOf([respond(400, { error: { message: "No\nsuch\tthing" } })])).toBe(
      "The model's provider answered 400: No such thing",
    );
  });

  it("are looked for a few levels deep, and no deeper", () => {
    const nested = (levels: number): unknown => (levels === 0 ? "deep" : { error: nested(levels - 1) });
    expect([wordsOf(nested(5)), wordsOf(nested(40))]).toEqual(["deep", ""]);
  });
});

describe("the body of a failure", () => {
  it.each(["", "text", "{", "[]", '{"error":{"message":"x"}}', '{"error":"x"}', '{"error":"x","message":null}'])(
    "stays as it is where nothing would be lost: %s",
    (body) => {
      expect(readableBody(body)).toBe(body);
    },
  );
});

describe("an event", () => {
  it.each([null, 7, "x", [], {}, { choices: [] }, { choices: [], error: null }, { base_resp: { status_code: 0 } }])(
    "is no failure: %j",
    (event) => {
      expect(errorIn(event)).toBeUndefined();
    },
  );
});
