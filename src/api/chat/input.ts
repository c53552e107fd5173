import type { z } from "zod";
import type { JsonObject } from "../../domain/json.ts";
import type { OnBusy } from "../../domain/run.ts";
import type { Sent } from "../../wire/ui/act.ts";
import type { ChatFields, ChatQuery } from "./contract.ts";

/** What a chat's request says beside its messages. */
export interface ChatOptions {
  sessionState: JsonObject | null;
  onBusy: OnBusy;
  answeredBy: string | null;
}

/** What the fields of a request say; the body's go before those of the query, which are the same for all requests of a client. */
export function chatInput(
  fields: z.infer<typeof ChatFields>,
  query: z.infer<typeof ChatQuery>,
): { sent: Sent; options: ChatOptions } {
  const { trigger, messageId = null, message, messages = [] } = fields;
  return {
    sent: { trigger, messageId, messages: message === undefined ? messages : [message] },
    options: {
      sessionState: fields.session_state ?? query.session_state ?? null,
      onBusy: fields.on_busy ?? query.on_busy ?? "enqueue",
      answeredBy: fields.answered_by ?? query.answered_by ?? null,
    },
  };
}
