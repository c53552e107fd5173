import type { JsonObject } from "../../domain/json.ts";
import type { Model, ModelRequest, ToolCall, ToolSpec } from "../../domain/model.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { SessionSummary } from "../../domain/session.ts";
import type { PendingCall } from "../run/calls.ts";

/** What is to be done about a call that has no result. */
export type CallPlan =
  | { kind: "run"; args: JsonObject | null }
  /** The result is known already: a person gave it, or rejected the call. */
  | { kind: "answer"; text: string; isError: boolean }
  | { kind: "wait"; requirement: Requirement; isNew: boolean };

/** What came of a call that ran; `member_paused`: the member that got the task waits for a person. */
export type ToolOutcome = { kind: "answered"; text: string; isError: boolean } | { kind: "member_paused" };

/** For a run that ends only once the session's summary is made, or could not be made. */
export interface SummaryWait {
  /** Whether a summary is due with this run. Must not reject. */
  isDue(): Promise<boolean>;
  /** Null when none was made. Must not reject, must answer in bounded time, and at once when the signal aborts. */
  make(): Promise<SessionSummary | null>;
}

/** What the loop is handed, so that it knows no platform, storage or clock. */
export interface DriveDependencies {
  model: Model;
  tools: ToolSpec[];
  plan(pending: PendingCall): CallPlan;
  /** Must not throw or reject; answers by itself when the signal aborts. */
  callTool(pending: PendingCall, args: JsonObject | null, signal: AbortSignal): Promise<ToolOutcome>;
  /** Whether a member run of the call goes on after a pause. Readers were told of the call before the pause. */
  isDelegated(pending: PendingCall): boolean;
  /** Whether the result of the call is the run's answer, as in a team that routes. Then the model is not asked again. */
  isAnswer(call: ToolCall): boolean;
  /** Null when the run does not wait for a summary. */
  summary: SummaryWait | null;
  /** The session's state as it is now. */
  state(): JsonObject;
  /** How many bytes the event log may still grow by; the events that close the run have room of their own. */
  eventRoom(): number;
  /** Whether a request that the provider refuses is made again with less of the history. */
  dropsHistory: boolean;
  /** How many bytes of reasoning may still be told and kept; 0 if callers are not shown what the model thinks. */
  reasoningRoom(): number;
  /** How many bytes of provider data the run may still keep. */
  providerDataRoom(): number;
  newId(): string;
  /** When the first request was sent, in milliseconds since the run started, if that was before the drive began. */
  firstSentAt?: number | undefined;
  /** Whose request it is, for a model that `takesDigests`. Must not reject. */
  requestDigests(): Promise<Pick<ModelRequest, "promptCacheKey" | "safetyIdentifier">>;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
  /** `maxOutputBytes` is read anew each time, because the other members of the run tree take from it. */
  limits: { maxToolRounds: number; readonly maxOutputBytes: number };
}
