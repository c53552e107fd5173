import { z } from "@hono/zod-openapi";
import { MAX_CLIENT_HISTORY_BYTES } from "../../domain/limits.ts";
import { ON_BUSY } from "../../domain/run.ts";
import { type ComponentType, componentPath, WITH_ARTICLE } from "../shared/component-path.ts";
import { integerOr, jsonObject, optionalParameter, RunId, SessionId, UserId } from "../shared/request-fields.ts";
import { defineRoute, failures, json, plainJsonBody } from "../shared/route.ts";
import { idText } from "../shared/values.ts";

const tags = ["Chat"];

const MESSAGE = { id: "msg-1", role: "user", parts: [{ type: "text", text: "Hello!" }] };

/** A message as AI SDK's clients keep it. Its parts are AI SDK's; in a request only what is new in it is looked at. */
const UiMessage = z
  .object({
    id: z.string().openapi({ description: "Of an answer the id of its run; of what the user said `<run id>:user`." }),
    role: z.enum(["user", "assistant"]),
    metadata: z
      .object({})
      .loose()
      .optional()
      .openapi({ description: "Of an answer: `runId`, `sessionId`, `status`, and what its status comes with." }),
    parts: z.array(z.object({ type: z.string() }).loose()),
  })
  .openapi("UIMessage", { example: MESSAGE });
const sentMessage = { $ref: "#/components/schemas/UIMessage" };

const onBusy = z.enum(ON_BUSY).openapi({
  description:
    "While another run of the session is active: wait (`enqueue`, the default), be refused, or interrupt it.",
});
const answeredBy = UserId.openapi({ description: "Who answers what the run waits for; left out, `user_id`." });
const sessionState = jsonObject("Of a new message: merged over the session's state, key by key; at most 128 KB.");

/** The body that AI SDK's transports send. What else it holds is passed over. */
export const ChatFields = z
  .object({
    id: SessionId.openapi({ description: "The chat's id, which is the session's. One that does not exist begins." }),
    messages: z.array(z.unknown()).optional().openapi({
      type: "array",
      items: sentMessage,
      description: "All messages of the chat, or the last one. Earlier ones are not believed, and not kept.",
    }),
    message: z
      .unknown()
      .optional()
      .openapi({ ...sentMessage, description: "Instead of `messages`: the last message." }),
    trigger: z.enum(["submit-message", "regenerate-message"]).default("submit-message"),
    messageId: z.string().optional().openapi({ description: "The message that is answered, edited or regenerated." }),
    user_id: UserId.optional(),
    session_state: sessionState.optional(),
    on_busy: onBusy.optional(),
    answered_by: answeredBy.optional(),
  })
  .openapi({ example: { id: "my-session", messages: [MESSAGE] } });

/** What may stand in the query as well, since a transport's `api` is one text. */
export const ChatQuery = z.object({
  session_state: optionalParameter(sessionState),
  on_busy: optionalParameter(onBusy),
  answered_by: optionalParameter(answeredBy),
});

/** How many runs a page of a chat's history has at most. */
const MAX_RUNS = 50;

const HistoryQuery = z.object({
  limit: integerOr(MAX_RUNS, { description: "How many runs, at most.", ge: 1, le: MAX_RUNS }),
  before: optionalParameter(RunId).openapi({ description: "A run of the chat: only what is older." }),
});

const ChatHistory = z
  .object({
    id: idText(),
    active_run_id: idText()
      .nullable()
      .openapi({ description: "The run that is active: `…/stream` gives it from its start." }),
    paused_run_id: idText().nullable().openapi({ description: "The newest run that waits for people." }),
    has_more: z.boolean().openapi({ description: "Whether there are older runs: ask with `before`." }),
    messages: z.array(UiMessage).openapi({ description: "Oldest first." }),
  })
  .openapi("ChatHistory", {
    example: {
      id: "my-session",
      active_run_id: null,
      paused_run_id: null,
      has_more: false,
      messages: [
        { id: "80312efa:user", role: "user", parts: [{ type: "text", text: "Hello!" }] },
        {
          id: "80312efa",
          role: "assistant",
          metadata: { runId: "80312efa", sessionId: "my-session", status: "COMPLETED" },
          parts: [{ type: "step-start" }, { type: "text", text: "Hello there.", state: "done" }],
        },
      ],
    },
  });

/** One event of the stream, as OpenAPI before 3.2 has no schema for a whole one. */
const ChatStreamEvent = z
  .object({
    data: z.string().openapi({
      description: "A chunk of AI SDK's, as JSON; in the last event `[DONE]`.",
      example: '{"type":"text-delta","id":"80312efa:0","delta":"Hello"}',
    }),
  })
  .openapi("ChatStreamEvent");

const events = {
  description: "AI SDK's UI message stream: `data: <chunk>` each, at last `data: [DONE]`",
  content: { "text/event-stream": { schema: ChatStreamEvent } },
};

const TOO_LARGE = {
  code: "payload_too_large" as const,
  detail: `The request body is larger than ${MAX_CLIENT_HISTORY_BYTES} bytes. Send the last message only: prepareSendMessagesRequest of the transport says what is sent.`,
};

/** The routes that AI SDK's `useChat` calls, and those beside them. */
export function chatRoutes(type: ComponentType) {
  const path = componentPath(type);
  return {
    sendChat: defineRoute({
      method: "post",
      path: path.chat,
      operationId: `send_${type}_chat`,
      scope: [path.mayRun],
      isCostly: true,
      history: { in: { list: "messages", named: "messageId" }, tooLarge: TOO_LARGE },
      user: "caller",
      summary: `Chat with ${WITH_ARTICLE[type]}, as AI SDK's useChat does`,
      description:
        "A last message of the user's starts a run. One of the assistant's answers what its run waits for: `approval-responded` confirms or rejects, an output is a result or what was asked to be filled in. `regenerate-message` answers the newest message again. The same request sent again is the same run. Bodies may have 8 MiB. Files are not supported. The run goes on when its reader leaves; `…/stop` ends it.",
      tags,
      request: { params: path.componentParams, query: ChatQuery, body: plainJsonBody("ChatRequest", ChatFields) },
      responses: { 200: events, ...failures(400, 404, 409, 413, 429) },
    }),

    readChat: defineRoute({
      method: "get",
      path: `${path.chat}/{session_id}`,
      operationId: `get_${type}_chat`,
      scope: [path.mayRead, path.mayRunThere],
      user: "caller",
      summary: "A chat's history, as AI SDK's messages",
      description:
        "The newest 50 runs, of which at most 8 MB are read: what `useChat` takes as `messages`. Runs that were replaced, and those that never started, are left out.",
      tags,
      request: { params: path.chatParams, query: HistoryQuery },
      responses: { 200: json(ChatHistory, "The messages, oldest first"), ...failures(404) },
    }),

    followChat: defineRoute({
      method: "get",
      path: `${path.chat}/{session_id}/stream`,
      operationId: `stream_${type}_chat`,
      scope: [path.mayRunThere],
      user: "caller",
      summary: "Read a chat's active run, as AI SDK's resume does",
      description: "From its start, also of a run that was continued; then what comes.",
      tags,
      request: { params: path.chatParams },
      responses: { 200: events, 204: { description: "No run is active" }, ...failures(404, 429) },
    }),

    stopChat: defineRoute({
      method: "post",
      path: `${path.chat}/{session_id}/stop`,
      operationId: `stop_${type}_chat`,
      scope: [path.mayRun],
      user: "caller",
      summary: "Cancel a chat's active run",
      description:
        "`stop()` of `useChat` only leaves the stream. What was said stays; a run that is paused, or that waits behind the active one, is left alone.",
      tags,
      request: { params: path.chatParams },
      responses: { 204: { description: "It is cancelled, or none was active" }, ...failures(404) },
    }),
  };
}
