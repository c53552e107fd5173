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

/** Reads an entry for its requirement; null when it says nothing that this kind of requirement asks for. */
export function givenAnswer(requirement: Requirement, entry: AnswerEntry): GivenAnswer | null {
  const answer = entry.confirmed === false ? ({ type: "rejected" } as const) : answerOfKind(requirement, entry);
  return answer === null ? null : { answer, note: entry.note?.toWellFormed() || null };
}

function answerOfKind(requirement: Requirement, { confirmed, values, answered, result }: AnswerEntry): Answer | null {
  switch (requirement.kind) {
    case "confirmation":
      return confirmed === true ? { type: "confirmed" } : null;
    case "user_input": {
      // Whatever has no value yet; what the model filled comes back with every list, and is no answer by itself.
      const unfilled = (requirement.fields ?? []).filter(({ value }) => value === null);
      const isFilled = values !== null && unfilled.some(({ name }) => Object.hasOwn(values, name));
      return isFilled || answered ? { type: "filled", args: { ...requirement.toolArgs, ...values } } : null;
    }
    case "external_execution":
      return result === null ? null : { type: "executed", result: result.toWellFormed() };
  }
}

/** Whether the entry, which leaves out what it has nothing to say to, repeats this answer. A note is a part of it. */
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

/** What answers and notes take, as they are stored. */
export const answerBytes = ({ answer, note }: { answer: Answer | null; note: string | null }): number =>
  (answer === null ? 0 : utf8Bytes(JSON.stringify(answer))) + utf8Bytes(note ?? "");

/**
 * What is wrong with the arguments that a person filled, by the tool's parameters; nothing where the deployment does not
 * know the tool any more. `at` is where the entry stands in the request.
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

/** Null for parameters that can only be checked by waiting, or that throw: the call itself checks again before it runs. */
function parse({ parameters }: Tool, args: JsonObject) {
  try {
    return parameters.safeParse(args);
  } catch {
    return null;
  }
}
