import type { z } from "zod";
import { AppError, type FieldError, invalidRequest } from "../domain/error.ts";
import { fieldError, fieldErrorsAt, fieldIssue, MISSING } from "../domain/field-errors.ts";

// The errors of `domain/field-errors.ts` for fields of a request, with the part of it in which a field stands.

export { fieldError, fieldIssue, MISSING };

export type Location = "body" | "query" | "path" | "header";

export function fieldErrors(error: z.ZodError, at: Location, data: unknown): FieldError[] {
  return fieldErrorsAt(error, [at], data);
}

/** The 422 for a field, or one inside another, that breaks a rule no schema states. */
export function wrongField(
  at: Location,
  field: string | (string | number)[],
  reason: string,
  input: unknown,
): AppError {
  const loc = [at, ...[field].flat()];
  return new AppError(invalidRequest([fieldError({ type: "value_error", msg: `Value error, ${reason}` }, loc, input)]));
}

export function missingField(at: Location, field: string): AppError {
  return new AppError(invalidRequest([fieldError(MISSING, [at, field], undefined)]));
}

/** Reads fields that the route's own validation does not see; throws the 422. */
export function parseFields<Schema extends z.ZodType>(schema: Schema, fields: unknown, at: Location = "body") {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new AppError(invalidRequest(fieldErrors(parsed.error, at, fields)));
}
