import { type Failure, queueFull, runActive } from "../../domain/error.ts";
import { MAX_WAITING_RUNS } from "../../domain/limits.ts";
import type { OnBusy } from "../../domain/run.ts";

/** A run with its place in line. A run that is active keeps the place that it had. */
export interface Placed {
  runId: string;
  position: number;
}

/** What the session is doing when a run arrives. */
export interface Occupancy {
  /** The run that is starting, running or settling. */
  active: Placed | null;
  /** In order. */
  waiting: Placed[];
}

export type Admission =
  | { kind: "start" }
  | { kind: "wait"; position: number; interrupts: boolean }
  | { kind: "refuse"; failure: Failure };

/** Decides what becomes of a run that arrives: it starts, waits behind or before the others, or is refused. */
export function decideAdmission({ active, waiting }: Occupancy, onBusy: OnBusy): Admission {
  // The active run counts, since it may wait again: when D1 does not take its start, or when it continues after a death.
  const known = active === null ? waiting : [active, ...waiting];
  const [first] = known;
  if (first === undefined) {
    return { kind: "start" };
  }
  if (onBusy === "reject") {
    return { kind: "refuse", failure: runActive(first.runId) };
  }
  if (waiting.length >= MAX_WAITING_RUNS) {
    return { kind: "refuse", failure: queueFull(MAX_WAITING_RUNS) };
  }
  const positions = known.map(({ position }) => position);
  return onBusy === "interrupt"
    ? { kind: "wait", position: Math.min(...positions) - 1, interrupts: true }
    : { kind: "wait", position: Math.max(...positions) + 1, interrupts: false };
}
