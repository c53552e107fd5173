import { brakeFurther } from "../../http/brakes.ts";
import type { AppContext } from "../../http/context.ts";
import { callersView } from "../../http/view.ts";
import type { RunsReader } from "./stream.ts";

/** The caller, as the reader of a list of runs: each page behind the first counts as one request more. */
export const runsReader = (c: AppContext): RunsReader => ({
  view: callersView(c),
  readsOn: () => brakeFurther(c),
});
