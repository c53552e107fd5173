import type { Requirement, RunOutput, RunRequirement } from "../../packages/client/src/index.ts";
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

/** Of a row of the list; null while it is open. */
export function settledOfRow(row: Requirement): Settled | null {
  const { status, answer, answer_note: note, tool_execution: call, answered_at: at } = row;
  if (status === "open") return null;
  if (status !== "answered" || answer === null) {
    return { how: status === "expired" ? "expired" : "cancelled", said: null, by: null, at };
  }
  return { how: answer, said: saidWith(answer, call, note), by: row.answered_by ?? row.actor, at };
}

/** Of a run's requirement; null while it is open. A run that does not wait any more has none that is. */
export function settledOfRun(requirement: RunRequirement, status: RunOutput["status"]): Settled | null {
  const { tool_execution: call, confirmation, answered_at: at = null } = requirement;
  if (at === null) return status === "PAUSED" ? null : { how: "cancelled", said: null, by: null, at };
  const by = requirement.answered_by ?? requirement.actor ?? null;
  // Time answers for nobody.
  if (by === null && confirmation === false) return { how: "expired", said: null, by, at };
  const how = howOf(requirement);
  return { how, said: saidWith(how, call, requirement.confirmation_note ?? null), by, at };
}

function howOf({
  confirmation,
  external_execution_result: result,
}: RunRequirement): "confirmed" | "rejected" | "filled" | "executed" {
  if (confirmation !== undefined) return confirmation ? "confirmed" : "rejected";
  return result === undefined ? "filled" : "executed";
}

function saidWith(how: Settled["how"], call: RunRequirement["tool_execution"], note: string | null): string | null {
  if (how === "filled") return saidOf(call.tool_args ?? {});
  return how === "executed" ? call.result : note;
}
