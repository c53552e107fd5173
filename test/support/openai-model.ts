/** A model behind the scripted provider, and what comes of asking it. */
import { expect } from "vitest";
import {
  type ModelChunk,
  ModelError,
  type ModelMessage,
  type ModelRequest,
  type Usage,
} from "../../src/domain/model.ts";
import type { ModelSettings } from "../../src/domain/model-choice.ts";
import { openAiModel } from "../../src/model/openai/chat.ts";
import { MODEL_BASE_URL } from "./scripted-model.ts";

let models = 0;
/** No two tests share a model: what is found out of one is remembered. */
export const newModelId = (): string => `model-${models++}`;

export const chatModel = (settings: Partial<ModelSettings> = {}, baseUrl = MODEL_BASE_URL, apiKey = "key") =>
  openAiModel({ settings: { id: newModelId(), ...settings }, apiKey, baseUrl, timeoutMs: 5_000, maxRetries: 0 });

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
export async function askFor(request: Partial<ModelRequest> = {}, model = chatModel()): Promise<Told> {
  const messages: ModelMessage[] = [{ role: "user", content: "Hello there" }];
  const chunks: ModelChunk[] = [];
  let error: ModelError | null = null;
  try {
    const asked = { messages, tools: [], toolChoice: "auto" as const, ...request };
    for await (const chunk of model.stream(asked, new AbortController().signal)) chunks.push(chunk);
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
