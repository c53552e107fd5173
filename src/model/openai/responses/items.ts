/**
 * The items of an answer, as the Responses API gives them and wants them back: reasoning, messages, calls. Pure. They are
 * kept as the JSON that came, and may also come from an import, so nothing is taken for granted.
 */
import type {
  EasyInputMessage,
  ResponseFunctionToolCall,
  ResponseInputItem,
} from "openai/resources/responses/responses";
import { isObject } from "../../../domain/json.ts";
import type { ToolCall } from "../../../domain/model.ts";
import { toWireArguments, toWireName } from "../sent-calls.ts";

/** An item as it came, of whatever kind. */
export type Item = Record<string, unknown>;

/** The parts that a message of a model has. */
const SAID_PARTS: ReadonlySet<unknown> = new Set(["output_text", "refusal"]);

/** OpenAI takes ids of calls of up to 64 characters. */
export const isTakenCallId = (id: string): boolean => /^[\x21-\x7e]{1,64}$/.test(id);

/** The items that provider data holds; null if there are none. */
export function readItems(data: string | null): Item[] | null {
  if (data === null) return null;
  try {
    // No half of a character, as in texts.
    const wellFormed = (_name: string, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value);
    const items: unknown = JSON.parse(data, wellFormed);
    return Array.isArray(items) && items.length > 0 && items.every(isObject) ? items : null;
  } catch {
    return null;
  }
}

/**
 * Whether the items say and call what the answer does. If they called something else, results would have no call, or calls
 * no result; if they said nothing, the answer's text would be lost.
 */
export function areOfAnswer(
  items: readonly Item[],
  answer: { content: string; toolCalls: readonly ToolCall[] },
): boolean {
  const { content, toolCalls } = answer;
  const called = items.filter(({ type }) => type === "function_call").map((item) => item.call_id);
  const calls = called.length === toolCalls.length && toolCalls.every(({ id }, place) => id === called[place]);
  return calls && (content.trim() === "" || items.some((item) => saidIn(item) !== ""));
}

/**
 * Whether the items may go back as they came. Reasoning that is not encrypted means nothing to a server that stores nothing,
 * and a server refuses reasoning without all that followed it. An item of a kind that is not sent would leave such a gap.
 */
export function mayGoBackWhole(items: readonly Item[]): boolean {
  return items.every(isTaken) && items.at(-1)?.type !== "reasoning";
}

function isTaken(item: Item): boolean {
  switch (item.type) {
    case "reasoning":
      return hasText(item.id) && hasText(item.encrypted_content) && Array.isArray(item.summary);
    case "message":
      return hasText(item.id) && item.role === "assistant" && isSaid(item.content);
    case "function_call":
      return isTakenCall(item);
    default:
      return false;
  }
}

/** An answer says text or a refusal. An import may hold other parts, such as an image to be fetched. */
function isSaid(parts: unknown): boolean {
  return Array.isArray(parts) && parts.every((part) => isObject(part) && SAID_PARTS.has(part.type));
}

function isTakenCall({ call_id: id, name, arguments: written }: Item): boolean {
  if (typeof id !== "string" || typeof name !== "string" || typeof written !== "string") return false;
  return isTakenCallId(id) && toWireName(name) === name && toWireArguments(written) === written;
}

/**
 * The answer of these items, with these calls, without reasoning and ids: a form that a server takes which has not stored
 * the answer.
 */
export function withoutIds(items: readonly Item[], calls: readonly ToolCall[]): ResponseInputItem[] {
  const left = [...calls];
  return items.flatMap((item): ResponseInputItem[] => {
    if (item.type === "function_call") return left.splice(0, 1).map(callItem);
    const text = saidIn(item);
    return text === "" ? [] : [messageOf(text, item.phase)];
  });
}

function messageOf(text: string, phase: unknown): EasyInputMessage {
  const message: EasyInputMessage = { type: "message", role: "assistant", content: text };
  return phase === "commentary" || phase === "final_answer" ? { ...message, phase } : message;
}

export function callItem(call: ToolCall): ResponseFunctionToolCall {
  return {
    type: "function_call",
    call_id: call.id,
    name: toWireName(call.name),
    arguments: toWireArguments(call.arguments),
  };
}

/** The text of a message of the model's; empty if the item is none. */
function saidIn({ type, role, content }: Item): string {
  const text = type === "message" && role === "assistant" ? textOfParts(content).join("") : "";
  return text.trim() === "" ? "" : text;
}

/** What is said in the parts of a message, of a summary or of reasoning; a refusal is said too. */
export function textOfParts(parts: unknown): string[] {
  if (!Array.isArray(parts)) return typeof parts === "string" ? [parts] : [];
  return parts
    .filter(isObject)
    .map(({ text, refusal }) => (typeof text === "string" ? text : typeof refusal === "string" ? refusal : ""));
}

const hasText = (value: unknown): value is string => typeof value === "string" && value !== "";
