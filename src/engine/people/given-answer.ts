import { type Failure, type FieldError, payloadTooLarge } from "../../domain/error.ts";
import { EXTRA, fieldError, fieldErrorsAt } from "../../domain/field-errors.ts";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_QUOTED_BYTES, MAX_TOOL_RESULT_BYTES } from "../../domain/limits.ts";
import type { Answer, AnswerEntry, Requirement } from "../../domain/requirement.ts";
import type { Tool } from "../../domain/tool.ts";
import { sameJson } from "../../lib/same-json.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** What an entry says to its requirement. */
export interface GivenAnswer {
  answer: Answer;
  note: string | null;
}

/** Reads an entry for its requirement; null when the entry says nothing that this kind of requirement asks for. */
export function givenAnswer(requirement: Requirement, entry: AnswerEntry): GivenAnswer | null {
  const answer = entry.confirmed === false ? ({ type: "rejected" } as const) : answerOfKind(requirement, entry);
  return answer === null ? null : { answer, note: entry.note?.toWellFormed() || null };
}

function answerOfKind(requirement: Requirement, { confirmed, values, answered, result }: AnswerEntry): Answer | null {
  switch (requirement.kind) {
    case "confirmation":
      return confirmed === true ? { type: "confirmed" } : null;
    case "user_input": {
      // Clients send back every value that they were shown. Only a value for a field without one is an answer.
      const unfilled = (requirement.fields ?? []).filter(({ value }) => value === null);
      const isFilled = values !== null && unfilled.some(({ name }) => Object.hasOwn(values, name));
      return isFilled || answered ? { type: "filled", args: { ...requirement.toolArgs, ...values } } : null;
    }
    case "external_execution":
      return result === null ? null : { type: "executed", result: result.toWellFormed() };
  }
}

/** Whether the entry repeats a stored answer. Its note must be the same too; an entry may leave the note out. */
export function isSameAnswer(given: GivenAnswer, stored: { answer: Answer | null; note: string | null }): boolean {
  return sameJson(given.answer, stored.answer) && (given.note === null || given.note === stored.note);
}

/** Why an answer is too large to be a tool's result or arguments. */
export function oversize({ toolName }: Requirement, { answer, note }: GivenAnswer): Failure | null {
  const parts: [what: string, text: string][] = [[`The note on ${toolName}`, note ?? ""]];
  if (answer.type === "executed") parts.push([`The result of ${toolName}`, answer.result]);
  if (answer.type === "filled") parts.push([`The user input of ${toolName}`, JSON.stringify(answer.args)]);
  const large = parts.find(([, text]) => utf8Bytes(text) > MAX_TOOL_RESULT_BYTES);
  if (large !== undefined) return payloadTooLarge(large[0], MAX_TOOL_RESULT_BYTES);
  const isQuotable = utf8Bytes(JSON.stringify(answer)) <= MAX_QUOTED_BYTES;
  return isQuotable ? null : payloadTooLarge(`The answer to ${toolName} as JSON`, MAX_QUOTED_BYTES);
}

/** The bytes that an answer and its note take in storage. */
export const answerBytes = ({ answer, note }: { answer: Answer | null; note: string | null }): number =>
  (answer === null ? 0 : utf8Bytes(JSON.stringify(answer))) + utf8Bytes(note ?? "");

/**
 * What the tool's parameters find wrong with the arguments that a person filled. Nothing is checked where the deployment
 * does not know the tool any more. `at` is where the entry stands in the request.
 */
export function wrongValues(
  requirement: Requirement,
  args: JsonObject,
  tool: Tool | undefined,
  at: FieldError["loc"],
): FieldError[] {
  if (tool === undefined) return [];
  const names = new Set([...(requirement.fields ?? []).map(({ name }) => name), ...Object.keys(requirement.toolArgs)]);
  const parsed = parse(tool, args);
  const wrong = parsed === null || parsed.success ? [] : fieldErrorsAt(parsed.error, at, args);
  const isReported = (name: string) => wrong.some(({ loc }) => loc[at.length] === name);
  const unknown = Object.keys(args).filter((name) => !names.has(name) && !isReported(name));
  return [...wrong, ...unknown.map((name) => fieldError(EXTRA, [...at, name], args[name]))];
}

/** Null for parameters whose check is asynchronous, or throws. The call checks its arguments once more before it runs. */
function parse({ parameters }: Tool, args: JsonObject) {
  try {
    return parameters.safeParse(args);
  } catch {
    return null;
  }
}
