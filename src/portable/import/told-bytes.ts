import type { ToolExecution } from "../../domain/event.ts";
import type { ToolCall } from "../../domain/model.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { toldOfEnd, toldOfPause } from "../../engine/events/told.ts";
import { plainExecution, requirementExecution } from "../../engine/people/requirement-json.ts";
import { toolArguments } from "../../engine/run/calls.ts";
import type { CallKind } from "../../engine/run/event-log.ts";
import { kindOfLetter, LETTERS } from "../../engine/run/log-letters.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { StoredEntry } from "../record/event-log.ts";
import type { PortableMessage, PortableRun } from "../record/run-record.ts";

/** The bytes of an event that are not counted one by one: its name, times and numbers. */
const EVENT_BYTES = 300;

/** How many events tell of one call: that it begins or waits (`shown`), and that it has ended. */
interface Times {
  shown: number;
  ended: number;
}
const NEVER: Readonly<Times> = { shown: 0, ended: 0 };

/** Which call an entry of the kind is about where it does not say so. */
type NextCalls = Record<CallKind, number>;

/** The most events that show one call or requirement of some runs, that tell its end, and that tell its pause. */
type Most = Readonly<Times & { paused: number }>;

/** A call without a result yet: how many events tell of its end, and how long each is without the result. */
interface OpenCall {
  call: ToolCall;
  ended: number;
  endBytes: number;
}

/**
 * Counts how long a run's events are as JSON, while the run's lines come. The events are made of the run's log. They repeat
 * names, texts, calls, results and requirements as often as the log says, and a session's list of runs holds all of them.
 */
export class ToldBytes {
  readonly #run: Pick<PortableRun, "runId" | "inputMessages">;
  /** The most events of the member runs that came before this run. Their requirements are lines of this run. */
  readonly #ofMembers: Most;
  readonly #calls = new Map<number, Times>();
  /** The calls without a result yet, in order, by their ids. */
  readonly #open = new Map<string, OpenCall[]>();
  readonly #pauses = new Map<number, number>();
  /** How many events tell the run's whole text, and all its reasoning. */
  #texts = 0;
  #reasonings = 0;
  #nextCall = 0;
  #bytes = 0;

  constructor(run: PortableRun, ofMembers: Most = { ...NEVER, paused: 0 }) {
    this.#run = run;
    this.#ofMembers = ofMembers;
    const { runId, parentRunId, agentId, teamId, componentName, model, modelProvider } = run;
    const eventBytes = EVENT_BYTES + jsonBytes([runId, parentRunId, agentId, teamId, componentName]);
    const changes = (run.events ?? []).filter(([letter]) => letter === LETTERS.model_changed);
    const modelBytes = Math.max(...[[model, modelProvider], ...changes.map((entry) => entry.slice(2))].map(jsonBytes));
    const nextCalls: NextCalls = { tool_started: 0, tool_ended: 0, tool_paused: 0 };
    for (const entry of run.events ?? []) {
      const bytes = this.#countEvent(entry, modelBytes, nextCalls);
      if (bytes !== null) this.#bytes += eventBytes + bytes;
    }
  }

  /**
   * Notes which call, pause or text the entry tells of. Answers the bytes of its event that do not depend on these; null
   * where a list of runs has no event for it.
   */
  #countEvent([letter, , ...rest]: StoredEntry, modelBytes: number, nextCalls: NextCalls): number | null {
    const kind = kindOfLetter(letter);
    switch (kind) {
      // A list of runs holds no deltas, and their text is told only once anyway.
      case "deltas":
      case "reasoning":
      case "short_deltas":
      case "short_reasoning":
      case "gap":
      case "member_told":
      case "member_reasoning":
        return null;
      case "run_started":
      case "model_requested":
      case "model_answered":
      case "model_changed":
        return modelBytes;
      case "run_completed":
        this.#texts += 1;
        this.#reasonings += 1;
        return 0;
      case "run_cancelled":
        this.#texts += 1;
        return 0;
      case "run_paused":
        for (const position of new Set(rest)) add(this.#pauses, Number(position));
        return 0;
      case "tool_started":
      case "tool_ended":
      case "tool_paused": {
        // Old logs do not number the calls.
        const call = typeof rest[0] === "number" ? rest[0] : nextCalls[kind];
        nextCalls[kind] = call + 1;
        const { shown, ended } = this.#timesOf(call);
        this.#calls.set(call, kind === "tool_ended" ? { shown, ended: ended + 1 } : { shown: shown + 1, ended });
        return 0;
      }
      case "run_continued":
      case "said":
      case "content_completed":
      case "summary_started":
      case "summary_completed":
      case "run_failed":
      case undefined:
        return 0;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The most events of the run and of the member runs before it. */
  get most(): Most {
    let { shown, ended, paused } = this.#ofMembers;
    for (const times of this.#calls.values()) {
      shown = Math.max(shown, times.shown);
      ended = Math.max(ended, times.ended);
    }
    for (const times of this.#pauses.values()) paused = Math.max(paused, times);
    return { shown, ended, paused };
  }

  message(message: PortableMessage): void {
    const { messageIndex, role, toolCalls, toolCallId, toolCallError, content, reasoningContent } = message;
    if (messageIndex < this.#run.inputMessages) return;
    if (role === "assistant") {
      if (this.#texts > 0) this.#bytes += this.#texts * jsonBytes(content);
      if (this.#reasonings > 0) this.#bytes += this.#reasonings * jsonBytes(reasoningContent ?? "");
      for (const call of toolCalls ?? []) this.#asks(call);
    } else if (role === "tool") {
      const open = this.#open.get(toolCallId ?? "")?.shift();
      if (open === undefined || open.ended === 0) return;
      const { call, ended, endBytes } = open;
      const end = { ...executionOf(call), result: content, tool_call_error: toolCallError };
      this.#bytes += ended * (jsonBytes(toldOfEnd(end)) - endBytes);
    }
  }

  requirement(requirement: Requirement): void {
    const isOwn = requirement.memberRunId === null || requirement.memberRunId === this.#run.runId;
    const { shown, ended } = isOwn ? this.#timesOf(requirement.call) : this.#ofMembers;
    const pauses = (this.#pauses.get(requirement.position) ?? 0) + (isOwn ? 0 : this.#ofMembers.paused);
    if (pauses > 0) this.#bytes += pauses * jsonBytes(toldOfPause([requirement]));
    // Each event of its call tells the requirement too.
    if (shown + ended === 0) return;
    const asked = { ...requirementExecution(requirement, "resolved"), result: null };
    this.#bytes += shown * jsonBytes(asked) + ended * jsonBytes(toldOfEnd({ ...asked, tool_call_error: true }));
  }

  #asks(call: ToolCall): void {
    const { shown, ended } = this.#timesOf(this.#nextCall);
    this.#nextCall += 1;
    const execution = shown + ended > 0 ? executionOf(call) : null;
    const endBytes = execution === null ? 0 : jsonBytes(toldOfEnd(execution));
    if (execution !== null) this.#bytes += shown * jsonBytes(execution) + ended * endBytes;
    const open = this.#open.get(call.id);
    if (open === undefined) this.#open.set(call.id, [{ call, ended, endBytes }]);
    else open.push({ call, ended, endBytes });
  }

  #timesOf(call: number): Readonly<Times> {
    return this.#calls.get(call) ?? NEVER;
  }
}

const executionOf = (call: ToolCall): ToolExecution => ({
  ...plainExecution(),
  tool_call_id: call.id,
  tool_name: call.name,
  tool_args: toolArguments(call) ?? {},
});

const add = (times: Map<number, number>, key: number) => times.set(key, (times.get(key) ?? 0) + 1);

const jsonBytes = (value: unknown): number => utf8Bytes(JSON.stringify(value));
