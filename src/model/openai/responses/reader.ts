/** Reads the events of one answer of the Responses API. Pure. What comes in is read as unknown JSON. */
import { APIError } from "openai";
import { isObject } from "../../../domain/json.ts";
import { MAX_PROVIDER_DATA_BYTES } from "../../../domain/limits.ts";
import type { FinishReason, ModelChunk, Usage } from "../../../domain/model.ts";
import { utf8Bytes } from "../../../lib/text.ts";
import type { AnswerReader } from "../read-stream.ts";
import { ThinkTag } from "../think-tag.ts";
import { toUsage } from "../usage.ts";
import { WholeCharacters } from "../whole-characters.ts";
import { type Item, textOfParts } from "./items.ts";

export class ResponsesReader implements AnswerReader {
  readonly #idPrefix: string;
  readonly #items = new KeptItems();
  /** The calls by their place in the output. The events of one call have its place in common; their item ids may differ. */
  readonly #calls = new Map<number, { index: number; id: string }>();
  /**
   * The places in the output from which something was told in pieces, so that the same is not told again when the whole item
   * comes.
   */
  readonly #told = new Set<number>();
  readonly #text = new JoinedText();
  readonly #reasoning = new JoinedText();
  readonly #thinkTag = new ThinkTag();
  #place = -1;
  #finishReason: FinishReason | null = null;
  #usage: Usage | null = null;

  /**
   * `idPrefix` starts the ids of calls that came without one. The prefix is unique in the conversation, so that no two calls
   * get the same id.
   */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  get isWhole(): boolean {
    return this.#finishReason !== null;
  }

  read(event: unknown): ModelChunk[] {
    if (!isObject(event)) return [];
    this.#place = placeOf(event, this.#place);
    const delta = typeof event.delta === "string" ? event.delta : "";
    switch (event.type) {
      case "response.output_item.added":
        return isObject(event.item) ? this.#begin(event.item) : [];
      case "response.output_text.delta":
      case "response.refusal.delta":
        return this.#tellText(delta);
      case "response.reasoning_summary_text.delta":
        return this.#tellReasoning(delta, event.summary_index);
      case "response.reasoning_text.delta":
        return this.#tellReasoning(delta, event.content_index);
      case "response.function_call_arguments.delta":
        return this.#tellArguments(delta);
      case "response.output_item.done":
        return isObject(event.item) ? this.#complete(event.item) : [];
      case "response.completed":
      case "response.incomplete":
      case "response.failed":
        return this.#finish(event.response, event.type.slice("response.".length));
      case "error":
        throw failure(event.error ?? event);
      default:
        // One answer that was not streamed is a response by itself.
        return Array.isArray(event.output) ? this.#finish(event, "completed") : [];
    }
  }

  end(): ModelChunk[] {
    const chunks: ModelChunk[] = this.#thinkTag.end();
    if (this.#finishReason !== null) chunks.push(...this.#items.chunks());
    if (this.#usage) chunks.push({ type: "usage", usage: this.#usage });
    if (this.#finishReason !== null) chunks.push({ type: "finish", reason: this.#finishReason });
    return chunks;
  }

  /** A call is told as soon as its name is known. */
  #begin(item: Item): ModelChunk[] {
    if (item.type !== "function_call" || this.#calls.has(this.#place)) return [];
    const index = this.#calls.size;
    const taken = [...this.#calls.values()].map(({ id }) => id);
    const given = typeof item.call_id === "string" ? item.call_id : "";
    const id = given === "" || taken.includes(given) ? `${this.#idPrefix}_${index}` : given;
    this.#calls.set(this.#place, { index, id });
    return [{ type: "tool_call", index, id, ...(typeof item.name === "string" && { name: item.name }) }];
  }

  /** An item is whole: what was not told of it in pieces is told now. */
  #complete(item: Item): ModelChunk[] {
    const isTold = this.#told.has(this.#place);
    switch (item.type) {
      case "message":
        this.#items.keep(this.#place, item);
        return isTold ? [] : this.#tellText(textOfParts(item.content).join(""));
      case "reasoning":
        this.#items.keep(this.#place, item);
        return isTold ? [] : reasoningOf(item).flatMap((text, part) => this.#tellReasoning(text, part));
      case "function_call": {
        const begun = this.#begin(item);
        // The call's result will name the id that was told.
        this.#items.keep(this.#place, { ...item, call_id: this.#calls.get(this.#place)?.id });
        const written = typeof item.arguments === "string" ? item.arguments : "";
        return isTold ? begun : [...begun, ...this.#tellArguments(written)];
      }
      default:
        this.#items.keep(this.#place, item);
        return [];
    }
  }

  #finish(response: unknown, status: string): ModelChunk[] {
    if (!isObject(response)) throw failure(undefined);
    if (isObject(response.usage)) this.#usage = toUsage(response.usage);
    // A server that streams whole items may leave them out here; one that streams none has them here only.
    const output = this.#items.isEmpty && Array.isArray(response.output) ? response.output.filter(isObject) : [];
    const chunks = output.flatMap((item, place) => {
      this.#place = place;
      return this.#complete(item);
    });
    this.#finishReason = finishReason({ status, ...response }, this.#calls.size > 0);
    return chunks;
  }

  #tellText(delta: string): ModelChunk[] {
    if (delta !== "") this.#told.add(this.#place);
    const text = this.#text.add(delta, String(this.#place));
    return text === "" ? [] : this.#thinkTag.read(text);
  }

  #tellReasoning(delta: string, part: unknown): ModelChunk[] {
    if (delta !== "") this.#told.add(this.#place);
    const text = this.#reasoning.add(delta, `${this.#place} ${part}`);
    return text === "" ? [] : [{ type: "reasoning", delta: text }];
  }

  #tellArguments(fragment: string): ModelChunk[] {
    const call = this.#calls.get(this.#place);
    if (call === undefined || fragment === "") return [];
    this.#told.add(this.#place);
    return [{ type: "tool_call", index: call.index, arguments: fragment }];
  }
}

/** The items of an answer by their place in it, as JSON. All of them, or none if they are too large. */
class KeptItems {
  readonly #byPlace = new Map<number, string>();
  /** With the brackets of the list, and a comma before each item but the first. */
  #bytes = 1;
  #isTooLarge = false;

  get isEmpty(): boolean {
    return this.#byPlace.size === 0 && !this.#isTooLarge;
  }

  keep(place: number, item: Item): void {
    if (this.#isTooLarge) return;
    const json = JSON.stringify(item);
    this.#byPlace.set(place, json);
    this.#bytes += utf8Bytes(json) + 1;
    this.#isTooLarge = this.#bytes > MAX_PROVIDER_DATA_BYTES;
    if (this.#isTooLarge) this.#byPlace.clear();
  }

  chunks(): ModelChunk[] {
    if (this.isEmpty) return [];
    const inOrder = [...this.#byPlace].sort(([a], [b]) => a - b).map(([, json]) => json);
    return [{ type: "provider_data", data: this.#isTooLarge ? null : `[${inOrder.join(",")}]` }];
  }
}

/** Texts of several parts as one: an answer may be several messages, and its reasoning several summaries. */
class JoinedText {
  readonly #halves = new WholeCharacters();
  #part: string | null = null;

  add(delta: string, part: string): string {
    if (delta === "") return "";
    const gap = this.#part === null || this.#part === part ? "" : "\n\n";
    this.#part = part;
    return this.#halves.read(gap + delta);
  }
}

/** Where in the output an event belongs. A server that does not say so sends one item after the other. */
function placeOf({ type, output_index: place }: Item, before: number): number {
  if (typeof place === "number") return place;
  return type === "response.output_item.added" ? before + 1 : Math.max(0, before);
}

/** Why the response ended; null if it did not. */
function finishReason({ status, error, incomplete_details: details }: Item, calledTools: boolean): FinishReason | null {
  switch (status) {
    case "failed":
      throw failure(error);
    case "cancelled":
      throw failure({ message: "The response was cancelled." });
    case "in_progress":
    case "queued":
      return null;
    case "incomplete":
      return incompleteReason(isObject(details) ? details.reason : undefined);
    default:
      return calledTools ? "tool_calls" : "stop";
  }
}

function incompleteReason(reason: unknown): FinishReason {
  if (reason === "max_output_tokens") return "length";
  if (reason === "content_filter") return "content_filter";
  throw failure({ message: `The response is incomplete: ${typeof reason === "string" ? reason : "no reason given"}.` });
}

const failure = (error: unknown) => new APIError(undefined, isObject(error) ? error : undefined, undefined, undefined);

/** Models of open weights show what they think, others a summary of it. */
function reasoningOf({ summary, content }: Item): string[] {
  const summaries = textOfParts(summary);
  return summaries.length > 0 ? summaries : textOfParts(content);
}
