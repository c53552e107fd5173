import type { CountTable } from "./count.ts";
import { countNamingJobs } from "./count-jobs.ts";
import { countPauses } from "./count-pauses.ts";
import { countLongRuns, countRuns } from "./count-runs.ts";
import type { Effort } from "./effort.ts";
import { measureBytes } from "./measure-bytes.ts";
import { measureChats } from "./measure-chats.ts";
import { measureDirectory } from "./measure-directory.ts";
import { measureExports } from "./measure-export.ts";
import { measureFarRuns } from "./measure-far-runs.ts";
import { measureForks } from "./measure-forks.ts";
import { measureInbox } from "./measure-inbox.ts";
import { measureIndexing } from "./measure-indexing.ts";
import { measureNamingJobs } from "./measure-jobs.ts";
import { measurePauses } from "./measure-pauses.ts";
import { measureLists, measureReads } from "./measure-reads.ts";
import { measureResumes } from "./measure-resumes.ts";
import { measureRunLists } from "./measure-run-lists.ts";
import { measureColdRuns, measureWarmRuns } from "./measure-runs.ts";
import type { Platform } from "./platform.ts";
import type { Section } from "./section.ts";

export type Timing = (platform: Platform, effort: Effort) => Promise<Section | Section[]>;

/** The parts that take times, in the order in which they run. */
export const TIMINGS = {
  // This part comes first: it weighs tables that have nothing else in them.
  bytes: measureBytes,
  runs: measureWarmRuns,
  "far-runs": measureFarRuns,
  cold: measureColdRuns,
  chats: measureChats,
  reads: measureReads,
  lists: measureLists,
  pauses: measurePauses,
  resumes: measureResumes,
  jobs: measureNamingJobs,
  exports: measureExports,
  "run-lists": measureRunLists,
  indexing: measureIndexing,
  // This part fills the tables that the parts before it are measured on, so it comes after them.
  directory: measureDirectory,
  // This part comes last. For minutes after it, objects index the copied messages, on the thread that all objects share.
  forks: measureForks,
} satisfies Record<string, Timing>;

/** The parts that count, on a Worker that counts. */
export const COUNTS = {
  // This part comes first, while no object of another part is still to be woken. It takes two minutes.
  "long-run-counts": countLongRuns,
  "run-counts": countRuns,
  "job-counts": countNamingJobs,
  // This part comes last too: objects index the messages of its forks after it.
  "pause-counts": countPauses,
} satisfies Record<string, (platform: Platform) => Promise<CountTable>>;

/** The parts that need a browser, and a server of their own. */
export const PAGES = {
  inbox: measureInbox,
} satisfies Record<string, (effort: Effort) => Promise<Section[]>>;

/** The names of the parts, as `--only` takes them. */
export type Group = keyof typeof TIMINGS | keyof typeof COUNTS | keyof typeof PAGES;
export const GROUPS = [...Object.keys(TIMINGS), ...Object.keys(COUNTS), ...Object.keys(PAGES)] as Group[];
