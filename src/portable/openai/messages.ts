import { isObject, type JsonObject } from "../../domain/json.ts";
import type { ToolCall } from "../../domain/model.ts";
import { listOf, objectOf, textOf } from "../agno/values.ts";
import { LeftOut, type Said, said, toolName } from "../conversation/said.ts";
import type { Conversation } from "../conversation/session.ts";

/** The messages of a line in the format of Chat Completions: the line itself, or its `messages`; null if it is no such line. */
export function openAiMessages(line: unknown): unknown[] | null {
  const list = isObject(line) && !("type" in line) ? line.messages : line;
  return Array.isArray(list) && isObject(list[0]) && "role" in list[0] ? list : null;
}

/** Reads the messages as a conversation. */
export function openAiConversation(line: unknown, messages: readonly unknown[]): Conversation {
  return { line, read: new Reading().all(messages) };
}

const ROLES: Record<string, Said["role"]> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  tool: "tool",
  function: "tool",
};

class Reading {
  readonly #leftOut = new LeftOut();
  /** The calls so far, by their ids. */
  readonly #calls = new Map<string, ToolCall>();
  #lastCall: ToolCall | null = null;
  /** The first thing that is wrong with a message, and where in it. */
  #problem: string | null = null;

  all(messages: readonly unknown[]): Conversation["read"] {
    const all: Said[] = [];
    for (const [nth, message] of messages.entries()) {
      all.push(this.#message(message, nth));
      if (this.#problem !== null) return { ok: false, problem: `messages.${nth}${this.#problem}` };
    }
    return { ok: true, heard: { messages: all, fields: {}, note: this.#leftOut.sentence } };
  }

  #wrong(problem: string): void {
    this.#problem ??= problem;
  }

  #message(given: unknown, nth: number): Said {
    const message = objectOf(given) ?? {};
    const role = ROLES[String(message.role)];
    if (role === undefined) this.#wrong(".role: there is no such role");
    switch (role) {
      case "assistant":
        return said(role, this.#answer(message), { calls: this.#callsOf(message, nth) });
      case "tool":
        return said(role, this.#content(message.content), { answers: this.#answered(message) });
      default:
        return said(role ?? "user", this.#content(message.content));
    }
  }

  #content(content: unknown): string {
    if (content === null || content === undefined) return "";
    if (typeof content === "string") return content;
    if (!Array.isArray(content)) this.#wrong(".content: must be a text or a list of parts");
    return listOf(content)
      .map((part) => this.#part(part))
      .join("\n");
  }

  #part(part: unknown): string {
    if (typeof part === "string") return part;
    const { text, refusal, type } = objectOf(part) ?? {};
    if (typeof text === "string") return text;
    if (typeof refusal === "string") return refusal;
    return this.#leftOut.add(textOf(type) ?? "part without a type");
  }

  /** An answer's words: a refusal, or what was spoken, if the answer has no content. */
  #answer(message: JsonObject): string {
    const content = this.#content(message.content);
    if (content !== "") return content;
    return textOf(message.refusal) ?? textOf(objectOf(message.audio)?.transcript) ?? "";
  }

  #callsOf(message: JsonObject, nth: number): ToolCall[] {
    const { tool_calls: given = null, function_call: old = null } = message;
    if (given !== null && !Array.isArray(given)) this.#wrong(".tool_calls: must be a list");
    const all = [...listOf(given), ...(old === null ? [] : [{ function: old }])];
    const calls = all.map((call, at) => this.#call(call, `call_${nth}_${at}`));
    for (const call of calls) {
      this.#calls.set(call.id, call);
      this.#lastCall = call;
    }
    return calls;
  }

  /** `id` is that of a call which has none. */
  #call(given: unknown, id: string): ToolCall {
    const call = objectOf(given);
    const asked = objectOf(call?.function);
    const custom = objectOf(call?.custom);
    const name = textOf(asked?.name) ?? textOf(custom?.name);
    if (name === null) this.#wrong(".tool_calls: a call names its function");
    const args = custom === null ? (asked?.arguments ?? {}) : { input: custom.input ?? "" };
    return {
      id: textOf(call?.id) ?? id,
      name: toolName(name ?? ""),
      arguments: typeof args === "string" ? args : JSON.stringify(args),
    };
  }

  #answered(message: JsonObject): Pick<ToolCall, "id" | "name"> {
    // The older `function` messages name no call: they answer the last one.
    const id = textOf(message.tool_call_id) ?? (message.role === "function" ? this.#lastCall?.id : undefined);
    if (id === undefined) this.#wrong(".tool_call_id: a tool's message names the call that it answers");
    return { id: id ?? "", name: this.#calls.get(id ?? "")?.name ?? textOf(message.name) ?? "" };
  }
}
