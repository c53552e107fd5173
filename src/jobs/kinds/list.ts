import type { JobKind } from "../../domain/job.ts";
import { bulk } from "./bulk.ts";
import type { KindOfWork } from "./kind-of-work.ts";
import { names } from "./names.ts";

/**
 * Every kind of job that has items. A new kind is a file beside this one, a name in `JobKind` and what it is asked with in
 * `JobParams` (`domain/job.ts`), and an entry here. A room of `api/` makes such jobs (`createJob`), as `api/bulk/` does. A job
 * whose kind is missing here was made by another version of the server, and its items wait for that one.
 */
export const KINDS: Partial<Record<JobKind, KindOfWork>> = { names, bulk } satisfies Record<
  Exclude<JobKind, "erase">,
  KindOfWork
>;

/** Their names: the jobs that callers may list and read, of which each has items. */
export const KINDS_WITH_ITEMS = Object.keys(KINDS) as readonly JobKind[];
