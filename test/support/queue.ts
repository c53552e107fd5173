/**
 * Stands before the Queue: writes down each message that is sent, and can lose it. Otherwise all are delivered as ever.
 *
 * @example
 * const queue = watchQueue(); // once per file
 * queue.lose(); // from now on, and until the test ends, what is sent is gone
 */
import { env } from "cloudflare:workers";
import { afterEach, vi } from "vitest";
import type { JobSlice } from "../../src/domain/job.ts";

export interface WatchedQueue {
  /** Every slice that was sent since the test began. */
  sent: JobSlice[];
  /** The first position of each slice that was sent of this job, in the order of sending. */
  of(jobId: string): number[];
  lose(): void;
  /** From now on sending to the Queue fails. */
  fail(): void;
  heal(): void;
}

export function watchQueue(): WatchedQueue {
  let mode: "deliver" | "lose" | "fail" = "deliver";
  const queue: WatchedQueue = {
    sent: [],
    of: (jobId) => queue.sent.filter((slice) => slice.jobId === jobId).map(({ from }) => from),
    lose: () => {
      mode = "lose";
    },
    fail: () => {
      mode = "fail";
    },
    heal: () => {
      mode = "deliver";
    },
  };
  const prototype = Object.getPrototypeOf(env.JOBS) as Queue<JobSlice>;
  const { sendBatch } = prototype;
  vi.spyOn(prototype, "sendBatch").mockImplementation(async function (this: Queue<JobSlice>, messages) {
    const all = [...messages];
    if (mode === "fail") throw new Error("Queue sendBatch failed");
    queue.sent.push(...all.map(({ body }) => body));
    if (mode === "lose") return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    return sendBatch.call(this, all);
  });
  afterEach(() => {
    queue.heal();
    queue.sent = [];
  });
  return queue;
}
