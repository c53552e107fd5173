import { describe, expect, it, vi } from "vitest";
import type { ModelSettings } from "../../../../src/domain/model-choice.ts";
import { proposeName } from "../../../../src/names/propose.ts";
import { proposeSummary } from "../../../../src/summaries/propose.ts";
import { askFor, chatModel, newModelId } from "../../../support/openai-model.ts";
import {
  type ChatRequest,
  chunk,
  fail,
  respond,
  type Script,
  scriptModel,
  summary,
  text,
} from "../../../support/scripted-model.ts";

const provider = scriptModel();
const GATEWAY = "http://model.test/v1";
const TOOLS = [{ name: "add", description: "Adds.", parameters: { type: "object" } }];
/** All that a deployer may set. */
const SETTINGS: Partial<ModelSettings> = {
  temperature: 0.5,
  topP: 0.5,
  maxOutputTokens: 100,
  reasoning: { effort: "minimal" },
  verbosity: "low",
  parallelToolCalls: true,
  extraBody: { seed: 7, top_k: 5, user: "me" },
};
const MAX_TOKENS_OF_OPENAI = {
  error: {
    message:
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    type: "invalid_request_error",
    param: "max_tokens",
    code: "unsupported_parameter",
  },
};

/** The parameters of each request that reached the provider. */
const asked = () =>
  provider.calls.map(({ request: { model, messages, stream, tools, ...optional } }) => Object.keys(optional).sort());
const ALL = [
  "max_tokens",
  "parallel_tool_calls",
  "reasoning_effort",
  "seed",
  "stream_options",
  "temperature",
  "tool_choice",
  "top_k",
  "top_p",
  "user",
  "verbosity",
];
const without = (...names: string[]) => ALL.filter((name) => !names.includes(name));
const withAll = (model = chatModel(SETTINGS)) => askFor({ tools: TOOLS }, model);
const openAi = (param: string, message: string): Script => [
  respond(400, { error: { message, type: "invalid_request_error", param, code: "unsupported_value" } }),
];

/** A server that takes no request with one of these parameters, and names the first of them. */
const refusing =
  (...names: string[]) =>
  (request: ChatRequest): Script => {
    const refused = names.find((name) => name in request);
    return refused === undefined ? "Hello" : openAi(refused, `Unsupported parameter: '${refused}'.`);
  };

describe("a parameter that a server refuses", () => {
  it.each<[string, string, Script]>([
    [
      "OpenAI",
      "temperature",
      openAi(
        "temperature",
        "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
      ),
    ],
    [
      "OpenAI, of a value",
      "reasoning_effort",
      openAi(
        "reasoning_effort",
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. Supported values are: 'low', 'medium', and 'high'.",
      ),
    ],
    [
      "Azure, that names no parameter",
      "parallel_tool_calls",
      [fail(400, "Unrecognized request argument supplied: parallel_tool_calls")],
    ],
    [
      "Mistral",
      "reasoning_effort",
      [
        respond(422, {
          object: "error",
          message: {
            detail: [
              {
                type: "extra_forbidden",
                loc: ["body", "reasoning_effort"],
                msg: "Extra inputs are not permitted",
                input: "minimal",
              },
            ],
          },
          type: "invalid_request_error",
        }),
      ],
    ],
    [
      "FastAPI",
      "verbosity",
      [
        respond(422, {
          detail: [{ type: "extra_forbidden", loc: ["body", "verbosity"], msg: "Extra inputs are not permitted" }],
        }),
      ],
    ],
    [
      "LiteLLM",
      "top_p",
      [
        fail(
          400,
          "litellm.UnsupportedParamsError: openai does not support parameters: ['top_p'], for model=gpt-5. To drop these, set `litellm.drop_params=True`",
        ),
      ],
    ],
    [
      "vLLM",
      "tool_choice",
      [
        respond(400, {
          object: "error",
          message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
          type: "BadRequestError",
          param: null,
          code: 400,
        }),
      ],
    ],
    [
      "Ollama",
      "reasoning_effort",
      [respond(400, { error: { message: '"llama3.2" does not support thinking', type: "invalid_request_error" } })],
    ],
    ["Groq", "reasoning_effort", [fail(400, "`reasoning_effort` is not supported with this model")]],
    [
      "xAI",
      "reasoning_effort",
      [respond(400, { code: "invalid-argument", error: "Model grok-4 does not support parameter reasoningEffort." })],
    ],
    [
      "Gemini",
      "top_k",
      [
        respond(400, [
          {
            error: {
              code: 400,
              message: 'Invalid JSON payload received. Unknown name "top_k": Cannot find field.',
              status: "INVALID_ARGUMENT",
            },
          },
        ]),
      ],
    ],
    ["Anthropic behind a gateway", "top_p", [fail(400, "top_p: Extra inputs are not permitted")]],
    [
      "a proxy that knows no stream options",
      "stream_options",
      [fail(400, "Unrecognized request argument supplied: stream_options")],
    ],
    [
      "a proxy that quotes",
      "temperature",
      [
        respond(400, {
          error: {
            message: "Provider returned error",
            code: 400,
            metadata: { raw: '{"error":{"message":"temperature is not supported"}}' },
          },
        }),
      ],
    ],
    [
      "Cloudflare's AI Gateway",
      "verbosity",
      [
        respond(400, {
          success: false,
          result: [],
          messages: [],
          error: [{ code: 2009, message: "Unknown parameter: 'verbosity'." }],
        }),
      ],
    ],
    [
      "Workers AI",
      "seed",
      [
        respond(400, {
          errors: [{ message: "AiError: Bad input: Error: 'seed' not in allowed properties", code: 5006 }],
          success: false,
        }),
      ],
    ],
    [
      "an error in the stream",
      "temperature",
      [chunk({ error: { code: 400, message: "temperature is not supported" } })],
    ],
    ["of `extraBody`", "user", openAi("user", "Unknown parameter: 'user'.")],
  ])("is left out, alone, and before anything was said: %s", async (_who, parameter, script) => {
    provider.next(script, "Hello");
    expect(await withAll()).toMatchObject({ text: "Hello", error: null });
    expect(asked()).toEqual([ALL, without(parameter)]);
  });

  it("is remembered for that model at that server, and for no other", async () => {
    const id = newModelId();
    provider.respondWith(refusing("temperature"));
    await withAll(chatModel({ ...SETTINGS, id }));
    await withAll(chatModel({ ...SETTINGS, id }));
    await withAll(chatModel({ ...SETTINGS, id }, `${GATEWAY}/v2`));
    await withAll();
    const bare = without("temperature");
    expect(asked()).toEqual([ALL, bare, bare, ALL, bare, ALL, bare]);
  });

  it("is found out one behind the other, where there are several", async () => {
    provider.respondWith(refusing("temperature", "top_p", "stream_options"));
    const model = chatModel(SETTINGS);
    expect(await withAll(model)).toMatchObject({ text: "Hello" });
    await withAll(model);
    const bare = without("temperature", "top_p", "stream_options");
    expect(asked()).toEqual([ALL, without("temperature"), without("temperature", "top_p"), bare, bare]);
  });

  it("is looked for eight times at most", async () => {
    const model = chatModel({ extraBody: Object.fromEntries([..."abcdefghijkl"].map((name) => [`x_${name}`, 1])) });
    provider.respondWith(refusing(...[..."abcdefghijkl"].map((name) => `x_${name}`)));
    expect((await askFor({}, model)).error).toMatchObject({ status: 400, refusesHistory: false });
    expect(provider.calls.length).toBe(9);
  });

  it("is remembered only where the server answers without it", async () => {
    const model = chatModel(SETTINGS);
    provider.next(openAi("temperature", "no"), [fail(503)], "Hello");
    expect((await withAll(model)).error).toMatchObject({ status: 503 });
    expect((await withAll(model)).text).toBe("Hello");
    expect(asked()).toEqual([ALL, without("temperature"), ALL]);
  });

  it("is not looked for behind the first word of an answer", async () => {
    provider.next([text("Hel"), chunk({ error: { code: 400, message: "temperature is not supported" } })]);
    expect(await withAll()).toMatchObject({ text: "Hel", error: { status: 400 } });
    expect(asked()).toEqual([ALL]);
  });

  it("is logged by its name, and never with a value", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    try {
      provider.next(openAi("user", "Unknown parameter: 'user'."), "Hello");
      await withAll(chatModel({ ...SETTINGS, id: "logged", extraBody: { user: "the-value" } }));
      expect(warn.mock.calls).toEqual([
        [JSON.stringify({ level: "warn", event: "model.request_refused", model: "logged", left_out: "user" })],
      ]);
    } finally {
      warn.mockRestore();
    }
  });

  it("is left out with the one value that was refused, where the refusal is of a value", async () => {
    const id = newModelId();
    const withEffort = (effort: string) => withAll(chatModel({ ...SETTINGS, id, reasoning: { effort } }));
    provider.respondWith((request) =>
      request.reasoning_effort === "minimal"
        ? openAi(
            "reasoning_effort",
            "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model.",
          )
        : "Hello",
    );
    await withEffort("minimal");
    await withEffort("high");
    await withEffort("minimal");
    const efforts = provider.calls.map(({ request }) => request.reasoning_effort);
    expect(efforts).toEqual(["minimal", undefined, "high", undefined]);
  });

  it("is part of a container where that has parts", async () => {
    const model = chatModel({ extraBody: { reasoning: { effort: "low", summary: "auto" } } });
    provider.next(
      openAi("reasoning.summary", "Unsupported parameter"),
      openAi("reasoning.effort", "Unsupported"),
      "Hello",
    );
    expect((await askFor({}, model)).text).toBe("Hello");
    expect(provider.calls.map(({ request }) => request.reasoning)).toEqual([
      { effort: "low", summary: "auto" },
      { effort: "low" },
      undefined,
    ]);
  });
});

describe("the budget of an answer", () => {
  const budgets = () =>
    provider.calls.map(({ request: { max_tokens, max_completion_tokens } }) => ({ max_tokens, max_completion_tokens }));
  const LINES = [{ role: "user" as const, content: "Tell me about whales" }];
  /** OpenAI behind a gateway: no model of it takes `max_tokens`. */
  const behindGateway = (said: Script) => (request: ChatRequest) =>
    "max_tokens" in request ? [respond(400, MAX_TOKENS_OF_OPENAI)] : said;

  it("is sent under its other name: a model of OpenAI's behind a gateway is named and summarized", async () => {
    const model = chatModel({ id: "gpt-5-mini" }, `${GATEWAY}/account/gateway/openai`);
    provider.nextNames([respond(400, MAX_TOKENS_OF_OPENAI)], [text('{"name": "Whale Facts"}')]);
    expect(await proposeName(model, LINES, { reasoningEffort: null, retryFailures: false })).toMatchObject({
      name: "Whale Facts",
      attempts: 1,
      failure: null,
    });
    provider.nextSummaries(summary("On whales."));
    expect(await proposeSummary(model, null, LINES, new AbortController().signal)).toMatchObject({
      summary: { summary: "On whales." },
    });
    expect(budgets()).toEqual([
      { max_tokens: 1_024 },
      { max_completion_tokens: 1_024 },
      { max_completion_tokens: 2_048 },
    ]);
  });

  it.each<[string, Script]>([
    ["OpenAI", [respond(400, MAX_TOKENS_OF_OPENAI)]],
    ["a bare name", [respond(400, { error: { message: "Bad Request", param: "max_tokens" } })]],
    ["a gateway that quotes it", [fail(400, JSON.stringify(MAX_TOKENS_OF_OPENAI))]],
  ])("is sent under its other name where the first is refused, by %s", async (_who, script) => {
    provider.next(script, "Hello");
    expect((await askFor({ maxTokens: 9 })).text).toBe("Hello");
    expect(budgets()).toEqual([{ max_tokens: 9 }, { max_completion_tokens: 9 }]);
  });

  it("is sent as `max_tokens` where the newer name is not known", async () => {
    provider.next(openAi("max_completion_tokens", "Unknown"), "Hello");
    const model = chatModel({ extraBody: { max_completion_tokens: 9 } });
    expect((await askFor({}, model)).text).toBe("Hello");
    expect(budgets()).toEqual([{ max_completion_tokens: 9 }, { max_tokens: 9 }]);
  });

  it("is left out where neither name is taken", async () => {
    provider.respondWith(refusing("max_tokens", "max_completion_tokens"));
    const model = chatModel();
    expect((await askFor({ maxTokens: 9 }, model)).text).toBe("Hello");
    await askFor({ maxTokens: 9 }, model);
    expect(budgets()).toEqual([{ max_tokens: 9 }, { max_completion_tokens: 9 }, {}, {}]);
  });

  it.each([
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
    "max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for this model",
    "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
  ])("is left out where its value is what is wrong: %s", async (words) => {
    provider.next([fail(400, words)], "Hello");
    expect((await askFor({ maxTokens: 100_000 })).text).toBe("Hello");
    expect(budgets()).toEqual([{ max_tokens: 100_000 }, {}]);
  });

  it("is left out only where it is as large as the one that was refused", async () => {
    const model = chatModel();
    provider.next([fail(400, "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.")]);
    await askFor({ maxTokens: 100_000 }, model);
    await askFor({ maxTokens: 1_024 }, model);
    expect(budgets()).toEqual([{ max_tokens: 100_000 }, {}, { max_tokens: 1_024 }]);
  });

  it("is found out together with a schema that is refused", async () => {
    provider.respondWith(behindGateway("Hello"));
    provider.next([fail(400, "This response_format type is unavailable now")]);
    const answerSchema = { name: "one", schema: { type: "object" } };
    expect((await askFor({ maxTokens: 9, answerSchema })).text).toBe("Hello");
    expect(asked()).toEqual([
      ["max_tokens", "response_format", "stream_options"],
      ["max_tokens", "stream_options"],
      ["max_completion_tokens", "stream_options"],
    ]);
  });
});

describe("a refusal of something else", () => {
  it.each<[string, Script]>([
    ["a key", [fail(401, "Invalid API key, temperature")]],
    ["a key in a 400", [fail(400, "API key not valid; temperature. Please pass a valid API key.")]],
    ["a permission", [fail(403, "temperature is not allowed for you")]],
    ["a quota", [fail(429, "You exceeded your current quota of temperature")]],
    ["a balance", [fail(402, "Insufficient Balance for top_p")]],
    [
      "a model",
      [
        respond(404, {
          error: { message: "The model `temperature` does not exist", code: "model_not_found", param: null },
        }),
      ],
    ],
    ["a model in a 400", [fail(400, "Invalid model: top_p")]],
    [
      "a moderation",
      [
        respond(400, {
          error: {
            message: "The response was filtered due to the prompt triggering content management policy: temperature",
            code: "content_filter",
            param: "prompt",
          },
        }),
      ],
    ],
    [
      "a flagged prompt",
      [
        respond(400, {
          error: { message: "Invalid prompt: your prompt was flagged, temperature", code: "invalid_prompt" },
        }),
      ],
    ],
    [
      "a length",
      [
        fail(
          400,
          "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (1000 in the messages, 8000 in the completion, max_tokens). Please reduce the length.",
        ),
      ],
    ],
    [
      "the messages",
      [respond(400, { error: { message: "Invalid value for temperature", param: "messages[1].content" } })],
    ],
    ["a server that broke", [fail(500, "temperature is not supported")]],
    ["a bare refusal", [respond(400, "")]],
    ["an unknown fault", [fail(400, "Something about the request is wrong.")]],
  ])("is asked once: %s", async (_what, script) => {
    provider.next(script);
    expect((await withAll()).error).not.toBeNull();
    expect(asked()).toEqual([ALL]);
  });
});
