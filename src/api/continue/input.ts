import type { z } from "zod";
import { AppError, badRequest } from "../../domain/error.ts";
import { MAX_MESSAGE_BYTES, MAX_QUOTED_BYTES } from "../../domain/limits.ts";
import type { AnswerEntry } from "../../domain/requirement.ts";
import type { AskedOrigin } from "../../domain/run-origin.ts";
import { unwrap } from "../../http/errors.ts";
import { limitBytes } from "../../http/limits.ts";
import { requireSessionId } from "../runs/input.ts";
import { readAnswers } from "./answer-entries.ts";
import { type ContinueFields, readContinueFrom } from "./contract.ts";

type Fields = z.infer<typeof ContinueFields>;

/** What a continue asks for. `asked` is null if the run itself goes on, and no new run is made. */
export interface ContinueInput {
  sessionId: string;
  entries: AnswerEntry[];
  asked: AskedOrigin | null;
}

/**
 * Reads the fields of a continue. Throws the 400 or 413 for fields that contradict each other, checked in
 * AgentOS's order.
 */
export function continueInput(fields: Fields): ContinueInput {
  const sessionId = requireSessionId(fields.session_id);
  const entries = [
    ...unwrap(readAnswers("tools", fields.tools)),
    ...unwrap(readAnswers("requirements", fields.requirements)),
  ];
  return { sessionId, entries, asked: askedOrigin(fields) };
}

function askedOrigin(fields: Fields): AskedOrigin | null {
  const { fork, regenerate, replace_original: replace } = fields;
  const from = fields.continue_from === undefined ? undefined : readContinueFrom(fields.continue_from);
  if (from === null) {
    throw new AppError(badRequest("Invalid continue_from. Use 'end', 'last_user', or a numeric message index."));
  }
  const input = textOf("input", fields.input);
  const instructions = textOf("additional_instructions", fields.additional_instructions);
  if (regenerate) {
    if (input !== null) {
      throw new AppError(badRequest("input cannot be given with regenerate, which answers what was said before."));
    }
    return { type: "regenerated", from: from ?? "last_user", replace, instructions };
  }
  if (instructions !== null) {
    throw new AppError(badRequest("additional_instructions can only be given with regenerate."));
  }
  if (fork || from !== undefined) return { type: "continued", from: from ?? "end", input };
  if (input !== null) {
    throw new AppError(badRequest("input can only be given with fork or continue_from: a paused run gets answers."));
  }
  return null;
}

function textOf(field: string, given: string | undefined): string | null {
  if (given === undefined) return null;
  const text = given.toWellFormed();
  limitBytes(field, text, MAX_MESSAGE_BYTES);
  limitBytes(`${field} as JSON`, JSON.stringify(text), MAX_QUOTED_BYTES);
  return text;
}
