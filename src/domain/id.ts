import { MAX_ID_CHARS } from "./limits.ts";

/** What is wrong with an id; null when nothing is. An id is any text that one segment of a URL's path can carry. */
export type IdProblem = "empty" | "too_long" | "dots" | "control_characters" | null;

/** The same rule for readers of the OpenAPI document. A pattern cannot speak of lone surrogates. */
export const ID_PATTERN = `^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f-\\u009f]{1,${MAX_ID_CHARS}}$`;

export function idProblem(id: string): IdProblem {
  if (id === "") return "empty";
  // JSON Schema counts `maxLength` in code points. Most ids are short enough by code units, and are not counted.
  if (id.length > MAX_ID_CHARS && [...id].length > MAX_ID_CHARS) return "too_long";
  if (id === "." || id === "..") return "dots";
  // A lone surrogate is stored as U+FFFD, so two different ids would become the same one.
  if (/\p{Cc}/u.test(id) || !id.isWellFormed()) return "control_characters";
  return null;
}
