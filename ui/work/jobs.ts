import { may, me } from "../access/access.ts";
import { tell } from "../app/notices.ts";
import { device } from "../app/stored.ts";
import { api, refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import type { ProblemsPage } from "./all-work.ts";
import { type KeptJob, keep } from "./kept.ts";
import { patiently, pause } from "./patience.ts";
import { begin, change, end, fail, isGoingOn, setAway } from "./work.ts";

/** A job, as the server tells it. */
export interface Job {
  job_id: string;
  kind: string;
  action?: string | null;
  status: "running" | "completed" | "cancelled" | "stopped";
  total: number;
  done: number;
  skipped: number;
  failed: number;
  remaining: number;
}

interface JobItem {
  session_id: string;
  reason: string | null;
  error: string | null;
}

const FIRST_POLL_MS = 1_000;
const LAST_POLL_MS = 5_000;
const PROBLEMS_AT_ONCE = 100;

/**
 * Shows how far a job is until it has ended, after a reload too. Answers the job as it ended; null where nobody will tell. `userId`:
 * the user whom the request named, for whom alone the job exists then.
 */
export async function followJob(
  job: Pick<Job, "job_id" | "kind" | "total" | "action"> & { userId?: string | null },
): Promise<Job | null> {
  const { job_id, kind, action = null, total, userId = null } = job;
  const id = `job ${job_id}`;
  if (isGoingOn(id)) return null;
  const kept: KeptJob = { job_id, kind, action, total, userId };
  keep(device, { id, actor: me.peek()?.actor ?? "", kind: "job", job: kept });
  const title = texts.work.job(action ?? kind, total);
  const stop = may("sessions:write") ? { stop: () => void cancel(id, kept) } : {};
  const signal = begin({ id, title, unit: "sessions", total, ...stop });
  try {
    const ended = await untilEnd(id, kept, signal);
    const problems = ended.failed > 0 ? { problems: problemsOf(kept) } : {};
    const { done, failed } = ended;
    end(id, texts.work.ended(ended), { done, failed, ...problems });
    return ended;
  } catch (error) {
    if (signal.aborted) return null;
    fail(id, error, () => void followJob(job));
    return null;
  }
}

async function untilEnd(id: string, job: KeptJob, signal: AbortSignal): Promise<Job> {
  const onAway = (isAway: boolean) => setAway(id, isAway);
  for (let polls = 0; ; polls += 1) {
    await isVisible(signal);
    const { data } = await patiently((signal) => ask<Job>("GET", job, "", { signal }), { signal, onAway });
    const { status, done, total, failed } = data;
    change(id, { done, total, failed });
    if (status !== "running") return data;
    await pause(Math.min(LAST_POLL_MS, FIRST_POLL_MS + 100 * polls), signal);
  }
}

const ask = <T>(
  method: string,
  { job_id: jobId, userId }: KeptJob,
  rest: string,
  options: { signal?: AbortSignal; query?: object } = {},
) => api.request<T>(method, `/jobs/${encodeURIComponent(jobId)}${rest}`, { ...options, userId });

/** The server does the job whether somebody looks or not, so nobody asks while the page is hidden. */
function isVisible(signal: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    if (!document.hidden || signal.aborted) settle();
    document.addEventListener("visibilitychange", () => settle(), { once: true, signal });
    signal.addEventListener("abort", () => settle(), { once: true });
  });
}

async function cancel(id: string, job: KeptJob): Promise<void> {
  change(id, { state: "stopping" });
  try {
    await ask("POST", job, "/cancel");
  } catch (error) {
    change(id, { state: "running" });
    if (!refused(error)) tell({ tone: "wrong", ...toldOf(error) });
  }
}

const problemsOf =
  (job: KeptJob): ProblemsPage =>
  async (cursor) => {
    const query = { outcome: "failed", limit: PROBLEMS_AT_ONCE, cursor };
    const { data } = await ask<{ data: JobItem[]; meta: { next_cursor: string | null } }>("GET", job, "/items", {
      query,
    });
    const problems = data.data.map(({ session_id: sessionId, reason, error }) => {
      const reasons: Record<string, string> = texts.work.reasons;
      const why = [reasons[reason ?? ""] ?? reason, error].filter((one) => one).join(" ");
      return { what: known(sessionId).peek()?.session_name ?? sessionId, sessionId, why };
    });
    return { problems, next: data.meta.next_cursor };
  };
