import type { Json, JsonObject } from "../../domain/json.ts";
import { MAX_PROVIDER_DATA_BYTES } from "../../domain/limits.ts";
import type { ProviderData } from "../../domain/model.ts";
import { type ModelApi, sourceOf } from "../../domain/model-choice.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { objectOf, objectsOf, textOf } from "./values.ts";

/** A provider of Agno's whose server is known, and what of an answer goes back to it, in the form of this server's adapter. */
interface Provider {
  api: ModelApi;
  baseUrl: string;
  said(answer: JsonObject): Json;
}

const thoughts = ({ reasoning_content }: JsonObject): Json =>
  textOf(reasoning_content) === null ? null : { reasoning_content: reasoning_content ?? null };

/** By `model_provider` of a run. A server that the deployer chose (vLLM, LiteLLM, Azure) cannot be known. */
const PROVIDERS: Record<string, Provider> = {
  DeepSeek: { api: "chat", baseUrl: "https://api.deepseek.com", said: thoughts },
  Moonshot: { api: "chat", baseUrl: "https://api.moonshot.ai/v1", said: thoughts },
  OpenRouter: { api: "chat", baseUrl: "https://openrouter.ai/api/v1", said: reasoningDetails },
  Google: { api: "chat", baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai", said: signatures },
  OpenAI: { api: "responses", baseUrl: "https://api.openai.com/v1", said: responseItems },
};

/** The provider data of an answer, for the model that gave the answer; null if nothing can go back. */
export function agnoProviderData(answer: JsonObject, run: JsonObject): ProviderData | null {
  const provider = PROVIDERS[textOf(run.model_provider) ?? ""];
  const model = textOf(run.model);
  const said = provider?.said(answer) ?? null;
  if (provider === undefined || model === null || said === null) {
    return null;
  }
  const data = JSON.stringify(said);
  const source = sourceOf(provider.api, provider.baseUrl, model);
  return { source, data: utf8Bytes(data) > MAX_PROVIDER_DATA_BYTES ? null : data };
}

function reasoningDetails(answer: JsonObject): Json {
  const details = objectsOf(objectOf(answer.provider_data)?.reasoning_details);
  return details.length > 0 ? { reasoning_details: details } : null;
}

/** Gemini's signatures, as its endpoint for OpenAI's clients has them. */
function signatures(answer: JsonObject): Json {
  const signed = (thought_signature: string) => ({ google: { thought_signature } });
  const ofText = textOf(objectOf(answer.provider_data)?.thought_signature);
  const ofCalls = objectsOf(answer.tool_calls).flatMap((call, at) => {
    const signature = textOf(call.thought_signature);
    return signature === null ? [] : [{ at, id: textOf(call.id) ?? "", extra_content: signed(signature) }];
  });
  if (ofText === null && ofCalls.length === 0) return null;
  return {
    ...(ofText !== null && { extra_content: signed(ofText) }),
    ...(ofCalls.length > 0 && { tool_calls: ofCalls }),
  };
}

/**
 * The items of an answer that has nothing but reasoning and calls. Agno keeps no item of a text, and OpenAI refuses reasoning
 * without the items behind it. Without `encrypted_content` it would have to look the reasoning up, which it cannot here.
 */
function responseItems(answer: JsonObject): Json {
  const reasoning = objectOf(objectOf(answer.provider_data)?.reasoning_output);
  const calls = objectsOf(answer.tool_calls).flatMap(callItem);
  const isWhole = calls.length > 0 && calls.length === objectsOf(answer.tool_calls).length && !textOf(answer.content);
  return reasoning !== null && textOf(reasoning.encrypted_content) !== null && isWhole ? [reasoning, ...calls] : null;
}

function callItem({ id, call_id, function: asked }: JsonObject): JsonObject[] {
  const [itemId, callId] = [textOf(id), textOf(call_id)];
  const { name = null, arguments: args = null } = objectOf(asked) ?? {};
  if (itemId === null || callId === null || typeof name !== "string" || typeof args !== "string") return [];
  return [{ type: "function_call", id: itemId, call_id: callId, name, arguments: args }];
}
