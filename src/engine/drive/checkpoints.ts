import type { Message } from "../../domain/message.ts";

/**
 * From where a run could be continued, as numbers of its messages that are kept: behind each answer that wanted no
 * tools, or has all their results, and at its end.
 */
export function checkpointIndexes(messages: readonly Message[]): number[] {
  const open = openCalls(messages);
  return messages.flatMap(({ role }, nth) => {
    const isRound = role === "assistant" || role === "tool" || nth === messages.length - 1;
    return isRound && open[nth + 1] === 0 ? [nth + 1] : [];
  });
}

/** The most of the first `index` messages that ends with no call without its result. */
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
