import type { Json } from "./json.ts";

/** What a job does to each of its sessions. */
export const JOB_KINDS = ["names", "rename", "tag", "archive", "delete", "erase"] as const;
export type JobKind = (typeof JOB_KINDS)[number];

/** `stopped`: it ended by itself before all items were done, for `stopReason`. */
export type JobStatus = "running" | "completed" | "cancelled" | "stopped";

/** `working`: a slice with it was taken up at `touchedAt`. */
export type ItemStatus = "waiting" | "working" | "done";

/** `succeeded`: named, renamed, tagged…; `fallback`: named, but not by the model. */
export type ItemOutcome = "succeeded" | "fallback" | "skipped" | "failed";

/** Which names a naming job may replace: none, or generated ones; never one that a person gave. */
export type Overwrite = "never" | "generated";

/** What was asked for, by kind; ids are in the items. */
export interface JobParams {
  overwrite?: Overwrite;
  fallback?: string | null;
  maxTokens?: number | null;
  /** By position, where each item has its own: new names. */
  values?: Json[];
  addTags?: string[];
  removeTags?: string[];
  archived?: boolean;
}

/** A job's row. Instants are epoch milliseconds. */
export interface Job {
  jobId: string;
  kind: JobKind;
  userId: string | null;
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
  /** When its slices were last sent, or sent again. */
  sweptAt: number;
}

export interface JobItem {
  jobId: string;
  position: number;
  sessionId: string;
  status: ItemStatus;
  outcome: ItemOutcome | null;
  reason: string | null;
  attempts: number;
  promptTokens: number;
  completionTokens: number;
  touchedAt: number;
}

/** What a Queue message holds: which items of a job to work on, never text. */
export interface JobSlice {
  jobId: string;
  /** The first position. */
  from: number;
}

/** Items of one Queue message. */
export const SLICE_SIZE = 50;
