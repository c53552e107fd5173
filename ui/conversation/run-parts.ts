import type { ToolExecution } from "../../packages/client/src/index.ts";
import { type CalledPart, placedMembers } from "./placed-members.ts";
import type { Call, Part, RunView } from "./run-view.ts";

/** What the server notes at a call that nobody has answered in time, as if it had been refused. */
const EXPIRED_NOTE = "Nobody answered in time.";

type SayingPart = Extract<Part, { kind: "text" | "thought" }>;

/** What a run has said, thought and called so far, in the order in which it did. */
export class RunParts {
  readonly #runId: string;
  readonly #parts: Part[] = [];
  /** By the id of a call's part: the member run that the server says it made. */
  readonly #children = new Map<string, string>();
  #thoughtSince = 0;

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** Adds to the n-th answer's text. */
  say(answer: number, delta: string): void {
    this.#append("text", answer, delta);
  }

  /** Adds to what is thought before the n-th answer. `at` in seconds. */
  think(answer: number, delta: string, at: number): void {
    if (!this.#append("thought", answer, delta)) this.#thoughtSince = at;
  }

  /** Adds to what this answer says; false where that is its beginning. */
  #append(kind: SayingPart["kind"], answer: number, delta: string): boolean {
    const id = `${this.#runId}:${answer}${kind === "thought" ? ":t" : ""}`;
    const at = this.#parts.findLastIndex((part) => part.id === id);
    const before = this.#parts[at];
    if (before === undefined || before.kind === "call") {
      const made = { id, text: delta, isOpen: true };
      this.#parts.push(kind === "text" ? { kind, ...made } : { kind, ...made, seconds: null });
      return false;
    }
    this.#parts[at] = { ...before, text: before.text + delta };
    return true;
  }

  /** Nothing more is said in this answer. `at` in seconds. */
  closeAnswer(at: number): void {
    this.closeThought(at);
    this.#change((part) => (part.kind === "text" && part.isOpen ? { ...part, isOpen: false } : part));
  }

  /** The thought is over: the text begins, or a call. `at` in seconds. */
  closeThought(at: number): void {
    this.#change((part) => {
      if (part.kind !== "thought" || !part.isOpen) return part;
      const seconds = at - this.#thoughtSince;
      return { ...part, isOpen: false, seconds: Number.isNaN(seconds) ? null : Math.max(1, seconds) };
    });
  }

  call(tool: ToolExecution): void {
    const waited = this.#callAt(tool.tool_call_id, (state) => state === "waits");
    if (waited < 0) this.#parts.push(this.#callPart(tool, "running"));
    else this.#changeCall(waited, { state: "running", args: tool.tool_args });
  }

  /** A call that waits for a person, which may be here already. */
  wait(tool: ToolExecution): void {
    const isThere = this.#callAt(tool.tool_call_id, (state) => state === "waits") >= 0;
    if (!isThere) this.#parts.push(this.#callPart(tool, "waits"));
  }

  /** A call has ended, as its event says. */
  endCall(tool: ToolExecution, members: readonly RunView[]): void {
    const at = this.#callAt(tool.tool_call_id, (state) => state === "running");
    const part = this.#parts[at];
    if (part === undefined) return;
    if (tool.child_run_id) this.#children.set(part.id, tool.child_run_id);
    // Of a call whose member waits for a person, the event's result says only that.
    const made = this.withMembers(members)[at];
    if (made?.kind === "call" && made.call.state !== "waits") this.#changeCall(at, returned(tool, true));
  }

  /** No call is open when the model is asked again. One that no event has closed was refused, or done elsewhere: `settle` knows. */
  closeCalls(state: "done" | "failed"): void {
    this.#change((part) =>
      part.kind === "call" && (part.call.state === "waits" || part.call.state === "running")
        ? { ...part, call: { ...part.call, state } }
        : part,
    );
  }

  /** The calls as the server has them in the end, in their order. Their ids count within one answer only, so the n-th is the n-th. */
  settle(tools: readonly ToolExecution[], isOver: boolean): void {
    const seen = new Map<string, number>();
    let last = -1;
    for (const tool of tools) {
      const nth = seen.get(tool.tool_call_id) ?? 0;
      seen.set(tool.tool_call_id, nth + 1);
      const ats = this.#parts.flatMap((part, at) =>
        part.kind === "call" && part.call.toolCallId === tool.tool_call_id ? [at] : [],
      );
      let at = ats[nth];
      if (at === undefined) {
        at = last < 0 ? this.#parts.length : last + 1;
        this.#parts.splice(at, 0, this.#callPart(tool, "done"));
      }
      this.#changeCall(at, returned(tool, isOver));
      const part = this.#parts[at];
      if (tool.child_run_id && part !== undefined) this.#children.set(part.id, tool.child_run_id);
      last = at;
    }
  }

  /** Whether a call that nobody answered in time was its last: no model was told of that. */
  get hasExpired(): boolean {
    return this.#parts.some(
      (part) => part.kind === "call" && part.call.state === "expired" && part.call.result === null,
    );
  }

  /** The parts, with the runs of members in the calls that made them. */
  withMembers(members: readonly RunView[]): readonly Part[] {
    const calls = this.#parts.filter((part) => part.kind === "call");
    if (members.length === 0) return [...this.#parts];
    const placed = placedMembers(calls, members, this.#children);
    return this.#parts.map((part) => {
      const made = placed.get(part.id);
      if (part.kind !== "call" || made === undefined) return part;
      const isWaiting = part.call.state === "running" && made.some(({ status }) => status === "PAUSED");
      return { ...part, call: { ...part.call, members: made, ...(isWaiting && { state: "waits" as const }) } };
    });
  }

  #change(change: (part: Part) => Part): void {
    for (const [at, part] of this.#parts.entries()) this.#parts[at] = change(part);
  }

  #changeCall(at: number, change: Partial<Call>): void {
    const part = this.#parts[at];
    if (part?.kind === "call") this.#parts[at] = { ...part, call: { ...part.call, ...change } };
  }

  /** The last call of this id, for which it holds. Models give an id again in another answer. */
  #callAt(toolCallId: string, isIt: (state: Call["state"]) => boolean): number {
    return this.#parts.findLastIndex(
      (part) => part.kind === "call" && part.call.toolCallId === toolCallId && isIt(part.call.state),
    );
  }

  #callPart(tool: ToolExecution, state: Call["state"]): CalledPart {
    const nth = this.#parts.filter(({ kind }) => kind === "call").length;
    const { tool_call_id: toolCallId, tool_name: name, tool_args: args } = tool;
    const call: Call = { toolCallId, name, args, state, result: null, seconds: null, members: [] };
    return { kind: "call", id: `${this.#runId}:c${nth}`, call };
  }
}

/** What came of a call. */
function returned(tool: ToolExecution, isOver: boolean): Partial<Call> {
  const { result, tool_args: args } = tool;
  const duration = tool.metrics?.duration;
  return { state: stateOf(tool, isOver), result, args, seconds: typeof duration === "number" ? duration : null };
}

function stateOf(tool: ToolExecution, isOver: boolean): Call["state"] {
  if (tool.confirmed === false) return tool.confirmation_note === EXPIRED_NOTE ? "expired" : "denied";
  if (tool.tool_call_error === true) return "failed";
  if (tool.result !== null) return "done";
  if (isOver) return "failed";
  const isOpen = tool.requires_confirmation || tool.requires_user_input || tool.external_execution_required;
  return isOpen ? "waits" : "running";
}
