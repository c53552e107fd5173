import { describe, expect, it } from "vitest";
import type { ModelChoice } from "../../../src/domain/model-choice.ts";
import { type ModelSourceConfig, modelSource } from "../../../src/model/model-source.ts";
import { MODEL_BASE_URL, scriptModel } from "../../support/scripted-model.ts";

const provider = scriptModel();

const source = (config: Partial<ModelSourceConfig>) =>
  modelSource({
    mode: "deployment",
    openAiModel: "gpt-default",
    modelTimeoutMs: 5_000,
    modelMaxRetries: 0,
    ...config,
  });

describe("the source of models", () => {
  it("is the provider when a key or a base URL is set, in both modes", () => {
    for (const mode of ["development", "deployment"] as const) {
      expect(source({ mode, openAiApiKey: "sk-test" })()?.provider).toBe("OpenAI");
      expect(source({ mode, openAiBaseUrl: MODEL_BASE_URL })()?.provider).toBe("OpenAI");
    }
  });

  it.each<[string, Partial<ModelSourceConfig>, ModelChoice | undefined, string]>([
    ["OpenAI itself", { openAiApiKey: "sk-test" }, undefined, "OpenAIResponses"],
    ["a server at a base URL", { openAiBaseUrl: MODEL_BASE_URL }, undefined, "OpenAIChat"],
    ["OPENAI_API=chat", { openAiApiKey: "sk-test", openAiApi: "chat" }, undefined, "OpenAIChat"],
    ["OPENAI_API=responses", { openAiBaseUrl: MODEL_BASE_URL, openAiApi: "responses" }, undefined, "OpenAIResponses"],
    ["a model of chat", { openAiApiKey: "sk-test" }, { id: "m", api: "chat" }, "OpenAIChat"],
    [
      "a model that says it against OPENAI_API",
      { openAiBaseUrl: MODEL_BASE_URL, openAiApi: "chat" },
      { id: "m", api: "responses" },
      "OpenAIResponses",
    ],
  ])("asks by the API that is chosen: %s", (_what, config, choice, name) => {
    expect(source(config)(choice)?.name).toBe(name);
  });

  it("is the offline model in development without either, whatever id is asked for", () => {
    const development = source({ mode: "development", openAiApiKey: "", openAiBaseUrl: null });
    expect(development()?.name).toBe("OfflineModel");
    expect(development("gpt-other")).toBe(development());
  });

  it("is empty in a deployment without either: never the offline model", () => {
    expect(source({ mode: "deployment" })()).toBeNull();
    expect(source({ mode: "deployment" })("gpt-other")).toBeNull();
  });

  it("is made once for a configuration: a client costs more than a request needs of it", () => {
    const config: ModelSourceConfig = {
      mode: "deployment",
      openAiApiKey: "sk-test",
      openAiModel: "gpt-default",
      modelTimeoutMs: 5_000,
      modelMaxRetries: 0,
    };
    expect(modelSource(config)()).toBe(modelSource(config)());
    expect(modelSource({ ...config })()).not.toBe(modelSource(config)());
  });

  it("gives the default model when none is named, and one Model per id", () => {
    const models = source({ openAiApiKey: "sk-test" });
    expect(models()?.id).toBe("gpt-default");
    expect(models()).toBe(models("gpt-default"));
    expect(models("gpt-other")?.id).toBe("gpt-other");
    expect(models("gpt-other")).toBe(models("gpt-other"));
  });

  it("hands the configured key and address to the provider's model", async () => {
    const model = source({ openAiApiKey: "sk-configured", openAiBaseUrl: `${MODEL_BASE_URL}/` })("gpt-other");
    const request = { messages: [{ role: "user" as const, content: "hi" }], tools: [], toolChoice: "auto" as const };
    for await (const _ of model?.stream(request, new AbortController().signal) ?? []) {
      // The answer does not matter. The test looks at the request.
    }
    expect(provider.calls[0]?.headers.authorization).toBe("Bearer sk-configured");
    expect(provider.calls[0]?.request.model).toBe("gpt-other");
  });
});
