import type { z } from "zod";
import type { IfMatch } from "../../domain/etag.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import type { Owner } from "../../domain/owner.ts";
import { blankSession, type Session, type SessionType } from "../../domain/session.ts";
import { directoryChange, patchedFields, type SessionPatch } from "../../domain/session-fields.ts";
import type { PatchBody } from "../../http/body.ts";
import { parseFields, wrongField } from "../../http/field-errors.ts";
import { limitBytes } from "../../http/limits.ts";
import { manualName } from "../../names/typed-name.ts";
import type { RequestedPatch } from "../../session/row/patch.ts";
import { withoutNulls } from "../shared/json.ts";
import { SessionMergePatch, UpdateSession } from "./contract.ts";
import { askedFields, type createdFields } from "./fields.ts";

/** Throws the 413 for an object that is too large. A session's row has several: together they must fit into a row of D1. */
export function checkSizes(objects: Record<string, object | undefined>): void {
  for (const [name, value] of Object.entries(objects)) {
    if (value !== undefined) limitBytes(name, JSON.stringify(value), MAX_STATE_BYTES);
  }
}

/** A name as a person typed it, within the limits of manual names; "" if it is to be taken away. */
export function typedName(typed: string, field: string): string {
  const checked = manualName(typed);
  if (checked.ok) return checked.name;
  throw wrongField("body", field, checked.reason, typed);
}

/** The change that a body asks for, which is plain JSON or a merge patch; throws the 422. */
export function requestedPatch({ isMergePatch, fields }: PatchBody, ifMatch: IfMatch | null): RequestedPatch {
  const given = isMergePatch ? parseFields(SessionMergePatch, fields) : replaced(parseFields(UpdateSession, fields));
  const { session_name } = given;
  return {
    mode: isMergePatch ? "merge" : "replace",
    ifMatch,
    name: session_name === undefined ? undefined : typedName(session_name ?? "", "session_name"),
    ...askedFields(given),
  };
}

/** The fields of a plain JSON body. Null means that the field was left out. */
const replaced = ({ summary, ...given }: z.output<typeof UpdateSession>) =>
  withoutNulls({ ...given, summary: summary && withoutNulls(summary) });

/** What a body says of a session that is to be made. */
type CreatedFields = z.output<z.ZodObject<typeof createdFields>> & {
  session_id?: string | undefined;
  agent_id?: string | undefined;
  team_id?: string | undefined;
  workflow_id?: string | undefined;
};

/** The session that a caller asks for, before it exists. */
export function newSession(
  sessionType: SessionType,
  { userId, ...fields }: CreatedFields & { userId: Owner | null },
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
    userId,
    fence: newId(),
    createdAt: nowMs,
  });
  const asked = askedFields(fields);
  const patch: SessionPatch = {
    ...(name !== null && { name: { name, source: "manual", details: null } }),
    state: asked.state ?? null,
    metadata: asked.metadata ?? null,
    ...directoryChange(session, asked, nowMs),
  };
  return patchedFields(session, patch, nowMs);
}
