import { z } from "zod";
import type { JobSlice } from "../domain/job.ts";
import { errorFields, log } from "../lib/log.ts";
import type { JobDependencies } from "./dependencies.ts";
import { workSlice } from "./work-slice.ts";

const DEAD_LETTERS = /-dead$/;

const Slice = z.object({ jobId: z.string(), from: z.int().min(0) });

/** One message as the platform has it. */
interface SliceMessage {
  body: unknown;
  attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

export interface Deliveries {
  queue: string;
  messages: readonly SliceMessage[];
}

/** What the Queue calls. A message stays until nothing of its slice is open. Does not throw. */
export async function workQueue(deps: JobDependencies, { queue, messages }: Deliveries): Promise<void> {
  for (const message of messages) {
    const read = Slice.safeParse(message.body);
    if (!read.success) {
      log("error", "job.unknown_message", { queue });
      message.ack();
    } else if (DEAD_LETTERS.test(queue)) {
      // Its rows are as they were: the sweep sends it again, and the attempts of its items bound how often.
      log("warn", "job.dead_letter", { job_id: read.data.jobId, from: read.data.from });
      message.ack();
    } else {
      await handle(deps, read.data, message);
    }
  }
}

async function handle(deps: JobDependencies, slice: JobSlice, message: SliceMessage): Promise<void> {
  try {
    const delaySeconds = await workSlice(deps, slice, message.attempts);
    if (delaySeconds === null) {
      message.ack();
    } else {
      message.retry({ delaySeconds });
    }
  } catch (error) {
    log("error", "job.failed_unexpectedly", { job_id: slice.jobId, from: slice.from, ...errorFields(error) });
    // What this delivery has claimed may be taken up again by then.
    message.retry({ delaySeconds: Math.ceil(deps.config.sweepAfterMs / 1000) });
  }
}
