import { type Failure, queueFull, runActive } from "../domain/error.ts";
import { MAX_WAITING_RUNS } from "../domain/limits.ts";
import type { OnBusy } from "../domain/run.ts";

/** What the session is doing when a run arrives. */
export interface Occupancy {
  /** The run that is starting, running or settling. */
  activeRunId: string | null;
  /** Positions of the waiting runs, in order. */
  waiting: { runId: string; position: number }[];
}

export type Admission =
  | { kind: "start" }
  | { kind: "wait"; position: number; interrupts: boolean }
  | { kind: "refuse"; failure: Failure };

/** Decides what becomes of a run that arrives: it starts, waits behind or before the others, or is refused. */
export function decideAdmission({ activeRunId, waiting }: Occupancy, onBusy: OnBusy): Admission {
  const first = waiting[0];
  const last = waiting.at(-1);
  const busyRunId = activeRunId ?? first?.runId;
  if (busyRunId === undefined) {
    return { kind: "start" };
  }
  if (onBusy === "reject") {
    return { kind: "refuse", failure: runActive(busyRunId) };
  }
  if (waiting.length >= MAX_WAITING_RUNS) {
    return { kind: "refuse", failure: queueFull(MAX_WAITING_RUNS) };
  }
  return onBusy === "interrupt"
    ? { kind: "wait", position: (first?.position ?? 0) - 1, interrupts: true }
    : { kind: "wait", position: (last?.position ?? 0) + 1, interrupts: false };
}
