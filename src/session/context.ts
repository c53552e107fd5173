import type { SessionDependencies } from "./dependencies.ts";
import type { Alarm } from "./recovery/alarm.ts";
import type { Leftovers } from "./recovery/leftovers.ts";
import type { SessionMemory } from "./row/memory.ts";
import type { SessionSummaries } from "./row/summaries.ts";

/** What a live session consists of below its lane. Whoever is handed it says by `Pick` which parts of it are used. */
export interface SessionContext {
  deps: SessionDependencies;
  memory: SessionMemory;
  leftovers: Leftovers;
  alarm: Alarm;
  summaries: SessionSummaries;
}
