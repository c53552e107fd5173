import type { RunEvent } from "../domain/event.ts";
import type { Message } from "../domain/message.ts";
import type { RunOrigin, RunRow, RunStatus } from "../domain/run.ts";
import { runMetrics } from "../engine/metrics.ts";
import { EventReader } from "../engine/run-events.ts";
import { type Run, runText } from "../engine/run-state.ts";
import { runFromRow } from "../engine/stored-run.ts";
import { toolExecutions } from "../engine/tool-executions.ts";
import { messageJson } from "./message-json.ts";
import { originJson } from "./origin-json.ts";
import { epochSeconds, isoSeconds, withoutNulls } from "./time.ts";

/** A run together with what it was asked. */
export interface AskedRun {
  run: Run;
  status: RunStatus;
  /** The user's message as it was sent. */
  input: string;
  /** The messages that stand before what the run produced. */
  inputMessages: readonly Message[];
  /** The run that it was made from; left out, none. */
  origin?: RunOrigin | null;
}

/** A run from its row and its messages, input first. */
export function askedRun(row: RunRow, messages: readonly Message[]): AskedRun {
  return {
    run: runFromRow(row, messages),
    status: row.status,
    input: row.input,
    inputMessages: messages.slice(0, row.inputMessages),
    origin: row.origin,
  };
}

/** AgentOS's RunOutput: what a run that is not streamed answers, and what reading one run does. */
export function runOutput({ run, status, input, inputMessages, origin = null }: AskedRun, persisted = true) {
  const { head, end } = run;
  const error = end?.status === "ERROR" ? end.error : null;
  return {
    ...withoutNulls({
      run_id: head.runId,
      agent_id: head.agentId,
      agent_name: head.agentName || null,
      session_id: head.sessionId,
      parent_run_id: head.parentRunId,
      user_id: head.userId,
      content: error === null ? runText(run) : error.message,
      content_type: "str",
      error_type: error?.type ?? null,
      model: head.model || null,
      model_provider: head.modelProvider || null,
      session_state: head.sessionState,
      session_cache: head.runIndex === null ? null : head.sessionCache,
      created_at: epochSeconds(head.createdAt),
      ...originJson(origin),
      metrics: runMetrics(run),
      status,
      finish_reason: end?.status === "COMPLETED" ? end.finishReason : null,
      messages: [...inputMessages, ...run.messages].map(messageJson),
      tools: toolExecutions(run),
      input: { input_content: input },
    }),
    ...(!persisted && { persisted: false }),
  };
}

/** A run in a list: AgentOS's RunSchema, with all keys. */
export function runItem({ run, status, input, inputMessages, origin = null }: AskedRun) {
  const { head, end } = run;
  const messages = [...inputMessages, ...run.messages].map(messageJson);
  const tools = toolExecutions(run);
  const events = storedEvents(run);
  return {
    run_id: head.runId,
    parent_run_id: head.parentRunId ?? "",
    agent_id: head.agentId,
    user_id: head.userId ?? "",
    status,
    run_input: input,
    content: end?.status === "ERROR" ? end.error.message : runText(run),
    run_response_format: "text",
    reasoning_content: "",
    reasoning_steps: [],
    metrics: runMetrics(run),
    messages: messages.length > 0 ? messages : null,
    tools: tools.length > 0 ? tools : null,
    events: events.length > 0 ? events : null,
    created_at: isoSeconds(head.createdAt),
    references: [],
    citations: null,
    reasoning_messages: [],
    session_state: head.sessionState,
    images: [],
    videos: [],
    audio: [],
    files: [],
    response_audio: null,
    input_media: { images: [], videos: [], audios: [], files: [] },
    followups: null,
    ...originJson(origin),
    last_checkpoint_at_message_index: null,
  };
}

/** Every event but the deltas: what AgentOS stores of a run, and lists with it. */
function storedEvents(run: Run): RunEvent[] {
  const reader = new EventReader(run);
  const events: RunEvent[] = [];
  for (let event = reader.next(run.log.length); event !== null; event = reader.next(run.log.length)) {
    if (event.event !== "RunContent") events.push(event);
  }
  return events;
}
