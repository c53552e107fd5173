/** Our messages as the input of the Responses API. Pure. */
import type { ResponseInputItem } from "openai/resources/responses/responses";
import type { ModelMessage, ToolCall } from "../../../domain/model.ts";
import { areOfAnswer, callItem, type Item, isTakenCallId, mayGoBackWhole, readItems, withoutIds } from "./items.ts";

type Answer = Extract<ModelMessage, { role: "assistant" }>;

/** `source` is that of the model that is asked. The items that came from this source go back as they came. */
export function toInput(messages: readonly ModelMessage[], source: string): ResponseInputItem[] {
  const ids = new SentIds();
  return messages.flatMap((message) => {
    if (message.role !== "assistant") return [toItem(message, ids)];
    return ownItems(message, source, ids) ?? [...saidAnew(message), ...ids.ofCalls(message.toolCalls).map(callItem)];
  });
}

function toItem(message: Exclude<ModelMessage, Answer>, ids: SentIds): ResponseInputItem {
  // A text may have been cut inside a surrogate pair. Strict servers refuse such text. Unless it is repaired here, every
  // later run of the session fails.
  const content = message.content.toWellFormed();
  return message.role === "tool"
    ? { type: "function_call_output", call_id: ids.ofCall(message.toolCallId), output: content }
    : { type: "message", role: message.role, content };
}

/** The answer as the items that the model sent. Null if they came from another source, or do not fit the answer. */
function ownItems(answer: Answer, source: string, ids: SentIds): ResponseInputItem[] | null {
  const { providerData, toolCalls } = answer;
  const items = providerData?.source === source ? readItems(providerData.data) : null;
  if (items === null || !areOfAnswer(items, answer)) return null;
  if (mayGoBackWhole(items) && ids.addItems(items)) return items as object[] as ResponseInputItem[];
  const bare = withoutIds(items, ids.ofCalls(toolCalls));
  return bare.length === 0 ? null : bare;
}

function saidAnew({ content }: Answer): ResponseInputItem[] {
  const text = content.toWellFormed();
  return text.trim() === "" ? [] : [{ type: "message", role: "assistant", content: text }];
}

/** The ids of one request. */
class SentIds {
  readonly #items = new Set<unknown>();
  readonly #renamed = new Map<string, string>();

  /**
   * Adds the items. False if an id is already used, because OpenAI refuses duplicate ids. Sessions that were merged can hold
   * an answer twice.
   */
  addItems(items: readonly Item[]): boolean {
    const ids = items.map(({ id }) => id).filter((id) => id !== undefined);
    if (ids.some((id) => this.#items.has(id)) || new Set(ids).size < ids.length) return false;
    for (const id of ids) this.#items.add(id);
    return true;
  }

  /** An id that OpenAI would refuse gets another one: other servers have made longer ones. */
  ofCall(id: string): string {
    if (isTakenCallId(id)) return id;
    const renamed = this.#renamed.get(id) ?? `call_renamed_${this.#renamed.size}`;
    this.#renamed.set(id, renamed);
    return renamed;
  }

  ofCalls(calls: readonly ToolCall[]): ToolCall[] {
    return calls.map((call) => ({ ...call, id: this.ofCall(call.id) }));
  }
}
