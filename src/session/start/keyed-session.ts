import { type Failure, invalidRequest } from "../../domain/error.ts";
import { fieldError } from "../../domain/field-errors.ts";
import type { Idempotency } from "../../domain/run.ts";
import { canonicalJson, sha256Hex, uuidFrom } from "../../lib/digest.ts";

// A run with an idempotency key and without a session gets a session whose id follows from the key, so that the same request,
// sent again, finds the session that it began before. Whoever knows a key can compute that id, and could begin the session
// before the run comes. So only a run with that key, or an import, may begin such a session. Once it exists, everybody who
// may see it can run in it.

const PREFIX = "keyed-";

/** The id of the session of a run that names none. */
export async function keyedSessionId({ caller, userId, agentId, key }: Idempotency): Promise<string> {
  return PREFIX + uuidFrom(await sha256Hex(canonicalJson([caller, userId, agentId, key])));
}

/** Whether a session of this id may be begun by a request with this key, or with none. */
export async function mayBegin(sessionId: string, idempotency: Idempotency | null): Promise<boolean> {
  if (!sessionId.startsWith(PREFIX)) {
    return true;
  }
  return idempotency !== null && (await keyedSessionId(idempotency)) === sessionId;
}

export function reservedSessionId(sessionId: string): Failure {
  const msg = `Value error, a session whose id begins with '${PREFIX}' is begun by a run with an Idempotency-Key and without session_id`;
  return invalidRequest([fieldError({ type: "value_error", msg }, ["body", "session_id"], sessionId)]);
}
