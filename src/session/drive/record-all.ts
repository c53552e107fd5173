import type { JsonObject } from "../../domain/json.ts";
import type { RunError } from "../../domain/run.ts";
import type { RunFact } from "../../engine/run/state.ts";
import { errorFields, log } from "../../lib/log.ts";
import type { Strand } from "./driven-tree.ts";

/** Records what a drive yields; one that fails unexpectedly ends its run. Does not reject. */
export async function recordAll({ recorder, run }: Strand, facts: AsyncIterable<RunFact>): Promise<void> {
  let isEnded = false;
  try {
    for await (const fact of facts) {
      recorder.record(fact);
      isEnded = run.end !== null;
    }
  } catch (error) {
    log("error", "run.failed_unexpectedly", { run_id: run.head.runId, ...errorFields(error) });
  }
  if (!isEnded) {
    const message = "The run failed because of an internal error.";
    recorder.record({ type: "failed", error: { type: "internal", message } });
  }
}

/** What a run does that fails before it asks its model; `state` is the session's, of a run that was paused. */
export async function* failAtOnce(error: RunError, state: JsonObject | null): AsyncGenerator<RunFact> {
  yield state === null ? { type: "run_started" } : { type: "run_continued", state };
  yield { type: "failed", error };
}
