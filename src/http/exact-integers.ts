import type { FieldError } from "../domain/error.ts";
import { fieldError, MAX_FIELD_ERRORS } from "../domain/field-errors.ts";
import { type RoundedInteger, roundedIntegers } from "../lib/rounded-integers.ts";

// Some JSON is stored as callers send it. An integer in it that a number would round is refused. Otherwise the server would
// store another integer, and the caller would not be told.

type Path = RoundedInteger["path"];

const KEPT_FIELDS: readonly unknown[] = ["session_state", "metadata"];
const ANSWER_FIELDS: readonly unknown[] = ["tools", "requirements"];
const RESULTS: readonly unknown[] = ["result", "external_execution_result"];

/** Whether what stands at this place of a body is stored as it is sent. */
export const isKept = ([field, ...path]: Path): boolean =>
  KEPT_FIELDS.includes(field) ||
  (ANSWER_FIELDS.includes(field) && isAnswer(path)) ||
  (field === "message" && isOutput(path)) ||
  (field === "messages" && isOutput(path.slice(1)));

/** Whether a place in a message of AI SDK's clients holds what a call gave. */
const isOutput = ([field, _nth, member]: Path): boolean => field === "parts" && member === "output";

/** Whether a place in a list of answers holds what a person says. Others, such as `tool_args`, only repeat what was shown. */
export function isAnswer([_entry, ...path]: Path): boolean {
  const [field, _nth, member] = path[0] === "tool_execution" ? path.slice(1) : path;
  return RESULTS.includes(field) || (field === "user_input_schema" && member === "value");
}

/** Pydantic's error for too many digits. */
export const ROUNDED = {
  type: "int_parsing_size",
  msg: "Unable to keep this integer as it is, exceeded maximum size: give it as text",
};

/** The errors for integers of a JSON text that would be rounded at stored places; the text stands at `at` in the request. */
export function roundedErrors(text: string, at: FieldError["loc"], isKeptAt: (path: Path) => boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const { path, source } of roundedIntegers(text)) {
    if (isKeptAt(path)) errors.push(fieldError(ROUNDED, [...at, ...path], source));
    if (errors.length === MAX_FIELD_ERRORS) break;
  }
  return errors;
}
