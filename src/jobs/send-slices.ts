import { type JobSlice, SLICE_SIZE } from "../domain/job.ts";
import { withTimeout } from "../lib/abort.ts";
import { errorFields, log } from "../lib/log.ts";
import type { JobDependencies } from "./dependencies.ts";

/** How many messages the platform takes in one call. */
export const MESSAGES_AT_ONCE = 100;
const SEND_TIMEOUT_MS = 5_000;

/** The first position of each slice of a job that has this number of items. */
export const sliceStarts = (items: number): number[] =>
  Array.from({ length: Math.ceil(items / SLICE_SIZE) }, (_, nth) => nth * SLICE_SIZE);

/** Sends slices to the Queue. The rows say what is to be done, so the sweep sends again what the Queue does not take. */
export async function sendSlices(deps: JobDependencies, jobId: string, starts: readonly number[]): Promise<void> {
  try {
    for (let first = 0; first < starts.length; first += MESSAGES_AT_ONCE) {
      const some = starts.slice(first, first + MESSAGES_AT_ONCE);
      const messages = some.map((from) => ({ body: { jobId, from } satisfies JobSlice }));
      const timedOut = () => new Error("the queue did not answer in time");
      await withTimeout(deps.config.jobs.sendBatch(messages), SEND_TIMEOUT_MS, timedOut);
    }
  } catch (error) {
    log("warn", "job.not_sent", { job_id: jobId, ...errorFields(error) });
  }
}
