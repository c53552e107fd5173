import { z } from "zod";
import { idProblem } from "../../domain/id.ts";
import { isObject, type Json, type JsonObject } from "../../domain/json.ts";
import { typedTags } from "../../domain/labels.ts";
import {
  MAX_COUNT,
  MAX_ID_CHARS,
  MAX_LIST_ITEMS,
  MAX_RUN_INDEX,
  MAX_STATE_BYTES,
  MAX_TOKENS,
  MAX_TYPED_TAGS,
} from "../../domain/limits.ts";
import type { SessionSummary } from "../../domain/session.ts";
import { TOKEN_DETAILS } from "../../engine/run/tokens.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** The kinds of fields that lines are made of. A field that is left out is null. */

/** The years 1 to 9998, which answers can show and callers can read. Changes after an import can still move an instant on. */
const FIRST_INSTANT = Date.parse("0001-01-01T00:00:00Z");
const LAST_INSTANT = Date.parse("9998-12-31T23:59:59Z");
const MAX_NAME_CHARS = 1_000;

export const nullable = <Value>(schema: z.ZodType<Value>): z.ZodType<Value | null> =>
  schema.nullish().transform((value) => value ?? null);

export const id: z.ZodType<string> = z
  .string()
  .refine(
    (value) => idProblem(value) === null,
    `must be an id: 1 to ${MAX_ID_CHARS} characters, none of them a control character`,
  );

/**
 * Half of a surrogate pair is replaced here. Else one way of writing a row would store U+FFFD for it, and
 * another broken bytes.
 */
export const text: z.ZodType<string> = z.string().transform((value) => value.toWellFormed());

/** A name that answers repeat often, such as that of a model. */
export const name: z.ZodType<string> = text.refine((value) => value.length <= MAX_NAME_CHARS, "is too long for a name");

export const instant: z.ZodType<number> = z.int().min(FIRST_INSTANT).max(LAST_INSTANT);
export const count: z.ZodType<number> = z.int().min(0).max(MAX_COUNT);
/**
 * A version, which each change raises by one. A larger one is set to the limit: else a session that passed
 * it could not come in again.
 */
export const counter: z.ZodType<number> = z
  .int()
  .min(0)
  .transform((value) => Math.min(value, MAX_COUNT));
/** A sum that grows for as long as the session lives. */
export const sum: z.ZodType<number> = z.int().min(0).max(MAX_TOKENS);
export const runIndex: z.ZodType<number> = z.int().min(0).max(MAX_RUN_INDEX);

/** Checks a value and hands it on unchanged: its keys keep their order, and keys that the schema does not know stay. */
export function checked<Value>(schema: z.ZodType): z.ZodType<Value> {
  return z.unknown().transform((value, ctx): Value => {
    const read = schema.safeParse(value);
    if (read.success) return value as Value;
    for (const { message, path } of read.error.issues.slice(0, 1)) ctx.addIssue({ code: "custom", message, path });
    return z.NEVER;
  });
}

/** A list that is looked at up to its first wrong element, and not at all if the list is too long. */
export const list = <Value>(item: z.ZodType<Value>, max: number): z.ZodType<Value[]> =>
  z.unknown().transform((value, ctx): Value[] => {
    const wrong = (message: string, path: PropertyKey[] = []) => {
      ctx.addIssue({ code: "custom", message, path });
      return z.NEVER;
    };
    if (!Array.isArray(value)) return wrong("must be a list");
    if (value.length > max) return wrong(`must not hold more than ${max}`);
    const items: Value[] = [];
    for (const [nth, element] of value.entries()) {
      const read = item.safeParse(element);
      const [issue] = read.error?.issues ?? [];
      if (issue !== undefined) return wrong(issue.message, [nth, ...issue.path]);
      if (read.success) items.push(read.data);
    }
    return items;
  });

/** Lines are JSON, so the values in an object are JSON too. */
export const object: z.ZodType<JsonObject> = z.custom<JsonObject>(isObject, "must be an object");
export const json: z.ZodType<Json> = z.custom<Json>((value) => value !== undefined, "must be there");

/** A session's row has a few such objects. Together they must stay below what a row of D1 may hold. */
const TOO_LARGE = `must not be larger than ${MAX_STATE_BYTES} bytes`;
const isStorable = (value: Json | object): boolean => utf8Bytes(JSON.stringify(value)) <= MAX_STATE_BYTES;

/** A summary as a session and an event hold it. */
export const summary: z.ZodType<SessionSummary> = checked<SessionSummary>(
  z.looseObject({
    summary: z.string(),
    topics: list(z.string(), MAX_LIST_ITEMS).optional(),
    updated_at: z.string().optional(),
  }),
).refine(isStorable, TOO_LARGE);

/** What stands in a session's row as JSON. */
export const bounded = <Value extends Json | object>(schema: z.ZodType<Value>): z.ZodType<Value> =>
  schema.refine(isStorable, TOO_LARGE);

/** An object as callers may store it: a larger one could not be changed by a later run. */
export const stateObject: z.ZodType<JsonObject> = object.refine(isStorable, TOO_LARGE);

/** Tags as callers may give them. */
export const tags: z.ZodType<string[]> = list(z.string(), MAX_TYPED_TAGS).transform((given, ctx): string[] => {
  const typed = typedTags(given);
  if (typed.ok) return typed.tags;
  ctx.addIssue({ code: "custom", message: typed.reason });
  return z.NEVER;
});

/** Tokens of one answer: bounded, so that their sums stay exact. */
const tokens = z.number().min(0).max(MAX_TOKENS);

const tokenDetails = Object.fromEntries(TOKEN_DETAILS.map((name) => [name, tokens.optional()]));

/** The parts of metrics that tokens are added up from. The rest of metrics is only shown. */
export const tokenCounts = {
  input_tokens: tokens.optional(),
  output_tokens: tokens.optional(),
  total_tokens: tokens.optional(),
  ...tokenDetails,
  details: z
    .looseObject({
      model: list(
        z.looseObject({
          id: name,
          provider: name,
          input_tokens: tokens,
          output_tokens: tokens,
          total_tokens: tokens,
          ...tokenDetails,
        }),
        MAX_LIST_ITEMS,
      ).optional(),
    })
    .optional(),
};
