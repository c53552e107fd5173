/** What a provider said when it failed, read from whatever shape the failure came in. Pure. */
import type { APIError } from "openai";
import { isObject } from "../../../domain/json.ts";

export interface ProviderFailure {
  /** The HTTP status, or the one that an error inside of a stream names; null if there is neither. */
  status: number | null;
  /** The parameter that OpenAI's `param` names; empty if the failure names none. */
  param: string;
  /** Where validators such as FastAPI's see the fault, e.g. `body.temperature`. */
  places: string[];
  /** Its words for people, with keys and prompts in them still. */
  words: string;
  /** Codes and types, for those who look for a kind of failure. */
  codes: string;
}

/** Servers quote whole requests; what a failure is about stands at its beginning. */
const MAX_READ_CHARS = 4_000;
const MAX_JSON_TEXT_CHARS = 100_000;
const MAX_DEPTH = 6;
const MAX_ITEMS = 5;
/** In this order: a general word such as `error` often stands beside a message that says more. */
const WORDS = ["message", "msg", "detail", "error_message", "status_msg", "error", "errors", "Message"];
const CODES = ["code", "type", "status", "error_type"];

export function providerFailure(error: APIError): ProviderFailure {
  const body: unknown = error.error;
  const words = body === undefined ? plainText(error) : wordsOf(body);
  return {
    status: error.status ?? statusIn(body) ?? statusIn({ code: error.code }),
    param: typeof error.param === "string" ? error.param : "",
    places: placesIn(body),
    words: words.slice(0, MAX_READ_CHARS),
    codes: codesIn(body).join(" ").slice(0, MAX_READ_CHARS),
  };
}

/** Codes and words together, for patterns. */
export const textOf = ({ codes, param, words, places }: ProviderFailure): string =>
  [codes, param, words, ...places].join(" ");

/** No JSON: the text follows the status in the client's message. */
function plainText(error: APIError): string {
  const text = error.message.replace(/^\d{3} /, "");
  return text.startsWith("status code") || text.startsWith("(no status") ? "" : text;
}

/**
 * `message` of OpenAI, `[0].error.message` of Gemini, `error[0].message` of AI Gateway, `errors[0].message` of Workers AI,
 * `detail[].msg` of FastAPI, each also as JSON within a text, as gateways quote each other.
 */
export function wordsOf(said: unknown, depth = 0): string {
  if (depth > MAX_DEPTH) return "";
  if (typeof said === "string") return wordsOfText(said, depth);
  if (Array.isArray(said)) {
    const items = said.slice(0, MAX_ITEMS).map((item) => wordsOf(item, depth + 1));
    return [...new Set(items.filter((words) => words !== ""))].join("; ");
  }
  if (!isObject(said)) return "";
  const words = WORDS.map((name) => wordsOf(said[name], depth + 1)).find((one) => one !== "") ?? "";
  const place = Array.isArray(said.loc) && words !== "" ? `${placeOf(said.loc)}: ` : "";
  // OpenRouter's own message says only that a provider failed.
  const quoted = isObject(said.metadata) ? wordsOf(said.metadata.raw, depth + 1) : "";
  return `${place}${words}${quoted !== "" && words !== "" ? ": " : ""}${quoted}`;
}

function wordsOfText(text: string, depth: number): string {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed) || trimmed.length > MAX_JSON_TEXT_CHARS) return trimmed;
  try {
    return wordsOf(JSON.parse(trimmed), depth + 1) || trimmed;
  } catch {
    return trimmed;
  }
}

function placesIn(said: unknown, depth = 0): string[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(said)) return said.slice(0, MAX_ITEMS).flatMap((item) => placesIn(item, depth + 1));
  if (!isObject(said)) return [];
  if (Array.isArray(said.loc)) return [placeOf(said.loc)];
  return WORDS.flatMap((name) => placesIn(said[name], depth + 1));
}

const placeOf = (loc: readonly unknown[]): string => loc.filter((part) => part !== "body").join(".");

function codesIn(said: unknown, depth = 0): string[] {
  if (depth > MAX_DEPTH) return [];
  if (Array.isArray(said)) return said.slice(0, MAX_ITEMS).flatMap((item) => codesIn(item, depth + 1));
  if (!isObject(said)) return [];
  const own = CODES.map((name) => said[name]).filter((code) => typeof code === "string" || typeof code === "number");
  return [...own.map(String), ...["error", "errors", "innererror"].flatMap((name) => codesIn(said[name], depth + 1))];
}

function statusIn(body: unknown): number | null {
  const code = isObject(body) ? Number(body.code) : Number.NaN;
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : null;
}

/**
 * What an event says went wrong, although the request was answered with 200; undefined if the event has none of these
 * shapes.
 */
export function errorIn(event: unknown): object | undefined {
  if (Array.isArray(event)) return event.length > 0 ? errorIn(event[0]) : undefined;
  if (!isObject(event) || Array.isArray(event.choices)) return undefined;
  if (event.error) return typeof event.error === "object" ? event.error : { message: String(event.error) };
  if (Array.isArray(event.errors) && event.errors.length > 0) return event.errors;
  if (event.object === "error" || event.success === false) return event;
  const { base_resp: base } = event;
  return isObject(base) && typeof base.status_code === "number" && base.status_code !== 0 ? base : undefined;
}

/**
 * The SDK keeps only `error` of a body. If that is no more than the status in words, and a message stands beside it, the
 * message would be lost.
 */
export function readableBody(text: string): string {
  if (!text.startsWith("{") || text.length > MAX_JSON_TEXT_CHARS) return text;
  try {
    const body: unknown = JSON.parse(text);
    if (!isObject(body) || typeof body.error !== "string" || wordsOf(body.message) === "") return text;
    const { error, ...rest } = body;
    return JSON.stringify({ error: { ...rest, type: error } });
  } catch {
    return text;
  }
}
