import { runOutput } from "../contract/run-json.ts";
import type { RunTimings } from "../domain/run.ts";
import type { AppContext } from "../http/context.ts";
import type { RunAnswer } from "../session/object.ts";

/** A run's answer: its events as they come, or the run when it is over, with the headers that every run answer has. */
export function runAnswer(c: AppContext, answer: RunAnswer): Response {
  const { result } = answer;
  const settleMs = result.kind === "whole" ? result.settleMs : null;
  const headers: Record<string, string> = {
    "X-Run-Id": answer.runId,
    "X-Session-Id": headerText(answer.sessionId),
    ...(answer.sessionCache !== null && { "X-Session-Cache": answer.sessionCache }),
  };
  const timing = serverTiming(answer.timings, settleMs);
  if (timing !== "") headers["Server-Timing"] = timing;
  if (result.kind === "stream") {
    return new Response(result.stream, {
      headers: {
        ...headers,
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-cache, no-transform",
        // For proxies of nginx's kind, which collect an answer before they pass it on.
        "X-Accel-Buffering": "no",
      },
    });
  }
  if (result.kind === "background") {
    return c.json({ run_id: answer.runId, session_id: answer.sessionId, status: result.status }, 202, headers);
  }
  const { run, input, inputMessages, persisted } = result;
  const status = run.end?.status ?? "RUNNING";
  return c.json(runOutput({ run, status, input, inputMessages }, persisted), 200, headers);
}

/** A header holds visible ASCII; an id of anything else, or with a `%`, is there as a URL would carry it. */
const headerText = (id: string) => (/^[\x21-\x24\x26-\x7e]+$/.test(id) ? id : encodeURIComponent(id));

/** `name;dur=milliseconds` of each part that is known. */
function serverTiming(timings: RunTimings, settleMs: number | null): string {
  const parts = Object.entries(timings).map(([name, seconds]) => [name, seconds * 1000] as const);
  if (settleMs !== null) parts.push(["settle", settleMs]);
  return parts.map(([name, ms]) => `${name};dur=${Math.round(ms * 10) / 10}`).join(", ");
}
