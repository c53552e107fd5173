import type { Message } from "../domain/message.ts";
import type { Principal } from "../domain/principal.ts";
import type { AnswerEntry } from "../domain/requirement.ts";
import type { Idempotency, OnBusy, RunRequest, RunStatus, RunTimings, SessionCacheUse } from "../domain/run.ts";
import type { ComponentRef } from "../domain/team.ts";
import type { Run } from "../engine/run/state.ts";

// What crosses the object's boundary about runs: plain data and streams.

/** How a caller wants to read a run: whole when it is over, as it happens, or later. */
export type ReadMode = { kind: "whole" } | { kind: "stream"; contentOnly: boolean } | { kind: "background" };

export interface RunCall {
  request: RunRequest;
  principal: Principal;
  onBusy: OnBusy;
  read: ReadMode;
}

/** Answers to what a paused run waits for. */
export interface ContinueCall {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  entries: AnswerEntry[];
  /** Who answers; kept on the requirements. */
  answeredBy: string | null;
  /** Its `agentId` is the component's id and the run's: a key is one of this run. */
  idempotency: Idempotency | null;
  onBusy: OnBusy;
  read: ReadMode;
}

/** Asks for a run's events behind the one that was seen last. */
export interface ResumeCall {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  /** Null: from the first. */
  lastEventIndex: number | null;
}

/** A run's missed events and those to come, with AgentOS's control events between them. */
export interface ResumeAnswer {
  status: RunStatus;
  /** How many events were missed. */
  missed: number;
  stream: ReadableStream<Uint8Array>;
}

/** A run that was let in. What is not known before the headers go out is null. */
export interface RunAnswer {
  runId: string;
  sessionId: string;
  sessionCache: SessionCacheUse | null;
  timings: RunTimings;
  result: /** `waitingBefore` is how many runs go before it. */
    | { kind: "background"; status: RunStatus; waitingBefore: number }
    | { kind: "stream"; stream: ReadableStream<Uint8Array> }
    | { kind: "whole"; run: Run; input: string; inputMessages: Message[]; persisted: boolean; settleMs: number };
}
