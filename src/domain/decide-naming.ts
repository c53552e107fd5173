import { type ItemResult, type Overwrite, unasked } from "./job.ts";
import type { Session } from "./session.ts";

/** What a session's row alone says to a job that is to name it; null when a model is to be asked. */
export function decideNaming(
  { nameSource, nameDetails, chatMessages }: Pick<Session, "nameSource" | "nameDetails" | "chatMessages">,
  jobId: string,
  overwrite: Overwrite,
): ItemResult | null {
  if (nameSource !== null && nameDetails?.jobId === jobId) {
    const { promptTokens, completionTokens } = nameDetails;
    const outcome = nameSource === "fallback" ? "fallback" : "succeeded";
    return { outcome, reason: null, error: null, promptTokens, completionTokens };
  }
  if (nameSource === "manual") {
    return unasked("skipped", "named_by_hand");
  }
  if (nameSource === "generated" && overwrite === "never") {
    return unasked("skipped", "already_named");
  }
  return chatMessages === 0 ? unasked("skipped", "no_messages") : null;
}
