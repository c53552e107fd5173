/** A model as the rest of the code sees it: messages in, a stream of chunks out. */

import type { ModelChoice } from "./model-choice.ts";

/** One tool call of an assistant message. `arguments` is the JSON text exactly as the model wrote it. */
export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/**
 * Provider data: what a provider said beside the text of an answer and wants back with it, such as reasoning, signatures of
 * calls, items of a response. It goes back only to the model that it came from; another model would refuse the data, or read
 * what only the first was meant to see.
 */
export interface ProviderData {
  /** The `source` of the model that said it. */
  source: string;
  /** JSON in the form of the adapter that read it. Null if the data was too large: it is kept whole or not at all. */
  data: string | null;
}

export type ModelMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: string }
  | { role: "assistant"; content: string; toolCalls: ToolCall[]; providerData?: ProviderData | null }
  | { role: "tool"; toolCallId: string; toolName: string; content: string };

/** What the model is told of a tool; `parameters` is a JSON schema. */
export interface ToolSpec {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/** What an answer is to be: one JSON object that fits the schema. `name` is what the provider calls the schema. */
export interface AnswerSchema {
  name: string;
  /** A JSON schema. Providers that keep to it want every property required, and no others allowed. */
  schema: Record<string, unknown>;
}

export interface ModelRequest {
  messages: ModelMessage[];
  tools: ToolSpec[];
  /** `none` asks for an answer in words although tools are listed. */
  toolChoice: "auto" | "none";
  maxTokens?: number;
  /** Some providers refuse the schema, and some ignore it. So the messages must ask for the same JSON in words. */
  answerSchema?: AnswerSchema;
  /** OpenAI's `reasoning_effort`. Left out, it is not sent. */
  reasoningEffort?: string;
  /** Digests of the session and of its user, of at most 64 characters, for a model that `takesDigests`. */
  promptCacheKey?: string;
  safetyIdentifier?: string;
  /** How often a request that did not start is sent again. Left out, the deployment's setting holds. */
  maxRetries?: number;
  /** Awaited each time before the request is sent, tries after the first one too. Left out, nothing is awaited. */
  beforeSending?(): Promise<void>;
}

export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  reasoningTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens?: number;
  audioInputTokens?: number;
  audioOutputTokens?: number;
  /** In the currency of the provider, if it tells one. */
  cost?: number;
}

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  totalTokens: 0,
  reasoningTokens: 0,
  cacheReadTokens: 0,
};

/** Why a model stopped: OpenAI's words. */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter";

/**
 * One piece of a model's answer. The `tool_call` pieces of one call share an `index`; `id` and `name` come with the first
 * piece, and `arguments` is a fragment. An answer is whole only if a `finish` chunk was seen.
 */
export type ModelChunk =
  | { type: "text"; delta: string }
  /** What the model thought, in words that may be shown. */
  | { type: "reasoning"; delta: string }
  /** The `data` of the answer's `ProviderData`; null if it was too large to keep. At most once, before `finish`. */
  | { type: "provider_data"; data: string | null }
  | { type: "tool_call"; index: number; id?: string; name?: string; arguments?: string }
  | { type: "usage"; usage: Usage }
  | { type: "finish"; reason: FinishReason };

/**
 * What of a model's answer came together, or fast: its chunks in order, at least one. They go through the engine together,
 * because each hand-over costs as much as the chunks in it.
 */
export type ModelBurst = readonly ModelChunk[];

/**
 * A model that can be asked. `stream` throws `ModelError` for every failure of the provider, also before the first chunk.
 * It ends without a `finish` chunk when the answer was cut off. It stops asking when `signal` aborts.
 */
export interface Model {
  /** What the provider calls it, e.g. `gpt-5-mini`. */
  id: string;
  /** The class of model as AgentOS shows it, e.g. `OpenAIChat`. */
  name: string;
  provider: string;
  /** The model with its server and its API, as one text. Provider data goes back only to the same source. */
  source: string;
  /** Whether requests name session and user by digests: OpenAI's own do. */
  takesDigests?: boolean;
  /**
   * The models that are asked in this model's place, in this order, when its provider is away. No two of all these models
   * have the same name.
   */
  fallbacks?: readonly Model[];
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelBurst>;
}

/** A model as events and tokens name it. */
export type ModelName = Pick<Model, "id" | "provider">;

/** A model as a run names it. Its class is null where it was not kept: in imports, and in runs from before it was. */
export type RunModel = ModelName & { name: Model["name"] | null };

/** Finds the model that is chosen, or the deployment's default one; null when the deployment has no model. */
export type ModelSource = (choice?: ModelChoice) => Model | null;

type ModelErrorDetails = Partial<Pick<ModelError, "status" | "refusesHistory" | "isAway">>;

/** A failure of the model's provider. Callers are shown the message, so it must hold no key, header or prompt. */
export class ModelError extends Error {
  readonly type: "model_provider_error" | "model_rate_limit_error" | "model_timeout";
  /** The HTTP status that the provider answered; null when there was none. */
  readonly status: number | null;
  /** Whether the provider refused what it was sent. It may then answer a request with less of the history. */
  readonly refusesHistory: boolean;
  /** Whether the provider had too much to do (429), failed (5xx), was too slow or was not reached: another one may answer. */
  readonly isAway: boolean;

  constructor(
    type: ModelError["type"],
    message: string,
    { status = null, refusesHistory = false, isAway = false }: ModelErrorDetails = {},
  ) {
    super(message);
    this.name = "ModelError";
    this.type = type;
    this.status = status;
    this.refusesHistory = refusesHistory;
    this.isAway = isAway;
  }
}

// Texts that stand in a request and say what the model is asked for. The offline model knows by them what it is to answer.

/** In every request for a session's name. */
export const NAMING_MARKER = "Name this conversation";
/** In every request for a session's summary. */
export const SUMMARY_MARKER = "Summarize this conversation";
/** Where a request for a summary holds its data: the summary so far, and what was said since. */
export const SUMMARY_TAG = "summary";
export const CONVERSATION_TAG = "conversation";
