import { invalidRequest, payloadTooLarge, preconditionFailed } from "../../domain/error.ts";
import { type IfMatch, isMatched } from "../../domain/etag.ts";
import type { JsonObject } from "../../domain/json.ts";
import { mergePatch } from "../../domain/json.ts";
import { MAX_STATE_BYTES } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Session } from "../../domain/session.ts";
import {
  type AskedFields,
  directoryChange,
  type NameChange,
  type SessionPatch,
  type SessionSummary,
} from "../../domain/session-fields.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** What a caller changes of a session. Plain data: it crosses the object's boundary. */
export interface RequestedPatch extends AskedFields {
  /** Whether an object replaces the one that is there, or is merged over it as RFC 7396 says; null takes it away. */
  mode: "replace" | "merge";
  /** The condition under which the change is made; null for none. */
  ifMatch: IfMatch | null;
}

/** The state as the patch leaves it. `state` is that of a session's row, or of a run that is under way. */
export function patchedState(state: JsonObject | null, patch: RequestedPatch): JsonObject | null {
  return patched(state, patch.state, patch.mode);
}

/**
 * What to write for a requested patch on the row as it stands, or why it is refused. `name` is the requested name as
 * the agent's guardrail let it pass.
 */
export function planPatch(
  session: Session,
  patch: RequestedPatch,
  name: NameChange | undefined,
  nowMs: number,
): Outcome<SessionPatch> {
  if (!isMatched(patch.ifMatch, session)) {
    return fail(preconditionFailed());
  }
  const summary = patched(jsonOf(session.summary), patch.summary, patch.mode);
  if (summary !== null && !isSummary(summary)) {
    return fail(invalidRequest([SUMMARY_MISSING]));
  }
  const objects = {
    ...(patch.state !== undefined && { state: patchedState(session.state, patch) }),
    ...(patch.metadata !== undefined && { metadata: patched(session.metadata, patch.metadata, patch.mode) }),
    ...(patch.summary !== undefined && { summary }),
  };
  for (const [field, value] of Object.entries(objects)) {
    if (utf8Bytes(JSON.stringify(value)) > MAX_STATE_BYTES) {
      return fail(payloadTooLarge(field === "state" ? "session_state" : field, MAX_STATE_BYTES));
    }
  }
  // If the summary is taken away, the next one is made from the beginning of the session.
  const restart = patch.summary !== undefined && summary === null ? { summarizedThrough: null } : {};
  return ok({ ...(name !== undefined && { name }), ...objects, ...restart, ...directoryChange(session, patch, nowMs) });
}

function patched(
  before: JsonObject | null,
  given: JsonObject | null | undefined,
  mode: RequestedPatch["mode"],
): JsonObject | null {
  if (given === undefined) {
    return before;
  }
  return mode === "replace" || given === null ? given : mergePatch(before, given);
}

const SUMMARY_MISSING = { type: "missing", loc: ["body", "summary", "summary"], msg: "Field required", input: null };

const jsonOf = (summary: SessionSummary | null): JsonObject | null => summary && { ...summary };

const isSummary = (value: JsonObject): value is JsonObject & SessionSummary => typeof value.summary === "string";
