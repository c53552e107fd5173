import type { Model } from "../../domain/model.ts";
import { modelBehind } from "./ask.ts";
import { ChatReader, toWireRequest, type WireOptions } from "./chat-wire.ts";
import type { OpenAiOptions } from "./client.ts";

/** A model behind the Chat Completions API of OpenAI or a compatible server. */
export function openAiModel(options: OpenAiOptions): Model {
  const wire: WireOptions = {
    model: options.id,
    maxTokensField: isOpenAi(options.baseUrl) ? "max_completion_tokens" : "max_tokens",
  };
  return modelBehind(
    {
      api: "chat",
      name: "OpenAIChat",
      send: (client, request, how) => client.chat.completions.create(toWireRequest(request, wire), how),
      // Unique in the conversation, which grows with every answer.
      newReader: (request) => new ChatReader(`call_${request.messages.length}`),
    },
    options,
  );
}

function isOpenAi(baseUrl: OpenAiOptions["baseUrl"]): boolean {
  return !baseUrl || /(^|\.)openai\.(azure\.)?com$/.test(URL.parse(baseUrl)?.hostname ?? "");
}
