/** How a deployer says which model is asked, and how. */

import type { JsonObject } from "./json.ts";

/** The APIs that a model is asked by: OpenAI's Chat Completions, and its Responses. */
export const MODEL_APIS = ["chat", "responses"] as const;
export type ModelApi = (typeof MODEL_APIS)[number];

/** A model with its settings. What is left out is not sent, so that the provider's own default holds. */
export interface ModelSettings {
  /** Its id at the provider. */
  id: string;
  /**
   * Left out, it is what the named provider says, else `chat`. For the deployment's own provider it is what `OPENAI_API`
   * says, else `responses` if no base URL is set and `chat` if one is.
   */
  api?: ModelApi;
  /** The name of a provider in `agents/providers.ts`. Left out, it is the deployment's (`OPENAI_BASE_URL`, `OPENAI_API_KEY`). */
  provider?: string;
  temperature?: number;
  topP?: number;
  maxOutputTokens?: number;
  reasoning?: { effort?: string; summary?: string };
  verbosity?: string;
  parallelToolCalls?: boolean;
  /** `required`, or a tool by its name, holds for a run's first request only: else the model would call for ever. */
  toolChoice?: "auto" | "required" | "none" | { tool: string };
  /** Merged into the request last. It sets no model, messages, input, tools, stream or store. */
  extraBody?: JsonObject;
  /** Whether a stream that ends with `[DONE]` and no finish reason counts as whole. */
  finishOnDone?: boolean;
  /** Asked in this order when a model fails before its first piece with 429, 5xx, a timeout or no connection. */
  fallbacks?: readonly ModelChoice[];
}

/** A server that models are asked at, beside the deployment's own one. */
export interface ModelProvider {
  /** What agents call it; events and runs show it. */
  name: string;
  baseUrl: string;
  /** The name of the secret that holds its key. Left out, the server wants none. */
  secret?: string;
  /** The API of its models that name none. Left out, it is `chat`. */
  api?: ModelApi;
}

/** A provider with its key; null for one that wants none. */
export interface KeyedProvider extends ModelProvider {
  apiKey: string | null;
}

/** What events and runs call the deployment's own provider. */
export const DEFAULT_PROVIDER = "OpenAI";

/** A model by its id, or with settings. */
export type ModelChoice = string | ModelSettings;

export const modelSettings = (choice: ModelChoice): ModelSettings =>
  typeof choice === "string" ? { id: choice } : choice;

/**
 * Names a model with its API and its server. Provider data goes back only to the same source. The name holds no credentials,
 * because it is stored with messages.
 */
export function sourceOf(api: ModelApi, baseUrl: string, id: string): string {
  const url = URL.parse(baseUrl);
  const server = url === null ? "unknown" : `${url.host}${url.pathname}`.replace(/\/+$/, "");
  return `${api} ${server} ${id}`;
}

/** What says which API a model is asked by, if the model does not. */
export interface ApiDefaults {
  ofProvider?: ModelApi | null | undefined;
  /** `OPENAI_API`. */
  ofDeployment?: ModelApi | null | undefined;
  hasBaseUrl: boolean;
}

/** The API that a model is asked by. Few servers but OpenAI's own know `responses`. */
export function chosenApi({ api }: ModelSettings, { ofProvider, ofDeployment, hasBaseUrl }: ApiDefaults): ModelApi {
  return api ?? ofProvider ?? ofDeployment ?? (hasBaseUrl ? "chat" : "responses");
}
