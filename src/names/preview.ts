import type { Message } from "../domain/message.ts";
import type { MessagePreview } from "../domain/session.ts";
import { firstMessageLine } from "./typed-name.ts";

/** So much of a message is looked at. Enough that a long run of line breaks does not hide the text behind it. */
const MAX_UNITS = 64_000;

/** The last of the messages in which a person or an agent says something that can be shown; null when none does. */
export function lastPreview(messages: readonly Message[]): MessagePreview | null {
  for (const { role, content, createdAt } of messages.toReversed()) {
    if (role !== "user" && role !== "assistant") continue;
    const text = firstMessageLine(content.slice(0, MAX_UNITS));
    if (text !== "") return { role, text, at: createdAt };
  }
  return null;
}
