import type { RunOrigin } from "../../domain/run.ts";

/** Where a run was made from, in AgentOS's keys: all of them, null where there is nothing to say. */
export function originJson(origin: RunOrigin | null) {
  const isCopied = origin?.type === "copied";
  return {
    forked_from_run_id: origin?.runId ?? null,
    forked_from_message_index: origin === null || isCopied ? null : origin.messageIndex,
    forked_from_session_id: isCopied ? origin.sessionId : null,
    // AgentOS regenerates in a fork of the run, so that one has both.
    regenerated_from: origin?.type === "regenerated" ? origin.runId : null,
  };
}
