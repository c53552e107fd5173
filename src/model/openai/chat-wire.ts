/**
 * Our messages and tools as OpenAI's JSON, and its answers as our chunks. Pure. What comes in is read as unknown JSON:
 * many servers are only roughly compatible, and whatever can be understood is.
 */
import type {
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from "openai/resources/chat/completions";
import { isObject } from "../../domain/json.ts";
import { MAX_COUNT } from "../../domain/limits.ts";
import type {
  AnswerSchema,
  FinishReason,
  ModelChunk,
  ModelMessage,
  ModelRequest,
  ToolCall,
  ToolSpec,
  Usage,
} from "../../domain/model.ts";
import type { AnswerReader } from "./read-stream.ts";

export interface WireOptions {
  model: string;
  /** OpenAI's newer models refuse `max_tokens`; most compatible servers know nothing else. */
  maxTokensField: "max_tokens" | "max_completion_tokens";
}

export function toWireRequest(request: ModelRequest, options: WireOptions): ChatCompletionCreateParamsStreaming {
  return {
    model: options.model,
    messages: request.messages.map(toWireMessage),
    // An empty list of tools is refused, and so is a choice without a list.
    ...(request.tools.length > 0 && { tools: request.tools.map(toWireTool), tool_choice: request.toolChoice }),
    ...(request.maxTokens !== undefined && { [options.maxTokensField]: request.maxTokens }),
    ...(request.answerSchema !== undefined && { response_format: toWireFormat(request.answerSchema) }),
    // As the deployer wrote it: providers have words of their own for it.
    ...(request.reasoningEffort !== undefined && {
      reasoning_effort: request.reasoningEffort as NonNullable<ChatCompletionCreateParamsStreaming["reasoning_effort"]>,
    }),
    stream: true,
    stream_options: { include_usage: true },
  };
}

function toWireFormat({ name, schema }: AnswerSchema) {
  return { type: "json_schema" as const, json_schema: { name, strict: true, schema } };
}

function toWireMessage(message: ModelMessage): ChatCompletionMessageParam {
  // Half a character, left where a text was cut, is refused by strict JSON readers, and would be on every later run.
  const content = message.content.toWellFormed();
  switch (message.role) {
    case "system":
    case "user":
      return { role: message.role, content };
    case "assistant":
      return message.toolCalls.length === 0
        ? { role: "assistant", content }
        : {
            role: "assistant",
            content: content === "" ? null : content,
            tool_calls: message.toolCalls.map(toWireCall),
          };
    case "tool":
      return { role: "tool", tool_call_id: message.toolCallId, content };
  }
}

function toWireCall(call: ToolCall) {
  return {
    id: call.id,
    type: "function" as const,
    function: { name: toWireName(call.name), arguments: toWireArguments(call.arguments) },
  };
}

/** A name that a model made up may break OpenAI's rule for names; sent back as it is, it would fail every later run. */
function toWireName(name: string): string {
  return name.replace(/[^\w-]/g, "_").slice(0, 64);
}

/** Many servers parse the arguments of earlier calls and fail on what is not a JSON object; the model wrote it, though. */
function toWireArguments(written: string): string {
  if (written.trim() === "") return "{}";
  try {
    if (isObject(JSON.parse(written))) return written.toWellFormed();
  } catch {
    // Falls through to the form that keeps the text.
  }
  return JSON.stringify({ malformed_arguments: written.toWellFormed() });
}

function toWireTool(tool: ToolSpec): ChatCompletionTool {
  return {
    type: "function",
    function: { name: tool.name, description: tool.description, parameters: tool.parameters },
  };
}

/**
 * Reads the events of one answer in order. Usage and finish reason are kept until `end()`, because servers repeat
 * usage, or send it before or after the reason; the last of each counts.
 */
export class ChatReader implements AnswerReader {
  readonly #idPrefix: string;
  #finishReason: string | null = null;
  #usage: Usage | null = null;
  #heldHalf = "";
  /** The calls by our index. `wireIndex` is the server's, if it gave one. */
  readonly #calls: { id: string; wireIndex: number | null }[] = [];

  /** `idPrefix` starts the ids of calls that came without one; unique in the conversation, it keeps them apart. */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  /** Whether a finish reason was seen: from then on the answer is whole, whatever happens to the connection. */
  get isWhole(): boolean {
    return this.#finishReason !== null;
  }

  /** What one event of the stream says, or one answer that was not streamed. */
  read(event: unknown): ModelChunk[] {
    if (!isObject(event)) return [];
    if (isObject(event.usage)) this.#usage = toUsage(event.usage);
    const choice = Array.isArray(event.choices) ? event.choices[0] : undefined;
    if (!isObject(choice)) return [];
    if (isObject(choice.usage)) this.#usage = toUsage(choice.usage);
    const said = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : {};
    const text = this.#wholeCharacters(toText(said.content) + toText(said.refusal));
    const chunks: ModelChunk[] = text === "" ? [] : [{ type: "text", delta: text }];
    if (Array.isArray(said.tool_calls)) chunks.push(...said.tool_calls.flatMap((piece) => this.#readCall(piece)));
    // The form before `tools`, which some servers still answer in.
    if (isObject(said.function_call)) chunks.push(...this.#readCall({ index: 0, function: said.function_call }));
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") {
      this.#finishReason = choice.finish_reason;
    }
    return chunks;
  }

  /** What is told last: the usage, and the reason if there was one. */
  end(): ModelChunk[] {
    const chunks: ModelChunk[] = [];
    if (this.#usage) chunks.push({ type: "usage", usage: this.#usage });
    if (this.#finishReason !== null) {
      chunks.push({ type: "finish", reason: toFinishReason(this.#finishReason, this.#calls.length > 0) });
    }
    return chunks;
  }

  /** Some servers send an emoji in two halves; alone, neither half can be written as UTF-8. */
  #wholeCharacters(delta: string): string {
    const text = this.#heldHalf + delta;
    this.#heldHalf = /[\uD800-\uDBFF]$/.exec(text)?.[0] ?? "";
    return text.slice(0, text.length - this.#heldHalf.length).toWellFormed();
  }

  #readCall(piece: unknown): ModelChunk[] {
    if (!isObject(piece)) return [];
    const said = isObject(piece.function) ? piece.function : {};
    const id = typeof piece.id === "string" ? piece.id : "";
    const name = typeof said.name === "string" ? said.name : "";
    const wireIndex = typeof piece.index === "number" ? piece.index : null;
    const fragment = typeof said.arguments === "string" ? said.arguments : toJson(said.arguments);
    const known = this.#findCall(wireIndex, id, name);
    const index = known === -1 ? this.#calls.length : known;
    const isFirst = known === -1;
    if (isFirst) this.#calls.push({ id: id === "" ? `${this.#idPrefix}_${index}` : id, wireIndex });
    return [
      {
        type: "tool_call",
        index,
        ...(isFirst && { id: this.#calls[index]?.id ?? id }),
        ...(isFirst && name !== "" && { name }),
        ...(fragment !== "" && { arguments: fragment }),
      },
    ];
  }

  /** Our index of the call that a piece continues, or -1 when it starts one. */
  #findCall(wireIndex: number | null, id: string, name: string): number {
    const sameId = id === "" ? -1 : this.#calls.findLastIndex((call) => call.id === id);
    if (sameId !== -1) return sameId;
    // Some servers give every call the same index, or none: a new name with a new id, or without one, is a new call.
    if (wireIndex === null) return id !== "" || name !== "" ? -1 : this.#calls.length - 1;
    if (id !== "" && name !== "") return -1;
    return this.#calls.findLastIndex((call) => call.wireIndex === wireIndex);
  }
}

export function toUsage(usage: Record<string, unknown>): Usage {
  const inputTokens = toCount(usage.prompt_tokens);
  const outputTokens = toCount(usage.completion_tokens);
  const inputDetails = isObject(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const outputDetails = isObject(usage.completion_tokens_details) ? usage.completion_tokens_details : {};
  return {
    inputTokens,
    outputTokens,
    totalTokens: toCount(usage.total_tokens) || inputTokens + outputTokens,
    reasoningTokens: toCount(outputDetails.reasoning_tokens),
    cacheReadTokens: toCount(inputDetails.cached_tokens),
  };
}

/** An unknown reason is taken as a stop: the server did say that the answer is over. */
export function toFinishReason(reason: string, calledTools: boolean): FinishReason {
  switch (reason) {
    case "length":
    case "max_tokens":
      return "length";
    case "content_filter":
      return "content_filter";
    default:
      // What was called decides, not the word: some servers say `stop` after calls, or `tool_calls` without any.
      return calledTools ? "tool_calls" : "stop";
  }
}

function toText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join("");
}

/** No answer takes more than `MAX_COUNT`; a number beyond it would spoil every sum that it comes into. */
function toCount(value: unknown): number {
  return typeof value === "number" && value > 0 && value <= MAX_COUNT ? Math.trunc(value) : 0;
}

function toJson(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : "";
}
