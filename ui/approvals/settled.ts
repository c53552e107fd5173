import type { Requirement, RunRequirement } from "../../packages/client/src/index.ts";
import { saidOf } from "./answer.ts";

/** What became of something that was asked. */
export interface Settled {
  how: "confirmed" | "rejected" | "filled" | "executed" | "expired" | "cancelled";
  /** The values, the result or the note, where there is one. */
  said: string | null;
  by: string | null;
  /** ISO 8601. */
  at: string | null;
}

/** As a run or the list of requirements shows it, once it is not open any more. */
export function settledOf(closed: Requirement | RunRequirement): Settled {
  const { tool_execution: call, answered_at: at = null } = closed;
  const { confirmed, confirmation_note: note, result } = call;
  const by = closed.answered_by ?? closed.actor ?? null;
  // Its run was over before anybody answered.
  if (at === null) return { how: "cancelled", said: null, by, at };
  if (confirmed === true) return { how: "confirmed", said: note, by, at };
  // Time answers for nobody.
  if (confirmed === false)
    return by === null ? { how: "expired", said: null, by, at } : { how: "rejected", said: note, by, at };
  return result === null
    ? { how: "filled", said: saidOf(call.tool_args ?? {}), by, at }
    : { how: "executed", said: result, by, at };
}
