import type { StreamEvent } from "./calls.ts";
import type { ToldRun } from "./record.ts";

/** How runs that are read in streams end. */
const ENDS: Record<string, string> = {
  RunCompleted: "COMPLETED",
  RunError: "ERROR",
  RunCancelled: "CANCELLED",
  RunPaused: "PAUSED",
};

/** What a stream told of the run's end; null where it was not read that far. */
export function toldByEvents(events: readonly StreamEvent[]): ToldRun | null {
  const last = events.at(-1);
  // Behind a cancelled run's own end stands one that says that it completed.
  const end = events.find(({ event }) => event === "RunCancelled") ?? last;
  const status = ENDS[end?.event ?? ""];
  if (last === undefined || status === undefined) return null;
  return { status, content: String(last.data.content ?? ""), persisted: last.data.persisted !== false };
}

/** What an answer told of it; null where that is still to come. */
export function toldByJson(json: unknown): ToldRun | null {
  const run = json as { status: string; content?: string; persisted?: boolean };
  // In the background nothing is told but that it will be.
  if (run.status === "PENDING" || run.status === "RUNNING") return null;
  return { status: run.status, content: run.content ?? "", persisted: run.persisted !== false };
}
