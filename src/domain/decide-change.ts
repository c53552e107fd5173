import { type ItemResult, unasked } from "./job.ts";
import { MAX_TAGS } from "./limits.ts";
import { type BulkChange, type DecidingColumns, isAsAsked, tagsAfter } from "./session-fields.ts";

/** Why a job leaves the session as it is; null when the job is to change it. */
export function decideChange(session: DecidingColumns, change: BulkChange): ItemResult | null {
  if (isAsAsked(session, change)) {
    return unasked("skipped", "unchanged");
  }
  const hasTooMany = change.action === "tag" && tagsAfter(session.tags, change).length > MAX_TAGS;
  return hasTooMany ? unasked("failed", "too_many_tags") : null;
}
