import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { ProviderData, RunModel, ToolCall, Usage } from "../../domain/model.ts";
import type { Owner } from "../../domain/owner.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type {
  HistoryDropped,
  RunError,
  RunFinishReason,
  RunMetrics,
  RunOrigin,
  RunTimings,
  SessionCacheUse,
} from "../../domain/run.ts";
import type { SessionSummary } from "../../domain/session.ts";
import type { ComponentRef } from "../../domain/team.ts";
import type { LogEntry } from "./event-log.ts";
import type { ModelUsage } from "./tokens.ts";

/** What is fixed about a run once it has started. */
export interface RunHead {
  runId: string;
  sessionId: string;
  /** Null when it was cancelled before it started. */
  runIndex: number | null;
  parentRunId: string | null;
  /** Which tool call of the parent it answers, from 0. */
  parentCall: number | null;
  component: ComponentRef & { name: string };
  userId: Owner | null;
  /** Names this attempt: only it may settle the run. */
  fence: string;
  /** The model that it asks first. */
  model: string;
  modelProvider: string;
  /** Journals from before it was kept do not have it. */
  modelName?: string | null;
  sessionCache: SessionCacheUse;
  /** The session's state when it started. */
  sessionState: JsonObject;
  /** How many of its messages are input; what the run produces stands behind them. */
  inputMessages: number;
  /** How many run indexes before its own are kept for member runs. */
  memberSlots: number;
  origin: RunOrigin | null;
  /** What tools are told of the token of who started it. Journals from before it was kept do not have it. */
  claims?: JsonObject | null;
  /** Milliseconds since the epoch, as `startedAt`. */
  createdAt: number;
  startedAt: number;
  timings: RunTimings;
}

/** How a run stopped. Only a PAUSED run may go on again. `at` is milliseconds since the epoch. */
export type RunEnd =
  | { status: "COMPLETED"; finishReason: RunFinishReason; at: number }
  | { status: "ERROR"; error: RunError; at: number }
  | { status: "CANCELLED"; at: number }
  | { status: "PAUSED"; at: number };

/**
 * A started run: what it produced so far, what it told, and how it ended. Only `applyFact` changes it. It only appends,
 * so a reader's position in the run stays valid.
 */
export interface Run {
  readonly head: RunHead;
  /** Assistant and tool messages, in order; an assistant message is added when its answer is whole or was cut off. */
  readonly messages: Message[];
  readonly log: LogEntry[];
  /** The member runs that it delegated to, in the order in which they started. */
  readonly members: Run[];
  /** All requirements of the run and of its member runs: one list, which they share. */
  readonly requirements: Requirement[];
  /** Null while the run goes on. */
  end: RunEnd | null;
  /** Set once its answer is whole and it only waits for the session's summary: the reason that it will complete with. */
  answered: RunFinishReason | null;
  /** The session's state as the run last knew it, and whether anybody changed it while the run was active. */
  state: JsonObject;
  isStateChanged: boolean;
  /** What of the history its model was not sent; null if it was sent all of its window. */
  historyDropped: HistoryDropped | null;
  /** The model that it asks, which may be another one than it began with. */
  model: RunModel;
  /** What each model has used. */
  usage: readonly ModelUsage[];
  /** About how many tokens more the run has used since it was stored last: those that no provider has counted. */
  uncounted: number;
  /** Milliseconds after the start; null until the first text, or the first reasoning that is shown, came. */
  firstTokenAt: number | null;
  /** Time spent waiting for the model, in milliseconds. */
  modelMs: number;
  /** Bytes as stored of text, tool arguments and tool results, and of the event log. */
  outputBytes: number;
  eventBytes: number;
  /** The same of reasoning: its text, and its entries in the event log. */
  reasoningBytes: number;
  reasoningEventBytes: number;
  /** The bytes of the run's provider data. */
  providerDataBytes: number;
  /** How many events the log stands for. */
  eventCount: number;
  /** The answer that is streaming in. */
  answer: StreamedAnswer | null;
  /** How much of the run D1 has already, from before it paused. `tokens` are those of its member runs too. */
  stored: { messages: number; usage: readonly ModelUsage[]; metrics: RunMetrics | null; tokens: number };
}

/** An answer of the model as far as it has come. */
export interface StreamedAnswer {
  messageId: string;
  text: string[];
  reasoning: string[];
  requestedAt: number;
  firstTokenAt: number | null;
}

/** One thing that happened in a run. The journal keeps facts, and `applyFact` applies them to the run. */
export type RunFact =
  | { type: "run_started" }
  /** The run goes on after a pause; `state` is the session's at that time. */
  | { type: "run_continued"; state: JsonObject }
  /** `sentAt` is left out if the request is sent now; else it says when it was, in milliseconds since the run started. */
  | { type: "model_requested"; messageId: string; sentAt?: number }
  /** The model that was asked is away: the run asks this one now, and stays with it. */
  | { type: "model_changed"; model: RunModel }
  /** The provider refused the request, or one of an earlier run: the next one goes without this. */
  | { type: "history_dropped"; dropped: HistoryDropped }
  | { type: "content"; delta: string }
  /** What the model thought, as far as readers are told and the run keeps it. */
  | { type: "reasoning"; delta: string }
  /** `providerData` is left out if the provider sent none, `uncounted` if it has counted the tokens. */
  | { type: "model_answered"; usage: Usage; toolCalls: ToolCall[]; providerData?: ProviderData; uncounted?: number }
  | { type: "tool_started"; call: number }
  | { type: "tool_ended"; call: number; messageId: string; result: string; isError: boolean }
  /** The member that the call went to waits for a person. */
  | { type: "tool_paused"; call: number }
  /** A call gets its result without an event. The call did not run, or readers were told of the call before the pause. */
  | { type: "tool_resolved"; call: number; messageId: string; result: string; isError: boolean }
  /** The team gives its member's answer as its own, without asking its model. */
  | { type: "said"; messageId: string; content: string }
  | { type: "member_started"; head: RunHead }
  /** `isReasoning` is left out if it is false. */
  | { type: "member_told"; member: number; events: number; isReasoning?: true }
  | { type: "state_changed"; state: JsonObject }
  /** `requirements` are the new ones, of the run's own calls; `open` has the positions of all open ones. */
  | { type: "paused"; requirements: Requirement[]; open: number[] }
  | { type: "content_completed" }
  /** The answer is whole. The run waits for the session's summary, and completes whether or not the summary is made. */
  | { type: "summary_started"; finishReason: RunFinishReason }
  /** `summary` is null when none was made. */
  | { type: "summary_completed"; summary: SessionSummary | null }
  | { type: "completed"; finishReason: RunFinishReason }
  /** `uncounted` is what the request used that was under way, here and below: about, in tokens. Left out if nobody knows. */
  | { type: "failed"; error: RunError; uncounted?: number }
  | { type: "cancelled"; uncounted?: number }
  | { type: "gap"; nextIndex: number };

/**
 * What is recorded together: one fact, or those that are made of one burst of the model's. They are lazy: each is made once
 * the one before it is applied. Whoever takes them takes all of them.
 */
export type Facts = RunFact | Iterable<RunFact>;

export const factsOf = (told: Facts): Iterable<RunFact> => ("type" in told ? [told] : told);

/** A fact and when it was recorded, in milliseconds since the run started. */
export interface RecordedFact {
  at: number;
  fact: RunFact;
}

/** The model that a run asks first. */
export const modelOf = ({ model: id, modelProvider: provider, modelName: name = null }: RunHead): RunModel => ({
  id,
  provider,
  name,
});

/** A run that has just begun; a member run is given the list of requirements of its team run. */
export function newRun(head: RunHead, requirements: Requirement[] = []): Run {
  return {
    head,
    messages: [],
    log: [],
    members: [],
    requirements,
    end: null,
    answered: null,
    state: head.sessionState,
    isStateChanged: false,
    historyDropped: null,
    model: modelOf(head),
    usage: [],
    uncounted: 0,
    firstTokenAt: null,
    modelMs: 0,
    outputBytes: 0,
    eventBytes: 0,
    reasoningBytes: 0,
    reasoningEventBytes: 0,
    providerDataBytes: 0,
    eventCount: 0,
    answer: null,
    stored: { messages: 0, usage: [], metrics: null, tokens: 0 },
  };
}
