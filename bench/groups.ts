import type { CountTable } from "./count.ts";
import { countNamingJobs } from "./count-jobs.ts";
import { countPauses } from "./count-pauses.ts";
import { countRuns } from "./count-runs.ts";
import type { Effort } from "./effort.ts";
import { measureDirectory } from "./measure-directory.ts";
import { measureExports } from "./measure-export.ts";
import { measureForks } from "./measure-forks.ts";
import { measureNamingJobs } from "./measure-jobs.ts";
import { measurePauses } from "./measure-pauses.ts";
import { measureLists, measureReads } from "./measure-reads.ts";
import { measureResumes } from "./measure-resumes.ts";
import { measureRunLists } from "./measure-run-lists.ts";
import { measureColdRuns, measureWarmRuns } from "./measure-runs.ts";
import type { Platform } from "./platform.ts";
import type { Section } from "./section.ts";

export type Timing = (platform: Platform, effort: Effort) => Promise<Section | Section[]>;

/** What is timed, in this order. */
export const TIMINGS = {
  runs: measureWarmRuns,
  cold: measureColdRuns,
  reads: measureReads,
  lists: measureLists,
  pauses: measurePauses,
  resumes: measureResumes,
  jobs: measureNamingJobs,
  exports: measureExports,
  "run-lists": measureRunLists,
  // Behind the others: it fills the tables that they are measured on.
  directory: measureDirectory,
  // Last: objects index what was copied for minutes behind it, on the thread of all of them.
  forks: measureForks,
} satisfies Record<string, Timing>;

/** What is counted, on a Worker that counts. */
export const COUNTS = {
  "run-counts": countRuns,
  "job-counts": countNamingJobs,
  // Last: of its forks too.
  "pause-counts": countPauses,
} satisfies Record<string, (platform: Platform) => Promise<CountTable>>;

/** The parts of the benchmark by name, as `--only` takes them. */
export type Group = keyof typeof TIMINGS | keyof typeof COUNTS;
export const GROUPS = [...Object.keys(TIMINGS), ...Object.keys(COUNTS)] as Group[];
