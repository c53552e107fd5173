import { actsForAnother } from "./audit.ts";
import type { Owner } from "./owner.ts";
import { actorNamed, type Principal } from "./principal.ts";
import type { BulkParams } from "./session-fields.ts";

/**
 * `names`: a model names each session; `bulk`: each session is changed as the job's `action` says; `erase`: the erasure of
 * a user that is under way, without items. Stored. What is done for a kind stands in `jobs/kinds/list.ts`.
 */
export type JobKind = "names" | "bulk" | "erase";

/** `stopped`: the job ended by itself before all of its items were done; `stopReason` says why. */
export type JobStatus = "running" | "completed" | "cancelled" | "stopped";

/** `working`: a worker has claimed the item, and touched it last at `touchedAt`. */
export type ItemStatus = "waiting" | "working" | "done";

/** `succeeded`: the session was named, renamed, tagged…; `fallback`: it was named, but not by the model. */
export const ITEM_OUTCOMES = ["succeeded", "fallback", "skipped", "failed"] as const;
export type ItemOutcome = (typeof ITEM_OUTCOMES)[number];

/** Which names a naming job may replace: none, or generated ones. It never replaces a name that a person gave. */
export type Overwrite = "never" | "generated";

/**
 * Who makes jobs for a user may name any session. `relay`: a backend that shows the key and names the user, for what that user asks
 * for; the user is shown those items only that are the user's. `staff`: whoever else may name users; such a job is about the
 * user, and does not exist for the user.
 */
export type JobMaker = "relay" | "staff";

/** What the job was asked to do; each kind has fields of its own. The ids of its sessions are in the items. */
export interface JobParams extends BulkParams {
  overwrite?: Overwrite;
  fallback?: string | null;
  maxTokens?: number | null;
  /** Who made it, if not its user; rows of before do not say. */
  maker?: JobMaker;
  /** Of an erasure that a user asked for: from when on what was used stays until the day is over, so that it resets no quota. */
  keepsUsageFrom?: number;
  /** Of an erasure that has nothing else left to do: what began before this instant is removed once the day is over. */
  usageBefore?: number;
}

/** For whom a principal makes a job, and what the job is asked with. */
export function jobFor(principal: Principal, params: JobParams): Pick<Job, "userId" | "params"> {
  const { userId, actor, confined } = principal;
  if (confined || userId === null || actor === actorNamed(userId)) return { userId, params };
  return { userId, params: { ...params, maker: actsForAnother(principal, userId) ? "staff" : "relay" } };
}

/** A job's row. Instants are epoch milliseconds. */
export interface Job {
  jobId: string;
  kind: JobKind;
  userId: Owner | null;
  params: JobParams;
  status: JobStatus;
  stopReason: string | null;
  total: number;
  succeeded: number;
  fallback: number;
  skipped: number;
  failed: number;
  promptTokens: number;
  completionTokens: number;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /**
   * The next sweep is due `SWEEP_AFTER_MS` after this instant. It is when the job's slices were last sent, or an earlier
   * instant if an item in work has to be swept sooner.
   */
  sweptAt: number;
}

export interface JobItem {
  jobId: string;
  position: number;
  sessionId: string;
  status: ItemStatus;
  outcome: ItemOutcome | null;
  reason: string | null;
  /** What the model's provider said, if its words are the reason. */
  error: string | null;
  attempts: number;
  promptTokens: number;
  completionTokens: number;
  touchedAt: number;
}

/** What a Queue message says: which items of a job to work on. It never holds text. */
export interface JobSlice {
  jobId: string;
  /** The first position. */
  from: number;
}

/** How many items one Queue message is about. */
export const SLICE_SIZE = 50;

/** How many items a job may have. A caller with more sessions makes a second job. */
export const MAX_JOB_ITEMS = 100_000;
/** How many ids one request may name. */
export const MAX_JOB_IDS = 25_000;
/** The same of a confined caller: jobs are done in the order in which they come, and those of other users stand behind them. */
export const MAX_CONFINED_JOB_IDS = 1_000;
/** How many names one request may give: they are in the job's row, and every slice reads that row. */
export const MAX_JOB_NAMES = 1_000;
/** How often an item is claimed before it counts as failed. */
export const MAX_ATTEMPTS = 5;
/** How long a job that has ended can be read. */
export const KEPT_MS = 30 * 24 * 3_600_000;

/** What came of working on an item. Without an outcome the item is tried again later, and `reason` says why. */
export interface ItemResult {
  outcome: ItemOutcome | null;
  reason: string | null;
  /** What the model's provider said, if its words are the reason. */
  error: string | null;
  promptTokens: number;
  completionTokens: number;
}

/** A result that cost no tokens. */
export const unasked = (outcome: ItemOutcome | null, reason: string | null): ItemResult => ({
  outcome,
  reason,
  error: null,
  promptTokens: 0,
  completionTokens: 0,
});

export const doneItems = ({ succeeded, fallback, skipped, failed }: Job): number =>
  succeeded + fallback + skipped + failed;

/** Whether the job has spent its `maxTokens`. A job without that bound is never out of tokens. */
export function isOutOfTokens({ params, promptTokens, completionTokens }: Job): boolean {
  return params.maxTokens != null && promptTokens + completionTokens >= params.maxTokens;
}

/** Makes an id that sorts by this instant (UUID version 7) out of a random UUID. */
export function jobIdAt(nowMs: number, uuid: string): string {
  const instant = Math.max(0, nowMs).toString(16).padStart(12, "0");
  return `${instant.slice(0, 8)}-${instant.slice(8)}-7${uuid.slice(15)}`;
}
