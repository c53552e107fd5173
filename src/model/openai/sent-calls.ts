/** Calls of earlier answers in a form that every server takes. Pure. */
import { isObject } from "../../domain/json.ts";

/** The name of a call that came without one, which an import may hold. */
const NO_NAME = "unknown";
/** In JSON: a backslash that stands for itself, a surrogate pair, or half a pair alone. */
const ESCAPED = /\\\\|\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})/g;

/**
 * A name that a model made up may break OpenAI's rule for names. Unless the name is repaired, every later run of the session
 * fails.
 */
export function toWireName(name: string): string {
  return name.replace(/[^\w-]/g, "_").slice(0, 64) || NO_NAME;
}

/** Many servers parse the arguments of earlier calls and fail on what is not a JSON object; the model wrote it, though. */
export function toWireArguments(written: string): string {
  if (written.trim() === "") return "{}";
  try {
    if (isObject(JSON.parse(written))) return withoutHalves(written.toWellFormed());
  } catch {
    // Falls through to the form that keeps the text.
  }
  return JSON.stringify({ malformed_arguments: written.toWellFormed() });
}

/** Half a surrogate pair may be written as an escape, too. Strict servers refuse the request for it. */
function withoutHalves(json: string): string {
  return json.replace(ESCAPED, (escaped, half?: string) => (half === undefined ? escaped : "\\ufffd"));
}
