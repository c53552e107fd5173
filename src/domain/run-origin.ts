import { badRequest, runNotContinuable } from "./error.ts";
import type { Message } from "./message.ts";
import { fail, type Outcome, ok } from "./outcome.ts";
import type { MadeOrigin, RunRow, RunStatus } from "./run.ts";

/** Where a new run goes on in an older one: behind all of its messages, its last user message, or this number of messages. */
export type ContinueFrom = "end" | "last_user" | number;

/** How a caller asks for a new run that is made from an older one. */
export type AskedOrigin =
  | { type: "continued"; from: ContinueFrom; input: string | null }
  | { type: "regenerated"; from: ContinueFrom; replace: boolean; instructions: string | null };

/** The older run, as far as the new one depends on it. */
type OlderRun = Pick<RunRow, "runId" | "parentRunId" | "status" | "input" | "origin" | "runIndex" | "memberSlots">;

/** The run index before which a run's history ends: its own, or that of the oldest run in the chain it was made from. */
export function historyBefore(run: Pick<RunRow, "origin" | "runIndex" | "memberSlots">): number {
  return run.origin?.historyBefore ?? (run.runIndex ?? 0) - run.memberSlots;
}

/** The new run's origin, and the message that it answers. Fails when no run can be made from the older run. */
export function originFrom(
  older: OlderRun,
  messages: readonly Message[],
  asked: AskedOrigin,
): Outcome<{ origin: MadeOrigin; message: string }> {
  const { runId } = older;
  const obstacle =
    older.parentRunId === null ? OBSTACLES[asked.type][older.status] : "it is the run of a team's member";
  if (obstacle !== undefined) {
    return fail(runNotContinuable(runId, obstacle));
  }
  const kept = messagesKept(messages, asked.from);
  if (!kept.ok) {
    return kept;
  }
  const begins = { runId, messageIndex: kept.value, historyBefore: historyBefore(older) };
  const told = older.origin?.instructions ?? null;
  if (asked.type === "continued") {
    const { type, input } = asked;
    return ok({ origin: { type, ...begins, input, instructions: told }, message: input ?? older.input });
  }
  const { type, replace } = asked;
  const instructions = asked.instructions ?? told;
  return ok({ origin: { type, ...begins, replace, instructions }, message: older.input });
}

const UNSETTLED: Partial<Record<RunStatus, string>> = {
  PENDING: "it has not started yet",
  RUNNING: "it is still running",
};

/** A cancelled run may be regenerated. It cannot be continued, because it has no end to go on from. */
const OBSTACLES: Record<AskedOrigin["type"], Partial<Record<RunStatus, string>>> = {
  regenerated: UNSETTLED,
  continued: { ...UNSETTLED, CANCELLED: "run is cancelled" },
};

/** How many messages of the older run the new one begins with. Fails when a model could not go on behind those. */
export function messagesKept(messages: readonly Message[], from: ContinueFrom): Outcome<number> {
  const kept = cut(messages, from);
  if (kept < 1 || kept > messages.length) {
    return fail(badRequest(outOfRange(messages.length, from)));
  }
  const beginning = messages.slice(0, kept);
  if (!beginning.some((message) => message.role === "user")) {
    return fail(badRequest(`The first ${kept} messages of the run hold no user message to answer.`));
  }
  if (beginning.some((_, index) => lacksResults(beginning, index))) {
    return fail(badRequest(`The first ${kept} messages of the run end before the results of their tool calls.`));
  }
  return ok(kept);
}

function cut(messages: readonly Message[], from: ContinueFrom): number {
  if (from === "end") {
    return messages.length;
  }
  return from === "last_user" ? messages.findLastIndex(({ role }) => role === "user") + 1 : from;
}

function outOfRange(count: number, from: ContinueFrom): string {
  if (count === 0) {
    return "The run has no messages to go on from.";
  }
  return from === "last_user"
    ? "The run has no user message to go on from."
    : `continue_from is not within the run, which has messages 1 to ${count}.`;
}

/** Whether the message asks for tools whose results do not stand right behind it. */
function lacksResults(messages: readonly Message[], index: number): boolean {
  const message = messages[index];
  if (message?.role !== "assistant") {
    return false;
  }
  const behind = messages.slice(index + 1);
  const end = behind.findIndex(({ role }) => role !== "tool");
  const results = behind.slice(0, end < 0 ? behind.length : end);
  const answered = new Set(results.map((result) => (result.role === "tool" ? result.toolCallId : "")));
  return results.length < message.toolCalls.length || message.toolCalls.some(({ id }) => !answered.has(id));
}

/**
 * The checkpoints of a run, from which it could be continued, as numbers of messages that are kept. One is behind each
 * answer, once its calls have all their results, and one at the run's end.
 */
export function checkpointIndexes(messages: readonly Message[]): number[] {
  const open = openCalls(messages);
  return messages.flatMap(({ role }, nth) => {
    const isRound = role === "assistant" || role === "tool" || nth === messages.length - 1;
    return isRound && open[nth + 1] === 0 ? [nth + 1] : [];
  });
}

/** The highest number of messages, up to `index`, at which no call lacks its result. */
export function wholeRounds(messages: readonly Message[], index: number): number {
  return openCalls(messages).lastIndexOf(0, index);
}

/** How many calls have no result yet behind the first 0, 1, 2, … messages. */
function openCalls(messages: readonly Message[]): number[] {
  const open = [0];
  for (const message of messages) {
    const before = open.at(-1) ?? 0;
    if (message.role === "assistant") open.push(before + message.toolCalls.length);
    else open.push(message.role === "tool" ? before - 1 : before);
  }
  return open;
}
