import type { OnBusy } from "../../src/domain/run.ts";

/** What the scripted model does when it is asked once. */
export type Turn =
  | { does: "answer"; delayMs: number; words: number; everyMs: number }
  | { does: "call"; delayMs: number; calls: ToolName[] }
  | { does: "fail"; delayMs: number; status: 429 | 500 }
  /** The stream ends in the middle, without an end. */
  | { does: "cut"; delayMs: number; words: number }
  /** Silence in the middle, longer than the server waits. */
  | { does: "stall"; words: number };

/** The tools of the agent that is run. */
export const TOOL_NAMES = ["add", "delete_record", "send_email", "run_shell"] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** Few, so that clients add and remove the same. */
export const TAGS = ["red", "green", "blue", "grey"] as const;

/** How the caller takes a run's answer; `leave` goes after the first events. */
export type Reading = "whole" | "stream" | "leave" | "background";

/** Fields of a session that are written; each value is one that nobody else writes. */
export interface Fields {
  session_state?: Record<string, string | null>;
  metadata?: Record<string, string | null>;
  tags?: string[];
  pinned?: boolean;
  archived?: boolean;
}

/** `seen` is the ETag that this client saw last, `first` the oldest that it knows. */
export type Condition = "none" | "seen" | "first";

/** What one client does. Targets are chosen among what is there when it is done: `pick` says which. */
export type Action =
  | { kind: "run"; turns: Turn[]; read: Reading; onBusy: OnBusy; state: Record<string, string> | null; keyed: boolean }
  | { kind: "patch"; merge: boolean; condition: Condition; fields: Fields }
  | { kind: "rename"; condition: Condition }
  | { kind: "tag"; add: string[]; remove: string[] }
  | { kind: "cancel"; pick: number }
  | { kind: "continue"; pick: number; approve: boolean; onlyFirst: boolean; read: Reading }
  | { kind: "regenerate"; pick: number; replace: boolean; turns: Turn[]; read: Reading }
  | { kind: "branch"; pick: number; turns: Turn[]; read: Reading }
  | { kind: "resume"; pick: number; after: number }
  | { kind: "fork" | "delete" | "restore" | "read" | "list" | "search" };

export type Kind = Action["kind"];

export interface Operation {
  /** A word that only this operation writes: into messages, names, values and labels. */
  token: string;
  /** The pause before it. */
  waitMs: number;
  action: Action;
}
