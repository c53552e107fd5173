import type { Model, ModelSource } from "../domain/model.ts";
import {
  chosenApi,
  DEFAULT_PROVIDER,
  type KeyedProvider,
  type ModelApi,
  type ModelChoice,
  type ModelSettings,
  modelSettings,
} from "../domain/model-choice.ts";
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
  /** The servers that models may name beside the deployment's own one. */
  providers?: readonly KeyedProvider[] | undefined;
}

/** One source for each configuration, so that clients are made once. */
const sources = new WeakMap<ModelSourceConfig, ModelSource>();

/**
 * Where models come from: the provider that the choice names, else the deployment's own one if a key or a base URL is set;
 * else the offline model, in development only; else nowhere. Every choice gets one Model, which keeps its client.
 */
export function modelSource(config: ModelSourceConfig): ModelSource {
  const source = sources.get(config) ?? newSource(config);
  sources.set(config, source);
  return source;
}

function newSource(config: ModelSourceConfig): ModelSource {
  const isOffline = !config.openAiApiKey && !config.openAiBaseUrl;
  const offline =
    isOffline && config.mode === "development" ? offlineModel({ firstWordMs: OFFLINE_FIRST_WORD_MS }) : null;
  const models = new Map<string, Model>();

  function modelOf(choice: ModelChoice): Model | null {
    const settings = modelSettings(choice);
    if (settings.provider === undefined && isOffline) return offline;
    const key = keyOf(settings);
    const known = models.get(key);
    if (known) return known;
    const model = newModel(settings);
    if (model !== null) models.set(key, model);
    return model;
  }

  function newModel(settings: ModelSettings): Model | null {
    const server = serverOf(config, settings);
    if (server === null) return null;
    const { modelTimeoutMs: timeoutMs, modelMaxRetries: maxRetries } = config;
    const model = BEHIND[server.api]({ settings, ...server, timeoutMs, maxRetries });
    const fallbacks = (settings.fallbacks ?? []).map(modelOf).filter((one) => one !== null);
    return fallbacks.length === 0 ? model : { ...model, fallbacks };
  }

  return (choice = config.openAiModel) => modelOf(choice);
}

/**
 * Where the model is asked, with the key of that server and of no other. Null if the deployment does not know the provider.
 */
function serverOf(config: ModelSourceConfig, settings: ModelSettings) {
  if (settings.provider === undefined) {
    const { openAiApiKey: apiKey, openAiBaseUrl: baseUrl, openAiApi } = config;
    const api = chosenApi(settings, { ofDeployment: openAiApi, hasBaseUrl: Boolean(baseUrl) });
    return { provider: DEFAULT_PROVIDER, api, apiKey, baseUrl };
  }
  const provider = config.providers?.find(({ name }) => name === settings.provider);
  if (provider === undefined) return null;
  const api = chosenApi(settings, { ofProvider: provider.api, hasBaseUrl: true });
  return { provider: provider.name, api, apiKey: provider.apiKey, baseUrl: provider.baseUrl };
}

/** The same for settings of the same values, in whatever order they are written. */
const keyOf = (settings: ModelSettings): string => JSON.stringify(sorted(settings));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
