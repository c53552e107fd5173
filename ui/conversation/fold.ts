import type { AgentEvent, Metrics, OpenRequirement } from "../../packages/client/src/index.ts";
import { openOf } from "../../packages/client/src/requirements.ts";
import { RunParts } from "./run-parts.ts";
import type { Note, RunStatus, RunView } from "./run-view.ts";
import { componentOf, kindOf, type Said, secondsOf, type Told } from "./told.ts";

/** What is known of a run before its first event. */
export type RunHead = Pick<
  RunView,
  "runId" | "sessionId" | "of" | "status" | "asked" | "createdAtMs" | "regeneratedFrom"
>;

/** Makes of a run's events what the page shows of it. Events come in order, each once; those of its members are among them. */
export class RunFold {
  #head: RunHead;
  #view: RunView | null = null;
  readonly #parts: RunParts;
  readonly #members: RunFold[] = [];
  /** The model that is asked; null between two answers. */
  #asking: string | null = null;
  #answer = -1;
  #failure: RunView["failure"] = null;
  #waitsFor: readonly OpenRequirement[] = [];
  #notes: readonly Note[] = [];
  #metrics: Metrics | null = null;

  constructor(head: RunHead) {
    this.#head = head;
    this.#parts = new RunParts(head.runId);
  }

  /** The run as far as it has been told. The same as before, if nothing was. */
  get view(): RunView {
    this.#view ??= {
      ...this.#head,
      parts: this.#parts.withMembers(this.#memberViews),
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
    this.#parts.settle(said.tools ?? [], this.#isOver || said.status === "REGENERATED");
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
        if (event.tool) this.#parts.call(event.tool);
        break;
      case "ToolCallCompleted":
        if (event.tool) this.#parts.endCall(event.tool, this.#memberViews);
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
    if (this.#parts.hasExpired) return true;
    return this.#memberViews.some(({ status, failure }) => status === "CANCELLED" && failure?.type === "expired");
  }

  get #memberViews(): RunView[] {
    return this.#members.map(({ view }) => view);
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
    this.#parts.closeCalls("done");
  }

  #said(event: Told): void {
    const { content = "", reasoning_content: thought = "" } = event;
    // A team may give its member's answer as its own, and asks no model for it.
    if (this.#asking === null) {
      this.#answer += 1;
      this.#asking = "";
    }
    if (thought !== "") this.#parts.think(this.#answer, thought, secondsOf(event));
    if (content === "") return;
    this.#parts.closeThought(secondsOf(event));
    this.#parts.say(this.#answer, content);
  }

  #closeAnswer(event: Told): void {
    this.#asking = null;
    this.#parts.closeAnswer(secondsOf(event));
  }

  #paused(event: Told): void {
    this.#closeAnswer(event);
    this.#become({ status: "PAUSED" });
    this.#waitsFor = openOf(event.requirements);
    for (const { member_run_id: of = this.#head.runId, tool_execution: tool } of this.#waitsFor) {
      if (of === this.#head.runId) this.#parts.wait(tool);
    }
  }

  #ended(event: Told, status: RunStatus): void {
    this.#closeAnswer(event);
    this.#waitsFor = [];
    this.#become({ status });
    this.#parts.closeCalls(status === "COMPLETED" ? "done" : "failed");
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
}
