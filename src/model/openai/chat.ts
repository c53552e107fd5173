import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Model } from "../../domain/model.ts";
import { sourceOf } from "../../domain/model-choice.ts";
import { modelBehind } from "./ask.ts";
import { ChatReader } from "./chat/reader.ts";
import { toWireRequest, type WireOptions } from "./chat/request.ts";
import { OPENAI_BASE_URL, type OpenAiOptions } from "./client.ts";

/** A model behind the Chat Completions API of OpenAI or a compatible server. */
export function openAiModel(options: OpenAiOptions): Model {
  const { settings } = options;
  const baseUrl = options.baseUrl || OPENAI_BASE_URL;
  const wire: WireOptions = { settings, source: sourceOf("chat", baseUrl, settings.id), server: serverAt(baseUrl) };
  return modelBehind(
    {
      api: "chat",
      name: "OpenAIChat",
      toBody: (request, fields) => toWireRequest(request, wire, fields),
      // A body that lacks or renames something is a request still, which the client's type cannot say.
      send: (client, body, how) =>
        client.chat.completions.create(body as unknown as ChatCompletionCreateParamsStreaming, how),
      newReader: (request) =>
        new ChatReader({
          // Unique in the conversation, which grows with every answer.
          idPrefix: `call_${request.messages.length}`,
          finishOnDone: settings.finishOnDone ?? false,
        }),
    },
    options,
  );
}

/** Whose server it is, as far as its host tells. It decides what is sent to OpenAI or Google only, and what is tried first. */
export function serverAt(baseUrl: string): WireOptions["server"] {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  if (/(?:^|\.)openai\.com$/.test(host)) return "openai";
  if (/(?:^|\.)openai\.azure\.com$/.test(host)) return "azure";
  return /(?:^|\.)googleapis\.com$/.test(host) ? "google" : "other";
}
