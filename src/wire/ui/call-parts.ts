import type { ToolExecution } from "../../domain/event.ts";
import type { JsonObject } from "../../domain/json.ts";
import { callingRunId, callName, type Requirement } from "../../domain/requirement.ts";
import { runRequirementJson } from "../../engine/people/requirement-json.ts";
import { requirementOfCall, toolAnswers } from "../../engine/run/calls.ts";
import type { Run } from "../../engine/run/state.ts";
import type { UiCallChunk, UiChunk, UiRequirement } from "./chunk.ts";

/** A call that the reader has as a part of the message. */
interface CallPart {
  runId: string;
  /** Its number in its run. */
  call: number;
  /** Which step of the message it stands in. */
  step: number;
  /** Whether the reader was asked to approve it. */
  isRequested: boolean;
  isDone: boolean;
}

/** The calls that the reader has parts of: those of the run, and of its members those about which people are asked. */
export class CallParts {
  readonly #parts = new Map<string, CallPart>();

  has(toolCallId: string): boolean {
    return this.#parts.has(toolCallId);
  }

  started({ head }: Run, call: number, { tool, step }: { tool: ToolExecution; step: number }): UiCallChunk[] {
    const toolCallId = callName(head.runId, call);
    if (this.#parts.has(toolCallId)) {
      return [];
    }
    this.#add(toolCallId, { runId: head.runId, call, step });
    return [inputOf(toolCallId, tool.tool_name, tool.tool_args)];
  }

  /** A call may end that never started: it was rejected, or could not run. */
  ended(run: Run, call: number, at: { tool: ToolExecution; step: number }): UiCallChunk[] {
    const toolCallId = callName(run.head.runId, call);
    const started = this.started(run, call, at);
    const { tool } = at;
    const isDenied = tool.requires_confirmation === false && tool.confirmed === false;
    return [
      ...started,
      ...this.#end(toolCallId, { text: tool.result ?? "", isError: tool.tool_call_error === true, isDenied }),
    ];
  }

  /** Whether a call of this step has no result and is none of those that are asked about now. */
  isOpenIn(step: number): boolean {
    return this.#open().some((part) => part.step === step);
  }

  isAnyIn(step: number): boolean {
    return [...this.#parts.values()].some((part) => part.step === step);
  }

  /**
   * What is shown of a call that people are asked about. With `isAnswered` it is no question any more: a reader that was not
   * there when it was asked must not be shown the buttons for it.
   */
  asked(requirement: Requirement, { step, isAnswered }: { step: number; isAnswered: boolean }): UiChunk[] {
    const { call, toolName, toolArgs, kind } = requirement;
    const runId = callingRunId(requirement);
    const toolCallId = callName(runId, call);
    const part = this.#parts.get(toolCallId) ?? this.#add(toolCallId, { runId, call, step });
    const asks = kind === "confirmation" && !isAnswered;
    return [
      inputOf(toolCallId, toolName, toolArgs),
      ...(asks ? request(toolCallId, part) : []),
      { type: "data-requirement", id: requirement.requirementId, data: requirementData(requirement, toolCallId) },
    ];
  }

  /** The results that calls of the run got without an event. */
  resolved(run: Run, isMeant: (call: number) => boolean = () => true): UiCallChunk[] {
    const answers = toolAnswers(run);
    return this.#openOf(run).flatMap(([toolCallId, { call }]) => {
      const answer = answers[call];
      if (answer == null || !isMeant(call)) return [];
      const isDenied = answer.toolCallError && isRejected(requirementOfCall(run, call));
      return this.#end(toolCallId, { text: answer.content, isError: answer.toolCallError, isDenied });
    });
  }

  /** Closes what is open of a run that goes on no more. */
  closed(run: Run, why: string): UiCallChunk[] {
    return this.#openOf(run).flatMap(([toolCallId, { call }]) => {
      const requirement = requirementOfCall(run, call);
      const isDenied = requirement?.kind === "confirmation" && requirement.answer?.type !== "confirmed";
      return this.#end(toolCallId, { text: why, isError: true, isDenied });
    });
  }

  #add(toolCallId: string, { runId, call, step }: Pick<CallPart, "runId" | "call" | "step">): CallPart {
    const part = { runId, call, step, isRequested: false, isDone: false };
    this.#parts.set(toolCallId, part);
    return part;
  }

  #open(): CallPart[] {
    return [...this.#parts.values()].filter(({ isDone }) => !isDone);
  }

  #openOf({ head }: Run): [string, CallPart][] {
    return [...this.#parts].filter(([, part]) => !part.isDone && part.runId === head.runId);
  }

  #end(
    toolCallId: string,
    { text, isError, isDenied }: { text: string; isError: boolean; isDenied: boolean },
  ): UiCallChunk[] {
    const part = this.#parts.get(toolCallId);
    if (part === undefined || part.isDone) {
      return [];
    }
    part.isDone = true;
    // A denied part without an approval breaks a client's types.
    if (isDenied)
      return [...(part.isRequested ? [] : request(toolCallId, part)), { type: "tool-output-denied", toolCallId }];
    return isError
      ? [{ type: "tool-output-error", toolCallId, errorText: text }]
      : [{ type: "tool-output-available", toolCallId, output: text }];
  }
}

const isRejected = (requirement: Requirement | null): boolean =>
  requirement?.kind === "confirmation" && requirement.answer?.type === "rejected";

const inputOf = (toolCallId: string, toolName: string, input: JsonObject): UiCallChunk => ({
  type: "tool-input-available",
  toolCallId,
  toolName,
  input,
});

function request(toolCallId: string, part: CallPart): UiCallChunk[] {
  part.isRequested = true;
  return [{ type: "tool-approval-request", toolCallId, approvalId: toolCallId }];
}

function requirementData(requirement: Requirement, toolCallId: string): UiRequirement {
  const { requirementId, kind, toolName, fields, note, memberRunId, componentName } = requirement;
  return {
    id: requirementId,
    kind,
    toolCallId,
    tool_call_id: requirement.toolCallId,
    toolName,
    fields,
    note,
    expiresAt: runRequirementJson(requirement, "open").expires_at ?? null,
    memberRunId,
    memberName: memberRunId === null ? null : componentName,
  };
}
