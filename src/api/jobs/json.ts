import { doneItems, type Job, type JobItem } from "../../domain/job.ts";
import { shownSaying, type View } from "../../domain/view.ts";
import { isoOrNull, isoSeconds } from "../shared/json.ts";

/** The fields of every job. */
export function jobJson(job: Job) {
  const done = doneItems(job);
  return {
    job_id: job.jobId,
    kind: job.kind,
    status: job.status,
    stop_reason: job.stopReason,
    total: job.total,
    done,
    skipped: job.skipped,
    failed: job.failed,
    remaining: job.total - done,
    progress: job.total === 0 ? 1 : done / job.total,
    created_at: isoSeconds(job.createdAt),
    started_at: isoOrNull(job.startedAt),
    ended_at: isoOrNull(job.endedAt),
  };
}

export function namingJobJson(job: Job) {
  const { promptTokens, completionTokens, params } = job;
  return {
    ...jobJson(job),
    named: job.succeeded,
    fallback: job.fallback,
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    max_tokens: params.maxTokens ?? null,
    overwrite: params.overwrite ?? "never",
  };
}

export function namingItemJson(item: JobItem, view: View) {
  return {
    position: item.position,
    session_id: item.sessionId,
    status: item.status,
    outcome: item.outcome === "succeeded" ? "named" : item.outcome,
    reason: item.reason,
    error: item.error === null ? null : shownSaying(item.error, view),
    attempts: item.attempts,
    prompt_tokens: item.promptTokens,
    completion_tokens: item.completionTokens,
    updated_at: isoSeconds(item.touchedAt),
  };
}
