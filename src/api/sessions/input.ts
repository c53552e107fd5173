import { SessionMergePatch, UpdateSession } from "./contract.ts";
import { withoutNulls } from "../shared/json.ts";
import { manualName } from "../../names/clean-name.ts";
import type { IfMatch } from "../../domain/etag.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { typedTags } from "../../domain/labels.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import { blankSession, type Session, type SessionType } from "../../domain/session.ts";
import type { PatchBody } from "../../http/body.ts";
import { parseFields, wrongField } from "../../http/field-errors.ts";
import { limitBytes } from "../../http/limits.ts";
import type { RequestedPatch } from "../../session/row/patch.ts";

/** Objects that are kept in the session's row: together they must stay below what a row may hold. */
export function checkSizes(objects: Record<string, object | undefined>): void {
  for (const [name, value] of Object.entries(objects)) {
    if (value !== undefined) limitBytes(name, JSON.stringify(value), MAX_STATE_BYTES);
  }
}

/** A name as a person typed it, within the limits of manual names; "" where it is to be taken away. */
export function typedName(typed: string, field: string): string {
  const checked = manualName(typed);
  if (checked.ok) return checked.name;
  throw wrongField("body", field, checked.reason, typed);
}

/** Tags as a person typed them, within their limits; throws the 422. */
export function checkedTags(typed: readonly string[], field = "tags"): string[] {
  const checked = typedTags(typed);
  if (checked.ok) return checked.tags;
  throw wrongField("body", field, checked.reason, typed);
}

/** The change that a body asks for, which is plain JSON or a merge patch; throws the 422. */
export function requestedPatch({ isMergePatch, fields }: PatchBody, ifMatch: IfMatch | null): RequestedPatch {
  const given = isMergePatch
    ? parseFields(SessionMergePatch, fields)
    : withoutNulls(parseFields(UpdateSession, fields));
  const { session_name, session_state, metadata, summary, tags, pinned, archived, ttl_seconds } = given;
  return {
    mode: isMergePatch ? "merge" : "replace",
    ifMatch,
    ...(session_name !== undefined && { name: typedName(session_name ?? "", "session_name") }),
    ...(session_state !== undefined && { state: session_state }),
    ...(metadata !== undefined && { metadata }),
    ...(summary !== undefined && { summary: summary && summaryOf(summary, isMergePatch) }),
    // Null is here only in a merge patch, where it takes away.
    ...(tags !== undefined && { tags: checkedTags(tags ?? []) }),
    ...(pinned !== undefined && { pinned: pinned ?? false }),
    ...(archived !== undefined && { archived: archived ?? false }),
    ...(ttl_seconds !== undefined && { ttlSeconds: ttl_seconds }),
  };
}

/** The members that are given; null is one only where it takes a member away. */
function summaryOf(members: { [name: string]: Json | undefined }, isMergePatch: boolean): JsonObject {
  const given: JsonObject = {};
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && (value !== null || isMergePatch)) given[name] = value;
  }
  return given;
}

interface CreateFields {
  session_id?: string | undefined;
  session_name?: string | undefined;
  session_state?: JsonObject | undefined;
  metadata?: JsonObject | undefined;
  user_id?: string | undefined;
  agent_id?: string | undefined;
  team_id?: string | undefined;
  workflow_id?: string | undefined;
  tags?: string[] | null | undefined;
  pinned?: boolean | null | undefined;
  archived?: boolean | null | undefined;
  ttl_seconds?: number | null | undefined;
}

/** The session that a caller asks for, before it exists. */
export function newSession(
  sessionType: SessionType,
  fields: CreateFields,
  { now, newId }: { now(): number; newId(): string },
): Session {
  const nowMs = now();
  const name = typedName(fields.session_name ?? "", "session_name") || null;
  const session = blankSession({
    sessionId: fields.session_id ?? newId(),
    sessionType,
    agentId: fields.agent_id ?? null,
    teamId: fields.team_id ?? null,
    workflowId: fields.workflow_id ?? null,
    userId: fields.user_id ?? null,
    fence: newId(),
    createdAt: nowMs,
  });
  return {
    ...session,
    ...(name !== null && { name, nameSource: "manual", nameVersion: 1, nameUpdatedAt: nowMs }),
    state: fields.session_state ?? null,
    metadata: fields.metadata ?? null,
    tags: checkedTags(fields.tags ?? []),
    pinnedAt: fields.pinned ? nowMs : null,
    ...(fields.archived && { visibility: "archived", archivedAt: nowMs }),
    ttlSeconds: fields.ttl_seconds ?? null,
  };
}
