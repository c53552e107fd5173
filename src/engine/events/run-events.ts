import type { RunEvent } from "../../domain/event.ts";
import { NO_USAGE } from "../../domain/model.ts";
import type { RunError } from "../../domain/run.ts";
import { shownError, type View } from "../../domain/view.ts";
import { AskedModels } from "../run/asked-model.ts";
import { assistantMessages, runReasoning, runText, toolAnswers, toolCalls } from "../run/calls.ts";
import type { CallEntry, Delta, LogEntry, PausedEntry, PlainKind } from "../run/event-log.ts";
import { runMetrics } from "../run/metrics.ts";
import type { Run } from "../run/state.ts";
import { tokenDetails } from "../run/tokens.ts";
import { contentFields, type EventFields, type Told, toldOfEnd, toldOfPause } from "./told.ts";
import { toolExecution } from "./tool-executions.ts";

/** What an event was made of. */
export interface EventSource {
  run: Run;
  entry: LogEntry;
}

/**
 * Reads a run's events in order. Live and stored runs have the same reader, so a replay cannot differ from what was
 * streamed. A reader is a position in the run and holds no copy of it. A team run's reader holds a reader of each member run.
 */
export class EventReader {
  readonly #run: Run;
  readonly #view: View;
  readonly #models: AskedModels;
  #entry = 0;
  /** How many events of the current entry were read; entries of deltas and of member runs have more than one. */
  #within = 0;
  #answer = -1;
  readonly #startedAt = new Map<number, number>();
  readonly #members = new Map<number, EventReader>();
  #nextIndex = 0;
  /** The entry that the last event was made of. */
  #last: LogEntry | null = null;
  /** An entry can stand for two events; the second waits here. */
  #second: { told: Told; at: number } | null = null;

  constructor(run: Run, view: View) {
    this.#run = run;
    this.#view = view;
    this.#models = new AskedModels(run);
  }

  /** Everything before this entry of the log was read. */
  get entry(): number {
    return this.#entry;
  }

  /** The run, or the member run in it, that told the last event, and the entry that the event was made of. */
  get source(): EventSource {
    if (this.#last === null) {
      throw new Error("No event was read.");
    }
    const member = this.#last.kind === "member_told" ? this.#members.get(this.#last.member) : undefined;
    return member?.source ?? { run: this.#run, entry: this.#last };
  }

  /** The next event among the first `published` entries of the log; null when there is none yet. */
  next(published: number): RunEvent | null {
    if (this.#second !== null) {
      const { told, at } = this.#second;
      this.#second = null;
      return this.#event(told, at);
    }
    for (;;) {
      const entry = this.#entry < published ? this.#run.log[this.#entry] : undefined;
      if (entry === undefined) {
        return null;
      }
      const event = this.#read(entry);
      if (event !== null) {
        this.#last = entry;
        return event;
      }
      const grows = entry.kind === "deltas" || entry.kind === "reasoning" || entry.kind === "member_told";
      if (grows && this.#entry + 1 >= published) {
        return null;
      }
      this.#entry += 1;
      this.#within = 0;
    }
  }

  /** The next event of the current entry; null when it has none, or no more, for now. */
  #read(entry: LogEntry): RunEvent | null {
    switch (entry.kind) {
      case "deltas":
      case "reasoning": {
        const delta = entry.deltas[this.#within];
        return delta === undefined ? null : this.#delta({ kind: entry.kind, delta, at: entry.at });
      }
      case "member_told":
        if (this.#run.members[entry.member] === undefined) {
          // A list of runs shows a team run without its member runs. Their events are skipped, but keep their indexes.
          this.#nextIndex += entry.events - this.#within;
          this.#within = entry.events;
        }
        return this.#within < entry.events ? this.#ofMember(entry.member) : null;
      case "gap":
        this.#nextIndex = Math.max(this.#nextIndex, entry.nextIndex);
        return null;
      case "run_paused":
        return this.#only(this.#paused(entry), entry.at);
      case "summary_completed": {
        const fields = entry.summary === null ? {} : { session_summary: entry.summary };
        return this.#only(["SessionSummaryCompleted", fields], entry.at);
      }
      case "model_changed":
        // The model behind the entry is the one that is asked now.
        return this.#only(["ModelRequestStarted", this.#model(this.#entry + 1)], entry.at);
      case "tool_started":
      case "tool_ended":
      case "tool_paused":
        return this.#only(this.#tool(entry), entry.at);
      default:
        return this.#only(this.#plain(entry.kind), entry.at);
    }
  }

  /** The event of an entry that stands for one event. */
  #only(told: Told, at: number): RunEvent {
    this.#entry += 1;
    return this.#event(told, at);
  }

  #delta({ kind, delta, at }: Delta): RunEvent {
    this.#within += 1;
    const said = kind === "reasoning" ? { content: "", reasoning: delta } : { content: delta, reasoning: "" };
    return this.#event(["RunContent", contentFields(said, this.#isTeam())], at);
  }

  #ofMember(nth: number): RunEvent | null {
    const member = this.#run.members[nth];
    if (member === undefined) {
      return null;
    }
    const reader = this.#members.get(nth) ?? new EventReader(member, this.#view);
    this.#members.set(nth, reader);
    const event = reader.next(member.log.length);
    if (event === null) {
      return null;
    }
    this.#within += 1;
    return { ...event, event_index: this.#nextIndex++ };
  }

  #isTeam(): boolean {
    return this.#run.head.component.type === "team";
  }

  #event([name, fields]: Told, at: number): RunEvent {
    const { component, runId, parentRunId, sessionId, startedAt } = this.#run.head;
    const isTeam = component.type === "team";
    return {
      created_at: Math.floor((startedAt + at) / 1000),
      event: isTeam ? `Team${name}` : name,
      ...(isTeam
        ? { team_id: component.id, team_name: component.name }
        : { agent_id: component.id, agent_name: component.name }),
      run_id: runId,
      ...(parentRunId !== null && { parent_run_id: parentRunId }),
      session_id: sessionId,
      nested_depth: 0,
      ...fields,
      event_index: this.#nextIndex++,
    };
  }

  #plain(kind: PlainKind): Told {
    const { head, end } = this.#run;
    const model = this.#model(this.#entry);
    switch (kind) {
      case "run_started":
        return ["RunStarted", { ...model, session_cache: head.sessionCache }];
      case "run_continued":
        return ["RunContinued", {}];
      case "model_requested":
        this.#answer += 1;
        return ["ModelRequestStarted", model];
      case "model_answered":
        return ["ModelRequestCompleted", { ...model, ...this.#requestMetrics() }];
      case "said":
        this.#answer += 1;
        return ["RunContent", contentFields({ content: this.#currentAnswer()?.content ?? "" }, this.#isTeam())];
      case "content_completed":
        return ["RunContentCompleted", {}];
      case "summary_started":
        return ["SessionSummaryStarted", {}];
      case "run_completed":
        return ["RunCompleted", this.#completed()];
      case "run_failed":
        return ["RunError", end?.status === "ERROR" ? this.#failed(end.error) : {}];
      case "run_cancelled":
        return ["RunCancelled", { reason: `Run ${head.runId} was cancelled`, content: runText(this.#run) }];
    }
  }

  #failed(error: RunError): EventFields {
    const { type, message } = shownError(error, this.#view);
    return { content: message, error_type: type };
  }

  /** The model that was asked when the log had this many entries. */
  #model(entries: number): EventFields {
    const { id, provider } = this.#models.at(entries);
    return { model: id, model_provider: provider };
  }

  #paused({ open }: PausedEntry): Told {
    return toldOfPause(this.#run.requirements.filter(({ position }) => open.includes(position)));
  }

  #currentAnswer() {
    return assistantMessages(this.#run)[this.#answer];
  }

  #requestMetrics(): EventFields {
    const answer = this.#currentAnswer();
    const usage = answer?.usage ?? NO_USAGE;
    const firstMs = answer?.timeToFirstTokenMs ?? null;
    return {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      total_tokens: usage.totalTokens,
      ...(firstMs !== null && { time_to_first_token: firstMs / 1000 }),
      reasoning_tokens: usage.reasoningTokens,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
      ...tokenDetails(usage),
    };
  }

  #tool({ kind, at, call }: CallEntry): Told {
    const { startedAt } = this.#run.head;
    if (kind === "tool_started") {
      this.#startedAt.set(call, startedAt + at);
      return ["ToolCallStarted", this.#toolFields(call, null)];
    }
    if (kind === "tool_paused") {
      return this.#toolPaused(call, startedAt + at);
    }
    return this.#toolEnded(call, at);
  }

  #toolFields(call: number, endedAt: number | null): EventFields {
    if (toolCalls(this.#run)[call] === undefined) {
      return {};
    }
    const answer = endedAt === null ? null : (toolAnswers(this.#run)[call] ?? null);
    const tool = toolExecution(this.#run, call, answer, { startedAt: this.#startedAt.get(call) ?? null, endedAt });
    // When the call began, its member run had no id yet. A replay knows the id, but must not differ from what was streamed.
    return { tool: endedAt === null ? { ...tool, child_run_id: null } : tool };
  }

  /**
   * A call whose member paused. The member's own events say what the member waits for; here readers learn that the member
   * waits.
   */
  #toolPaused(call: number, endedAt: number): Told {
    const { tool } = this.#toolFields(call, null);
    const members = this.#run.members.filter(({ head }) => head.parentCall === call);
    const result = members
      .filter(({ log }) => log.some(({ kind }) => kind === "run_paused"))
      .map(({ head }) => `Member '${head.component.name}' requires human input before continuing.`)
      .join(" ");
    const startedAt = this.#startedAt.get(call) ?? endedAt;
    const metrics = { start_time: startedAt / 1000, end_time: endedAt / 1000, duration: (endedAt - startedAt) / 1000 };
    const child_run_id = members[0]?.head.runId ?? null;
    return ["ToolCallCompleted", tool === undefined ? {} : { tool: { ...tool, result, metrics, child_run_id } }];
  }

  #toolEnded(call: number, at: number): Told {
    const fields = this.#toolFields(call, this.#run.head.startedAt + at);
    const { tool } = fields;
    if (tool === undefined) {
      return ["ToolCallCompleted", fields];
    }
    const [completed, failed] = toldOfEnd(tool);
    if (failed !== undefined) {
      this.#second = { told: failed, at };
    }
    return completed;
  }

  #completed(): EventFields {
    const { end } = this.#run;
    const reasoning = runReasoning(this.#run);
    return {
      content: runText(this.#run),
      content_type: "str",
      ...(reasoning !== "" && { reasoning_content: reasoning }),
      session_state: this.#run.state,
      metrics: runMetrics(this.#run),
      ...(end?.status === "COMPLETED" && { finish_reason: end.finishReason }),
    };
  }
}
