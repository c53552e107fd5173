import type { ToolExecution } from "../../domain/event.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { plainExecution, requirementExecution } from "../people/requirement-json.ts";
import { callArguments, requirementOfCall, type ToolMessage, toolAnswers, toolCalls } from "../run/calls.ts";
import type { Run } from "../run/state.ts";

/** When a call ran, in milliseconds since the epoch; null where it has not started, or has not ended. */
interface Ran {
  startedAt: number | null;
  endedAt: number | null;
}

const toSeconds = (ms: number): number => ms / 1000;

/** A call of the run in AgentOS's form; `answer` is its tool message, null while there is none. */
export function toolExecution(run: Run, nth: number, answer: ToolMessage | null, ran: Ran): ToolExecution {
  const call = toolCalls(run)[nth];
  const requirement = requirementOfCall(run, nth);
  const { startedAt, endedAt } = ran;
  return {
    ...(requirement === null ? plainExecution() : requirementExecution(requirement, stageOf(requirement, ran, answer))),
    tool_call_id: call?.id ?? "",
    tool_name: call?.name ?? "",
    tool_args: callArguments(run, nth) ?? {},
    tool_call_error: answer?.toolCallError ?? null,
    result: answer?.content ?? null,
    metrics:
      startedAt === null || endedAt === null
        ? null
        : {
            start_time: toSeconds(startedAt),
            end_time: toSeconds(endedAt),
            duration: toSeconds(endedAt - startedAt),
          },
    child_run_id: run.members.find(({ head }) => head.parentCall === nth)?.head.runId ?? null,
    created_at: Math.floor(toSeconds(startedAt ?? requirement?.createdAt ?? answer?.createdAt ?? run.head.startedAt)),
  };
}

/** A call is shown as open, with what it waits for, until it runs or has its result. */
function stageOf(requirement: Requirement, { startedAt }: Ran, answer: ToolMessage | null): "open" | "resolved" {
  return requirement.status === "open" && startedAt === null && answer === null ? "open" : "resolved";
}

/** The run's calls in order, as AgentOS's `tools`: those that started, have a result, or wait for somebody. */
export function toolExecutions(run: Run): ToolExecution[] {
  const at = (kind: "tool_started" | "tool_ended") =>
    new Map(run.log.flatMap((entry) => (entry.kind === kind ? [[entry.call, run.head.startedAt + entry.at]] : [])));
  const started = at("tool_started");
  const ended = at("tool_ended");
  const answers = toolAnswers(run);
  return toolCalls(run).flatMap((_call, nth) => {
    const answer = answers[nth] ?? null;
    const startedAt = started.get(nth) ?? null;
    const isThere = answer !== null || startedAt !== null || requirementOfCall(run, nth) !== null;
    return isThere ? [toolExecution(run, nth, answer, { startedAt, endedAt: ended.get(nth) ?? null })] : [];
  });
}
