/** Calls of earlier answers in a form that every server takes. Pure. */
import { isObject } from "../../domain/json.ts";

/** A name that a model made up may break OpenAI's rule for names; sent back as it is, it would fail every later run. */
export function toWireName(name: string): string {
  return name.replace(/[^\w-]/g, "_").slice(0, 64);
}

/** Many servers parse the arguments of earlier calls and fail on what is not a JSON object; the model wrote it, though. */
export function toWireArguments(written: string): string {
  if (written.trim() === "") return "{}";
  try {
    if (isObject(JSON.parse(written))) return written.toWellFormed();
  } catch {
    // Falls through to the form that keeps the text.
  }
  return JSON.stringify({ malformed_arguments: written.toWellFormed() });
}
