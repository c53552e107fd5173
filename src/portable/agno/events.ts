import type { RunStatus } from "../../domain/run.ts";
import { LETTERS } from "../../engine/run/log-letters.ts";
import type { PortableMessage, PortableRequirement } from "../record/run-record.ts";

type Entry = (string | number)[];

/**
 * Makes the event log that a run would have had here, from its messages: each answer in one piece, the pause for each call
 * that people were asked about, each call that has a result, and the end. engine/run/log-letters.ts has the letters.
 */
export function agnoEvents(
  produced: readonly PortableMessage[],
  status: RunStatus,
  startedAt: number,
  requirements: readonly PortableRequirement[],
): Entry[] {
  // A member run's requirements get other positions when they are put under those of its team's run.
  const own = requirements.filter(({ memberRunId }) => memberRunId === null);
  const open = own.flatMap(({ status, position }) => (status === "open" ? [position] : []));
  const answered = new Map(own.flatMap(({ status, call, position }) => (status === "open" ? [] : [[call, position]])));
  const log: Entry[] = [[LETTERS.run_started, 0]];
  let at = 0;
  let calls = 0;
  for (const [nth, message] of produced.entries()) {
    at = Math.max(at, message.createdAt - startedAt);
    if (message.role !== "assistant") continue;
    log.push([LETTERS.model_requested, at]);
    log.push(...saidEntries(message, at));
    log.push([LETTERS.model_answered, at]);
    const results = resultsBehind(produced, nth);
    const asked = (message.toolCalls ?? []).flatMap((_, place) => answered.get(calls + place) ?? []);
    if (asked.length > 0) log.push([LETTERS.run_paused, at, ...asked], [LETTERS.run_continued, at]);
    for (const { id } of message.toolCalls ?? []) {
      if (results.has(id)) log.push([LETTERS.tool_started, at, calls], [LETTERS.tool_ended, at, calls]);
      calls += 1;
    }
  }
  return [...log, ...endEntries(status, at, open)];
}

function endEntries(status: RunStatus, at: number, open: readonly number[]): Entry[] {
  switch (status) {
    case "PAUSED":
      return [[LETTERS.run_paused, at, ...open]];
    case "ERROR":
      return [[LETTERS.run_failed, at]];
    case "CANCELLED":
      return [
        [LETTERS.run_cancelled, at],
        [LETTERS.run_completed, at],
      ];
    default:
      return [
        [LETTERS.content_completed, at],
        [LETTERS.run_completed, at],
      ];
  }
}

function saidEntries({ content, reasoningContent }: PortableMessage, at: number): Entry[] {
  const thought: Entry[] = reasoningContent === null ? [] : [[LETTERS.reasoning, at, reasoningContent.length]];
  return content === "" ? thought : [...thought, [LETTERS.deltas, at, content.length]];
}

/** The ids of the calls of the n-th message that have a result before the model answers again. */
export function resultsBehind(messages: readonly PortableMessage[], nth: number): Set<string> {
  const ids = new Set<string>();
  for (let at = nth + 1; at < messages.length; at += 1) {
    const message = messages[at];
    if (message === undefined || message.role === "assistant") break;
    if (message.role === "tool" && message.toolCallId !== null) ids.add(message.toolCallId);
  }
  return ids;
}
