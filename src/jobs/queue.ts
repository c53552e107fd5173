import { z } from "zod";
import type { JobSlice } from "../domain/job.ts";
import { errorFields, log } from "../lib/log.ts";
import type { JobDependencies } from "./dependencies.ts";
import { workSlice } from "./work-slice.ts";

const DEAD_LETTERS = /-dead$/;

const Slice = z.object({ jobId: z.string(), from: z.int().min(0) });

/** A message as the platform delivers it. */
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

/** What the Queue calls. A message comes back until no item of its slice is open. Does not throw. */
export async function workQueue(deps: JobDependencies, { queue, messages }: Deliveries): Promise<void> {
  for (const message of messages) {
    const read = Slice.safeParse(message.body);
    if (!read.success) {
      log("error", "job.unknown_message", { queue });
      message.ack();
    } else if (DEAD_LETTERS.test(queue)) {
      // The items are still open in D1, so a sweep sends the slice again. That ends when the items have no attempts left.
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
    // After this time the items that this delivery has claimed are free again.
    message.retry({ delaySeconds: Math.ceil(deps.config.sweepAfterMs / 1000) });
  }
}
