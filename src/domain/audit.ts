import type { Json, JsonObject } from "./json.ts";
import type { Principal } from "./principal.ts";

/** What is kept of who did it. */
export type AuditAction =
  | "service_account.created"
  | "service_account.rotated"
  | "service_account.revoked"
  | "user.erased"
  | "sessions.imported"
  | "sessions.exported"
  | "sessions.deleted"
  | "session.deleted"
  | "session.restored"
  | "run.answered";

/** One act that others must be able to look up. */
export interface AuditEntry {
  auditId: string;
  /** Epoch milliseconds. */
  createdAt: number;
  /** As `Principal.actor` names it. */
  actor: string;
  action: AuditAction;
  /** What it was done to: the id of an account, a user, a session or a run. */
  target: string | null;
  before: Json;
  after: Json;
  metadata: JsonObject | null;
}

/** What a caller of the audit says of an act; the rest follows from when and where it is written. */
export type Act = Pick<AuditEntry, "actor" | "action" | "target"> &
  Partial<Pick<AuditEntry, "before" | "after" | "metadata">>;

export const auditEntry = (act: Act, auditId: string, createdAt: number): AuditEntry => ({
  before: null,
  after: null,
  metadata: null,
  ...act,
  auditId,
  createdAt,
});

/** How long an act can be looked up. */
export const AUDIT_KEPT_MS = 400 * 86_400_000;

/** What the principal does in a session of this owner, if that is somebody else; else null. */
export function actInSession(
  principal: Principal,
  { sessionId, userId }: { sessionId: string; userId: string | null },
  act: Omit<Act, "actor">,
): Act | null {
  if (!actsForAnother(principal, userId)) return null;
  // A Worker of before has sent no actor.
  const actor = principal.actor ?? principal.caller;
  return { ...act, actor, metadata: { session_id: sessionId, user_id: userId } };
}

/**
 * Whether the principal acts in what somebody else owns. A backend that shows the key and names the user relays what that
 * user asked for, so it does not. Whoever else may name users does, also if it names the owner: else it could choose to
 * leave no trace.
 */
export function actsForAnother({ caller, actor, userId, confined }: Principal, owner: string | null): boolean {
  if (owner === null || confined || caller === "server") return false;
  if (caller === "security_key" || caller === "development") return userId === null;
  return actor !== (caller === "user" ? `user:${owner}` : owner);
}
