import { keyHolder, type Principal } from "../../domain/principal.ts";
import type { Idempotency } from "../../domain/run.ts";
import type { ComponentRef } from "../../domain/team.ts";
import { canonicalJson, sha256Hex } from "../../lib/digest.ts";

// AI SDK's clients send no idempotency key. So it is made of what makes a request the same one.

/** Whose key it is, and of which chat. */
export interface KeyScope {
  caller: Principal;
  component: ComponentRef;
  sessionId: string;
}

/**
 * `ui.run` is a message of the user's, by its id; `ui.again` another answer, by the run that it replaces; `ui.answer` what
 * people say, all of it. `fields` must be the same in a request that has the same key.
 */
export async function chatKey(
  { caller, component, sessionId }: KeyScope,
  kind: "ui.run" | "ui.again" | "ui.answer",
  meant: unknown,
  fields: unknown = meant,
): Promise<Idempotency> {
  const digest = await sha256Hex(canonicalJson([component.type, sessionId, meant]));
  const fieldsDigest = await sha256Hex(canonicalJson(fields));
  return { ...keyHolder(caller), agentId: component.id, key: `${kind}:${digest}`, fieldsDigest };
}
