import { MAX_ID_CHARS } from "./limits.ts";

/** What is wrong with an id, null when nothing is. Ids are any text a URL path can carry as one segment. */
export type IdProblem = "empty" | "too_long" | "dots" | "control_characters" | null;

/** As a pattern, for who reads the document; halves of surrogate pairs are beyond it. */
export const ID_PATTERN = `^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f-\\u009f]{1,${MAX_ID_CHARS}}$`;

export function idProblem(id: string): IdProblem {
  if (id === "") return "empty";
  // Code points, as JSON Schema counts `maxLength`; the first test spares the count for what is short in any case.
  if (id.length > MAX_ID_CHARS && [...id].length > MAX_ID_CHARS) return "too_long";
  if (id === "." || id === "..") return "dots";
  // Half a surrogate pair is stored as U+FFFD, so two such ids would be one.
  if (/\p{Cc}/u.test(id) || !id.isWellFormed()) return "control_characters";
  return null;
}
