import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../../../src/domain/model.ts";
import { CallIds } from "../../../../src/model/openai/chat/call-ids.ts";
import type { OpenAiOptions } from "../../../../src/model/openai/client.ts";
import { APIS, askFor, newModel, newModelId } from "../../../support/openai-model.ts";
import { scriptModel } from "../../../support/scripted-model.ts";

const provider = scriptModel();
const ADD = { name: "add", description: "Adds.", parameters: { type: "object", additionalProperties: true } };

describe.each(APIS)("a request to $api", (tested) => {
  const { api, name } = tested;
  const model = (options: Partial<OpenAiOptions> = {}) => newModel(tested, options);
  /** The request as it reached the provider. */
  async function sent(request: Partial<ModelRequest>, options: Partial<OpenAiOptions> = {}) {
    await askFor(request, model(options));
    return provider.calls.at(-1);
  }

  it("goes to its API", async () => {
    expect(await sent({})).toMatchObject({ api, body: { stream: true } });
    expect(model()).toMatchObject({
      name,
      provider: "OpenAI",
      source: expect.stringMatching(`^${api} model.test/v1 `),
    });
  });

  it("carries the messages, the tools, the choice and the budget", async () => {
    const call = await sent({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "1+2?" },
        { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "add", arguments: '{"a":1,"b":2}' }] },
        { role: "tool", toolCallId: "c1", toolName: "add", content: "3" },
        { role: "assistant", content: "It is 3.", toolCalls: [] },
        { role: "user", content: "Sure?" },
      ],
      tools: [ADD],
      toolChoice: "none",
      maxTokens: 20,
    });
    const fn = { name: "add", arguments: '{"a":1,"b":2}' };
    const id = api === "chat" ? new CallIds("").of("c1") : "c1";
    expect(call?.request.messages).toEqual([
      { role: "system", content: "Be brief." },
      { role: "user", content: "1+2?" },
      { role: "assistant", content: null, tool_calls: [{ id, type: "function", function: fn }] },
      { role: "tool", tool_call_id: id, content: "3" },
      { role: "assistant", content: "It is 3." },
      { role: "user", content: "Sure?" },
    ]);
    expect(call?.request.tools).toEqual([{ type: "function", function: ADD }]);
    expect(call?.request.tool_choice).toBe("none");
    expect(call?.request.max_completion_tokens ?? call?.request.max_tokens).toBe(20);
  });

  it("names no tools and no choice when there are no tools", async () => {
    const { body } = (await sent({ tools: [] }, { settings: { id: newModelId(), parallelToolCalls: false } })) ?? {};
    expect(Object.keys(body ?? {})).not.toContain("tools");
    expect(Object.keys(body ?? {})).not.toContain("tool_choice");
    expect(Object.keys(body ?? {})).not.toContain("parallel_tool_calls");
  });

  it("carries the settings, and what is merged into it last", async () => {
    const settings = {
      ...{ id: "m", temperature: 0.5, topP: 0.9, parallelToolCalls: false, maxOutputTokens: 99 },
      extraBody: { service_tier: "flex", top_p: 0.1 },
    };
    const call = await sent({ tools: [ADD] }, { settings });
    expect(call?.body).toMatchObject({
      ...{ model: "m", temperature: 0.5, top_p: 0.1, parallel_tool_calls: false, service_tier: "flex" },
    });
    expect(call?.request.max_completion_tokens ?? call?.request.max_tokens).toBe(99);
  });

  it("cannot be made another one by what is merged into it", async () => {
    const extraBody = { model: "x", messages: [], input: [], tools: [], stream: false, store: true };
    const call = await sent({ tools: [ADD] }, { settings: { id: "m", extraBody } });
    expect(call?.body).toMatchObject({ model: "m", stream: true, tools: [{ type: "function" }] });
    expect(call?.request.messages).toEqual([{ role: "user", content: "Hello there" }]);
    expect(call?.body.store).not.toBe(true);
  });

  it("asks for a call by its name, or for any, at the beginning of a run only", async () => {
    const choice = async (request: Partial<ModelRequest>, toolChoice: "required" | { tool: string }) =>
      (await sent({ tools: [ADD], ...request }, { settings: { id: newModelId(), toolChoice } }))?.body.tool_choice;
    const called: ModelRequest["messages"] = [
      { role: "user", content: "1+2?" },
      { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "add", arguments: "{}" }] },
      { role: "tool", toolCallId: "c1", toolName: "add", content: "3" },
    ];
    expect(await choice({}, "required")).toBe("required");
    expect(await choice({ messages: called }, "required")).toBe("auto");
    expect(JSON.stringify(await choice({}, { tool: "add" }))).toMatch(/"function".*"add"/);
    expect(await choice({}, { tool: "gone" })).toBe("auto");
  });

  it("sends digests to OpenAI only, and takes none elsewhere", async () => {
    const takes = (baseUrl: string | null) => model({ baseUrl }).takesDigests;
    expect(takes(null)).toBe(true);
    expect(takes("https://eu.api.openai.com/v1")).toBe(true);
    expect(takes("https://openai.azure.com/v1")).toBe(false);
    expect(takes("https://llm.example/v1")).toBe(false);
    const digests = { promptCacheKey: "k".repeat(64), safetyIdentifier: "s".repeat(64) };
    const { body } = (await sent(digests)) ?? {};
    expect(Object.keys(body ?? {})).not.toContain("prompt_cache_key");
    expect(Object.keys(body ?? {})).not.toContain("safety_identifier");
  });

  it("sends nothing that would make every later request of the conversation fail", async () => {
    const toolCalls = [
      { id: "a", name: "functions.add", arguments: "" },
      { id: "b", name: "add", arguments: '{"a": 1' },
    ];
    const call = await sent({ messages: [{ role: "assistant", content: "half \ud83d", toolCalls }] });
    const [message] = call?.request.messages ?? [];
    expect(message?.content).toBe("half \ufffd");
    expect(message?.tool_calls?.map((each) => each.function)).toEqual([
      { name: "functions_add", arguments: "{}" },
      { name: "add", arguments: '{"malformed_arguments":"{\\"a\\": 1"}' },
    ]);
  });

  it("asks for JSON under a schema", async () => {
    const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
    const call = await sent({ answerSchema: { name: "one_word", schema } });
    expect(call?.request.response_format).toEqual({
      type: "json_schema",
      json_schema: { name: "one_word", strict: true, schema },
    });
  });

  it("goes out with the key, or with a placeholder when a base URL is set and no key", async () => {
    expect((await sent({}, { apiKey: "sk-mine" }))?.headers.authorization).toBe("Bearer sk-mine");
    expect((await sent({}, { apiKey: undefined }))?.headers.authorization).toBe("Bearer no-key");
  });

  it("takes no key, organization or address from the process's environment", async () => {
    const names = ["OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL"];
    const before = { ...process.env };
    for (const each of names) process.env[each] = "http://from-the-environment.test";
    try {
      await sent({}, { apiKey: null });
    } finally {
      for (const each of names) delete process.env[each];
      Object.assign(process.env, before);
    }
    expect(JSON.stringify(provider.calls[0]?.headers)).not.toContain("from-the-environment");
  });
});
