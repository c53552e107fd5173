import type { z } from "zod";
import { AppError, type FieldError, invalidRequest } from "../domain/error.ts";
import { fieldError, fieldErrorsAt, fieldIssue, MISSING } from "../domain/field-errors.ts";

/** Wrong fields of a request: what `domain/field-errors.ts` says of them, at the part of the request that they stand in. */

export { fieldError, fieldIssue, MISSING };

export type Location = "body" | "query" | "path" | "header";

export function fieldErrors(error: z.ZodError, at: Location, data: unknown): FieldError[] {
  return fieldErrorsAt(error, [at], data);
}

/** The 422 for one field, or one in another, of a rule that no schema holds. */
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

/** Reads fields that came some other way than through a route's own validation; throws the 422. */
export function parseFields<Schema extends z.ZodType>(schema: Schema, fields: unknown, at: Location = "body") {
  const parsed = schema.safeParse(fields);
  if (parsed.success) return parsed.data;
  throw new AppError(invalidRequest(fieldErrors(parsed.error, at, fields)));
}
