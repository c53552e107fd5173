import type { JsonObject } from "../../domain/json.ts";
import { MAX_ID_CHARS } from "../../domain/limits.ts";
import { readJson } from "../../lib/read-json.ts";
import { type RoundedInteger, roundedIntegers } from "../../lib/rounded-integers.ts";
import { AGNO_COLUMNS, agnoKind, agnoRunRow, agnoSession } from "../agno/session.ts";
import { MAX_LINE_DEPTH, objectOf, roundedInColumns } from "../agno/values.ts";
import { chatGptConversation, isChatGpt } from "../chatgpt/conversation.ts";
import type { Conversation } from "../conversation/session.ts";
import { openAiConversation, openAiMessages } from "../openai/messages.ts";
import type { RecordFormat } from "../record/format.ts";
import {
  messageRecord,
  type PortableMessage,
  type PortableRequirement,
  type PortableRun,
  requirementRecord,
  runRecord,
} from "../record/run-record.ts";
import {
  type PortableSession,
  type SessionEnd,
  sessionEndRecord,
  sessionRecord,
  sessionVoidRecord,
} from "../record/session-record.ts";

/** What a line of a file holds. */
export type Entry =
  | { kind: "session"; session: PortableSession }
  | { kind: "run"; row: PortableRun }
  | { kind: "message"; row: PortableMessage }
  | { kind: "requirement"; row: PortableRequirement }
  | { kind: "session_end"; end: SessionEnd }
  | { kind: "session_void"; sessionId: string; reason: string }
  /** A line about the file itself, which an import skips. */
  | { kind: "passed_over" }
  | { kind: "agno_session"; session: PortableSession; runs: JsonObject[]; holdsRuns: boolean }
  | { kind: "agno_run"; sessionId: string | null; data: JsonObject }
  /** A whole session of another kind, in one line. */
  | { kind: "conversation"; conversation: Conversation };

/**
 * `rounded` names the places where the line holds an integer that JSON reads as another one. `begins` is set if a
 * session would have begun with a line that is wrong. `isKnown`: the line is of a kind that an import takes.
 */
export type ReadEntry =
  | { ok: true; entry: Entry; rounded: string[] }
  | { ok: false; problem: string; begins: { sessionId: string } | null; isKnown: boolean };

/** How many places of a line are named at most, and how many characters of each. */
const MAX_PLACES = 10;
const PLACE_CHARS = 200;

export function readEntry(text: string): ReadEntry {
  const read = readJson(text, MAX_LINE_DEPTH);
  if (!read.ok) return wrong(`The line is no JSON: ${read.reason} at character ${read.position}.`);
  const conversation = conversationOf(read.value);
  if (conversation !== null) return { ok: true, entry: { kind: "conversation", conversation }, rounded: [] };
  const line = objectOf(read.value);
  if (line === null) return wrong(isUnsplit(read.value) ? UNSPLIT : "The line is no JSON object.");
  const found = "type" in line ? ownEntry(line) : agnoEntry(line);
  return found.ok ? { ...found, rounded: roundedPlaces(text, line) } : found;
}

const UNSPLIT = "The line is a whole conversations.json: split it, so that each conversation is one line.";

const isUnsplit = (value: unknown): boolean =>
  Array.isArray(value) && objectOf(value[0]) !== null && isChatGpt(value[0]);

function conversationOf(value: unknown): Conversation | null {
  const messages = openAiMessages(value);
  if (messages !== null) return openAiConversation(value, messages);
  const line = objectOf(value);
  return line !== null && isChatGpt(line) ? chatGptConversation(line) : null;
}

/** The places of rounded integers, only in what is imported. */
function roundedPlaces(text: string, line: JsonObject): string[] {
  const names = FORMATS.find(({ type }) => type === line.type)?.names ?? AGNO_COLUMNS;
  const places: string[] = [];
  for (const { path } of allRounded(text, line)) {
    if (names.has(String(path[0]))) places.push(path.join(".").slice(0, PLACE_CHARS));
    if (places.length === MAX_PLACES) break;
  }
  return places;
}

const FORMATS = [sessionRecord, runRecord, messageRecord, requirementRecord];

function* allRounded(text: string, line: JsonObject): Generator<RoundedInteger> {
  yield* roundedIntegers(text);
  if (!("type" in line)) yield* roundedInColumns(line, AGNO_COLUMNS);
}

type FoundEntry = { ok: true; entry: Entry } | Extract<ReadEntry, { ok: false }>;

function ownEntry(line: JsonObject): FoundEntry {
  switch (line.type) {
    case "session":
      return read(sessionRecord, line, (session) => ({ kind: "session", session }));
    case "run":
      return read(runRecord, line, (row) => ({ kind: "run", row }));
    case "message":
      return read(messageRecord, line, (row) => ({ kind: "message", row }));
    case "requirement":
      return read(requirementRecord, line, (row) => ({ kind: "requirement", row }));
    case "session_end":
      return read(sessionEndRecord, line, (end) => ({ kind: "session_end", end }));
    case "session_void":
      return read(sessionVoidRecord, line, ({ sessionId, reason }) => ({ kind: "session_void", sessionId, reason }));
    case "cursor":
    case "end":
      return { ok: true, entry: { kind: "passed_over" } };
    default:
      return wrong("type: there is no such kind of line.");
  }
}

function read<Row>(format: RecordFormat<Row>, line: JsonObject, entry: (row: Row) => Entry): FoundEntry {
  const found = format.read(line);
  if (found.ok) return { ok: true, entry: entry(found.row) };
  const begins = format.type === "session" ? { sessionId: String(line.session_id ?? "").slice(0, MAX_ID_CHARS) } : null;
  return { ...wrong(found.problem), begins, isKnown: true };
}

function agnoEntry(line: JsonObject): FoundEntry {
  switch (agnoKind(line)) {
    case "session": {
      const found = agnoSession(line);
      return found.ok
        ? { ok: true, entry: { kind: "agno_session", ...found, holdsRuns: found.runs.length > 0 } }
        : {
            ok: false,
            problem: found.problem,
            begins: { sessionId: (found.sessionId ?? "").slice(0, MAX_ID_CHARS) },
            isKnown: true,
          };
    }
    case "run":
      return { ok: true, entry: { kind: "agno_run", ...agnoRunRow(line) } };
    default:
      return wrong("The line is neither one of an export nor a row of Agno's, nor a conversation.");
  }
}

const wrong = (problem: string): Extract<ReadEntry, { ok: false }> => ({
  ok: false,
  problem,
  begins: null,
  isKnown: false,
});
