import { type BulkAction, type ItemResult, unasked } from "./job.ts";
import { MAX_TAGS } from "./limits.ts";
import type { Session } from "./session.ts";

/** What a job changes of one session. Plain data: it crosses the object's boundary. */
export type SessionChange =
  /** `""` takes the name away. */
  | { action: "rename"; name: string }
  | { action: "tag"; addTags: readonly string[]; removeTags: readonly string[] }
  | { action: Exclude<BulkAction, "rename" | "tag" | "delete"> };

/** What of a session a change is decided by. */
export type ChangedSession = Pick<Session, "name" | "nameSource" | "tags" | "visibility" | "pinnedAt">;

/** Why the session is not to be changed: it is as it is asked to be, or may not be; null when it is to be changed. */
export function decideChange(session: ChangedSession, change: SessionChange): ItemResult | null {
  if (isAsAsked(session, change)) {
    return unasked("skipped", "unchanged");
  }
  const hasTooMany = change.action === "tag" && tagsAfter(session.tags, change).length > MAX_TAGS;
  return hasTooMany ? unasked("failed", "too_many_tags") : null;
}

/** The session's tags in their order, without those that go, and behind them those that come. */
export function tagsAfter(
  tags: readonly string[],
  { addTags, removeTags }: { addTags: readonly string[]; removeTags: readonly string[] },
): string[] {
  return [...new Set([...tags.filter((tag) => !removeTags.includes(tag)), ...addTags])];
}

function isAsAsked({ name, nameSource, tags, visibility, pinnedAt }: ChangedSession, change: SessionChange): boolean {
  switch (change.action) {
    case "rename":
      // A name that a model gave is given anew: from then on it is a person's.
      return change.name === "" ? nameSource === null : nameSource === "manual" && name === change.name;
    case "tag":
      return tagsAfter(tags, change).length === tags.length && change.addTags.every((tag) => tags.includes(tag));
    case "archive":
      return visibility === "archived";
    case "unarchive":
      return visibility === "listed";
    case "pin":
      return pinnedAt !== null;
    case "unpin":
      return pinnedAt === null;
  }
}
