import type { ModelMessage, ToolSpec } from "../../domain/model.ts";
import { type AnswerWithResults, type Entry, pairedCalls } from "./paired-calls.ts";
import { toldCalls, toldResult } from "./told-calls.ts";

// A history may hold what a provider refuses: it was imported, or cut, or another model made it. If that were sent as it
// is, no run of the session would ever come to an answer again.

/** Stand for a turn that said nothing, or is not there: every message has words, and user and assistant take turns. */
const NO_WORDS = "[No words.]";
const NO_ANSWER = "[No answer.]";
const NO_RESULT = "[No result.]";
/**
 * Asks for an answer if an answer stands last: a provider takes a last answer for the beginning of its own, or refuses it.
 */
const GO_ON = "[Go on.]";

/** White space, and characters that nobody sees. */
const SAYS_SOMETHING = /[^\s\u0085\p{Cc}\p{Cf}]/u;

/**
 * The messages of a request in a form that every provider takes: one system message, first; then user and assistant in turn,
 * from a user message to one of a user or a tool; each call with one result right behind it, and only if tools are listed.
 * Provider data stays with answers that stay whole.
 */
export function validMessages(messages: readonly ModelMessage[], tools: readonly ToolSpec[]): ModelMessage[] {
  const names = new Set(tools.map(({ name }) => name));
  const turns = new Turns();
  for (const entry of pairedCalls(messages.filter(({ role }) => role !== "system"))) addTurn(turns, entry, names);
  return [...systemMessage(messages), ...turns.ended()];
}

function addTurn(turns: Turns, entry: Entry, names: ReadonlySet<string>): void {
  if (!("answer" in entry)) {
    const { other } = entry;
    if (other.role === "tool") turns.addTold(toldResult(other));
    else turns.add({ role: "user", content: worded(other.content, NO_WORDS) });
    return;
  }
  const { answer, results } = entry;
  if (answer.toolCalls.length === 0) {
    turns.add(saysSomething(answer.content) ? answer : withoutCalls(entry));
  } else if (answer.toolCalls.some(({ name }) => names.has(name))) {
    turns.add(saysSomething(answer.content) ? answer : { ...answer, content: "" });
    answer.toolCalls.forEach(({ id, name }, nth) => {
      const content = worded(results[nth]?.content ?? "", NO_RESULT);
      turns.add({ role: "tool", toolCallId: id, toolName: name, content });
    });
  } else {
    turns.add(withoutCalls(entry));
    turns.addTold(toldCalls(entry));
  }
}

/** The answer without its provider data, which belongs to the answer as it was. */
const withoutCalls = ({ answer }: AnswerWithResults): ModelMessage => ({
  role: "assistant",
  content: worded(answer.content, NO_ANSWER),
  toolCalls: [],
});

const saysSomething = (text: string): boolean => SAYS_SOMETHING.test(text);
const worded = (text: string, otherwise: string): string => (saysSomething(text) ? text : otherwise);

function systemMessage(messages: readonly ModelMessage[]): ModelMessage[] {
  const texts = messages.filter(({ role, content }) => role === "system" && saysSomething(content));
  const content = [...new Set(texts.map((message) => message.content))].join("\n\n");
  return content === "" ? [] : [{ role: "system", content }];
}

/** Messages that take turns. */
class Turns {
  readonly #messages: ModelMessage[] = [];
  /** What the last message tells of calls, if that is what it is. */
  #told: string[] | null = null;

  add(message: ModelMessage): void {
    this.#endTold();
    const before = this.#messages.at(-1)?.role;
    if (message.role === "user" && (before === "user" || before === "tool")) {
      this.#messages.push({ role: "assistant", content: NO_ANSWER, toolCalls: [] });
    }
    if (message.role === "assistant" && (before === "assistant" || before === undefined)) {
      this.#messages.push({ role: "user", content: NO_WORDS });
    }
    this.#messages.push(message);
  }

  addTold(text: string): void {
    this.#told ??= [];
    this.#told.push(text);
  }

  ended(): ModelMessage[] {
    this.#endTold();
    const last = this.#messages.at(-1)?.role;
    return last === "assistant" || last === undefined
      ? [...this.#messages, { role: "user", content: GO_ON }]
      : this.#messages;
  }

  #endTold(): void {
    const told = this.#told;
    this.#told = null;
    if (told !== null) this.add({ role: "user", content: told.join("\n\n") });
  }
}
