import type {
  AgentEvent,
  Metrics,
  OpenRequirement,
  RunOutput,
  ToolExecution,
} from "../../packages/client/src/index.ts";
import { openOf } from "../../packages/client/src/requirements.ts";
import { type CalledPart, placedMembers } from "./placed-members.ts";
import type { Call, Note, Part, RunStatus, RunView } from "./run-view.ts";

/** What is known of a run before its first event. */
export type RunHead = Pick<
  RunView,
  "runId" | "sessionId" | "of" | "status" | "asked" | "createdAtMs" | "regeneratedFrom"
>;

/** What the server says of a run beside its events: a list's row and a run's own answer have it both. */
export interface Said {
  status: RunStatus;
  tools?: readonly ToolExecution[] | null;
  metrics?: Metrics | null;
  history_dropped?: RunOutput["history_dropped"];
  regenerated_from?: string | null;
  /** Epoch seconds, or ISO 8601. */
  created_at: number | string;
  persisted?: boolean;
  /** Of a paused run: what is open. */
  requirements?: RunOutput["requirements"];
  /** The same of a team's members. */
  member_responses?: readonly unknown[];
}

/** An event, with the fields that any of them may have. */
export interface Told {
  event: string;
  run_id: string;
  parent_run_id?: string;
  agent_id?: string;
  agent_name?: string;
  team_id?: string;
  team_name?: string;
  /** Epoch seconds. One that was made of what is stored does not say it. */
  created_at?: number;
  content?: string;
  reasoning_content?: string;
  model?: string;
  tool?: ToolExecution;
  requirements?: OpenRequirement[];
  reason?: string;
  error_type?: string;
  finish_reason?: string;
  metrics?: Metrics;
  persisted?: boolean;
}

/** An event's name without `Team`, which a team's own events begin with. */
export const kindOf = ({ event }: Pick<Told, "event">): string => event.replace(/^Team/, "");

/** What the server notes at a call that nobody has answered in time, as if it had been refused. */
const EXPIRED_NOTE = "Nobody answered in time.";

type SayingPart = Extract<Part, { kind: "text" | "thought" }>;

/** Makes of a run's events what the page shows of it. Events come in order, each once; those of its members are among them. */
export class RunFold {
  #head: RunHead;
  #view: RunView | null = null;
  readonly #parts: Part[] = [];
  readonly #members: RunFold[] = [];
  /** By the id of a call's part: the member run that the server says it made. */
  readonly #children = new Map<string, string>();
  /** The model that is asked; null between two answers. */
  #asking: string | null = null;
  #answer = -1;
  #thoughtSince = 0;
  #failure: RunView["failure"] = null;
  #waitsFor: readonly OpenRequirement[] = [];
  #notes: readonly Note[] = [];
  #metrics: Metrics | null = null;

  constructor(head: RunHead) {
    this.#head = head;
  }

  /** The run as far as it has been told. The same as before, if nothing was. */
  get view(): RunView {
    this.#view ??= {
      ...this.#head,
      parts: this.#withMembers(),
      failure: this.#failure,
      waitsFor: this.#waitsFor,
      notes: this.#notes,
      metrics: this.#metrics,
    };
    return this.#view;
  }

  /** Takes the next event. False for one of another run. */
  take(agentEvent: AgentEvent | Told): boolean {
    const event = agentEvent as Told;
    const { runId, sessionId } = this.#head;
    const isTaken = event.run_id === runId || this.#members.some((member) => member.take(event));
    if (event.run_id === runId) this.#own(event);
    if (!isTaken) {
      if (event.parent_run_id !== runId) return false;
      const createdAtMs = secondsOf(event) * 1000;
      const head = { runId: event.run_id, sessionId, of: componentOf(event), status: "RUNNING" as const };
      const member = new RunFold({ ...head, asked: "", createdAtMs, regeneratedFrom: null });
      this.#members.push(member);
      member.take(event);
    }
    this.#view = null;
    return true;
  }

  /** Takes a member's run that is made already. */
  adopt(member: RunFold): void {
    this.#members.push(member);
    this.#view = null;
  }

  /** Takes what no event says, such as the result of a call that a person has refused. */
  settle(said: Said): void {
    const { created_at: at } = said;
    this.#head = {
      ...this.#head,
      status: said.status,
      createdAtMs: typeof at === "number" ? at * 1000 : Date.parse(at),
      regeneratedFrom: said.regenerated_from ?? null,
    };
    this.#metrics = said.metrics ?? this.#metrics;
    this.#settleCalls(said.tools ?? []);
    // Some of it may have been answered since the run has paused.
    if (said.status === "PAUSED" && said.requirements) this.#waitsFor = openOf(said.requirements);
    this.#notes = this.#notes.filter(({ kind }) => kind !== "unsaved" && kind !== "history_dropped");
    if (said.persisted === false) this.#note({ kind: "unsaved" });
    const dropped = said.history_dropped;
    if (dropped) {
      const { runs, without_provider_data: withoutProviderData, reason } = dropped;
      this.#note({ kind: "history_dropped", runs, withoutProviderData, reason });
    }
    for (const one of (said.member_responses ?? []) as readonly (Said & { run_id: string })[]) {
      this.#members.find(({ view }) => view.runId === one.run_id)?.settle(one);
    }
    if (said.status === "CANCELLED" && this.#isExpired) this.#failure = { type: "expired", message: "" };
    this.#view = null;
  }

  #own(event: Told): void {
    if (this.#head.of.name !== componentOf(event).name) this.#become({ of: componentOf(event) });
    switch (kindOf(event)) {
      case "ModelRequestStarted":
        this.#ask(event.model ?? "");
        break;
      case "RunContent":
        this.#said(event);
        break;
      case "ModelRequestCompleted":
      case "RunContentCompleted":
        this.#closeAnswer(event);
        break;
      case "ToolCallStarted":
        this.#called(event.tool);
        break;
      case "ToolCallCompleted":
        this.#returned(event.tool);
        break;
      case "RunStarted":
        this.#become({ status: "RUNNING" });
        break;
      case "RunPaused":
        this.#paused(event);
        break;
      case "RunContinued":
        this.#become({ status: "RUNNING" });
        this.#waitsFor = [];
        break;
      case "RunCancelled":
        this.#ended(event, "CANCELLED");
        // Mostly it says no more than that it was cancelled.
        if (!/ was cancelled$/.test(event.reason ?? "")) this.#failure = { type: null, message: event.reason ?? "" };
        break;
      case "RunError":
        this.#failed(event);
        break;
      case "RunCompleted":
        this.#completed(event);
        break;
    }
    if (event.persisted === false && this.#isOver) this.#note({ kind: "unsaved" });
  }

  get #isOver(): boolean {
    return ["COMPLETED", "CANCELLED", "ERROR"].includes(this.#head.status);
  }

  /** Whether it ended because nobody has answered what it waited for: no model was told of the call's end. */
  get #isExpired(): boolean {
    const isLate = this.#parts.some(
      (part) => part.kind === "call" && part.call.state === "expired" && part.call.result === null,
    );
    return isLate || this.#members.some(({ view }) => view.status === "CANCELLED" && view.failure?.type === "expired");
  }

  #become(change: Partial<RunHead>): void {
    this.#head = { ...this.#head, ...change };
  }

  #note(note: Note): void {
    if (this.#notes.every(({ kind }) => kind !== note.kind)) this.#notes = [...this.#notes, note];
  }

  #ask(model: string): void {
    this.#become({ status: "RUNNING" });
    // A second model is asked for the answer that the first one has not given.
    if (this.#asking !== null && this.#asking !== model) this.#note({ kind: "fallback", model });
    else this.#answer += 1;
    this.#asking = model;
    this.#closeCalls("done");
  }

  #said(event: Told): void {
    const { content = "", reasoning_content: thought = "" } = event;
    // A team may give its member's answer as its own, and asks no model for it.
    if (this.#asking === null) {
      this.#answer += 1;
      this.#asking = "";
    }
    if (thought !== "") {
      if (!this.#append("thought", thought)) this.#thoughtSince = secondsOf(event);
    }
    if (content === "") return;
    this.#closeThought(event);
    this.#append("text", content);
  }

  /** Adds to what this answer says; false where that is its beginning. */
  #append(kind: SayingPart["kind"], delta: string): boolean {
    const id = `${this.#head.runId}:${this.#answer}${kind === "thought" ? ":t" : ""}`;
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

  #closeAnswer(event: Told): void {
    this.#asking = null;
    this.#closeThought(event);
    this.#changeParts((part) => (part.kind === "text" && part.isOpen ? { ...part, isOpen: false } : part));
  }

  #closeThought(event: Told): void {
    this.#changeParts((part) => {
      if (part.kind !== "thought" || !part.isOpen) return part;
      const seconds = secondsOf(event) - this.#thoughtSince;
      return { ...part, isOpen: false, seconds: Number.isNaN(seconds) ? null : Math.max(1, seconds) };
    });
  }

  #changeParts(change: (part: Part) => Part): void {
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

  #called(tool: ToolExecution | undefined): void {
    if (tool === undefined) return;
    const waited = this.#callAt(tool.tool_call_id, (state) => state === "waits");
    if (waited < 0) this.#parts.push(this.#callPart(tool, "running"));
    else this.#changeCall(waited, { state: "running", args: tool.tool_args });
  }

  #callPart(tool: ToolExecution, state: Call["state"]): CalledPart {
    const nth = this.#parts.filter(({ kind }) => kind === "call").length;
    const { tool_call_id: toolCallId, tool_name: name, tool_args: args } = tool;
    const call: Call = { toolCallId, name, args, state, result: null, seconds: null, members: [] };
    return { kind: "call", id: `${this.#head.runId}:c${nth}`, call };
  }

  #returned(tool: ToolExecution | undefined): void {
    if (tool === undefined) return;
    const at = this.#callAt(tool.tool_call_id, (state) => state === "running");
    const part = this.#parts[at];
    if (part === undefined) return;
    if (tool.child_run_id) this.#children.set(part.id, tool.child_run_id);
    // Of a call whose member waits for a person, the event's result says only that.
    const made = this.#withMembers()[at];
    if (made?.kind === "call" && made.call.state !== "waits") this.#changeCall(at, returned(tool, true));
  }

  #paused(event: Told): void {
    this.#closeAnswer(event);
    this.#become({ status: "PAUSED" });
    this.#waitsFor = openOf(event.requirements);
    for (const { member_run_id: of = this.#head.runId, tool_execution: tool } of this.#waitsFor) {
      const isThere = this.#callAt(tool.tool_call_id, (state) => state === "waits") >= 0;
      if (of === this.#head.runId && !isThere) this.#parts.push(this.#callPart(tool, "waits"));
    }
  }

  /** No call is open when the model is asked again. One that no event has closed was refused, or done elsewhere: `settle` knows. */
  #closeCalls(state: "done" | "failed"): void {
    this.#changeParts((part) =>
      part.kind === "call" && (part.call.state === "waits" || part.call.state === "running")
        ? { ...part, call: { ...part.call, state } }
        : part,
    );
  }

  #ended(event: Told, status: RunStatus): void {
    this.#closeAnswer(event);
    this.#waitsFor = [];
    this.#become({ status });
    this.#closeCalls(status === "COMPLETED" ? "done" : "failed");
  }

  #failed(event: Told): void {
    const { content: message = "", error_type: type = null } = event;
    this.#ended(event, "ERROR");
    this.#failure = { type, message };
    if (type === "interrupted") this.#note({ kind: "interrupted" });
  }

  #completed(event: Told): void {
    if (this.#head.status !== "CANCELLED") this.#ended(event, "COMPLETED");
    this.#metrics = event.metrics ?? this.#metrics;
    if (event.finish_reason === "length") this.#note({ kind: "cut" });
  }

  /** The calls as the server has them in the end, in their order. Their ids count within one answer only, so the n-th is the n-th. */
  #settleCalls(tools: readonly ToolExecution[]): void {
    const isOver = ["COMPLETED", "CANCELLED", "ERROR", "REGENERATED"].includes(this.#head.status);
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

  #withMembers(): readonly Part[] {
    const calls = this.#parts.filter((part) => part.kind === "call");
    if (this.#members.length === 0) return [...this.#parts];
    const placed = placedMembers(
      calls,
      this.#members.map(({ view }) => view),
      this.#children,
    );
    return this.#parts.map((part) => {
      const members = placed.get(part.id);
      if (part.kind !== "call" || members === undefined) return part;
      const isWaiting = part.call.state === "running" && members.some(({ status }) => status === "PAUSED");
      return { ...part, call: { ...part.call, members, ...(isWaiting && { state: "waits" as const }) } };
    });
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

/** Who speaks. */
function componentOf({
  agent_id: agentId,
  agent_name: agentName,
  team_id: teamId,
  team_name: teamName,
}: Told): RunView["of"] {
  return teamId === undefined
    ? { kind: "agent", id: agentId ?? "", name: agentName || (agentId ?? "") }
    : { kind: "team", id: teamId, name: teamName || teamId };
}

const secondsOf = ({ created_at: at = Number.NaN }: Told): number => at;
