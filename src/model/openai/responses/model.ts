import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";
import type { Model } from "../../../domain/model.ts";
import { sourceOf } from "../../../domain/model-choice.ts";
import { modelBehind } from "../ask.ts";
import { OPENAI_BASE_URL, type OpenAiOptions } from "../client.ts";
import { type RequestOptions, serverAt } from "../request-parts.ts";
import { ResponsesReader } from "./reader.ts";
import { toResponsesRequest } from "./request.ts";

/** A model behind the Responses API of OpenAI or a compatible server. */
export function openAiResponses(options: OpenAiOptions): Model {
  const { settings } = options;
  const baseUrl = options.baseUrl || OPENAI_BASE_URL;
  const asked: RequestOptions = {
    settings,
    source: sourceOf("responses", baseUrl, settings.id),
    server: serverAt(baseUrl),
  };
  return modelBehind(
    {
      api: "responses",
      name: "OpenAIResponses",
      toBody: (request) => toResponsesRequest(request, asked),
      // A body that lacks something is a request still, which the client's type cannot say.
      send: (client, body, how) => client.responses.create(body as unknown as ResponseCreateParamsStreaming, how),
      // Unique in the conversation, which grows with every answer.
      newReader: (request) => new ResponsesReader(`call_${request.messages.length}`),
    },
    options,
  );
}
