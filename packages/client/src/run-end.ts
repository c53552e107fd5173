import type { Metrics, RunOutput } from "./api-types.ts";
import { RunFailed } from "./errors.ts";
import { type AgentEvent, kindOf } from "./events.ts";
import { type OpenRequirement, openOf } from "./requirements.ts";

/** How a run stands that does not go on by itself. */
export interface Ended {
  status: "COMPLETED" | "PAUSED" | "CANCELLED" | "REGENERATED";
  runId: string;
  sessionId: string;
  /** What was said; of a paused run what it waits for. */
  content: string;
  /** What it waits for; none unless it is paused. */
  requirements: OpenRequirement[];
  metrics: Metrics | null;
  sessionState: Record<string, unknown> | null;
  /** Why it was cancelled; null otherwise, for a run that failed rejects. */
  error: string | null;
}

/**
 * How the run stands, as its last two events tell; null where they do not tell. Of a run's end alone nobody knows whether it
 * was cancelled: the event before it says so. Throws for a run that failed.
 */
export function endOf(last: readonly AgentEvent[]): Ended | null {
  const end = last.at(-1);
  if (end === undefined) return null;
  const { run_id: runId, session_id: sessionId } = end;
  const base = { runId, sessionId, requirements: [], metrics: null, sessionState: null, error: null };
  if (is(end, "RunError")) throw new RunFailed(runId, end.error_type ?? null, end.content ?? "The run failed.");
  if (is(end, "RunPaused")) {
    return { ...base, status: "PAUSED", content: end.content, requirements: openOf(end.requirements) };
  }
  const [before] = last;
  if (!is(end, "RunCompleted") || before === undefined || before === end) return null;
  const { content, metrics = null, session_state: sessionState = null } = end;
  const isCancelled = is(before, "RunCancelled");
  const error = isCancelled ? before.reason : null;
  return { ...base, status: isCancelled ? "CANCELLED" : "COMPLETED", content, metrics, sessionState, error };
}

/** How a stored run stands; null while it goes on. Throws for a run that failed. */
export function endOfStored(run: RunOutput): Ended | null {
  const {
    run_id: runId,
    session_id: sessionId,
    status,
    content,
    metrics = null,
    session_state: sessionState = null,
  } = run;
  if (status === "PENDING" || status === "RUNNING") return null;
  if (status === "ERROR") throw new RunFailed(runId, run.error_type ?? null, content);
  const requirements = status === "PAUSED" ? openOf(run.requirements) : [];
  return { status, runId, sessionId, content, requirements, metrics, sessionState, error: null };
}

type Kind = "RunError" | "RunPaused" | "RunCompleted" | "RunCancelled";

/** Whether the event is of this kind, of an agent's run or of a team's. */
const is = <K extends Kind>(event: AgentEvent, kind: K): event is Extract<AgentEvent, { event: K | `Team${K}` }> =>
  kindOf(event) === kind;
