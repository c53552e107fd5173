import type { Metrics, OpenRequirement, RunOutput } from "../../packages/client/src/index.ts";

export type RunStatus = RunOutput["status"];

/** A run as the page shows it: what was asked, and what came of it, in the order in which it came. A change makes a new one. */
export interface RunView {
  runId: string;
  sessionId: string;
  of: { kind: "agent" | "team"; id: string; name: string };
  status: RunStatus;
  /** What the user said; of a member's run the task that it was given. */
  asked: string;
  parts: readonly Part[];
  /** Why it failed, or was cancelled; null otherwise. Of type `expired`: nobody answered in time. */
  failure: { type: string | null; message: string } | null;
  /** What it waits for; of a team's run its members' too. None unless it is paused. */
  waitsFor: readonly OpenRequirement[];
  notes: readonly Note[];
  metrics: Metrics | null;
  /** The run that this one answers again. */
  regeneratedFrom: string | null;
  /** Epoch milliseconds. */
  createdAtMs: number;
}

/** What a run has said, thought or done. `isOpen`: more of it may come. Ids are unique on the page, and stay. */
export type Part =
  | { kind: "text"; id: string; text: string; isOpen: boolean }
  | { kind: "thought"; id: string; text: string; isOpen: boolean; seconds: number | null }
  | { kind: "call"; id: string; call: Call };

/** A call of a tool. */
export interface Call {
  /** As the model named it: unique in one answer of a model only. */
  toolCallId: string;
  name: string;
  args: Record<string, unknown> | null;
  state: "running" | "waits" | "done" | "failed" | "denied" | "expired";
  result: string | null;
  seconds: number | null;
  /** The runs of the members that it was delegated to, in the order in which they began. */
  members: readonly RunView[];
}

/** What is said of a run in a quiet line. */
export type Note =
  /** Its provider refused the history, so the model saw less of it. */
  | { kind: "history_dropped"; runs: number; withoutProviderData: number; reason: string }
  /** The model it asks first did not answer, and another one did. */
  | { kind: "fallback"; model: string }
  /** Its end is kept by the session, and not yet in the database. */
  | { kind: "unsaved" }
  /** The server died or moved under it; what it had said stays. */
  | { kind: "interrupted" }
  /** It came to the end of what it may say. */
  | { kind: "cut" };
