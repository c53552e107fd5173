import type { Model, ModelSource } from "../domain/model.ts";
import { chosenApi, type ModelApi, modelSettings } from "../domain/model-choice.ts";
import { offlineModel } from "./offline.ts";
import { openAiChat } from "./openai/chat/model.ts";
import type { OpenAiOptions } from "./openai/client.ts";
import { openAiResponses } from "./openai/responses/model.ts";

/**
 * How long the offline model takes to its first word: about what a provider takes at its best. agent-ui reads a new session's
 * runs when it begins. If the first word came before that answer, agent-ui would show it only when the run is over.
 */
const OFFLINE_FIRST_WORD_MS = 300;

const BEHIND: Record<ModelApi, (options: OpenAiOptions) => Model> = { chat: openAiChat, responses: openAiResponses };

export interface ModelSourceConfig {
  mode: "development" | "deployment";
  openAiApiKey?: string | null | undefined;
  openAiBaseUrl?: string | null | undefined;
  openAiApi?: ModelApi | null | undefined;
  /** The model of agents that name none. */
  openAiModel: string;
  modelTimeoutMs: number;
  modelMaxRetries: number;
}

/** One source for each configuration, so that clients are made once. */
const sources = new WeakMap<ModelSourceConfig, ModelSource>();

/**
 * Where models come from: the provider, when a key or a base URL is set; else the offline model, in development only;
 * else nowhere. Every choice gets one Model, which keeps its client.
 */
export function modelSource(config: ModelSourceConfig): ModelSource {
  const source = sources.get(config) ?? newSource(config);
  sources.set(config, source);
  return source;
}

function newSource(config: ModelSourceConfig): ModelSource {
  if (!config.openAiApiKey && !config.openAiBaseUrl) {
    const offline = config.mode === "development" ? offlineModel({ firstWordMs: OFFLINE_FIRST_WORD_MS }) : null;
    return () => offline;
  }
  const models = new Map<string, Model>();
  return (choice = config.openAiModel) => {
    const settings = modelSettings(choice);
    const key = JSON.stringify(settings);
    const known = models.get(key);
    if (known) return known;
    const api = chosenApi(settings, { ofDeployment: config.openAiApi, hasBaseUrl: Boolean(config.openAiBaseUrl) });
    const model = BEHIND[api]({
      settings,
      apiKey: config.openAiApiKey,
      baseUrl: config.openAiBaseUrl,
      timeoutMs: config.modelTimeoutMs,
      maxRetries: config.modelMaxRetries,
    });
    models.set(key, model);
    return model;
  };
}
