import { isObject, type Json, type JsonObject } from "../../domain/json.ts";
import { readJson } from "../../lib/read-json.ts";
import { type RoundedInteger, roundedIntegers } from "../../lib/rounded-integers.ts";

// Agno's rows are read as far as they make sense: a value of another kind than expected counts as missing.

/** How deep a line, or JSON that a column holds as text, may nest. */
export const MAX_LINE_DEPTH = 500;

/** Reads a JSON column. It comes as JSON, as text, or (SQLite, up to Agno 2.x) as text within text. */
export function column(value: unknown): unknown {
  return layers(value).at(-1);
}

/** The value of a column, then the value that its text holds as JSON, and so on; the innermost value comes last. */
function layers(value: unknown): unknown[] {
  const all = [value];
  for (let inner = value; all.length <= 2 && typeof inner === "string"; all.push(inner)) {
    const read = readJson(inner, MAX_LINE_DEPTH);
    if (!read.ok) break;
    inner = read.value;
  }
  return all;
}

/** The integers in the texts of these columns that are too large for a number, which rounds them. */
export function* roundedInColumns(row: JsonObject, names: Iterable<string>): Generator<RoundedInteger> {
  for (const name of names) {
    for (const text of layers(row[name]).slice(0, -1)) {
      for (const { path, source } of roundedIntegers(String(text))) yield { path: [name, ...path], source };
    }
  }
}

export function objectOf(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const objectsOf = (value: unknown): JsonObject[] =>
  listOf(value).flatMap((item) => {
    const object = objectOf(item);
    return object === null ? [] : [object];
  });

/** A text that is not empty. */
export const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

export const numberOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;

/** Numbers from here on are milliseconds: as seconds this would be the year 5138. */
const FIRST_MILLISECONDS = 1e11;
/** Numbers from here on are no milliseconds either: this would be the year 5138 again. */
const TOO_FINE = 1e14;
/** ISO 8601, as Python and Postgres write it too. Without an offset it is UTC. */
const ISO_INSTANT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)\s?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * An instant as milliseconds. Agno's own are seconds; other tools that copy its rows write milliseconds or ISO 8601. Null if
 * there is none, or if `instantProblem` says what is wrong.
 */
export function instantOf(value: unknown): number | null {
  if (typeof value === "string") return isoInstant(value);
  const number = numberOf(value);
  if (number === null || number >= TOO_FINE) return null;
  return Math.round(number >= FIRST_MILLISECONDS ? number : number * 1000);
}

function isoInstant(text: string): number | null {
  const [, day, time, offset = "Z"] = ISO_INSTANT.exec(text) ?? [];
  const whole = /^[+-]\d\d$/.test(offset) ? `${offset}:00` : offset.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2");
  const at = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${whole}`);
  return Number.isFinite(at) ? at : null;
}

/** The first of these fields that is there and is no instant, as a sentence. */
export function instantProblem(row: JsonObject, names: readonly string[]): string | null {
  for (const name of names) {
    const value = row[name];
    const isThere = value !== null && value !== undefined;
    if (isThere && instantOf(value) === null) {
      return `${name}: must be seconds or milliseconds since 1970, or a time in ISO 8601`;
    }
  }
  return null;
}

/** The content of a message or a run as text: for several parts their texts, for anything else its JSON. */
export function contentOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  const texts = objectsOf(value).flatMap((part) => textOf(part.text) ?? []);
  return texts.length > 0 ? texts.join("\n") : JSON.stringify(value);
}

/** The object, or null if it is empty. */
export function filled(value: unknown): JsonObject | null {
  const object = objectOf(value);
  return object === null || Object.keys(object).length === 0 ? null : object;
}

export const jsonOf = (value: unknown): Json => (value === undefined ? null : (value as Json));
