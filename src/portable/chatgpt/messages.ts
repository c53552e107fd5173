import type { JsonObject } from "../../domain/json.ts";
import type { ToolCall } from "../../domain/model.ts";
import { readJson } from "../../lib/read-json.ts";
import { instantOf, MAX_LINE_DEPTH, objectOf, textOf } from "../agno/values.ts";
import { type LeftOut, type Said, said, toolName } from "../conversation/said.ts";
import type { TreeNode } from "./branch.ts";

/** What ChatGPT tells a model beside the conversation. */
const CONTEXTS: ReadonlySet<string> = new Set(["user_editable_context", "model_editable_context"]);
/** What a model thought; it is no answer. */
const THOUGHTS: ReadonlySet<string> = new Set(["thoughts", "reasoning_recap"]);

/** Reads the messages of a branch, without those that ChatGPT does not show. */
export function chatGptMessages(nodes: readonly TreeNode[], leftOut: LeftOut): Said[] {
  const reading = new Reading(leftOut);
  for (const { id, message } of nodes) {
    if (message !== null && isShown(message)) reading.add(id, message);
  }
  return reading.all;
}

class Reading {
  readonly all: Said[] = [];
  readonly #leftOut: LeftOut;
  /** The call that has no result yet. */
  #open: ToolCall | null = null;

  constructor(leftOut: LeftOut) {
    this.#leftOut = leftOut;
  }

  add(id: string, message: JsonObject): void {
    const role = textOf(objectOf(message.author)?.role);
    const content = contentOf(objectOf(message.content) ?? {}, this.#leftOut);
    const more = { at: instantOf(message.create_time), model: textOf(objectOf(message.metadata)?.model_slug) };
    if (role === "tool") {
      this.#result(id, message, content, more.at);
    } else if (content === "") {
      return;
    } else if (role === "assistant") {
      this.#open = callOf(id, message, content);
      if (this.#open === null) this.all.push(said(role, content, more));
      else this.#call(this.#open, more);
    } else if (role === "system" || role === "user") {
      this.#open = null;
      this.all.push(said(role, content, more));
    } else {
      this.#leftOut.add(role ?? "message without a role");
    }
  }

  /** A call stands with the words that the assistant said right before it. */
  #call(call: ToolCall, more: Partial<Said>): void {
    const last = this.all.at(-1);
    if (last?.role === "assistant" && last.calls.length === 0) last.calls = [call];
    else this.all.push(said("assistant", "", { ...more, calls: [call] }));
  }

  /** A tool may say several things to one call, and may speak without one. */
  #result(id: string, message: JsonObject, content: string, at: number | null): void {
    const last = this.all.at(-1);
    if (this.#open === null && content === "") return;
    if (this.#open === null && last?.role === "tool") {
      last.content = last.content === "" ? content : `${last.content}\n${content}`;
      return;
    }
    const name = toolName(textOf(objectOf(message.author)?.name) ?? "tool");
    const call = this.#open ?? { id, name, arguments: "{}" };
    if (this.#open === null) this.#call(call, { at });
    this.all.push(said("tool", content, { answers: call, at }));
    this.#open = null;
  }
}

/** ChatGPT gives no weight to what it does not count as said. */
function isShown(message: JsonObject): boolean {
  const isHidden = objectOf(message.metadata)?.is_visually_hidden_from_conversation === true;
  return message.weight !== 0 && !isHidden && !CONTEXTS.has(textOf(objectOf(message.content)?.content_type) ?? "");
}

/** The words of a content of any type; what is not words is named. */
function contentOf(content: JsonObject, leftOut: LeftOut): string {
  const type = textOf(content.content_type) ?? "content without a type";
  if (THOUGHTS.has(type)) {
    leftOut.add(type);
    return "";
  }
  if (Array.isArray(content.parts)) {
    const parts = content.parts.map((part) => partOf(part, leftOut));
    return parts.filter((part) => part !== "").join("\n");
  }
  const words = [content.text, content.result, content.summary].map(textOf).find((text) => text !== null);
  // A text that is empty is nothing that could be left out.
  return words ?? ("text" in content || "result" in content ? "" : leftOut.add(type));
}

function partOf(part: unknown, leftOut: LeftOut): string {
  if (typeof part === "string") return part;
  const { text, content_type: type } = objectOf(part) ?? {};
  // What was spoken stands in a text.
  return textOf(text) ?? leftOut.add(textOf(type) ?? "part without a type");
}

/** The call that an assistant's message is, if the message is not for everybody but for a tool. */
function callOf(id: string, message: JsonObject, content: string): ToolCall | null {
  const recipient = textOf(message.recipient) ?? "all";
  if (recipient === "all") return null;
  const read = readJson(content, MAX_LINE_DEPTH);
  const isArguments = read.ok && objectOf(read.value) !== null;
  return { id, name: toolName(recipient), arguments: isArguments ? content : JSON.stringify({ input: content }) };
}
