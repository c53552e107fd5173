import type { JsonObject } from "./json.ts";
import type { FinishReason } from "./model.ts";
import type { Owner } from "./owner.ts";
import type { RequirementKind } from "./requirement.ts";
import type { TokenMetrics } from "./session.ts";
import type { ComponentRef } from "./team.ts";

/** AgentOS's statuses, letter for letter. */
export const RUN_STATUSES = ["PENDING", "RUNNING", "COMPLETED", "PAUSED", "CANCELLED", "ERROR", "REGENERATED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** A model's history leaves out runs of these statuses, unless they are asked for (Agno's HISTORY_SKIP_STATUSES). */
export const HISTORY_SKIP_STATUSES: readonly RunStatus[] = ["PAUSED", "CANCELLED", "ERROR", "REGENERATED"];

/** How the session's cache served a run. */
export type SessionCacheUse = "hit" | "miss" | "bypass";

/** Whether the run came to an answer. A REGENERATED run may have failed, or been cancelled, before it was replaced. */
export const hasCompleted = ({ status, finishReason }: Pick<RunRow, "status" | "finishReason">): boolean =>
  status === "COMPLETED" || (status === "REGENERATED" && finishReason !== null);

/** What is done with a run that arrives while another is active. */
export const ON_BUSY = ["enqueue", "reject", "interrupt"] as const;
export type OnBusy = (typeof ON_BUSY)[number];

/** Why a run ended in ERROR; the provider's types are Agno's. */
export type RunErrorType =
  | "model_provider_error"
  | "model_rate_limit_error"
  | "model_timeout"
  | "model_incomplete"
  | "model_not_configured"
  | "agent_not_found"
  | "team_not_found"
  | "session_state_too_large"
  | "interrupted"
  | "storage"
  | "internal";

export interface RunError {
  type: RunErrorType;
  /** Callers are shown this, so it must hold no key, header or prompt. */
  message: string;
}

/** Why a completed run stopped: the model's reason, or `tool_rounds` when it still wanted tools at the limit. */
export type RunFinishReason = FinishReason | "tool_rounds";

/** Where a run's time went, in seconds. A part that was not reached is left out. */
export interface RunTimings {
  queue?: number;
  hydrate?: number;
  accept?: number;
  model?: number;
}

export interface RunMetrics extends Partial<TokenMetrics> {
  time_to_first_token?: number;
  duration?: number;
  timings?: RunTimings;
}

/**
 * The older run that a run was made from. `messageIndex` is how many of the older run's messages the new one begins with.
 * `historyBefore` is the run index before which the history ends that both see. `instructions` are added to the agent's
 * own in the system message; a caller gave them with this regenerate, or with an earlier one in the chain.
 */
export type RunOrigin =
  /** By `fork` or `continue_from`: goes on behind those messages, and behind `input`, a further message of the user. */
  | {
      type: "continued";
      runId: string;
      messageIndex: number;
      historyBefore: number;
      input: string | null;
      instructions?: string | null;
    }
  /**
   * Answers the last user message again. With `replace` the older run, and those that it was to replace itself, become
   * REGENERATED once this one has an answer.
   */
  | {
      type: "regenerated";
      runId: string;
      messageIndex: number;
      historyBefore: number;
      replace: boolean;
      instructions: string | null;
    }
  /**
   * A copy of a run from the session that was forked. `historyBefore` is that run's; null: the history ends
   * where the run stands.
   */
  | {
      type: "copied";
      runId: string;
      sessionId: string;
      historyBefore: number | null;
      instructions?: string | null;
    };

/** The origin of a run that was made from another one in the same session. */
export type MadeOrigin = Exclude<RunOrigin, { type: "copied" }>;

/** What a caller asked for. A waiting run is stored as this. */
export interface RunRequest {
  runId: string;
  component: ComponentRef;
  userId: Owner | null;
  /** What the user says. For a run that is made from another one without a new message, what was said there. */
  message: string;
  /** Null for a run that is not made from another one. */
  origin: RunOrigin | null;
  /** Merged over the session's state when the run starts. */
  sessionState: JsonObject | null;
  /** Null when the caller named no idempotency key. */
  idempotency: Idempotency | null;
  /** What the caller's token says that tools are told; null where no token does. */
  claims: JsonObject | null;
  createdAt: number;
}

/** An idempotency key with its scope. By `fieldsDigest` a later request is known to ask for the same, or not. */
export interface Idempotency {
  caller: string;
  /** "" for no user: a column of the unique constraint must not be null. */
  userId: string;
  agentId: string;
  key: string;
  fieldsDigest: string;
}

/** What of the history a run's model was not sent, because its provider refused more. */
export interface HistoryDropped {
  /** How many earlier runs were left out. */
  runs: number;
  /** How many runs were sent without their provider data: the oldest ones, at last the run itself. */
  withoutProviderData: number;
  /** The provider's words. */
  reason: string;
}

/** A run as D1 keeps it, without its messages. Instants are epoch milliseconds. */
export interface RunRow {
  runId: string;
  sessionId: string;
  /** Null until the run starts, because history is in the order in which runs start. */
  runIndex: number | null;
  /** Whether it waits to start, or to continue. */
  waiting: boolean;
  /** The order among the waiting runs of the session: the lowest goes first. */
  position: number;
  /** The team run of which it is a member run. */
  parentRunId: string | null;
  /** Which tool call of the parent it answers, from 0. */
  parentCall: number | null;
  /** How many run indexes right before its own are kept for its member runs. */
  memberSlots: number;
  origin: RunOrigin | null;
  agentId: string | null;
  teamId: string | null;
  /** The agent's or team's name when the run started, so that a replay shows what was streamed. */
  componentName: string | null;
  userId: Owner | null;
  status: RunStatus;
  /** Names the attempt that may settle the run. */
  fence: string;
  input: string;
  inputState: JsonObject | null;
  /** How many of its messages are input (system, user). What the run produced stands behind them. */
  inputMessages: number;
  model: string | null;
  modelProvider: string | null;
  /** The model's class. */
  modelName: string | null;
  sessionCache: SessionCacheUse | null;
  sessionState: JsonObject | null;
  metrics: RunMetrics | null;
  /** Null if its model was sent all that its window holds. */
  historyDropped: HistoryDropped | null;
  /** AgentOS's run metadata, of imported runs. */
  metadata: JsonObject | null;
  /** What the caller's token said that tools are told; null where no token did. */
  claims: JsonObject | null;
  finishReason: RunFinishReason | null;
  error: RunError | null;
  /** The event log (`engine/run/event-log.ts`) as text; null until the run has paused or settled. */
  events: string | null;
  idempotencyCaller: string;
  idempotencyUser: string;
  idempotencyAgent: string;
  /** "" when the run has no key. */
  idempotencyKey: string;
  fieldsDigest: string;
  createdAt: number;
  startedAt: number | null;
  /** When it settled, or paused last. */
  settledAt: number | null;
}

/** A run in short: what it was asked and what it said, both cut to `PREVIEW_CHARS`. */
export interface RunPreview
  extends Pick<
    RunRow,
    "runId" | "parentRunId" | "agentId" | "teamId" | "userId" | "status" | "input" | "error" | "createdAt"
  > {
  said: string;
  /** The kinds of what a paused run waits for itself. */
  waitsFor: RequirementKind[];
}
