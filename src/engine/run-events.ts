import type { RunEvent, RunEventName } from "../domain/event.ts";
import { NO_USAGE } from "../domain/model.ts";
import type { PlainKind } from "./event-log.ts";
import { runMetrics } from "./metrics.ts";
import { type Run, runText, toolCalls } from "./run-state.ts";
import { toolAnswer, toolExecution } from "./tool-executions.ts";

type EventFields = Partial<Omit<RunEvent, "event_index" | "created_at" | "event">>;

/**
 * Reads a run's events in order, from a live run as well as from a stored one, so that a replay cannot differ from what
 * was streamed. A reader is a position in the run and holds no copy of it.
 */
export class EventReader {
  readonly #run: Run;
  #entry = 0;
  #delta = 0;
  #answer = -1;
  #tool = -1;
  #toolStartedAt = 0;
  #nextIndex = 0;
  /** An entry can stand for two events; the second waits here. */
  #second: [RunEventName, EventFields] | null = null;

  constructor(run: Run) {
    this.#run = run;
  }

  /** The next event among the first `published` entries of the log; null when there is none yet. */
  next(published: number): RunEvent | null {
    if (this.#second !== null) {
      const [name, fields] = this.#second;
      this.#second = null;
      return this.#event(name, this.#run.log[this.#entry - 1]?.at ?? 0, fields);
    }
    const entry = this.#entry < published ? this.#run.log[this.#entry] : undefined;
    if (entry === undefined) {
      return null;
    }
    if (entry.kind !== "deltas") {
      this.#entry += 1;
      const [name, fields] = this.#plain(entry.kind, entry.at);
      return this.#event(name, entry.at, fields);
    }
    const delta = entry.deltas[this.#delta];
    if (delta !== undefined) {
      this.#delta += 1;
      const fields = { content: delta, workflow_agent: false, content_type: "str", reasoning_content: "" };
      return this.#event("RunContent", entry.at, fields);
    }
    if (this.#entry + 1 >= published) {
      return null;
    }
    this.#entry += 1;
    this.#delta = 0;
    return this.next(published);
  }

  #event(event: RunEventName, at: number, fields: EventFields): RunEvent {
    const { head } = this.#run;
    return {
      created_at: Math.floor((head.startedAt + at) / 1000),
      event,
      agent_id: head.agentId,
      agent_name: head.agentName,
      run_id: head.runId,
      ...(head.parentRunId !== null && { parent_run_id: head.parentRunId }),
      session_id: head.sessionId,
      nested_depth: 0,
      ...fields,
      event_index: this.#nextIndex++,
    };
  }

  #plain(kind: PlainKind, at: number): [RunEventName, EventFields] {
    const { head, end } = this.#run;
    const model = { model: head.model, model_provider: head.modelProvider };
    switch (kind) {
      case "run_started":
        return ["RunStarted", { ...model, session_cache: head.sessionCache }];
      case "model_requested":
        this.#answer += 1;
        return ["ModelRequestStarted", model];
      case "model_answered":
        return ["ModelRequestCompleted", { ...model, ...this.#requestMetrics() }];
      case "tool_started":
        this.#tool += 1;
        this.#toolStartedAt = at;
        return ["ToolCallStarted", this.#toolFields(null)];
      case "tool_ended":
        return this.#toolEnded(at);
      case "content_completed":
        return ["RunContentCompleted", {}];
      case "run_completed":
        return ["RunCompleted", this.#completed()];
      case "run_failed":
        return ["RunError", end?.status === "ERROR" ? { content: end.error.message, error_type: end.error.type } : {}];
      case "run_cancelled":
        return ["RunCancelled", { reason: `Run ${head.runId} was cancelled`, content: runText(this.#run) }];
    }
  }

  #requestMetrics(): EventFields {
    const answers = this.#run.messages.filter((message) => message.role === "assistant");
    const answer = answers[this.#answer];
    const usage = answer?.usage ?? NO_USAGE;
    const firstMs = answer?.timeToFirstTokenMs ?? null;
    return {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      total_tokens: usage.totalTokens,
      ...(firstMs !== null && { time_to_first_token: firstMs / 1000 }),
      reasoning_tokens: usage.reasoningTokens,
      cache_read_tokens: usage.cacheReadTokens,
      cache_write_tokens: 0,
    };
  }

  #toolFields(endedAt: number | null): EventFields {
    const call = toolCalls(this.#run)[this.#tool];
    if (call === undefined) {
      return {};
    }
    const { startedAt } = this.#run.head;
    const answer = endedAt === null ? null : toolAnswer(this.#run, this.#tool);
    const ran = { startedAt: startedAt + this.#toolStartedAt, endedAt: endedAt === null ? null : startedAt + endedAt };
    return { tool: toolExecution(call, answer, ran) };
  }

  #toolEnded(at: number): [RunEventName, EventFields] {
    const fields = this.#toolFields(at);
    const { tool } = fields;
    if (tool === undefined) {
      return ["ToolCallCompleted", fields];
    }
    if (tool.tool_call_error === true) {
      this.#second = ["ToolCallError", { tool, error: tool.result ?? "" }];
    }
    const args = Object.entries(tool.tool_args).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    const took = `${tool.metrics?.duration.toFixed(4) ?? 0}s`;
    return [
      "ToolCallCompleted",
      { ...fields, content: `${tool.tool_name}(${args.join(", ")}) completed in ${took}. ` },
    ];
  }

  #completed(): EventFields {
    const { head, end } = this.#run;
    return {
      content: runText(this.#run),
      content_type: "str",
      session_state: head.sessionState,
      metrics: runMetrics(this.#run),
      ...(end?.status === "COMPLETED" && { finish_reason: end.finishReason }),
    };
  }
}
