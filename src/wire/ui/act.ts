import { type Failure, invalidRequest, unsupportedFile } from "../../domain/error.ts";
import { fieldError } from "../../domain/field-errors.ts";
import { isObject, type Json, type JsonObject } from "../../domain/json.ts";
import { MAX_REQUIREMENTS } from "../../domain/limits.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { AnswerEntry } from "../../domain/requirement.ts";

/** What a request of AI SDK's clients asks for. */
export type Act =
  /** A message of the user's. An edit says other words under the id of a message that was there before. */
  | { kind: "say"; said: Said; isEdit: boolean }
  /** What people say to the calls that a paused run asks about. The run's message has its id. */
  | { kind: "answer"; runId: string; entries: AnswerEntry[] }
  /** Another answer to what was said last, in place of the one that `messageId` names. */
  | { kind: "again"; messageId: string | null; said: Said | null };

/** A user's message. */
export interface Said {
  messageId: string;
  text: string;
}

/** The run whose history shows the user's message under this id; null for the id of a client's own. */
export function runOfUsersMessage(messageId: string): string | null {
  return messageId.endsWith(OF_USER) ? messageId.slice(0, -OF_USER.length) : null;
}

const OF_USER = ":user";

/** The fields of a request that say what it asks for. Of the messages the last one is looked at, or the one that is named. */
export interface Sent {
  trigger: "submit-message" | "regenerate-message";
  messageId: string | null;
  messages: readonly unknown[];
}

interface UiMessage {
  id: string;
  role: unknown;
  parts: readonly JsonObject[];
}

export function readAct({ trigger, messageId, messages }: Sent): Outcome<Act> {
  const isAgain = trigger === "regenerate-message";
  const last = messages.at(-1);
  if (last === undefined && isAgain && messageId !== null) return ok({ kind: "again", messageId, said: null });
  // A client answers an earlier message by its id where the user has gone on meanwhile.
  const named = messages.find((message) => isObject(message) && message.id === messageId);
  const read = readMessage(isAgain ? last : (named ?? last));
  if (!read.ok) return read;
  const message = read.value;
  if (message.role === "user") return readUsers(message, isAgain, messageId);
  if (message.role !== "assistant") return fail(wrong("the last one is the user's or the assistant's"));
  return isAgain
    ? ok({ kind: "again", messageId: messageId ?? message.id, said: null })
    : ok({ kind: "answer", runId: message.id, entries: entriesOf(message.parts) });
}

function readUsers({ id, parts }: UiMessage, isAgain: boolean, messageId: string | null): Outcome<Act> {
  const text = textOf(parts);
  if (!text.ok) return text;
  const said = { messageId: id, text: text.value };
  const isItself = messageId === id;
  return ok(
    isAgain ? { kind: "again", messageId: isItself ? null : messageId, said } : { kind: "say", said, isEdit: isItself },
  );
}

function readMessage(sent: unknown): Outcome<UiMessage> {
  if (!isObject(sent)) return fail(wrong("the last one is an object"));
  const { id, role, parts } = sent;
  if (typeof id !== "string" || id === "") return fail(wrong("the last one has an id"));
  if (!Array.isArray(parts) || !parts.every(isObject)) return fail(wrong("the last one has parts, which are objects"));
  return ok({ id, role, parts });
}

/** No place within the list is named: the message's number was lost with those before it. */
const wrong = (reason: string): Failure =>
  invalidRequest([fieldError({ type: "value_error", msg: `Value error, ${reason}` }, ["body", "messages"], undefined)]);

/** What the user says: the text of all parts. A part of any other kind would be lost, so it is refused. */
function textOf(parts: readonly JsonObject[]): Outcome<string> {
  const other = parts.find(({ type }) => type !== "text");
  if (other !== undefined) {
    const type = String(other.type || "of no kind")
      .slice(0, MAX_TYPE_CHARS)
      .toWellFormed();
    return fail({ ...unsupportedFile(), detail: `Files are not supported: a part is ${type}. Send text.` });
  }
  const text = parts.map((part) => part.text).join("\n\n");
  if (parts.some((part) => typeof part.text !== "string")) return fail(wrong("the text of a part is a string"));
  return text.trim() === "" ? fail(wrong("the last message must not be empty")) : ok(text.toWellFormed());
}

const MAX_TYPE_CHARS = 40;

/**
 * What a message's calls may answer. Those that nobody was asked about are among them, with their results: only the session
 * knows. Open ones stand behind all others, because a run pauses once all others have run.
 */
function entriesOf(parts: readonly JsonObject[]): AnswerEntry[] {
  return parts
    .flatMap((part) => entryOf(part) ?? [])
    .slice(-MAX_REQUIREMENTS)
    .map((said) => ({ ...NOTHING, by: "call", ...said }));
}

const NOTHING = { confirmed: null, note: null, values: null, answered: false, result: null };

function entryOf(part: JsonObject): (Pick<AnswerEntry, "id"> & Partial<AnswerEntry>) | null {
  const { type, toolCallId: id, state, output, errorText, approval } = part;
  if (typeof id !== "string" || !(type === "dynamic-tool" || String(type).startsWith("tool-"))) return null;
  switch (state) {
    case "approval-responded":
      return isObject(approval) && typeof approval.approved === "boolean"
        ? { id, confirmed: approval.approved, note: typeof approval.reason === "string" ? approval.reason : null }
        : null;
    case "output-available":
      return output === undefined ? null : { id, result: resultOf(output), values: valuesOf(output) };
    case "output-error":
      return typeof errorText === "string" ? { id, result: errorText.toWellFormed() } : null;
    default:
      return null;
  }
}

const resultOf = (output: Json): string =>
  typeof output === "string" ? output.toWellFormed() : JSON.stringify(output);

/** What is filled in: `{values: {…}}`, or the values themselves. */
function valuesOf(output: Json): JsonObject | null {
  if (!isObject(output)) return null;
  const values = isObject(output.values) ? output.values : output;
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
