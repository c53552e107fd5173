import type { ModelMessage } from "../../domain/model.ts";

export type AnswerMessage = Extract<ModelMessage, { role: "assistant" }>;
export type ResultMessage = Extract<ModelMessage, { role: "tool" }>;

/** An answer with one place for the result of each of its calls; null if no result is known. */
export interface AnswerWithResults {
  answer: AnswerMessage;
  results: (ResultMessage | null)[];
}

/** A message in its place. A result stands with the answer that made its call; one without a call stands by itself. */
export type Entry = AnswerWithResults | { other: Exclude<ModelMessage, AnswerMessage> };

/** A call that waits for its result. */
interface Waiting {
  results: (ResultMessage | null)[];
  nth: number;
}

/**
 * The messages with each result behind its call, wherever it stood, and with an id for each call that no other call has. If
 * one call has two results, the first one counts.
 */
export function pairedCalls(messages: readonly ModelMessage[]): Entry[] {
  const ids = new UniqueIds();
  const waiting = new Map<string, Waiting[]>();
  const entries: Entry[] = [];
  for (const message of messages) {
    if (message.role === "assistant") {
      entries.push(withPlaces(message, waiting, ids));
    } else if (message.role !== "tool") {
      entries.push({ other: message });
    } else {
      const calls = waiting.get(message.toolCallId);
      const call = calls?.shift();
      if (call !== undefined) call.results[call.nth] = message;
      else if (calls === undefined) entries.push({ other: message });
    }
  }
  return entries;
}

function withPlaces(answer: AnswerMessage, waiting: Map<string, Waiting[]>, ids: UniqueIds): AnswerWithResults {
  const results: (ResultMessage | null)[] = answer.toolCalls.map(() => null);
  // An earlier call of the same id waits no longer: some servers give the same ids in each answer.
  for (const { id } of answer.toolCalls) waiting.set(id, []);
  answer.toolCalls.forEach(({ id }, nth) => {
    waiting.get(id)?.push({ results, nth });
  });
  const toolCalls = answer.toolCalls.map((call) => {
    const id = ids.take(call.id);
    return id === call.id ? call : { ...call, id };
  });
  const isSame = toolCalls.every((call, nth) => call === answer.toolCalls[nth]);
  return { answer: isSame ? answer : { ...answer, toolCalls }, results };
}

/** Gives an id once. An id that was given before gets a number, the same one in the next request. */
class UniqueIds {
  readonly #taken = new Set([""]);
  readonly #counts = new Map<string, number>();

  take(id: string): string {
    let free = id;
    for (let count = this.#counts.get(id) ?? 1; this.#taken.has(free); count += 1) {
      free = `${id === "" ? "call" : id}_${count}`;
      this.#counts.set(id, count + 1);
    }
    this.#taken.add(free);
    return free;
  }
}
