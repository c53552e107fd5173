import type { ItemResult, Job, JobKind } from "../../domain/job.ts";
import type { ClaimedItem } from "../../store/jobs/slices.ts";
import { bulk } from "./bulk.ts";
import type { JobDependencies } from "../dependencies.ts";
import { names } from "./names.ts";

/** What a job does to one session. Called again for an item that it may have done: it must answer the same then. */
export interface KindOfWork {
  /** What is known without work, by position; left out, or where it throws, all of it is worked on. */
  decide?(deps: JobDependencies, job: Job, items: readonly ClaimedItem[]): Promise<Map<number, ItemResult>>;
  work(deps: JobDependencies, job: Job, item: ClaimedItem): Promise<ItemResult>;
}

/** A kind that is missing here belongs to another version of the server: its items wait. */
export const KINDS: Partial<Record<JobKind, KindOfWork>> = { names, bulk };
