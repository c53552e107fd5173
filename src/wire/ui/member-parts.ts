import type { RunEvent } from "../../domain/event.ts";
import { callName } from "../../domain/requirement.ts";
import type { LogEntry } from "../../engine/run/event-log.ts";
import type { Run } from "../../engine/run/state.ts";
import type { UiChunk, UiMember, UiMemberStatus, UiMemberTool } from "./chunk.ts";

/** What a member run has come to. */
interface MemberState {
  status: UiMemberStatus;
  text: string;
  tools: Map<string, UiMemberTool>;
  error: string | null;
  isCancelled: boolean;
}

/** The member runs of a team, each one part of the message: all of it is sent again when something is known of it. */
export class MemberParts {
  readonly #members = new Map<string, MemberState>();

  /** What the event of a member run changes of its part. Deltas go out as such, and are in the part once the answer is whole. */
  of(event: RunEvent, { run, entry }: { run: Run; entry: LogEntry }): UiChunk[] {
    const { runId } = run.head;
    const state = this.#stateOf(runId);
    switch (entry.kind) {
      case "deltas":
      case "said": {
        const delta = event.content ?? "";
        state.text += delta;
        return delta === "" ? [] : [{ type: "data-member-delta", data: { id: runId, delta }, transient: true }];
      }
      case "tool_started":
      case "tool_ended":
        return this.#called(run, state, event, entry.call);
      case "run_cancelled":
        state.isCancelled = true;
        return [];
      case "model_answered":
        return [part(run, state)];
      case "run_started":
      case "run_continued":
        return this.#stands(run, state, "running");
      case "run_paused":
        return this.#stands(run, state, "paused");
      case "run_completed":
        return this.#stands(run, state, state.isCancelled ? "cancelled" : "completed");
      case "run_failed":
        state.error = event.content ?? "";
        return this.#stands(run, state, "error");
      case "reasoning":
      case "model_requested":
      case "model_changed":
      case "tool_paused":
      case "content_completed":
      case "summary_started":
      case "summary_completed":
      case "member_told":
      case "gap":
        return [];
    }
  }

  #stands(run: Run, state: MemberState, status: UiMemberStatus): UiChunk[] {
    state.status = status;
    return [part(run, state)];
  }

  /** A member run that neither ended nor goes on. */
  over(run: Run): UiChunk[] {
    const state = this.#members.get(run.head.runId);
    if (state === undefined || (state.status !== "running" && state.status !== "paused")) {
      return [];
    }
    state.status = "cancelled";
    return [part(run, state)];
  }

  #called(run: Run, state: MemberState, { event, tool }: RunEvent, call: number): UiChunk[] {
    // A failed call has two events.
    if (tool === undefined || event.endsWith("ToolCallError")) {
      return [];
    }
    const toolCallId = callName(run.head.runId, call);
    const hasFailed = tool.tool_call_error === true ? "failed" : "done";
    const toolState = tool.tool_call_error === null ? "running" : hasFailed;
    state.tools.set(toolCallId, { toolCallId, toolName: tool.tool_name, state: toolState });
    return [part(run, state)];
  }

  #stateOf(runId: string): MemberState {
    const known = this.#members.get(runId);
    if (known !== undefined) return known;
    const state: MemberState = { status: "running", text: "", tools: new Map(), error: null, isCancelled: false };
    this.#members.set(runId, state);
    return state;
  }
}

function part({ head }: Run, { status, text, tools, error }: MemberState): UiChunk {
  const { component, runId, parentCall } = head;
  const parentRunId = head.parentRunId ?? "";
  const data: UiMember = {
    id: component.id,
    name: component.name,
    kind: component.type,
    parentRunId,
    parentToolCallId: parentCall === null ? null : callName(parentRunId, parentCall),
    status,
    text,
    tools: [...tools.values()],
    ...(error !== null && { error }),
  };
  return { type: "data-member", id: runId, data };
}
