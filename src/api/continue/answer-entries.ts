import { z } from "zod";
import { badRequest, invalidRequest } from "../../domain/error.ts";
import type { Json, JsonObject } from "../../domain/json.ts";
import { MAX_REQUIREMENTS } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { AnswerEntry } from "../../domain/requirement.ts";
import { isAnswer, roundedErrors } from "../../http/exact-integers.ts";
import { readJson } from "../../lib/read-json.ts";
import { boundedList } from "../shared/request-fields.ts";

/** The two ways in which AgentOS takes answers: as the edited tools, or as the edited requirements. */
export type AnswersField = "tools" | "requirements";

const InputSchema = boundedList(z.object({ name: z.string(), value: z.unknown().optional() })).nullish();

/** What a person says in a tool of RunPaused. Its other keys only repeat what was shown. */
const ToolAnswer = z.object({
  confirmed: z.boolean().nullish(),
  confirmation_note: z.string().nullish(),
  user_input_schema: InputSchema,
  answered: z.boolean().nullish(),
  result: z.unknown().optional(),
});

const Id = z.string().min(1);

const ToolEntry = ToolAnswer.extend({ tool_call_id: Id }).transform(
  (tool): AnswerEntry => ({ by: "tool_call_id", id: tool.tool_call_id, ...saidIn(tool) }),
);

const RequirementAnswer = z
  .object({
    id: Id.nullish(),
    confirmation: z.boolean().nullish(),
    confirmation_note: z.string().nullish(),
    external_execution_result: z.unknown().optional(),
    user_input_schema: InputSchema,
    tool_execution: ToolAnswer.extend({ tool_call_id: Id.nullish() }).nullish(),
  })
  .refine(({ id, tool_execution }) => (id ?? tool_execution?.tool_call_id) != null, {
    message: "an entry needs an id, or a tool_execution with a tool_call_id",
  });

const RequirementEntry = RequirementAnswer.transform(requirementEntry);

const Entries = boundedList(z.unknown(), MAX_REQUIREMENTS);

/** The answers of a continue, sent as a JSON text or within a JSON body. None if the field is null or left out. */
export function readAnswers(field: AnswersField, sent: unknown): Outcome<AnswerEntry[]> {
  const read = typeof sent === "string" ? readJson(sent) : { ok: true as const, value: sent };
  if (!read.ok) {
    return fail(badRequest(`Invalid JSON in ${field} field`));
  }
  if (read.value === undefined || read.value === null) {
    return ok([]);
  }
  // Integers of a JSON body were checked when the body was read.
  const rounded = typeof sent === "string" ? roundedErrors(sent, ["body", field], isAnswer) : [];
  if (rounded.length > 0) {
    return fail(invalidRequest(rounded));
  }
  const wrong = (error: z.ZodError, ...at: number[]) =>
    fail(badRequest(`Invalid structure or content for ${field}: ${reasonOf(error, at)}`));
  const given = Entries.safeParse(read.value);
  if (!given.success) {
    return wrong(given.error);
  }
  const Entry = field === "tools" ? ToolEntry : RequirementEntry;
  const entries: AnswerEntry[] = [];
  // Stops at the first entry that is wrong: the errors of all entries together have no bound.
  for (const [nth, entry] of given.data.entries()) {
    const parsed = Entry.safeParse(entry);
    if (!parsed.success) {
      return wrong(parsed.error, nth);
    }
    entries.push(parsed.data);
  }
  return ok(entries);
}

/** Reads a requirement as AgentOS does: what the requirement's tool says counts before what the requirement says itself. */
function requirementEntry(requirement: z.infer<typeof RequirementAnswer>): AnswerEntry {
  const { id, tool_execution: tool } = requirement;
  const outer = saidIn({
    confirmed: requirement.confirmation,
    confirmation_note: requirement.confirmation_note,
    user_input_schema: requirement.user_input_schema,
    result: requirement.external_execution_result,
  });
  const inner = saidIn(tool ?? {});
  const values = { ...outer.values, ...inner.values };
  return {
    ...(id == null
      ? { by: "tool_call_id" as const, id: tool?.tool_call_id ?? "" }
      : { by: "requirement_id" as const, id }),
    confirmed: inner.confirmed ?? outer.confirmed,
    note: inner.note ?? outer.note,
    values: Object.keys(values).length === 0 ? null : values,
    answered: inner.answered,
    result: inner.result ?? outer.result,
  };
}

type Said = Omit<AnswerEntry, "by" | "id">;

function saidIn(answer: Partial<z.infer<typeof ToolAnswer>>): Said {
  return {
    confirmed: answer.confirmed ?? null,
    note: answer.confirmation_note?.toWellFormed() ?? null,
    values: valuesOf(answer.user_input_schema ?? []),
    answered: answer.answered ?? false,
    result: resultText(answer.result),
  };
}

function valuesOf(schema: { name: string; value?: unknown }[]): JsonObject | null {
  // The values were parsed from a JSON text, so they are JSON.
  const given = schema.filter(({ value }) => value != null) as { name: string; value: Json }[];
  return given.length === 0 ? null : Object.fromEntries(given.map(({ name, value }) => [name, value]));
}

function resultText(result: unknown): string | null {
  if (result === undefined || result === null) {
    return null;
  }
  return typeof result === "string" ? result.toWellFormed() : JSON.stringify(result);
}

/** The first error, with its place: `entry 2, confirmed: …`. */
function reasonOf(error: z.ZodError, at: readonly number[]): string {
  const [issue] = error.issues;
  const [entry, ...path] = [...at, ...(issue?.path ?? [])];
  const where = [...(entry === undefined ? [] : [`entry ${String(entry)}`]), ...(path.length ? [path.join(".")] : [])];
  return `${where.length ? `${where.join(", ")}: ` : ""}${issue?.message ?? "not understood"}`;
}
