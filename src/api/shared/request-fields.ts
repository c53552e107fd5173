import { z } from "@hono/zod-openapi";
import { type IfMatch, parseIfMatch } from "../../domain/etag.ts";
import { ID_PATTERN, type IdProblem, idProblem } from "../../domain/id.ts";
import { isObject, type JsonObject } from "../../domain/json.ts";
import { MAX_ID_CHARS, MAX_LIST_ITEMS } from "../../domain/limits.ts";
import { SESSION_TYPES } from "../../domain/session.ts";
import { ROUNDED, roundedErrors } from "../../http/exact-integers.ts";
import { fieldIssue } from "../../http/field-errors.ts";
import { jsonInvalid } from "../../http/json.ts";
import { type ReadJson, readJson } from "../../lib/read-json.ts";

/** The pieces that requests of all routes are made of, and the error that all of them answer. */

/** The one database of a deployment, as AgentOS's clients name it. */
export const DB_ID = "d1";

const ID_ISSUES: Record<NonNullable<IdProblem>, ReturnType<typeof fieldIssue>> = {
  empty: fieldIssue("string_too_short", "String should have at least 1 character", { min_length: 1 }),
  too_long: fieldIssue("string_too_long", `String should have at most ${MAX_ID_CHARS} characters`, {
    max_length: MAX_ID_CHARS,
  }),
  dots: fieldIssue("value_error", "Value error, an id must not be '.' or '..'"),
  control_characters: fieldIssue("value_error", "Value error, an id must not contain control characters"),
};

function id(description: string, example: string) {
  return z
    .string()
    .superRefine((value, ctx) => {
      const problem = idProblem(value);
      if (problem !== null) ctx.addIssue(ID_ISSUES[problem]);
    })
    .openapi({ type: "string", description, example, minLength: 1, maxLength: MAX_ID_CHARS, pattern: ID_PATTERN });
}

export const SessionId = id("Id of a session: any text without control characters.", "my-session");
export const RunId = id("Id of a run.", "80312efa-38f3-4188-a301-3eadecfbed8e");
export const AgentId = id("Id of an agent of this deployment.", "assistant");
export const TeamId = id("Id of a team of this deployment.", "support");
export const WorkflowId = id("Id of a workflow.", "nightly");
export const ComponentId = id("Id of the agent, team or workflow that a session belongs to.", "assistant");
export const JobId = id("Id of a job.", "0199c3a1-6a54-7c1e-9d52-2c8a54a8f0b1");
export const ServiceAccountId = id("Id of a service account.", "5c2f7a4e-6d0b-4f7e-9a3d-0e1b6c8d2f54");
export const UserId = id("Id of a user; with it only that user's sessions exist.", "ada");

export const SessionType = z.enum(SESSION_TYPES);

/** If a query parameter is given more than once, the last value counts. */
const last = (value: unknown) => (Array.isArray(value) ? value.at(-1) : value);

/** As `last`; an empty value counts as left out. */
const single = (value: unknown) => (last(value) === "" ? undefined : last(value));

/**
 * The value of a field in a body. An empty text counts as left out. A list stays a list, and is refused as
 * no number or boolean.
 */
const sent = (value: unknown) => (value === "" ? undefined : value);

/** A query parameter that must be there. */
export function parameter<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(last, schema);
}

/** A query parameter that may be left out or empty. */
export function optionalParameter<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(single, schema.optional());
}

/** A field of a body that may be left out, null or empty. */
export function optionalField<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === null || value === "" ? undefined : value), schema.optional());
}

interface IntegerBounds {
  description: string;
  ge?: number;
  le?: number;
}

function integerIssue(value: unknown, { ge, le }: IntegerBounds) {
  const text = typeof value === "object" ? "" : String(value).trim();
  if (!/^[+-]?\d+$/.test(text)) {
    const reason = "Input should be a valid integer, unable to parse string as an integer";
    return fieldIssue("int_parsing", reason);
  }
  const number = Number(text);
  if (ge !== undefined && number < ge) {
    return fieldIssue("greater_than_equal", `Input should be greater than or equal to ${ge}`, { ge });
  }
  if (le !== undefined && number > le) {
    return fieldIssue("less_than_equal", `Input should be less than or equal to ${le}`, { le });
  }
  if (Number.isSafeInteger(number)) return null;
  return fieldIssue("int_parsing_size", "Unable to parse input string as an integer, exceeded maximum size");
}

/** A whole number in a query, header or path; undefined when absent. */
export const integer = (bounds: IntegerBounds) => wholeNumber(bounds, single);

/** A whole number in a form or JSON body; undefined when absent. */
export const integerField = (bounds: IntegerBounds) => wholeNumber(bounds, sent);

function wholeNumber(bounds: IntegerBounds, read: (value: unknown) => unknown) {
  const { description, ge, le } = bounds;
  const schema = z
    .unknown()
    .optional()
    .transform((value, ctx): number | undefined => {
      const given = read(value);
      if (given === undefined) return undefined;
      const issue = integerIssue(given, bounds);
      if (issue === null) return Number(given);
      ctx.addIssue(issue);
      return z.NEVER;
    });
  return schema.openapi({
    type: "integer",
    description,
    minimum: ge ?? Number.MIN_SAFE_INTEGER,
    maximum: le ?? Number.MAX_SAFE_INTEGER,
  });
}

/** As `integer`, with the value that is taken if the parameter is left out. */
export function integerOr(fallback: number, bounds: IntegerBounds) {
  return integer(bounds)
    .transform((value) => value ?? fallback)
    .openapi({ default: fallback });
}

const TRUE: readonly string[] = ["true", "1", "on", "yes", "t", "y"];
const FALSE: readonly string[] = ["false", "0", "off", "no", "f", "n"];

/** A boolean in a query, in all the ways pydantic reads one; undefined when absent. */
export const boolean = (description: string) => truth(description, single);

/** A boolean in a form or JSON body. */
const booleanField = (description: string) => truth(description, sent);

function truth(description: string, read: (value: unknown) => unknown) {
  const schema = z
    .unknown()
    .optional()
    .transform((value, ctx): boolean | undefined => {
      const given = read(value);
      if (given === undefined || given === null) return undefined;
      const word = typeof given === "object" ? "" : String(given).trim().toLowerCase();
      if (TRUE.includes(word)) return true;
      if (FALSE.includes(word)) return false;
      ctx.addIssue(fieldIssue("bool_parsing", "Input should be a valid boolean, unable to interpret input"));
      return z.NEVER;
    });
  return schema.openapi({ type: "boolean", description });
}

/** As `boolean`, with the value that is taken if the parameter is left out. */
export const booleanOr = (fallback: boolean, description: string) => orElse(boolean(description), fallback);

/** As `booleanField`, with the value that is taken if the field is left out. */
export const booleanFieldOr = (fallback: boolean, description: string) => orElse(booleanField(description), fallback);

const orElse = (schema: ReturnType<typeof truth>, fallback: boolean) =>
  schema.transform((value) => value ?? fallback).openapi({ default: fallback });

/**
 * A list in a body. Its elements are counted before the first of them is checked: the errors of very many wrong elements
 * would overflow the stack and end in a 500.
 */
export function boundedList<Item extends z.ZodType>(item: Item, max = MAX_LIST_ITEMS) {
  return z.array(item).max(max);
}

/** A query parameter that is repeated for each element. Left out it is undefined; `name=` is the empty list. */
export function list<Item extends z.ZodType>(item: Item, description: string, max = MAX_LIST_ITEMS) {
  const entries = (value: unknown) =>
    value === undefined ? undefined : [value].flat().filter((entry) => entry !== "");
  return z.preprocess(entries, boundedList(item, max).optional()).openapi({ description });
}

/** A JSON object: in a JSON body the object itself, in a form its text. */
export function jsonObject(description: string) {
  const schema = z.unknown().transform((value, ctx): JsonObject => {
    const read: ReadJson = typeof value === "string" ? readJson(value) : { ok: true, value };
    const rounded = typeof value === "string" && read.ok ? roundedErrors(value, [], () => true) : [];
    if (!read.ok) {
      const { type, msg, ctx: details } = jsonInvalid(read.reason);
      ctx.addIssue(fieldIssue(type, msg, details));
    } else if (rounded.length > 0) {
      for (const { loc } of rounded) ctx.addIssue({ ...fieldIssue(ROUNDED.type, ROUNDED.msg), path: loc });
    } else if (isObject(read.value)) {
      return read.value;
    } else {
      ctx.addIssue(fieldIssue("dict_type", "Input should be a valid dictionary"));
    }
    return z.NEVER;
  });
  const text = { type: "string" as const, contentMediaType: "application/json" };
  return schema.openapi({
    type: ["object", "string"],
    anyOf: [{ type: "object", additionalProperties: true }, text],
    description: `${description} As JSON, or as its text.`,
  });
}

/** A JSON object in a JSON body; null and left out are the same. */
export function bodyObject(description: string) {
  return nullableObject(description).transform((value) => value ?? undefined);
}

/** A JSON object in a JSON body, or null; left out it is undefined. */
export function nullableObject(description: string) {
  const schema = z
    .unknown()
    .optional()
    .transform((value, ctx): JsonObject | null | undefined => {
      if (value === undefined || value === null || isObject(value)) return value;
      ctx.addIssue(fieldIssue("dict_type", "Input should be a valid dictionary"));
      return z.NEVER;
    });
  return schema.openapi({ type: ["object", "null"], additionalProperties: true, description });
}

/** The database, on every route of sessions and users. */
export const DatabaseParameter = optionalParameter(z.string()).openapi({
  description: `The database: \`${DB_ID}\`. Another one is not found.`,
  example: DB_ID,
});

/** Which sessions a route is about, and the database they are in. */
export const SessionScope = z.object({
  type: optionalParameter(SessionType).openapi({ description: "Kind of session; found out when left out." }),
  db_id: DatabaseParameter,
  table: optionalParameter(z.string()).openapi({ description: "Accepted for AgentOS's clients; not used." }),
});

/** The header that makes a repeated run request the same run. */
export const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/)
  .openapi({ description: "1 to 255 visible characters; the same key with the same fields is the same run." });

/** The `ETag` header of an answer, for the document. */
export const SESSION_ETAG = {
  ETag: {
    description: "Changes with whatever callers may change of the session; runs alone do not change it.",
    schema: { type: "string" },
  },
} as const;

const ENTITY_TAG = '(W/)?"[!#-~]*"';
const IF_MATCH_PATTERN = `^(\\*|${ENTITY_TAG}(, *${ENTITY_TAG})*)$`;

/** The header by which a change is made only if the session still has this ETag. */
export const IfMatchHeader = z.object({
  "If-Match": z
    .string()
    .optional()
    .transform((value, ctx): IfMatch | null => {
      const ifMatch = value === undefined ? null : parseIfMatch(value);
      if (value !== undefined && ifMatch === null) {
        ctx.addIssue(
          fieldIssue("value_error", "Value error, give `*` or ETags in double quotes, as answers have them"),
        );
      }
      return ifMatch;
    })
    .openapi({
      type: "string",
      pattern: IF_MATCH_PATTERN,
      description: "ETags as answers have them, or `*`: the change is made only if one is the session's own, else 412.",
      example: '"mdf0k3qz-7"',
    }),
});

const FieldErrorBody = z
  .object({
    type: z.string().openapi({ example: "missing" }),
    loc: z.array(z.union([z.string(), z.number()])).openapi({ example: ["body", "message"] }),
    msg: z.string().openapi({ example: "Field required" }),
    input: z.unknown().openapi({ description: "What was sent, when it is short." }),
    ctx: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi("FieldError");

export const ErrorBody = z
  .object({
    detail: z.union([z.string(), z.array(FieldErrorBody)]).openapi({ example: "Agent not found" }),
    code: z
      .string()
      .openapi({ description: "What went wrong, as a word that does not change.", example: "agent_not_found" }),
    request_id: z.string().openapi({ description: "Also in the header `X-Request-Id` and in the log." }),
  })
  .openapi("Error");
