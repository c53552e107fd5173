/** Provider data of Chat Completions: collected, kept as JSON, read again. Pure. */
import { isObject, type Json, type JsonObject } from "../../../domain/json.ts";
import { MAX_PROVIDER_DATA_BYTES } from "../../../domain/limits.ts";
import type { ProviderData } from "../../../domain/model.ts";
import { utf8Bytes } from "../../../lib/text.ts";

/**
 * Provider data as it is stored. Each field is sent back under the same name, except two: `thinking` goes back as a content
 * part, `tool_calls` go back on their calls.
 */
export interface SaidBeside {
  /** DeepSeek, Kimi, older vLLM. */
  reasoning_content?: string;
  /** vLLM, OpenRouter, Groq. Left out beside `reasoning_details`, which say the same and more. */
  reasoning?: string;
  /** The text of Mistral's content parts of the type `thinking`. */
  thinking?: string;
  /** OpenRouter, MiniMax. */
  reasoning_details?: JsonObject[];
  /** LiteLLM, of Claude. */
  thinking_blocks?: JsonObject[];
  /** Gemini's signatures: of a text, and of calls. `at` is the place of the call in its answer. */
  extra_content?: JsonObject;
  tool_calls?: { at: number; id: string; extra_content: JsonObject }[];
}

export const NOTHING_BESIDE: SaidBeside = {};

const TEXTS = ["reasoning_content", "reasoning", "thinking"] as const;
const LISTS = ["reasoning_details", "thinking_blocks"] as const;
/** Fields whose text is continued by the next piece. */
const GROWING = ["text", "summary", "thinking"];

/** Collects what comes in pieces, within the bytes that a message may keep. */
export class ProviderDataCollector {
  readonly #said: SaidBeside = {};
  #chars = 0;

  add(said: JsonObject, thinking: string): void {
    for (const name of TEXTS) this.#addText(name, name === "thinking" ? thinking : said[name]);
    for (const name of LISTS) this.#addPieces(name, said[name]);
    const { extra_content: extra } = said;
    if (isObject(extra) && this.#hasRoom(JSON.stringify(extra).length)) {
      this.#said.extra_content = { ...this.#said.extra_content, ...extra };
    }
  }

  addOfCall(at: number, id: string, extra: Json | undefined): void {
    if (!isObject(extra) || !this.#hasRoom(JSON.stringify(extra).length)) return;
    const calls = this.#said.tool_calls ?? [];
    const before = calls.find((call) => call.at === at);
    if (before) before.extra_content = { ...before.extra_content, ...extra };
    else this.#said.tool_calls = [...calls, { at, id, extra_content: extra }];
  }

  /** The collected data as JSON. Null if it is too large, undefined if there is none. */
  get data(): string | null | undefined {
    if (this.#chars > MAX_PROVIDER_DATA_BYTES) return null;
    const { reasoning, ...rest } = this.#said;
    const said = rest.reasoning_details === undefined ? this.#said : rest;
    if (Object.keys(said).length === 0) return undefined;
    const data = JSON.stringify(said);
    return utf8Bytes(data) > MAX_PROVIDER_DATA_BYTES ? null : data;
  }

  #addText(name: (typeof TEXTS)[number], piece: Json | undefined): void {
    if (typeof piece !== "string" || piece === "" || !this.#hasRoom(piece.length)) return;
    this.#said[name] = (this.#said[name] ?? "") + piece;
  }

  #addPieces(name: (typeof LISTS)[number], pieces: Json | undefined): void {
    for (const piece of Array.isArray(pieces) ? pieces.filter(isObject) : []) {
      if (this.#hasRoom(JSON.stringify(piece).length)) this.#said[name] = withPiece(this.#said[name] ?? [], piece);
    }
  }

  /**
   * Whether so many more characters fit. Provider data is kept whole or not at all, so nothing is collected once something
   * did not fit.
   */
  #hasRoom(chars: number): boolean {
    this.#chars += chars;
    return this.#chars <= MAX_PROVIDER_DATA_BYTES;
  }
}

/**
 * The list with one more piece of a stream: the piece continues the entry of its type and index, or is an entry of its own.
 */
function withPiece(entries: JsonObject[], piece: JsonObject): JsonObject[] {
  const at =
    typeof piece.index === "number"
      ? entries.findLastIndex((entry) => entry.type === piece.type && entry.index === piece.index)
      : entries.length - 1;
  const before = entries[at];
  if (before === undefined || !goesOn(before, piece)) return [...entries, piece];
  const grown = Object.entries(piece).map(([name, value]): [string, Json] => {
    const known = before[name];
    if (GROWING.includes(name) && typeof known === "string" && typeof value === "string") return [name, known + value];
    return [name, value ?? known ?? null];
  });
  entries[at] = { ...before, ...Object.fromEntries(grown) };
  return entries;
}

/** Encrypted entries come whole, and a signature closes the entry that it signs. */
function goesOn(before: JsonObject, piece: JsonObject): boolean {
  const isClosed = typeof before.signature === "string" && before.signature !== "";
  const hasText = GROWING.some((name) => typeof piece[name] === "string" && piece[name] !== "");
  return before.type === piece.type && piece.data === undefined && !(isClosed && hasText);
}

/**
 * The provider data that this model sent before. If it came from another model, or cannot be parsed, the answer is empty, so
 * that no request fails because of it.
 */
export function readProviderData(kept: ProviderData | null, source: string): SaidBeside {
  if (kept === null || kept.data === null || kept.source !== source) return NOTHING_BESIDE;
  const said = parsed(kept.data);
  const read: SaidBeside = {};
  for (const name of TEXTS) {
    const text = said[name];
    if (typeof text === "string") read[name] = text;
  }
  for (const name of LISTS) {
    if (Array.isArray(said[name])) read[name] = said[name].filter(isObject);
  }
  if (isObject(said.extra_content)) read.extra_content = said.extra_content;
  if (Array.isArray(said.tool_calls)) read.tool_calls = said.tool_calls.filter(isObject).flatMap(readCall);
  return read;
}

function readCall({ at, id, extra_content }: JsonObject) {
  return typeof at === "number" && typeof id === "string" && isObject(extra_content) ? [{ at, id, extra_content }] : [];
}

function parsed(data: string): JsonObject {
  try {
    // A string that was cut inside a surrogate pair would be refused, as in texts.
    const wellFormed = (_name: string, inner: unknown) => (typeof inner === "string" ? inner.toWellFormed() : inner);
    const value: unknown = JSON.parse(data, wellFormed);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
