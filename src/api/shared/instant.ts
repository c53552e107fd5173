import { z } from "@hono/zod-openapi";
import { fieldIssue } from "../../http/field-errors.ts";
import { optionalParameter } from "./request-fields.ts";

// Instants as callers give them, read as epoch milliseconds. One that is left out is undefined.

const ISO = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const EPOCH_SECONDS = /^\d{1,11}$/;
const MAX_EPOCH_SECONDS = 99_999_999_999;
const PROBLEM = "Input should be an ISO 8601 time such as 2026-01-31T12:00:00Z, or whole epoch seconds";

type Bound = "from" | "to";

/** An instant in a query. */
export const instantParameter = (bound: Bound, description: string) =>
  optionalParameter(instant(bound)).openapi(docs(description));

/**
 * An instant in a JSON body, where epoch seconds may be a number. An empty text is refused like any text
 * that is no instant.
 */
export const instantField = (bound: Bound, description: string) =>
  z
    .preprocess((given) => (typeof given === "number" ? String(given) : given), instant(bound).optional())
    .openapi(docs(description));

/** An instant without a fraction means its whole second, because answers show whole seconds. */
function instant(bound: Bound) {
  const wholeSecond = bound === "to" ? 999 : 0;
  return z.string().transform((given, ctx): number => {
    const parts = ISO.exec(given);
    const ms = EPOCH_SECONDS.test(given) ? Number(given) * 1000 : parts === null ? Number.NaN : Date.parse(given);
    const isThere = Number.isFinite(ms) && (parts === null || isInCalendar(parts[1] ?? ""));
    if (isThere) return ms + (parts?.[3] === undefined ? wholeSecond : 0);
    ctx.addIssue(fieldIssue("datetime_parsing", PROBLEM));
    return z.NEVER;
  });
}

/** Whether the day exists: `Date.parse` reads the 30th of February as the 2nd of March. */
const isInCalendar = (day: string) => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);

const docs = (description: string) => ({
  type: ["string" as const, "integer" as const],
  anyOf: [
    { type: "string" as const, format: "date-time" },
    { type: "integer" as const, minimum: 0, maximum: MAX_EPOCH_SECONDS },
  ],
  description: `ISO 8601 with \`Z\` or an offset, or epoch seconds. ${description}`,
  example: "2026-11-21T22:02:43Z",
});
