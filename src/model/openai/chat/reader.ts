/** An answer of Chat Completions as our chunks. Many servers are only roughly compatible; whatever can be read is. */
import { isObject, type Json, type JsonObject } from "../../../domain/json.ts";
import { type ModelChunk, ModelError, type Usage } from "../../../domain/model.ts";
import type { AnswerReader } from "../read-stream.ts";
import { ThinkTag } from "../think-tag.ts";
import { usageIn } from "../usage.ts";
import { WholeCharacters } from "../whole-characters.ts";
import { CallPieces } from "./calls.ts";
import { type Ending, endingOf } from "./finish.ts";
import { ProviderDataCollector } from "./provider-data.ts";

/** The fields of a piece that has text only. */
const TEXT_FIELDS = new Set(["role", "content", "refusal"]);

export interface ChatReaderOptions {
  /** Starts the ids of calls that came without one. */
  idPrefix: string;
  /** Whether `[DONE]` ends an answer that has no finish reason. */
  finishOnDone: boolean;
}

/**
 * Reads the events of one answer in order. Usage and finish reason are kept until `end()`, because servers repeat
 * usage, or send it before or after the reason; the last of each counts.
 */
export class ChatReader implements AnswerReader {
  readonly #options: ChatReaderOptions;
  readonly #calls: CallPieces;
  readonly #beside = new ProviderDataCollector();
  readonly #thinkTag = new ThinkTag();
  readonly #textHalves = new WholeCharacters();
  readonly #reasoningHalves = new WholeCharacters();
  #finishReason: string | null = null;
  #usage: Usage | null = null;
  #hasText = false;

  constructor(options: ChatReaderOptions) {
    this.#options = options;
    this.#calls = new CallPieces(options.idPrefix);
  }

  /** Whether a finish reason was seen. */
  get isWhole(): boolean {
    return this.#finishReason !== null;
  }

  get failure(): ModelError | null {
    if (this.#ending !== "failed") return null;
    // A finish reason is one word. A longer text could contain private data, so it is not shown.
    const reason = /^[\w :.-]{1,64}$/.test(this.#finishReason ?? "") ? `: ${this.#finishReason}` : "";
    return new ModelError("model_provider_error", `The model's provider broke its answer off${reason}.`);
  }

  read(event: unknown): ModelChunk[] {
    if (!isObject(event)) return [];
    const choice = Array.isArray(event.choices) ? event.choices[0] : undefined;
    this.#usage = usageIn(event, choice) ?? this.#usage;
    if (!isObject(choice)) return [];
    const said = isObject(choice.delta) ? choice.delta : isObject(choice.message) ? choice.message : {};
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") {
      this.#finishReason = choice.finish_reason;
    }
    return isTextOnly(said)
      ? this.#readText(said)
      : [...this.#readReasoning(said), ...this.#readText(said), ...this.#readCalls(said)];
  }

  sawDone(): void {
    const hasContent = this.#hasText || this.#calls.areAny;
    if (this.#options.finishOnDone && !this.isWhole && hasContent && this.#calls.areWhole) this.#finishReason = "stop";
  }

  /** What is told last: what was held back, what goes back to the provider, the usage, and the reason if there was one. */
  end(): ModelChunk[] {
    const chunks: ModelChunk[] = this.#thinkTag.end();
    const ending = this.#ending;
    const data = this.#beside.data;
    const isAnswer = ending !== null && ending !== "failed";
    if (isAnswer && data !== undefined) chunks.push({ type: "provider_data", data });
    if (this.#usage) chunks.push({ type: "usage", usage: this.#usage });
    if (isAnswer) chunks.push({ type: "finish", reason: ending });
    return chunks;
  }

  get #ending(): Ending | null {
    return this.#finishReason === null ? null : endingOf(this.#finishReason, this.#calls.areAny);
  }

  #readReasoning(said: JsonObject): ModelChunk[] {
    const thinking = thinkingIn(said.content);
    this.#beside.add(said, thinking);
    // Some servers repeat the same reasoning in several fields. Readers get it once.
    const names = [
      said.reasoning_content,
      said.reasoning,
      thinking,
      textsIn(said.reasoning_details),
      textsIn(said.thinking_blocks),
    ];
    const told = names.find((text) => typeof text === "string" && text !== "");
    const delta = typeof told === "string" ? this.#reasoningHalves.read(told) : "";
    return delta === "" ? [] : [{ type: "reasoning", delta }];
  }

  #readText(said: JsonObject): ModelChunk[] {
    const text = this.#textHalves.read(textIn(said.content) + textIn(said.refusal));
    if (text === "") return [];
    const told = this.#thinkTag.read(text);
    this.#hasText ||= told.some(({ type }) => type === "text");
    return told;
  }

  #readCalls(said: JsonObject): ModelChunk[] {
    const pieces: Json[] = Array.isArray(said.tool_calls) ? [...said.tool_calls] : [];
    // The form before `tools`, which some servers still answer in.
    if (isObject(said.function_call)) pieces.push({ index: 0, function: said.function_call });
    return pieces.flatMap((piece) => {
      const chunk = this.#calls.read(piece);
      if (chunk === null) return [];
      if (isObject(piece)) this.#beside.addOfCall(chunk.index, this.#calls.idAt(chunk.index), piece.extra_content);
      return [chunk];
    });
  }
}

/** Whether a piece is one of text, as most are: it is looked through for nothing else. Servers send null for what is not there. */
function isTextOnly(said: JsonObject): boolean {
  for (const name in said) {
    if (!TEXT_FIELDS.has(name) && said[name] !== null) return false;
  }
  return typeof said.content === "string";
}

function textIn(content: Json | undefined): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join("");
}

/** Mistral's content parts of the type `thinking`, whose text is in parts again. */
function thinkingIn(content: Json | undefined): string {
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) && part.type === "thinking" ? textIn(part.thinking) : "")).join("");
}

/** The readable part of `reasoning_details` and `thinking_blocks`. */
function textsIn(entries: Json | undefined): string {
  if (!Array.isArray(entries)) return "";
  const texts = entries.map((entry) => (isObject(entry) ? (entry.text ?? entry.summary ?? entry.thinking) : ""));
  return texts.filter((text) => typeof text === "string").join("");
}
