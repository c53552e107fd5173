import { AppError, invalidRequest } from "../domain/error.ts";
import { readJson } from "../lib/read-json.ts";
import { isKept, roundedErrors } from "./exact-integers.ts";
import { fieldError } from "./field-errors.ts";

/** A body as JSON; throws AgentOS's 422 for one that is none, or that holds an integer which cannot be kept as it is. */
export function parseJsonBody(text: string): unknown {
  const read = readJson(text);
  if (!read.ok) throw invalidJson(read.reason, read.position);
  const rounded = roundedErrors(text, ["body"], isKept);
  if (rounded.length > 0) throw new AppError(invalidRequest(rounded));
  return read.value;
}

/** JSON is UTF-8; other bytes are refused, since replacing them would store what nobody wrote. */
export function decodeUtf8(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw invalidUtf8();
  }
}

/** What a body, or a form's escapes in it, is refused with that is no UTF-8. */
export const invalidUtf8 = () => invalidJson("Invalid UTF-8", 0);

export const jsonInvalid = (reason: string) => ({
  type: "json_invalid",
  msg: "JSON decode error",
  ctx: { error: reason },
});

function invalidJson(reason: string, position: number): AppError {
  return new AppError(invalidRequest([fieldError(jsonInvalid(reason), ["body", position], {})]));
}
