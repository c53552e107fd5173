import type { OnBusy } from "../../src/domain/run.ts";

/** What the scripted model does with one request. */
export type Turn =
  | { does: "answer"; delayMs: number; words: number; everyMs: number }
  | { does: "call"; delayMs: number; calls: ToolName[] }
  | { does: "fail"; delayMs: number; status: 429 | 500 }
  /** The stream stops in the middle, without an end. */
  | { does: "cut"; delayMs: number; words: number }
  /** The stream is silent in the middle for longer than the server waits. */
  | { does: "stall"; words: number };

/** The tools of the agent that is run. */
export const TOOL_NAMES = ["add", "delete_record", "send_email", "run_shell"] as const;
export type ToolName = (typeof TOOL_NAMES)[number];

/** There are few tags, so that several clients add and remove the same one. */
export const TAGS = ["red", "green", "blue", "grey"] as const;

/** How the caller takes a run's answer. With `leave` it goes after the first events. */
export type Reading = "whole" | "stream" | "leave" | "background";

/** The fields of a session that an operation writes. No other operation writes the same values. */
export interface Fields {
  session_state?: Record<string, string | null>;
  metadata?: Record<string, string | null>;
  tags?: string[];
  pinned?: boolean;
  archived?: boolean;
}

/** Which ETag the request names: `seen` is the last one that this client saw, `first` the oldest. */
export type Condition = "none" | "seen" | "first";

/**
 * What a client does. Its target is chosen when the operation begins, among those that are there then: `pick` says which.
 */
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
  /** A word that only this operation uses, in its messages, names, values and labels. */
  token: string;
  /** How long the client waits before it. */
  waitMs: number;
  action: Action;
}
