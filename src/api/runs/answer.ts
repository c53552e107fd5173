import type { Outcome } from "../../domain/outcome.ts";
import type { RunTimings } from "../../domain/run.ts";
import type { AppContext } from "../../http/context.ts";
import { headerText } from "../../http/headers.ts";
import { callersView } from "../../http/view.ts";
import type { RunAnswer } from "../../session/run-calls.ts";
import { type AskedRun, runOutput } from "./json.ts";

/** A run's answer with its headers: its events as they come, the run when it is over, or its place in line. */
export function runAnswer(c: AppContext, answer: RunAnswer): Response {
  const { runId, sessionId, sessionCache, timings, result } = answer;
  const headers = runHeaders(runId, sessionId);
  if (sessionCache !== null) headers["X-Session-Cache"] = sessionCache;
  const timing = serverTiming(timings, result.kind === "whole" ? result.settleMs : null);
  if (timing !== "") headers["Server-Timing"] = timing;
  if (result.kind === "stream") return eventsAnswer(result.stream, headers);
  if (result.kind === "background") {
    const { status, waitingBefore } = result;
    return c.json({ run_id: runId, session_id: sessionId, status, queue_position: waitingBefore }, 202, headers);
  }
  const { run, input, inputMessages, persisted } = result;
  const asked: AskedRun = { run, status: run.end?.status ?? "RUNNING", input, inputMessages, metadata: null };
  return c.json(runOutput(asked, callersView(c), persisted), 200, headers);
}

/** Server-sent events as an answer. */
export function eventsAnswer(events: BodyInit, headers: Record<string, string>): Response {
  return new Response(events, {
    headers: {
      ...headers,
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-cache, no-transform",
      // Tells proxies such as nginx not to collect the answer before they pass it on.
      "X-Accel-Buffering": "no",
    },
  });
}

/** The headers that every answer about a run has. */
export const runHeaders = (runId: string, sessionId: string): Record<string, string> => ({
  "X-Run-Id": headerText(runId),
  "X-Session-Id": headerText(sessionId),
});

/** `name;dur=milliseconds` for each part that is known. */
function serverTiming(timings: RunTimings, settleMs: number | null): string {
  const parts = Object.entries(timings).map(([name, seconds]) => [name, seconds * 1000] as const);
  if (settleMs !== null) parts.push(["settle", settleMs]);
  return parts.map(([name, ms]) => `${name};dur=${Math.round(ms * 10) / 10}`).join(", ");
}

/** Whether an object's answer is that the run, or its session, does not exist for the caller. */
export function isMissing(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && (outcome.failure.code === "run_not_found" || outcome.failure.code === "session_not_found");
}
