import { AppError, invalidRequest } from "../domain/error.ts";
import { readJson } from "../lib/read-json.ts";
import { isKept, roundedErrors } from "./exact-integers.ts";
import { fieldError } from "./field-errors.ts";

/** A body as JSON; throws AgentOS's 422 if the body is none, or holds an integer that cannot be stored as sent. */
export function parseJsonBody(text: string): unknown {
  const read = readJson(text);
  if (!read.ok) throw invalidJson(read.reason, read.position);
  const rounded = roundedErrors(text, ["body"], isKept);
  if (rounded.length > 0) throw new AppError(invalidRequest(rounded));
  return read.value;
}

/** JSON is UTF-8. Other bytes are refused: a decoder would replace them, and store what nobody wrote. */
export function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw invalidUtf8();
  }
}

/** The failure of a body, or of the escapes in a form, that are not UTF-8. */
export const invalidUtf8 = () => invalidJson("Invalid UTF-8", 0);

export const jsonInvalid = (reason: string) => ({
  type: "json_invalid",
  msg: "JSON decode error",
  ctx: { error: reason },
});

function invalidJson(reason: string, position: number): AppError {
  return new AppError(invalidRequest([fieldError(jsonInvalid(reason), ["body", position], {})]));
}
