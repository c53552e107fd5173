import { type ItemResult, unasked } from "./job.ts";
import { MAX_TAGS } from "./limits.ts";
import { type BulkChange, type DecidingColumns, isAsAsked, tagsAfter } from "./session-fields.ts";

/** Why a job does not change the session: it is as it is asked to be, or may not become so; null when it is to be changed. */
export function decideChange(session: DecidingColumns, change: BulkChange): ItemResult | null {
  if (isAsAsked(session, change)) {
    return unasked("skipped", "unchanged");
  }
  const hasTooMany = change.action === "tag" && tagsAfter(session.tags, change).length > MAX_TAGS;
  return hasTooMany ? unasked("failed", "too_many_tags") : null;
}
