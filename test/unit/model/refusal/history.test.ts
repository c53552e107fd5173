import { describe, expect, it } from "vitest";
import { askFor } from "../../../support/openai-model.ts";
import { chunk, reset, respond, type Script, scriptModel, text } from "../../../support/scripted-model.ts";

const provider = scriptModel();

async function refuses(script: Script): Promise<boolean> {
  provider.respondWith(script);
  const { error } = await askFor();
  if (error === null) return expect.unreachable("The model answered.");
  return error.refusesHistory;
}

const error = (message: string, more: object = {}) => ({ error: { message, ...more } });

/** The words of providers, as they were reported. */
const TOO_LONG: [string, number, unknown][] = [
  [
    "OpenAI",
    400,
    error(
      "This model's maximum context length is 4097 tokens. However, you requested 4120 tokens (3120 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
      { type: "invalid_request_error", param: "messages", code: "context_length_exceeded" },
    ),
  ],
  [
    "OpenAI's newer models",
    400,
    error("Your input exceeds the context window of this model. Please adjust your input and try again.", {
      code: "context_length_exceeded",
      param: "input",
    }),
  ],
  [
    "OpenAI, of a minute",
    429,
    error(
      "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 342389. The input or output tokens must be reduced in order to run successfully.",
      { type: "tokens", code: "rate_limit_exceeded" },
    ),
  ],
  [
    "Azure",
    400,
    error(
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens. Please reduce the length of the messages.",
      { param: "messages", code: "context_length_exceeded" },
    ),
  ],
  [
    "Anthropic behind a gateway",
    400,
    error("prompt is too long: 209353 tokens > 199999 maximum", { type: "invalid_request_error" }),
  ],
  [
    "Anthropic, with the budget",
    400,
    error(
      "input length and `max_tokens` exceed context limit: 182831 + 64000 > 200000, decrease input length or `max_tokens` and try again",
    ),
  ],
  ["Anthropic, of the body", 413, error("Request exceeds the maximum size", { type: "request_too_large" })],
  [
    "Gemini",
    400,
    [
      error("The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).", {
        code: 400,
        status: "INVALID_ARGUMENT",
      }),
    ],
  ],
  [
    "Mistral",
    400,
    {
      object: "error",
      message: "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
      type: "invalid_request_error",
      code: "3051",
    },
  ],
  [
    "vLLM",
    400,
    error(
      "This model's maximum context length is 131072 tokens. However, you requested 16000 output tokens and your prompt contains at least 115073 input tokens, for a total of at least 131073 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=115073)",
      { type: "BadRequestError", param: "input_tokens", code: 400 },
    ),
  ],
  [
    "vLLM, of the budget in a window",
    400,
    error(
      "'max_tokens' or 'max_completion_tokens' is too large: 8000. This model's maximum context length is 8192 tokens and your request has 5000 input tokens (8000 > 8192 - 5000).",
      { param: "max_tokens" },
    ),
  ],
  ["SGLang", 400, error("The input (5000 tokens) is longer than the model's context length (4096 tokens).")],
  [
    "llama.cpp",
    400,
    error("the request exceeds the available context size, try increasing it", {
      code: 400,
      type: "exceed_context_size_error",
      n_prompt_tokens: 1407,
      n_ctx: 256,
    }),
  ],
  [
    "llama.cpp, before it had a type",
    500,
    error("the request exceeds the available context size. try increasing the context size or enable context shift", {
      code: 500,
      type: "server_error",
    }),
  ],
  [
    "LM Studio",
    400,
    {
      error:
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
    },
  ],
  ["Ollama", 400, error("the input length exceeds the context length", { type: "invalid_request_error" })],
  [
    "Groq",
    413,
    error(
      "Request too large for model `llama-3.3-70b-versatile` in organization `org_01` service tier `on_demand` on tokens per minute (TPM): Limit 12000, Requested 14137, please reduce your message size and try again. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing",
      { type: "tokens", code: "rate_limit_exceeded" },
    ),
  ],
  [
    "Groq, of the window",
    400,
    error("Please reduce the length of the messages or completion.", {
      type: "invalid_request_error",
      param: "messages",
      code: "context_length_exceeded",
    }),
  ],
  [
    "DeepSeek",
    400,
    error(
      "This model's maximum context length is 131072 tokens. However, you requested 351430 tokens (343430 in the messages, 8000 in the completion). Please reduce the length of the messages or completion.",
      { code: "invalid_request_error" },
    ),
  ],
  [
    "Kimi",
    400,
    error("Invalid request: Your request exceeded model token limit: 262144 (requested: 287431)", {
      type: "invalid_request_error",
    }),
  ],
  ["Kimi, of the bytes", 400, error("total message size 2100954 exceeds limit 2097152")],
  [
    "xAI",
    400,
    {
      code: "invalid-argument",
      error: "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    },
  ],
  [
    "OpenRouter",
    400,
    error(
      'This endpoint\'s maximum context length is 32768 tokens. However, you requested about 42832 tokens (42832 of text input). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
      { code: 400 },
    ),
  ],
  [
    "OpenRouter, that quotes",
    400,
    error("Provider returned error", {
      code: 400,
      metadata: { raw: '{"error":{"message":"prompt is too long"}}', provider_name: "x" },
    }),
  ],
  [
    "LiteLLM",
    400,
    error(
      'litellm.BadRequestError: litellm.ContextWindowExceededError: AnthropicError - {"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 209353 tokens > 199999 maximum"}}',
      { code: "400" },
    ),
  ],
  ["Bedrock", 400, { message: "Input is too long for requested model." }],
  [
    "Bedrock, of Claude",
    400,
    { message: "The model returned the following errors: prompt is too long: 903884 tokens > 200000 maximum" },
  ],
  [
    "Workers AI",
    400,
    {
      errors: [
        {
          message:
            "AiError: Requested token count exceeds the model's maximum context length of 256000 tokens. You requested a total of 256878 tokens.",
          code: 5021,
        },
      ],
      success: false,
    },
  ],
  ["AI Gateway", 413, { success: false, error: [{ code: 2006, message: "Request payload is too large" }] }],
  ["MiniMax", 400, error("invalid params, context window exceeds limit")],
  [
    "GitHub Copilot",
    400,
    error("prompt token count of 150000 exceeds the limit of 128000", { code: "model_max_prompt_tokens_exceeded" }),
  ],
  ["Alibaba", 400, error("<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 204800]")],
  [
    "Hugging Face",
    422,
    {
      error:
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3474 `inputs` tokens and 60 `max_new_tokens`",
      error_type: "validation",
    },
  ],
  ["nginx", 413, "<html><head><title>413 Request Entity Too Large</title></head></html>"],
  ["Cerebras, that says nothing", 413, ""],
];

const REFUSED_MESSAGES: [string, number, unknown][] = [
  [
    "OpenAI, of a call without a result",
    400,
    error(
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.",
      { param: "messages.[3].role" },
    ),
  ],
  [
    "OpenAI, of an id",
    400,
    error(
      "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 46 instead.",
      { param: "messages[1].tool_calls[0].id", code: "string_above_max_length" },
    ),
  ],
  [
    "Anthropic, of a result without a call",
    400,
    error("messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: c1."),
  ],
  [
    "Mistral, of an order",
    400,
    {
      object: "error",
      message: "Unexpected role 'user' after role 'tool'",
      type: "invalid_request_error",
      code: "3230",
    },
  ],
  [
    "Mistral, of what it does not know in a message",
    422,
    {
      detail: [
        {
          type: "extra_forbidden",
          loc: ["body", "messages", 2, "assistant", "reasoning_content"],
          msg: "Extra inputs are not permitted",
        },
      ],
    },
  ],
  [
    "Groq, of what it does not know in a message",
    400,
    error(
      "'messages.3' : for 'role:assistant' the following must be satisfied[('messages.3' : property 'reasoning_content' is unsupported)]",
      { type: "invalid_request_error" },
    ),
  ],
  [
    "Kimi, of a message without words",
    400,
    error("Invalid request: message at position 2 with role 'assistant' must not be empty"),
  ],
  [
    "Kimi, of missing thoughts",
    400,
    error("thinking is enabled but reasoning_content is missing in assistant tool call message at index 2"),
  ],
  [
    "Gemini, of a missing signature",
    400,
    [error("Function call is missing a thought_signature in functionCall parts.", { code: 400 })],
  ],
  ["a template", 400, error("Conversation roles must alternate user/assistant/user/assistant/...")],
  [
    "a validator",
    422,
    { detail: [{ loc: ["body", "messages", 1, "content"], msg: "Input should be a valid string" }] },
  ],
  ["one that says nothing", 400, ""],
  ["one that says little", 400, error("Invalid request Error", { type: "invalid_request_error" })],
];

const OTHERS: [string, number, unknown][] = [
  ["a key", 401, error("Incorrect API key provided")],
  [
    "a key, for Gemini",
    400,
    [error("API key not valid. Please pass a valid API key.", { code: 400, status: "INVALID_ARGUMENT" })],
  ],
  ["a permission", 403, error("You are not allowed to sample from this model; context length")],
  [
    "a country, for OpenAI",
    403,
    error("Country, region, or territory not supported", { code: "unsupported_country_region_territory" }),
  ],
  [
    "a country, for Gemini",
    400,
    [error("User location is not supported for the API use.", { code: 400, status: "FAILED_PRECONDITION" })],
  ],
  [
    "a quota",
    429,
    error("You exceeded your current quota, please check your plan and billing details.", {
      code: "insufficient_quota",
    }),
  ],
  [
    "a quota of Gemini",
    429,
    [
      error(
        "You exceeded your current quota. Quota exceeded for metric: generate_content_free_tier_input_token_count, limit: 250000",
        { code: 429 },
      ),
    ],
  ],
  [
    "a rate",
    429,
    error(
      "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.",
    ),
  ],
  [
    "a rate of Anthropic",
    429,
    error("This request would exceed your organization's rate limit of 40,000 input tokens per minute."),
  ],
  ["a balance", 402, error("Insufficient Balance")],
  [
    "a balance of OpenRouter",
    402,
    error(
      "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 12345",
    ),
  ],
  [
    "a balance of Anthropic",
    400,
    error("Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."),
  ],
  [
    "an account of Alibaba",
    400,
    error("Access denied, please make sure your account is in good standing.", { code: "Arrearage" }),
  ],
  [
    "a model",
    404,
    error("The model `gpt-9` does not exist or you do not have access to it.", { code: "model_not_found" }),
  ],
  ["a model of DeepSeek", 400, error("Model Not Exist")],
  [
    "a model of Mistral",
    400,
    { object: "error", message: "Invalid model: mistral-9", type: "invalid_model", code: "1500" },
  ],
  ["a model of OpenRouter", 400, error("foo/bar is not a valid model ID", { code: 400 })],
  [
    "a model of Groq",
    400,
    error("The model `llama2-70b` has been decommissioned and is no longer supported.", {
      code: "model_decommissioned",
    }),
  ],
  [
    "a model of LiteLLM",
    400,
    error("Invalid model name passed in model=gpt-9. Call `/v1/models` to view available models for your key."),
  ],
  ["a model of Bedrock", 400, { message: "The provided model identifier is invalid." }],
  [
    "a model of Workers AI",
    400,
    { errors: [{ message: "AiError: No such model @cf/foo/bar or task", code: 5007 }], success: false },
  ],
  [
    "a moderation of OpenAI",
    400,
    error("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", {
      code: "invalid_prompt",
    }),
  ],
  [
    "a moderation of Azure",
    400,
    error("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", {
      param: "prompt",
      code: "content_filter",
      status: 400,
    }),
  ],
  [
    "a moderation of Kimi",
    400,
    error("The request was rejected because it was considered high risk", { type: "content_filter" }),
  ],
  ["a moderation of DeepSeek", 400, error("Content Exists Risk")],
  [
    "a moderation of Alibaba",
    400,
    error("Input data may contain inappropriate content.", { code: "data_inspection_failed" }),
  ],
  [
    "a parameter",
    400,
    error("Unsupported value: 'temperature' does not support 0.5 with this model.", { param: "temperature" }),
  ],
  ["a parameter that nobody names", 400, error("Unknown parameter: 'top_p'.")],
  [
    "a budget",
    400,
    error("max_tokens is too large: 100000. This model supports at most 16384 completion tokens.", {
      param: "max_tokens",
    }),
  ],
  [
    "a budget of Groq",
    400,
    error(
      "max_tokens must be less than or equal to 16384, the maximum value for max_tokens is less than the context_window for this model",
    ),
  ],
  [
    "a tool",
    400,
    error("Invalid schema for function 'add': In context=(), object schema missing properties.", {
      param: "tools[0].function.parameters",
    }),
  ],
  ["tools", 400, error("registry.ollama.ai/library/llama2 does not support tools")],
  [
    "a tool choice",
    400,
    error('"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
  ],
  ["a server that broke", 500, error("The server had an error")],
  ["a server that is busy", 503, error("Overloaded")],
  ["time", 408, error("The request took too long")],
];

describe("a provider that may answer with less of the history", () => {
  it.each([...TOO_LONG, ...REFUSED_MESSAGES])("is %s (%i)", async (_who, status, body) => {
    expect(await refuses([respond(status, body)])).toBe(true);
  });

  it("is one that says so in its stream, before anything else", async () => {
    expect(await refuses([chunk({ error: { message: "prompt is too long", code: 400 } })])).toBe(true);
    expect(await refuses([chunk({ error: { message: "Context size has been exceeded." } })])).toBe(true);
  });
});

describe("a provider that will not, whatever it is sent", () => {
  it.each(OTHERS)("is asked for something else: %s (%i)", async (_what, status, body) => {
    expect(await refuses([respond(status, body)])).toBe(false);
  });

  it.each<[string, Script]>([
    ["is out of reach", [reset()]],
    ["breaks off", [text("Hel"), reset()]],
    ["says something else in its stream", [chunk({ error: { message: "Overloaded", code: 503 } })]],
  ])("%s", async (_what, script) => {
    expect(await refuses(script)).toBe(false);
  });
});
