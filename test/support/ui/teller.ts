/** Runs that are told fact by fact, in Node: what the wire formats make of a run needs no model, no object and no D1. */
import type { Json, JsonObject } from "../../../src/domain/json.ts";
import { NO_USAGE, type ToolCall } from "../../../src/domain/model.ts";
import { type Answer, NOT_ANSWERED, type Requirement, type RequirementKind } from "../../../src/domain/requirement.ts";
import type { RunFinishReason, RunRow } from "../../../src/domain/run.ts";
import { DELEGATE_TO_MEMBER } from "../../../src/domain/team.ts";
import { applyFact } from "../../../src/engine/run/apply-fact.ts";
import { openRequirements, toolCalls } from "../../../src/engine/run/calls.ts";
import { newRun, type Run, type RunFact, type RunHead } from "../../../src/engine/run/state.ts";

const STARTED_AT = 1_790_000_000_000;

interface Place {
  runId?: string;
  type?: "agent" | "team";
  parent?: { teller: Teller; call: number };
}

/** Tells one run; the events of a member run are told in its team's run too, as they come. */
export class Teller {
  readonly run: Run;
  readonly #parent: Teller | null;
  readonly #onFact: () => void;
  #at = 0;

  constructor({ runId = "run", type = "agent", parent }: Place = {}, onFact: () => void = () => {}) {
    this.#parent = parent?.teller ?? null;
    this.#onFact = onFact;
    const head: RunHead = {
      runId,
      sessionId: "chat",
      runIndex: 7,
      parentRunId: parent?.teller.run.head.runId ?? null,
      parentCall: parent?.call ?? null,
      component: { type, id: `${runId}-id`, name: `Name of ${runId}` },
      userId: null,
      fence: "fence",
      model: "model",
      modelProvider: "Provider",
      sessionCache: "hit",
      sessionState: { nights: 3 },
      inputMessages: 1,
      memberSlots: 0,
      origin: null,
      createdAt: STARTED_AT,
      startedAt: STARTED_AT,
      timings: {},
    };
    this.run = parent === undefined ? newRun(head) : this.#asMember(parent.teller, head);
  }

  #asMember(parent: Teller, head: RunHead): Run {
    parent.tell({ type: "member_started", head });
    const run = parent.run.members.at(-1);
    if (run === undefined) throw new Error("The member run did not start.");
    return run;
  }

  tell(...facts: RunFact[]): void {
    for (const fact of facts) {
      const before = this.run.eventCount;
      this.#at += 100;
      applyFact(this.run, { at: this.#at, fact });
      this.#parent?.told(this.run, this.run.eventCount - before);
      if (this.#parent === null) this.#onFact();
    }
  }

  /** Passes on events of a member run. */
  told(member: Run, events: number): void {
    if (events > 0) this.tell({ type: "member_told", member: this.run.members.indexOf(member), events });
  }

  start(): void {
    this.tell({ type: "run_started" });
  }

  /** One answer of the model: thoughts in brackets, text, and calls. */
  answer(said: string[], calls: [name: string, args: JsonObject, id?: string][] = []): void {
    this.tell({ type: "model_requested", messageId: `message-${this.run.messages.length}` });
    this.say(...said);
    this.tell({ type: "model_answered", usage: NO_USAGE, toolCalls: calls.map((one, place) => called(one, place)) });
  }

  say(...said: string[]): void {
    for (const delta of said) {
      this.tell(delta.startsWith("(") ? { type: "reasoning", delta } : { type: "content", delta });
    }
  }

  begin(...calls: number[]): void {
    for (const call of calls) this.tell({ type: "tool_started", call });
  }

  result(call: number, result: string, isError = false): void {
    this.tell({ type: "tool_ended", call, messageId: `result-${call}`, result, isError });
  }

  /** The result of a call that readers are not told of. */
  resolve(call: number, result: string, isError = false): void {
    this.tell({ type: "tool_resolved", call, messageId: `result-${call}`, result, isError });
  }

  /** Pauses for these calls of the run, beside those of its members that are open. */
  pause(asked: Record<number, RequirementKind>, note: string | null = null): void {
    const known = this.run.requirements.length;
    const requirements = Object.entries(asked).map(([call, kind], nth) =>
      this.#requirement(Number(call), kind, { position: known + nth, note }),
    );
    const open = openRequirements(this.run, requirements).map(({ position }) => position);
    this.tell({ type: "paused", requirements, open });
  }

  #requirement(
    call: number,
    kind: RequirementKind,
    { position, note }: { position: number; note: string | null },
  ): Requirement {
    const { head } = this.run;
    const { id, name, arguments: args } = toolCalls(this.run)[call] ?? called(["?", {}]);
    const isTeam = head.component.type === "team";
    return {
      ...NOT_ANSWERED,
      requirementId: `requirement-${position}`,
      sessionId: head.sessionId,
      runId: this.#top().run.head.runId,
      position,
      memberRunId: this.#parent === null ? null : head.runId,
      agentId: isTeam ? null : head.component.id,
      teamId: isTeam ? head.component.id : null,
      componentName: head.component.name,
      userId: null,
      kind,
      toolCallId: id,
      call,
      toolName: name,
      toolArgs: JSON.parse(args),
      fields: kind === "user_input" ? [{ name: "amount", field_type: "int", description: null, value: null }] : null,
      note,
      approvalType: null,
      expiresAt: position === 1 ? STARTED_AT : null,
      onExpiry: "reject",
      createdAt: STARTED_AT,
    };
  }

  #top(): Teller {
    return this.#parent === null ? this : this.#parent.#top();
  }

  /** Answers a requirement; the run that readers have had so far keeps its own, as it does where D1 is read anew. */
  answered(position: number, answer: Answer, { note = null, status = "answered" }: Partial<Answered> = {}): void {
    const { requirements } = this.run;
    const asked = requirements[position];
    if (asked === undefined) throw new Error(`Nothing has position ${position}.`);
    requirements[position] = { ...asked, status, answer, answerNote: note, answeredAt: STARTED_AT + 1 };
  }

  goOn(): void {
    this.tell({ type: "run_continued", state: { nights: 4 } });
  }

  complete(finishReason: RunFinishReason = "stop"): void {
    this.tell({ type: "content_completed" }, { type: "completed", finishReason });
  }

  member(runId: string, call: number, type: "agent" | "team" = "agent"): Teller {
    return new Teller({ runId, type, parent: { teller: this, call } });
  }

  /** The run's row, as far as what is made of the run asks for it. */
  get row(): RunRow {
    const { runId, sessionId } = this.run.head;
    const status = this.run.end?.status ?? "RUNNING";
    const known = { runId, sessionId, status, runIndex: 7, waiting: false, input: "hi", origin: null };
    return known as unknown as RunRow;
  }
}

interface Answered {
  note: string | null;
  status: Requirement["status"];
}

/** As models do that count anew in each answer. */
const called = ([name, args, id]: [name: string, args: Json, id?: string], place = 0): ToolCall => ({
  id: id ?? `call_${place}`,
  name,
  arguments: JSON.stringify(args),
});

export const delegating = (task: string): [string, JsonObject] => [DELEGATE_TO_MEMBER, { member_id: "m", task }];
