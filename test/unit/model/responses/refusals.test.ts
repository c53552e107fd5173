import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../../../src/domain/model.ts";
import type { ModelSettings } from "../../../../src/domain/model-choice.ts";
import type { Server } from "../../../../src/model/openai/request-parts.ts";
import { toResponsesRequest } from "../../../../src/model/openai/responses/request.ts";
import { askFor, responsesModel } from "../../../support/openai-model.ts";
import { respond, type Script, scriptModel } from "../../../support/scripted-model.ts";

const provider = scriptModel();

const refusal = (message: string, more: object = {}, status = 400): Script => [
  respond(status, { error: { message, type: "invalid_request_error", param: null, code: null, ...more } }),
];
const WORD = { type: "string" };
const CLOSED = { type: "object", properties: { a: WORD }, required: ["a"], additionalProperties: false };
const ADD = { name: "add", description: "Adds.", parameters: CLOSED };
const SETTINGS: Partial<ModelSettings> = {
  ...{ temperature: 0.5, topP: 0.9, maxOutputTokens: 99, verbosity: "low", parallelToolCalls: false },
  reasoning: { effort: "low", summary: "auto" },
};

/** What the second request of a model has that refused its first one, with all parameters; then that of its third. */
async function afterwards(script: Script, request: Partial<ModelRequest> = {}) {
  const model = responsesModel(SETTINGS);
  provider.next(script, "Hello", "Hello again");
  const asked = { tools: [ADD], ...request };
  expect(await askFor(asked, model)).toMatchObject({ text: "Hello", error: null });
  expect(await askFor(asked, model)).toMatchObject({ text: "Hello again", error: null });
  const [all, found, remembered] = provider.calls.map(({ body }) => body);
  expect(remembered).toEqual(found);
  return { all: all ?? {}, found: found ?? {} };
}

describe("a parameter that a model does not take is found out once, in OpenAI's words", () => {
  it.each<[string, Script, Record<string, unknown>]>([
    [
      "include, by models that do not reason",
      refusal("Encrypted content is not supported with this model.", { param: "include" }),
      { include: undefined },
    ],
    [
      "reasoning.summary, by models that do not reason",
      refusal("Unsupported parameter: 'reasoning.summary' is not supported with the 'gpt-4.1' model.", {
        ...{ param: "reasoning.summary", code: "unsupported_parameter" },
      }),
      { reasoning: { effort: "low" } },
    ],
    [
      "reasoning.summary, for organizations that are not verified",
      refusal(
        "Your organization must be verified to generate reasoning summaries. Please go to: https://platform.openai.com/settings/organization/general and click on Verify Organization. If you just verified, it can take up to 15 minutes for access to propagate.",
        { param: "reasoning.summary", code: "unsupported_value" },
      ),
      { reasoning: { effort: "low" } },
    ],
    [
      "reasoning.effort",
      refusal("Unsupported parameter: 'reasoning.effort' is not supported with this model.", {
        ...{ param: "reasoning.effort", code: "unsupported_parameter" },
      }),
      { reasoning: { summary: "auto" } },
    ],
    [
      "temperature, by models that reason",
      refusal("Unsupported parameter: 'temperature' is not supported with this model.", { param: "temperature" }),
      { temperature: undefined },
    ],
    [
      "text.verbosity",
      refusal("Unsupported parameter: 'text.verbosity' is not supported with this model.", { param: "text.verbosity" }),
      { text: undefined },
    ],
    [
      "max_output_tokens, by other servers",
      [respond(400, { detail: "Unsupported parameter: max_output_tokens" })],
      { max_output_tokens: undefined },
    ],
    [
      "a strict schema",
      refusal("Invalid schema for function 'add': In context=('properties', 'a'), schema must have a 'type' key.", {
        param: "tools[0].parameters",
        code: "invalid_function_parameters",
      }),
      { tools: [{ type: "function", name: "add", description: "Adds.", parameters: CLOSED, strict: false }] },
    ],
  ])("%s", async (_what, script, changed) => {
    const { all, found } = await afterwards(script);
    expect(JSON.parse(JSON.stringify({ ...all, ...changed }))).toEqual(found);
    expect(found).not.toEqual(all);
  });
});

describe("a refusal of items of the history", () => {
  it.each<[string, number, string, object]>([
    [
      "that were encrypted for another key",
      400,
      "The encrypted content gAAA...c90= could not be verified.",
      { code: "invalid_encrypted_content" },
    ],
    [
      "that were encrypted, in a proxy's words",
      400,
      "The encrypted content gAAA...Qw== could not be verified. Reason: Encrypted content could not be decrypted or parsed.",
      { code: "bad_request" },
    ],
    [
      "that are not there",
      404,
      "Item with id 'rs_01' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.",
      { param: "input" },
    ],
    [
      "that lack what followed them",
      400,
      "Item 'rs_01' of type 'reasoning' was provided without its required following item.",
      { param: "input" },
    ],
    ["that are there twice", 400, "Duplicate item found with id rs_01. Remove duplicate items from your input.", {}],
    ["that lack a result", 400, "No tool output found for function call call_1.", { param: "input" }],
    ["that lack a call", 400, "No tool call found for function call output with call_id call_1.", { param: "input" }],
    [
      "with an id that is too long",
      400,
      "Invalid 'input[2].call_id': string too long. Expected a string with maximum length 64, but got a string with length 70 instead.",
      { param: "input[2].call_id", code: "string_above_max_length" },
    ],
  ])(
    "%s says that less of it may help, and is not asked for again with other parameters",
    async (_what, status, words, more) => {
      provider.respondWith(refusal(words, more, status));
      const { error } = await askFor({ tools: [ADD] }, responsesModel(SETTINGS));
      expect(error).toMatchObject({ status, refusesHistory: true });
      expect(provider.calls.length).toBe(1);
    },
  );
});

describe("a request to the Responses API", () => {
  it("stores nothing, and wants reasoning encrypted", async () => {
    await askFor({}, responsesModel({ id: "m" }));
    expect(provider.calls[0]?.body).toEqual({
      model: "m",
      input: [{ type: "message", role: "user", content: "Hello there" }],
      include: ["reasoning.encrypted_content"],
      store: false,
      stream: true,
    });
  });

  it("has settings under the names of that API", async () => {
    const answerSchema = { name: "one_word", schema: CLOSED };
    await askFor({ tools: [ADD], answerSchema, reasoningEffort: "minimal" }, responsesModel(SETTINGS));
    expect(provider.calls[0]?.body).toMatchObject({
      ...{ temperature: 0.5, top_p: 0.9, max_output_tokens: 99, parallel_tool_calls: false, tool_choice: "auto" },
      reasoning: { effort: "minimal", summary: "auto" },
      text: { verbosity: "low", format: { type: "json_schema", name: "one_word", strict: true, schema: CLOSED } },
    });
  });

  it.each([
    [1, 16],
    [16, 16],
    [17, 17],
  ])("with a budget of %d tokens asks for %d: less is refused", async (maxTokens, expected) => {
    await askFor({ maxTokens }, responsesModel());
    expect(provider.calls[0]?.body.max_output_tokens).toBe(expected);
  });

  it("tells OpenAI, and no other server, whose it is", () => {
    const request: ModelRequest = {
      ...{ messages: [], tools: [], toolChoice: "auto" },
      ...{ promptCacheKey: "p".repeat(80), safetyIdentifier: "s".repeat(64) },
    };
    const body = (server: Server) => toResponsesRequest(request, { settings: { id: "m" }, source: "s", server });
    expect(body("openai")).toMatchObject({ prompt_cache_key: "p".repeat(64), safety_identifier: "s".repeat(64) });
    expect(JSON.stringify(body("azure"))).not.toMatch(/ppp|sss/);
  });

  it("says of each tool whether it is strict", async () => {
    const open = { type: "object", properties: { a: WORD } };
    await askFor({ tools: [ADD, { ...ADD, name: "open", parameters: open }] }, responsesModel());
    expect(provider.calls[0]?.body.tools).toEqual([
      { type: "function", name: "add", description: "Adds.", parameters: CLOSED, strict: true },
      { type: "function", name: "open", description: "Adds.", parameters: open, strict: false },
    ]);
  });

  it("names a tool that is to be called by its name", async () => {
    await askFor({ tools: [ADD] }, responsesModel({ toolChoice: { tool: "add" } }));
    expect(provider.calls[0]?.body.tool_choice).toEqual({ type: "function", name: "add" });
  });
});
