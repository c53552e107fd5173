/** A model behind the scripted provider, and what comes of asking it. */
import { expect } from "vitest";
import {
  type Model,
  type ModelChunk,
  ModelError,
  type ModelMessage,
  type ModelRequest,
  type Usage,
} from "../../src/domain/model.ts";
import type { ModelApi, ModelSettings } from "../../src/domain/model-choice.ts";
import { openAiChat } from "../../src/model/openai/chat/model.ts";
import type { OpenAiOptions } from "../../src/model/openai/client.ts";
import { openAiResponses } from "../../src/model/openai/responses/model.ts";
import { chunk, event, MODEL_BASE_URL, type Step } from "./scripted-model.ts";

/** An API of OpenAI's, with what its provider says in a way of its own. Rules that hold for both are a table of these. */
export interface TestedApi {
  api: ModelApi;
  name: string;
  modelBehind(options: OpenAiOptions): Model;
  /** An error in the middle of a stream. */
  broken(error: { message: string; code: string | number }): Step;
  /** An answer that is not streamed, with the usage that the scripted provider tells. */
  whole(text: string): unknown;
}

export const APIS: TestedApi[] = [
  {
    api: "chat",
    name: "OpenAIChat",
    modelBehind: openAiChat,
    broken: (error) => chunk({ error }),
    whole: (content) => ({
      choices: [{ message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    }),
  },
  {
    api: "responses",
    name: "OpenAIResponses",
    modelBehind: openAiResponses,
    broken: (error) => event({ type: "error", sequence_number: 9, error }),
    whole: (text) => ({
      object: "response",
      status: "completed",
      error: null,
      output: [{ type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text }] }],
      usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
    }),
  },
];

let models = 0;
/** No two tests share a model: what is found out of one is remembered. */
export const newModelId = (): string => `model-${models++}`;

/** A model that no other test asks, behind the scripted provider. */
export const newModel = ({ modelBehind }: TestedApi, options: Partial<OpenAiOptions> = {}): Model =>
  modelBehind({
    ...{ settings: { id: newModelId() }, apiKey: "key", baseUrl: MODEL_BASE_URL, timeoutMs: 5_000, maxRetries: 0 },
    ...options,
  });

export const chatModel = (settings: Partial<ModelSettings> = {}, baseUrl = MODEL_BASE_URL, apiKey = "key") =>
  openAiChat({ settings: { id: newModelId(), ...settings }, apiKey, baseUrl, timeoutMs: 5_000, maxRetries: 0 });

export const responsesModel = (settings: Partial<ModelSettings> = {}, baseUrl = MODEL_BASE_URL, apiKey = "key") =>
  openAiResponses({ settings: { id: newModelId(), ...settings }, apiKey, baseUrl, timeoutMs: 5_000, maxRetries: 0 });

export interface Told {
  chunks: ModelChunk[];
  text: string;
  reasoning: string;
  calls: { id: string; name: string; arguments: string }[];
  usage: Usage | null;
  finish: string | null;
  /** The data that goes back, parsed; null where it was too large, undefined where there is none. */
  beside: unknown;
  error: ModelError | null;
}

/** Asks and reads to the end, also to an end with an error. */
export async function askFor(
  request: Partial<ModelRequest> = {},
  model = chatModel(),
  signal = new AbortController().signal,
): Promise<Told> {
  const messages: ModelMessage[] = [{ role: "user", content: "Hello there" }];
  const chunks: ModelChunk[] = [];
  let error: ModelError | null = null;
  try {
    const asked = { messages, tools: [], toolChoice: "auto" as const, ...request };
    for await (const burst of model.stream(asked, signal)) chunks.push(...burst);
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    error = thrown;
  }
  return { ...toldIn(chunks), error };
}

function toldIn(chunks: ModelChunk[]): Omit<Told, "error"> {
  const joined = (type: "text" | "reasoning") =>
    chunks.map((chunk) => (chunk.type === type ? chunk.delta : "")).join("");
  const beside = chunks.filter((chunk) => chunk.type === "provider_data");
  expect(beside.length).toBeLessThanOrEqual(1);
  const data = beside[0]?.data;
  return {
    chunks,
    text: joined("text"),
    reasoning: joined("reasoning"),
    calls: callsIn(chunks),
    usage: chunks.find((chunk) => chunk.type === "usage")?.usage ?? null,
    finish: chunks.find((chunk) => chunk.type === "finish")?.reason ?? null,
    beside: typeof data === "string" ? JSON.parse(data) : data,
  };
}

function callsIn(chunks: ModelChunk[]) {
  const calls: Told["calls"] = [];
  for (const chunk of chunks) {
    if (chunk.type !== "tool_call") continue;
    const call = calls[chunk.index] ?? { id: "", name: "", arguments: "" };
    calls[chunk.index] = {
      id: call.id || (chunk.id ?? ""),
      name: call.name || (chunk.name ?? ""),
      arguments: call.arguments + (chunk.arguments ?? ""),
    };
  }
  return calls;
}
