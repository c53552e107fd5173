import type { StreamEvent } from "./calls.ts";
import type { ToldRun } from "./record.ts";

/** The events that end a run in a stream, and the status that each one tells. */
const ENDS: Record<string, string> = {
  RunCompleted: "COMPLETED",
  RunError: "ERROR",
  RunCancelled: "CANCELLED",
  RunPaused: "PAUSED",
};

/** The end of the run as its stream told it; null if the stream was not read that far. */
export function toldByEvents(events: readonly StreamEvent[]): ToldRun | null {
  const last = events.at(-1);
  // A cancelled run's stream has RunCompleted after RunCancelled. The latter is the run's end.
  const end = events.find(({ event }) => event === "RunCancelled") ?? last;
  const status = ENDS[end?.event ?? ""];
  if (last === undefined || status === undefined) return null;
  return { status, content: String(last.data.content ?? ""), persisted: last.data.persisted !== false };
}

/** The end of the run as a JSON answer told it; null if the run has not ended. */
export function toldByJson(json: unknown): ToldRun | null {
  const run = json as { status: string; content?: string; persisted?: boolean };
  // The answer to a run in the background comes before the run has ended.
  if (run.status === "PENDING" || run.status === "RUNNING") return null;
  return { status: run.status, content: run.content ?? "", persisted: run.persisted !== false };
}
