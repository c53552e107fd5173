import { z } from "@hono/zod-openapi";
import { ID_PATTERN } from "../../domain/id.ts";
import { MAX_ID_CHARS } from "../../domain/limits.ts";

// The kinds of values that answers are made of, for the document. All values of a kind are described alike.

export const text = (description: string, example?: string) =>
  z.string().openapi({ description, ...(example !== undefined && { example }) });

/** A text that only an example says anything of. */
export const like = (example: string) => z.string().openapi({ example });

export const idText = (description?: string) =>
  z
    .string()
    .openapi({ pattern: ID_PATTERN, maxLength: MAX_ID_CHARS, ...(description !== undefined && { description }) });

export const count = (description?: string) =>
  z
    .int()
    .min(0)
    .openapi(description === undefined ? {} : { description });

export const isoTime = () => z.string().openapi({ format: "date-time", example: "2026-11-21T22:02:43Z" });

export const seconds = () => z.int().min(0).openapi({ description: "Epoch seconds.", example: 1795298563 });

export const anyObject = () => z.record(z.string(), z.unknown());

/**
 * A named schema, or null. With `nullable()` the schema of that name would allow null wherever else it is used.
 */
export const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()]);

/**
 * For members that exclude each other: one variant for each. In it that member is given, and the others are
 * absent or null.
 */
export function oneGiven(...names: string[]) {
  const none = { type: "null" as const };
  return names.map((given) => ({
    required: [given],
    properties: Object.fromEntries(names.map((name) => [name, name === given ? { not: none } : none])),
  }));
}

/** A value that AgentOS shows as null, or leaves out. */
export const maybe = <Schema extends z.ZodType>(schema: Schema) => orNull(schema).optional();
