import { afterEach, describe, expect, it, vi } from "vitest";
import type { AnswerSchema, Model, ModelChunk, ModelRequest } from "../../../src/domain/model.ts";
import { offlineModel } from "../../../src/model/offline.ts";
import { remember } from "../../../src/model/openai/refusal/memory.ts";
import { namingPrompt, proposeName } from "../../../src/names/propose.ts";
import { proposeSummary } from "../../../src/summaries/propose.ts";
import { APIS, newModel, newModelId } from "../../support/openai-model.ts";
import {
  chunk,
  fail,
  gate,
  hold,
  MODEL_BASE_URL,
  never,
  respond,
  type Script,
  scriptModel,
  summary,
  text,
  until,
} from "../../support/scripted-model.ts";

const provider = scriptModel();
const LINES = [{ role: "user" as const, content: "Tell me about whales" }];
const JOB = { reasoningEffort: null, retryFailures: false };
const SCHEMA: AnswerSchema = { name: "one_word", schema: { type: "object" } };
const NAME = '{"name": "Whale Facts"}';

/** For each request that reached the provider, whether it had a schema. */
const asked = () => provider.calls.map(({ request }) => request.response_format !== undefined);
const refusal = (status = 400, message = "'response_format' of type 'json_schema' is not supported with this model.") =>
  [fail(status, message)] satisfies Script;

/** How providers refuse a schema, each in its own words. */
const REFUSALS: [string, Script][] = [
  ["OpenAI", refusal()],
  [
    "Azure",
    refusal(400, "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later"),
  ],
  [
    "LiteLLM",
    refusal(400, "litellm.UnsupportedParamsError: the model does not support parameters: {'response_format': …}"),
  ],
  ["Groq", refusal(400, "This model does not support response format `json_schema`.")],
  ["DeepSeek", refusal(400, "This response_format type is unavailable now")],
  ["llama.cpp", refusal(400, '"type" must be one of "text" or "json_object", but got: json_schema')],
  ["vLLM", refusal(400, "The provided JSON schema contains features not supported by xgrammar.")],
  ["an older OpenAI", refusal(400, "Unrecognized request argument supplied: response_format")],
  ["OpenRouter", refusal(404, "No endpoints found that can handle the requested parameters.")],
  [
    "Gemini",
    [
      respond(400, [
        {
          error: { code: 400, message: "Unknown name \"additionalProperties\" at 'generation_config.response_schema'" },
        },
      ]),
    ],
  ],
  ["Workers AI", [respond(400, { errors: [{ code: 5025, message: "This model doesn't support JSON Schema." }] })]],
  [
    "a strict validator",
    [respond(422, { detail: [{ type: "extra_forbidden", loc: ["body", "response_format"], msg: "Extra inputs" }] })],
  ],
  [
    "a proxy that quotes",
    [respond(400, { error: { message: "Provider returned error", metadata: { raw: '{"e":"response_format"}' } } })],
  ],
  [
    "a parameter that is named",
    [respond(400, { error: { message: "Invalid value.", param: "response_format.type" } })],
  ],
  ["the Responses API", refusal(400, "Unsupported parameter: 'text.format' is not supported with this model.")],
  ["an empty body", [respond(400, "")]],
  ["a bare one", [respond(400, { error: { message: "Bad Request", code: 400 } })]],
  ["one in words", [respond(400, "the JSON schema is not known here")]],
  ["an error in the stream", [chunk({ error: { code: 400, message: "response_format is not supported" } })]],
  ["not implemented", refusal(501, "json_schema: not implemented")],
];

async function said(request: Partial<ModelRequest>, from: Model, signal = new AbortController().signal) {
  const messages: ModelRequest["messages"] = [{ role: "user", content: "hi" }];
  const chunks: ModelChunk[] = [];
  for await (const burst of from.stream({ messages, tools: [], toolChoice: "none", ...request }, signal)) {
    chunks.push(...burst);
  }
  return chunks.map((each) => (each.type === "text" ? each.delta : "")).join("");
}

describe("the offline model", () => {
  it("answers under a schema, too", async () => {
    const messages = namingPrompt([{ role: "user", content: "Plant tomatoes now" }]);
    expect(await said({ messages, answerSchema: SCHEMA }, offlineModel())).toBe('{"name":"Plant tomatoes now"}');
    expect(await proposeName(offlineModel(), [{ role: "user", content: "Plant tomatoes now" }], JOB)).toMatchObject({
      name: "Plant tomatoes now",
      attempts: 1,
    });
  });
});

describe.each(APIS)("behind $api", (tested) => {
  /** Under a known id the server may remember that the model refuses a schema. */
  const model = (id = newModelId(), baseUrl = MODEL_BASE_URL) =>
    newModel(tested, { settings: { id }, baseUrl, timeoutMs: 60_000 });

  describe("an answer under a schema", () => {
    it("is asked for by OpenAI's parameter for it, and by nothing where none is wished", async () => {
      await said({ answerSchema: SCHEMA }, model());
      await said({}, model());
      expect(provider.calls.map(({ request }) => request.response_format)).toEqual([
        { type: "json_schema", json_schema: { name: "one_word", strict: true, schema: { type: "object" } } },
        undefined,
      ]);
    });

    it("is what a name and a summary are asked for as, with every property required and no other allowed", async () => {
      provider.nextNames([text(NAME)]);
      expect(await proposeName(model(), LINES, JOB)).toMatchObject({ name: "Whale Facts", attempts: 1 });
      provider.nextSummaries(summary("On whales.", ["whales"]));
      expect(await proposeSummary(model(), null, LINES, new AbortController().signal)).toEqual({
        summary: { summary: "On whales.", topics: ["whales"] },
        said: null,
      });
      for (const { request } of provider.calls) {
        const { name, strict, schema } = request.response_format?.json_schema ?? {};
        expect([name, strict]).toEqual([expect.stringMatching(/^session_(?:name|summary)$/), true]);
        expect(schema?.required).toEqual(Object.keys(schema?.properties as object));
        expect(schema?.additionalProperties).toBe(false);
      }
      expect(asked()).toEqual([true, true]);
    });
  });

  describe("a provider that refuses the schema", () => {
    it.each(REFUSALS)(
      "is asked once more without it, which is one attempt and no failure: %s",
      async (_who, script) => {
        provider.nextNames(script, "Whale Facts");
        expect(await proposeName(model(), LINES, JOB)).toEqual({
          name: "Whale Facts",
          attempts: 1,
          model: expect.any(String),
          promptTokens: 10,
          completionTokens: 5,
          failure: null,
          said: null,
        });
        expect(asked()).toEqual([true, false]);
        expect(provider.calls[1]?.request.messages).toEqual(provider.calls[0]?.request.messages);
      },
    );

    it("is remembered: the next name, and a summary, are asked for without it at once", async () => {
      provider.nextNames(refusal(), "Whale Facts", "Whale Songs");
      await proposeName(model("remembered"), LINES, JOB);
      expect(await proposeName(model("remembered"), LINES, JOB)).toMatchObject({ name: "Whale Songs", attempts: 1 });
      await proposeSummary(model("remembered"), null, LINES, new AbortController().signal);
      expect(asked()).toEqual([true, false, false, false]);
    });

    it("is remembered for that model at that server alone", async () => {
      provider.nextNames(refusal(), "Whale Facts");
      await proposeName(model("at-one-server"), LINES, JOB);
      await proposeName(model("another-model"), LINES, JOB);
      await proposeName(model("at-one-server", `${MODEL_BASE_URL}/v2`), LINES, JOB);
      expect(asked()).toEqual([true, false, true, true]);
    });

    it("is remembered only where it answers without the schema", async () => {
      provider.nextNames(refusal(), [fail(503)], NAME);
      expect(await proposeName(model("down"), LINES, JOB)).toMatchObject({ attempts: 1, failure: "unavailable" });
      expect(await proposeName(model("down"), LINES, JOB)).toMatchObject({ name: "Whale Facts" });
      expect(asked()).toEqual([true, false, true]);
    });

    it("is told to a caller by its second answer", async () => {
      provider.nextNames(refusal(), [fail(429)]);
      expect(await proposeName(model(), LINES, JOB)).toMatchObject({ attempts: 1, failure: "rate_limited" });
    });

    it("is remembered of so many models that the first of them is asked anew", async () => {
      const refuse = async (id: string) => {
        provider.next(refusal());
        await said({ answerSchema: SCHEMA }, model(id));
      };
      await refuse("first-of-many");
      for (let nth = 0; nth < 255; nth++) remember(`another server ${nth}`, [{ kind: "loosened" }]);
      await refuse("last-of-many");
      const before = provider.calls.length;
      await said({ answerSchema: SCHEMA }, model("first-of-many"));
      await said({ answerSchema: SCHEMA }, model("last-of-many"));
      expect(asked().slice(before)).toEqual([true, false]);
    });
  });

  describe("a refusal of something else", () => {
    it.each<[string, Script]>([
      ["a key", refusal(401, "Invalid API key; see the docs of response_format")],
      ["a permission", refusal(403, "response_format is not allowed for you")],
      ["a quota", refusal(429, "response_format quota")],
      ["a balance", refusal(402, "no credit for json_schema")],
      ["a length", refusal(400, "This model's maximum context length is 10 tokens; 12 are in the schema")],
      ["a credit in a 400", refusal(400, "Your credit balance is too low to use json_schema")],
      ["the messages", [respond(400, { error: { message: "not a known schema", param: "messages[0]" } })]],
      ["a model that is not there", refusal(404, "The model `test` does not exist")],
      ["a page that is not there", [respond(404, "Not Found")]],
      ["a content", refusal(400, "The content violates the policy")],
      ["a server that broke", refusal(500, "response_format crashed")],
    ])("is not asked again without the schema: %s", async (_what, script) => {
      provider.nextNames(script);
      expect(await proposeName(model(), LINES, JOB)).toMatchObject({ name: null, attempts: 1 });
      expect(asked()).toEqual([true]);
    });

    it("behind the first word of an answer is the answer's", async () => {
      const broken = chunk({ error: { code: 400, message: "response_format is not supported" } });
      provider.nextNames([text("Whale"), broken]);
      expect(await proposeName(model(), LINES, JOB)).toMatchObject({ name: null, attempts: 1, failure: "refused" });
      expect(asked()).toEqual([true]);
    });
  });

  describe("the limits of a call", () => {
    afterEach(() => void vi.useRealTimers());

    it("hold over both asks together", async () => {
      const point = gate();
      provider.nextNames([hold(point), ...refusal()], [never()]);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const answer = proposeName(model(), LINES, JOB);
      await point.reached();
      await vi.advanceTimersByTimeAsync(20_000);
      point.release();
      await until(() => provider.calls.length === 2, "the second ask");
      await vi.advanceTimersByTimeAsync(9_999);
      expect(provider.calls[1]?.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await answer).toMatchObject({ name: null, attempts: 1, failure: "unavailable" });
      expect(provider.calls[1]?.aborted).toBe(true);
    });

    it("let no second ask follow when the caller is gone", async () => {
      const point = gate();
      const caller = new AbortController();
      provider.nextSummaries([hold(point), ...refusal()]);
      const made = proposeSummary(model(), null, LINES, caller.signal);
      await point.reached();
      caller.abort();
      expect(await made).toEqual({ summary: null, said: null });
      point.release();
      await until(() => provider.calls[0]?.ended === true, "the refused call");
      expect(asked()).toEqual([true]);
    });
  });
});
