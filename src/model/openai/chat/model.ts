import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Model } from "../../../domain/model.ts";
import { sourceOf } from "../../../domain/model-choice.ts";
import { modelBehind } from "../ask.ts";
import { OPENAI_BASE_URL, type OpenAiOptions } from "../client.ts";
import { type RequestOptions, serverAt } from "../request-parts.ts";
import { ChatReader } from "./reader.ts";
import { toWireRequest } from "./request.ts";

/** A model behind the Chat Completions API of OpenAI or a compatible server. */
export function openAiChat(options: OpenAiOptions): Model {
  const { settings } = options;
  const baseUrl = options.baseUrl || OPENAI_BASE_URL;
  const wire: RequestOptions = { settings, source: sourceOf("chat", baseUrl, settings.id), server: serverAt(baseUrl) };
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
