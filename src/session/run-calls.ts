import type { Message } from "../domain/message.ts";
import type { Principal } from "../domain/principal.ts";
import type { AnswerEntry } from "../domain/requirement.ts";
import type { Idempotency, OnBusy, RunRequest, RunStatus, RunTimings, SessionCacheUse } from "../domain/run.ts";
import type { ComponentRef } from "../domain/team.ts";
import type { Quota } from "../domain/usage.ts";
import type { Run } from "../engine/run/state.ts";
import type { WireFormat } from "../wire/translator.ts";

// The inputs and answers of the object's remote calls about runs. RPC carries plain data and streams only.

/**
 * How a caller reads a run: whole, once it is over; as a stream while it runs; or not now (`background`). A Worker from before
 * there were formats names none, and means AgentOS's.
 */
export type ReadMode =
  | { kind: "whole" }
  | { kind: "stream"; contentOnly: boolean; format?: WireFormat }
  | { kind: "background" };

export interface RunCall {
  request: RunRequest;
  /** The status in which the caller's request found the run that this one is made from; null for a run of its own. */
  olderStatus: RunStatus | null;
  principal: Principal;
  /** Of a confined caller: what its user may use. A Worker from before there were quotas sends none. */
  quota?: Quota | null;
  onBusy: OnBusy;
  read: ReadMode;
}

/** Answers to what a paused run waits for. */
export interface ContinueCall {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  entries: AnswerEntry[];
  /** Whom the request names as the one who answers. The principal decides whether that is believed. */
  answeredBy: string | null;
  /** Its `agentId` holds the component's id and the run's id, so that the key belongs to this run alone. */
  idempotency: Idempotency | null;
  quota?: Quota | null;
  onBusy: OnBusy;
  read: ReadMode;
}

/** Asks for a run's events behind the last one that the caller has seen. */
export interface ResumeCall {
  runId: string;
  component: ComponentRef;
  principal: Principal;
  /** Null: from the first event on. */
  lastEventIndex: number | null;
  /** Left out: AgentOS's. Any other begins with the first event. */
  format?: WireFormat;
}

/** The events that the caller missed and those to come; in AgentOS's format with its control events between them. */
export interface ResumeAnswer {
  status: RunStatus;
  /** How many events were missed. */
  missed: number;
  stream: ReadableStream<Uint8Array>;
  /** As with `RunAnswer.result`. */
  format?: WireFormat;
}

/** A run that was let in. What is not known yet when the headers go out is null. */
export interface RunAnswer {
  runId: string;
  sessionId: string;
  sessionCache: SessionCacheUse | null;
  timings: RunTimings;
  result: /** `waitingBefore` is how many runs go before it. */
    | { kind: "background"; status: RunStatus; waitingBefore: number }
    /** An object from before there were formats says none: it has written AgentOS's, whatever it was asked for. */
    | { kind: "stream"; stream: ReadableStream<Uint8Array>; format?: WireFormat }
    | { kind: "whole"; run: Run; input: string; inputMessages: Message[]; persisted: boolean; settleMs: number };
}
