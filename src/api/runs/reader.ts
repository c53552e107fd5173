import { brakeFurther } from "../../http/brakes.ts";
import type { AppContext } from "../../http/context.ts";
import { callersView } from "../../http/view.ts";
import type { RunsReader } from "./stream.ts";

/** How many runs an end user has looked at for one request of the brake: their rows may be long. */
const RUNS_A_REQUEST = 50;

/** Counts the runs that are looked at beside what is shown of them. Throws the 429 where they are too many. */
export const countLookedAt = (c: AppContext, runs: number): Promise<void> =>
  brakeFurther(c, Math.floor(runs / RUNS_A_REQUEST));

/** The caller, as the reader of a list of runs: each page behind the first counts as one request more. */
export const runsReader = (c: AppContext): RunsReader => ({
  view: callersView(c),
  readsOn: (pages) => brakeFurther(c, pages),
});
