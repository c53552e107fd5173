import { describe, expect, it } from "vitest";
import type { ModelMessage, ModelRequest } from "../../../../src/domain/model.ts";
import type { ModelSettings } from "../../../../src/domain/model-choice.ts";
import { toWireRequest } from "../../../../src/model/openai/chat/request.ts";
import { type RequestOptions, serverAt } from "../../../../src/model/openai/request-parts.ts";
import { chatModel } from "../../../support/openai-model.ts";

const TOOLS: ModelRequest["tools"] = [{ name: "add", description: "Adds.", parameters: { type: "object" } }];
const user: ModelMessage = { role: "user", content: "Hello" };
const afterTools: ModelMessage[] = [
  user,
  { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "add", arguments: "{}" }] },
  { role: "tool", toolCallId: "c1", toolName: "add", content: "3" },
];

function body(
  settings: Partial<ModelSettings>,
  request: Partial<ModelRequest> = {},
  server: RequestOptions["server"] = "other",
) {
  const options: RequestOptions = {
    settings: { id: "test-1", ...settings },
    source: "chat model.test/v1 test-1",
    server,
  };
  return toWireRequest({ messages: [user], tools: [], toolChoice: "auto", ...request }, options, []);
}

describe("the settings of a model", () => {
  it("are sent under OpenAI's names", () => {
    const settings = {
      temperature: 0,
      topP: 0.5,
      maxOutputTokens: 100,
      reasoning: { effort: "low", summary: "auto" },
      verbosity: "low",
      parallelToolCalls: false,
    };
    expect(body(settings, { tools: TOOLS })).toMatchObject({
      temperature: 0,
      top_p: 0.5,
      max_tokens: 100,
      reasoning_effort: "low",
      verbosity: "low",
      parallel_tool_calls: false,
    });
  });

  it("are not sent where they are left out", () => {
    expect(Object.keys(body({}))).toEqual(["model", "messages", "stream", "stream_options"]);
  });

  it("say nothing of parallel calls where no tools are sent: OpenAI refuses that", () => {
    expect(body({ parallelToolCalls: false })).not.toHaveProperty("parallel_tool_calls");
  });

  it("give way to what a request says itself", () => {
    const settings = { maxOutputTokens: 100, reasoning: { effort: "high" } };
    expect(body(settings, { maxTokens: 20, reasoningEffort: "low" })).toMatchObject({
      max_tokens: 20,
      reasoning_effort: "low",
    });
  });

  it.each(["openai", "azure"] as const)("name the budget as %s does", (server) => {
    expect(body({ maxOutputTokens: 100 }, {}, server)).toMatchObject({ max_completion_tokens: 100 });
  });
});

describe("the choice of a tool", () => {
  const choiceOf = (toolChoice: ModelSettings["toolChoice"], request: Partial<ModelRequest> = {}) =>
    body({ ...(toolChoice !== undefined && { toolChoice }) }, { tools: TOOLS, ...request }).tool_choice;

  it.each<[ModelSettings["toolChoice"], unknown]>([
    [undefined, "auto"],
    ["auto", "auto"],
    ["none", "none"],
    ["required", "required"],
    [{ tool: "add" }, { type: "function", function: { name: "add" } }],
    [{ tool: "gone" }, "auto"],
  ])("%j is %j with the first request of a run", (chosen, expected) => {
    expect(choiceOf(chosen)).toEqual(expected);
  });

  it.each<[ModelSettings["toolChoice"], unknown]>([
    ["required", "auto"],
    [{ tool: "add" }, "auto"],
    ["none", "none"],
  ])("%j is %j after a round of tools, where a model that must call would call for ever", (chosen, expected) => {
    expect(choiceOf(chosen, { messages: afterTools })).toBe(expected);
  });

  it("is none where the run wants an answer in words, whatever the settings say", () => {
    expect(choiceOf("required", { toolChoice: "none" })).toBe("none");
  });

  it("is not sent without tools", () => {
    expect(body({ toolChoice: "required" })).not.toHaveProperty("tool_choice");
  });
});

describe("`extraBody`", () => {
  it("is merged last, over what is sent otherwise", () => {
    const extraBody = { temperature: 1, chat_template_kwargs: { thinking: true }, stream_options: null };
    expect(body({ temperature: 0, extraBody })).toMatchObject(extraBody);
  });

  it.each(["model", "messages", "input", "tools", "stream", "store"])("sets no `%s`", (name) => {
    expect(body({ extraBody: { [name]: "mine" } })[name]).not.toBe("mine");
  });
});

describe("digests of session and user", () => {
  const digests = { promptCacheKey: "p".repeat(80), safetyIdentifier: "s".repeat(64) };

  it("are sent to OpenAI, in at most 64 characters", () => {
    expect(body({}, digests, "openai")).toMatchObject({
      prompt_cache_key: "p".repeat(64),
      safety_identifier: "s".repeat(64),
    });
  });

  it.each(["azure", "google", "other"] as const)("are not sent to %s", (server) => {
    const sent = JSON.stringify(body({}, digests, server));
    expect(sent).not.toContain("ppp");
    expect(sent).not.toContain("sss");
  });
});

describe("whose server it is", () => {
  it.each([
    ["https://api.openai.com/v1", "openai"],
    ["https://eu.api.openai.com/v1", "openai"],
    ["https://me.openai.azure.com/openai/v1", "azure"],
    ["https://generativelanguage.googleapis.com/v1beta/openai", "google"],
    ["https://gateway.ai.cloudflare.com/v1/me/mine/openai", "other"],
    ["https://api.openai.com.evil.test/v1", "other"],
    ["https://notopenai.com/v1", "other"],
    ["no address", "other"],
  ])("%s is %s", (url, expected) => {
    expect(serverAt(url)).toBe(expected);
  });
});

describe("the source of a model", () => {
  it.each([
    ["https://api.openai.com/v1", "chat api.openai.com/v1 test-1"],
    ["https://user:secret@model.test:8080/v1/?key=secret", "chat model.test:8080/v1 test-1"],
    ["http://model.test", "chat model.test test-1"],
  ])("at %s is %s", (url, expected) => {
    expect(chatModel({ id: "test-1" }, url).source).toBe(expected);
  });
});
