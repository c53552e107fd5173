import type { ToolExecution } from "../domain/event.ts";
import type { Message } from "../domain/message.ts";
import type { ToolCall } from "../domain/model.ts";
import { type Run, toolArguments, toolCalls } from "./run-state.ts";

/** When a call ran, in milliseconds since the epoch; `endedAt` is null while it runs. */
interface Ran {
  startedAt: number;
  endedAt: number | null;
}

const toSeconds = (ms: number): number => ms / 1000;

/** A call in AgentOS's form; `answer` is its tool message, null while there is none. */
export function toolExecution(
  call: ToolCall,
  answer: Extract<Message, { role: "tool" }> | null,
  ran: Ran,
): ToolExecution {
  return {
    tool_call_id: call.id,
    tool_name: call.name,
    tool_args: toolArguments(call) ?? {},
    tool_call_error: answer?.toolCallError ?? null,
    result: answer?.content ?? null,
    metrics:
      ran.endedAt === null
        ? null
        : {
            start_time: toSeconds(ran.startedAt),
            end_time: toSeconds(ran.endedAt),
            duration: toSeconds(ran.endedAt - ran.startedAt),
          },
    child_run_id: null,
    stop_after_tool_call: false,
    created_at: Math.floor(toSeconds(ran.startedAt)),
    requires_confirmation: null,
    confirmed: null,
    confirmation_note: null,
    requires_user_input: null,
    user_input_schema: null,
    user_feedback_schema: null,
    answered: null,
    external_execution_required: null,
    external_execution_silent: null,
    approval_type: null,
    approval_id: null,
  };
}

/** The message that answers the nth call of the run. */
export function toolAnswer(run: Run, nth: number): Extract<Message, { role: "tool" }> | null {
  let seen = 0;
  for (const message of run.messages) {
    if (message.role === "tool" && seen++ === nth) {
      return message;
    }
  }
  return null;
}

/** Every call of the run that was started or answered, in order: AgentOS's `tools`. */
export function toolExecutions(run: Run): ToolExecution[] {
  const at = (kind: "tool_started" | "tool_ended") =>
    run.log.filter((entry) => entry.kind === kind).map((entry) => run.head.startedAt + entry.at);
  const started = at("tool_started");
  const ended = at("tool_ended");
  return toolCalls(run).flatMap((call, nth) => {
    const answer = toolAnswer(run, nth);
    const startedAt = started[nth] ?? answer?.createdAt;
    return startedAt === undefined ? [] : [toolExecution(call, answer, { startedAt, endedAt: ended[nth] ?? null })];
  });
}
