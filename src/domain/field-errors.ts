import type { z } from "zod";
import type { FieldError } from "./error.ts";

/**
 * Says what is wrong with a request in AgentOS's form, which is pydantic's. A schema adds a kind of error that zod does
 * not have by `fieldIssue`.
 */

type Kind = Pick<FieldError, "type" | "msg" | "ctx">;

const MAX_INPUT_CHARS = 200;
/** A list of a hundred thousand wrong elements is answered with its first errors only. */
export const MAX_FIELD_ERRORS = 100;

/** A custom zod issue that carries its pydantic type. */
export function fieldIssue(type: string, msg: string, ctx?: Record<string, unknown>) {
  return { code: "custom" as const, message: msg, params: { type, ctx } };
}

/** The errors that a schema found in `data`, which stands at `at` in the request. */
export function fieldErrorsAt(error: z.ZodError, at: FieldError["loc"], data: unknown): FieldError[] {
  const found = error.issues.slice(0, MAX_FIELD_ERRORS).flatMap((issue) => describe(issue, data));
  return found.slice(0, MAX_FIELD_ERRORS).map(({ kind, path }) => {
    const input = kind.type === "missing" ? undefined : valueAt(data, path);
    return fieldError(kind, [...at, ...path.map(locSegment)], input);
  });
}

/** The error of a field that is wrong for a reason that no schema knows. */
export function fieldError(kind: Kind, loc: FieldError["loc"], input: unknown): FieldError {
  const { type, msg, ctx } = kind;
  return { type, loc, msg, input: echo(input), ...(ctx !== undefined && { ctx }) };
}

export const MISSING: Kind = { type: "missing", msg: "Field required" };

export const EXTRA: Kind = { type: "extra_forbidden", msg: "Extra inputs are not permitted" };

function describe(issue: z.core.$ZodIssue, data: unknown): { kind: Kind; path: PropertyKey[] }[] {
  const { path } = issue;
  const [first, second] = issue.code === "invalid_union" ? issue.errors : [];
  if (first !== undefined && second?.some((inner) => inner.code === "invalid_type" && inner.expected === "null")) {
    // A field is of a schema or null: show what the schema says.
    return first.flatMap((inner) => describe({ ...inner, path: [...path, ...inner.path] }, data));
  }
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ kind: EXTRA, path: [...path, key] }));
  return [{ kind: kindOf(issue, valueAt(data, path)), path }];
}

function kindOf(issue: z.core.$ZodIssue, input: unknown): Kind {
  if (issue.code === "custom") return custom(issue);
  if (input === undefined) return MISSING;
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, input);
    case "invalid_value":
      return notAmong(issue.values);
    case "too_small":
      return outOfRange(TOO_SMALL, { ...issue, limit: issue.minimum }, input);
    case "too_big":
      return outOfRange(TOO_BIG, { ...issue, limit: issue.maximum }, input);
    case "invalid_format":
      return wrongFormat(issue);
    default:
      return { type: "value_error", msg: `Value error, ${issue.message}` };
  }
}

function custom(issue: z.core.$ZodIssueCustom): Kind {
  const { type, ctx } = issue.params ?? {};
  if (typeof type !== "string") return { type: "value_error", msg: `Value error, ${issue.message}` };
  return { type, msg: issue.message, ...(ctx !== undefined && { ctx }) };
}

const TYPE_KINDS: Record<string, Kind> = {
  string: { type: "string_type", msg: "Input should be a valid string" },
  number: { type: "float_type", msg: "Input should be a valid number" },
  boolean: { type: "bool_type", msg: "Input should be a valid boolean" },
  array: { type: "list_type", msg: "Input should be a valid list" },
  record: { type: "dict_type", msg: "Input should be a valid dictionary" },
  object: {
    type: "model_attributes_type",
    msg: "Input should be a valid dictionary or object to extract fields from",
  },
};

function wrongType(expected: string, input: unknown): Kind {
  if (expected === "int") {
    return typeof input === "number"
      ? { type: "int_from_float", msg: "Input should be a valid integer, got a number with a fractional part" }
      : { type: "int_type", msg: "Input should be a valid integer" };
  }
  return TYPE_KINDS[expected] ?? { type: "value_error", msg: `Value error, expected ${expected}` };
}

function notAmong(values: readonly unknown[]): Kind {
  const quoted = values.map((value) => (typeof value === "string" ? `'${value}'` : String(value)));
  const last = quoted.pop() ?? "";
  const expected = quoted.length === 0 ? last : `${quoted.join(", ")} or ${last}`;
  const type = values.length === 1 ? "literal_error" : "enum";
  return { type, msg: `Input should be ${expected}`, ctx: { expected } };
}

const plural = (count: number | bigint, noun: string) => `${count} ${noun}${Number(count) === 1 ? "" : "s"}`;
const sizeOf = (input: unknown) => (Array.isArray(input) ? input.length : 0);

/** The words for what lies outside of one end of a range. */
interface RangeEnd {
  text: string;
  list: string;
  length: string;
  amount: string;
  exclusive: { type: string; words: string; limit: string };
  inclusive: { type: string; words: string; limit: string };
}

const TOO_SMALL: RangeEnd = {
  text: "string_too_short",
  list: "too_short",
  length: "min_length",
  amount: "at least",
  exclusive: { type: "greater_than", words: "greater than", limit: "gt" },
  inclusive: { type: "greater_than_equal", words: "greater than or equal to", limit: "ge" },
};

const TOO_BIG: RangeEnd = {
  text: "string_too_long",
  list: "too_long",
  length: "max_length",
  amount: "at most",
  exclusive: { type: "less_than", words: "less than", limit: "lt" },
  inclusive: { type: "less_than_equal", words: "less than or equal to", limit: "le" },
};

interface Exceeded {
  origin: string;
  inclusive?: boolean | undefined;
  limit: number | bigint;
}

function outOfRange(end: RangeEnd, { origin, inclusive, limit }: Exceeded, input: unknown): Kind {
  if (origin === "string") {
    const msg = `String should have ${end.amount} ${plural(limit, "character")}`;
    return { type: end.text, msg, ctx: { [end.length]: limit } };
  }
  if (origin === "array") {
    const msg = `List should have ${end.amount} ${plural(limit, "item")} after validation, not ${sizeOf(input)}`;
    return { type: end.list, msg, ctx: { field_type: "List", [end.length]: limit, actual_length: sizeOf(input) } };
  }
  const than = inclusive === false ? end.exclusive : end.inclusive;
  return { type: than.type, msg: `Input should be ${than.words} ${limit}`, ctx: { [than.limit]: limit } };
}

function wrongFormat(issue: z.core.$ZodIssueInvalidStringFormat): Kind {
  const { pattern } = issue;
  if (pattern === undefined) return { type: "value_error", msg: `Value error, ${issue.message}` };
  return { type: "string_pattern_mismatch", msg: `String should match pattern '${pattern}'`, ctx: { pattern } };
}

const locSegment = (segment: PropertyKey) => (typeof segment === "number" ? segment : String(segment));

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const segment of path) {
    // A list parameter that was given once is not a list: it is the entry itself.
    if (segment === 0 && typeof value === "string") continue;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = Reflect.get(value, segment);
  }
  return value;
}

/** What was sent, cut short: a wrong message of 200 KB must not be sent back. */
function echo(input: unknown): unknown {
  if (input === undefined || input instanceof Blob) return null;
  const shown = typeof input === "string" ? input : JSON.stringify(input);
  if (shown.length <= MAX_INPUT_CHARS) return input;
  return shown.slice(0, MAX_INPUT_CHARS).toWellFormed();
}
