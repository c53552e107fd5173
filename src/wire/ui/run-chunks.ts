import type { RunEvent } from "../../domain/event.ts";
import { callingRunId, callName, type Requirement } from "../../domain/requirement.ts";
import type { RunFinishReason } from "../../domain/run.ts";
import type { EventSource } from "../../engine/events/run-events.ts";
import type { CallEntry, PausedEntry } from "../../engine/run/event-log.ts";
import type { Run } from "../../engine/run/state.ts";
import { CallParts } from "./call-parts.ts";
import type { UiChunk, UiFinish, UiMetadata } from "./chunk.ts";
import { MemberParts } from "./member-parts.ts";

/** What a run is known by from the beginning. */
export interface UiRun {
  runId: string;
  sessionId: string;
}

/** An event with what it was made of. `isSeen`: the reader has it from an earlier stream, and is not sent it again. */
interface Told extends EventSource {
  event: RunEvent;
  isSeen: boolean;
}

/**
 * Makes AI SDK UI's chunks of a run's events. One run is one message. An answer of the model begins a step of it, and has one
 * text; its calls are parts of that step. All that is written follows from the events in order, so a replay is the stream.
 */
export class RunChunks {
  readonly #run: UiRun;
  readonly #calls = new CallParts();
  readonly #members = new MemberParts();
  /** Which answer of the model it is, from 0. */
  #answer = -1;
  #text: string | null = null;
  #thought: string | null = null;
  #thoughts = 0;
  #step = 0;
  #isStepOpen = false;
  #isCancelled = false;
  /** What is to be written once the run is over for its reader; null while it goes on. */
  #end: UiChunk[] | null = null;

  constructor(run: UiRun) {
    this.#run = run;
  }

  open(): UiChunk[] {
    const { runId, sessionId } = this.#run;
    return [{ type: "start", messageId: runId, messageMetadata: { runId, sessionId, status: "RUNNING" } }];
  }

  of(event: RunEvent, { run, entry }: EventSource, isSeen = false): UiChunk[] {
    const told = { event, run, entry, isSeen };
    return run.head.runId === this.#run.runId ? this.#ofRun(told) : this.#ofMember(told);
  }

  /** What ends the message, for how the run stands. */
  close(): UiChunk[] {
    return this.#end ?? [...this.#finishStep(), { type: "error", errorText: "The stream ended before the run did." }];
  }

  #ofRun(told: Told): UiChunk[] {
    const { event, run, entry } = told;
    switch (entry.kind) {
      case "deltas":
        return this.#said(event.content ?? "");
      case "reasoning":
        return this.#thoughtOf(event.reasoning_content ?? "");
      case "model_requested":
        return this.#nextAnswer();
      case "said":
        return [...this.#nextAnswer(), ...this.#said(event.content ?? "")];
      case "model_answered":
      case "content_completed":
        return this.#endTexts();
      case "tool_started":
      case "tool_ended":
        return this.#called(told, entry);
      case "run_paused":
        return this.#paused(told, entry);
      case "run_continued":
        return this.#continued(run);
      case "summary_completed":
        return event.session_summary === undefined
          ? []
          : [{ type: "data-summary", data: event.session_summary, transient: true }];
      case "run_cancelled":
        this.#isCancelled = true;
        return [
          ...this.#endTexts(),
          ...this.#over(run, "The run was cancelled."),
          { type: "abort", reason: event.reason ?? "" },
        ];
      case "run_completed":
        return this.#completed(event, run);
      case "run_failed":
        return this.#failed(event, run);
      case "run_started":
      case "model_changed":
      case "tool_paused":
      case "summary_started":
      case "member_told":
      case "gap":
        return [];
    }
  }

  #ofMember({ event, run, entry }: Told): UiChunk[] {
    const chunks = this.#members.of(event, { run, entry });
    switch (entry.kind) {
      case "tool_ended": {
        const { tool } = event;
        const isPart = tool !== undefined && this.#calls.has(callName(run.head.runId, entry.call));
        return isPart ? [...chunks, ...this.#calls.ended(run, entry.call, { tool, step: this.#step })] : chunks;
      }
      case "run_completed":
        return [...this.#calls.resolved(run), ...chunks];
      case "run_failed":
        return [...this.#over(run, "The run failed."), ...chunks];
      case "run_cancelled":
        return [...this.#over(run, "The run was cancelled."), ...chunks];
      default:
        return chunks;
    }
  }

  #nextAnswer(): UiChunk[] {
    const chunks = [...this.#endTexts(), ...this.#startStep()];
    this.#answer += 1;
    this.#thoughts = 0;
    return chunks;
  }

  #said(delta: string): UiChunk[] {
    if (delta === "") {
      return [];
    }
    if (this.#text !== null && this.#thought === null) {
      return [{ type: "text-delta", id: this.#text, delta }];
    }
    const chunks = this.#endThought();
    if (this.#text === null) {
      this.#text = `${this.#run.runId}:${this.#answer}`;
      chunks.push({ type: "text-start", id: this.#text });
    }
    return [...chunks, { type: "text-delta", id: this.#text, delta }];
  }

  /** A thought ends where text begins, so that readers see that the model thinks no more; a later one is another part. */
  #thoughtOf(delta: string): UiChunk[] {
    if (delta === "") {
      return [];
    }
    if (this.#thought !== null) {
      return [{ type: "reasoning-delta", id: this.#thought, delta }];
    }
    this.#thoughts += 1;
    const id = `${this.#run.runId}:${this.#answer}:r${this.#thoughts === 1 ? "" : this.#thoughts}`;
    this.#thought = id;
    return [
      { type: "reasoning-start", id },
      { type: "reasoning-delta", id, delta },
    ];
  }

  #endThought(): UiChunk[] {
    const id = this.#thought;
    this.#thought = null;
    return id === null ? [] : [{ type: "reasoning-end", id }];
  }

  #endTexts(): UiChunk[] {
    const chunks = this.#endThought();
    const id = this.#text;
    this.#text = null;
    return id === null ? chunks : [...chunks, { type: "text-end", id }];
  }

  #startStep(): UiChunk[] {
    const chunks = this.#finishStep();
    this.#isStepOpen = true;
    this.#step += 1;
    return [...chunks, { type: "start-step" }];
  }

  #finishStep(): UiChunk[] {
    const wasOpen = this.#isStepOpen;
    this.#isStepOpen = false;
    return wasOpen ? [{ type: "finish-step" }] : [];
  }

  #called({ event: { tool }, run }: Told, { kind, call }: CallEntry): UiChunk[] {
    if (tool === undefined) {
      return [];
    }
    const at = { tool, step: this.#step };
    return kind === "tool_started" ? this.#calls.started(run, call, at) : this.#calls.ended(run, call, at);
  }

  #paused({ event, run, isSeen }: Told, { open }: PausedEntry): UiChunk[] {
    const asked = run.requirements.filter(({ position }) => open.includes(position));
    const chunks = [...this.#endTexts(), ...this.#stepFor(asked)];
    for (const requirement of asked) {
      const isAnswered = !isSeen && requirement.status !== "open";
      chunks.push(...this.#calls.asked(requirement, { step: this.#step, isAnswered }));
    }
    this.#end = [finish("tool-calls", { status: "PAUSED", ...persistedOf(event) })];
    return [...chunks, ...(asked.length === 0 ? this.#lastStep() : this.#finishStep())];
  }

  /**
   * Clients that answer by themselves once all calls of the last step are answered would wait for ever for a call that waits
   * for a member. So what people are asked about then stands in a step of its own.
   */
  #stepFor(asked: readonly Requirement[]): UiChunk[] {
    const isNew = asked.length > 0 && asked.every((one) => !this.#calls.has(callName(callingRunId(one), one.call)));
    return isNew && this.#calls.isOpenIn(this.#step) ? this.#startStep() : [];
  }

  /** A member that had paused has ended before its team's run goes on: the calls that waited for members have results. */
  #continued(run: Run): UiChunk[] {
    this.#end = null;
    const delegated = new Set(run.members.map(({ head }) => head.parentCall));
    return [
      ...this.#calls.resolved(run, (call) => delegated.has(call)),
      { type: "message-metadata", messageMetadata: { status: "RUNNING" } },
    ];
  }

  /** Ends what is open of a run that goes on no more, and of its member runs: one that had paused tells nothing itself. */
  #over(run: Run, why: string): UiChunk[] {
    const chunks: UiChunk[] = [...this.#calls.resolved(run), ...this.#calls.closed(run, why)];
    for (const member of run.members) {
      chunks.push(...this.#over(member, why), ...this.#members.over(member));
    }
    return chunks;
  }

  /** Where nobody is asked, clients that answer by themselves must not: they do if the last step has calls. */
  #lastStep(): UiChunk[] {
    return this.#calls.isAnyIn(this.#step) ? [...this.#startStep(), ...this.#finishStep()] : this.#finishStep();
  }

  #completed(event: RunEvent, run: Run): UiChunk[] {
    const { metrics, session_state: sessionState } = event;
    const measured = { ...(metrics !== undefined && { metrics }), ...persistedOf(event) };
    const state = sessionState === undefined ? {} : { sessionState };
    this.#end = this.#isCancelled
      ? [finish("other", { status: "CANCELLED", ...measured })]
      : [finish(reasonOf(event.finish_reason), { status: "COMPLETED", ...measured, ...state })];
    return [...this.#endTexts(), ...this.#calls.resolved(run), ...this.#lastStep()];
  }

  #failed(event: RunEvent, run: Run): UiChunk[] {
    const message = event.content ?? "";
    const error = { type: event.error_type ?? "internal", message };
    this.#end = [
      { type: "message-metadata", messageMetadata: { status: "ERROR", error, ...persistedOf(event) } },
      { type: "error", errorText: message },
    ];
    return [...this.#endTexts(), ...this.#over(run, "The run failed."), ...this.#lastStep()];
  }
}

const finish = (finishReason: UiFinish["finishReason"], messageMetadata: Partial<UiMetadata>): UiFinish => ({
  type: "finish",
  finishReason,
  messageMetadata,
});

const persistedOf = ({ persisted }: RunEvent): Pick<UiMetadata, "persisted"> =>
  persisted === undefined ? {} : { persisted };

const REASONS: Record<RunFinishReason, UiFinish["finishReason"]> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "other",
  tool_rounds: "other",
};

/** An imported run may have ended for what this server does not know. */
const reasonOf = (reason = ""): UiFinish["finishReason"] =>
  Object.hasOwn(REASONS, reason) ? REASONS[reason as RunFinishReason] : "other";
