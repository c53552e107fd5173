import type { SessionSummary } from "../../domain/session.ts";
import { utf8Bytes } from "../../lib/text.ts";

/**
 * What a run has told its readers, in order. In memory an entry of deltas holds their text. As stored it holds their
 * lengths only, because the run's messages have the text already. Instants are milliseconds since the run started.
 */

/** The deltas of one second: they share their `created_at`. */
interface DeltasEntry {
  kind: "deltas";
  at: number;
  deltas: string[];
}

export type PlainKind =
  | "run_started"
  | "run_continued"
  | "model_requested"
  | "model_answered"
  /** The team gave its member's answer as its own, without asking its model. */
  | "said"
  | "content_completed"
  | "summary_started"
  | "run_completed"
  | "run_failed"
  | "run_cancelled";

/** An entry without fields. The event's fields follow from the run, and from the number of such entries before this one. */
export interface PlainEntry {
  kind: PlainKind;
  at: number;
}

/** `tool_paused`: the member that the call went to waits for a person. */
type CallKind = "tool_started" | "tool_ended" | "tool_paused";

/** An event about one tool call of the run, counted from 0. */
export interface CallEntry {
  kind: CallKind;
  at: number;
  call: number;
}

/** The run paused; `open` are the positions of the requirements that were open then. */
export interface PausedEntry {
  kind: "run_paused";
  at: number;
  open: number[];
}

/** The summary that the run waited for; null when none was made. It is in the log because no message of the run has it. */
export interface SummaryEntry {
  kind: "summary_completed";
  at: number;
  summary: SessionSummary | null;
}

/** The next `events` events of a member run stand here among the team run's events. */
interface MemberEntry {
  kind: "member_told";
  /** Which member run of this run, counted from 0. */
  member: number;
  events: number;
}

/** The next event has this index. Readers may have got events with lower indexes that were lost when the object died. */
interface GapEntry {
  kind: "gap";
  nextIndex: number;
}

export type LogEntry = DeltasEntry | PlainEntry | CallEntry | PausedEntry | SummaryEntry | MemberEntry | GapEntry;

const PLAIN_LETTERS: Record<PlainKind, string> = {
  run_started: "S",
  run_continued: "U",
  model_requested: "Q",
  model_answered: "A",
  said: "I",
  content_completed: "C",
  summary_started: "B",
  run_completed: "X",
  run_failed: "F",
  run_cancelled: "K",
};
const CALL_LETTERS: Record<CallKind, string> = { tool_started: "T", tool_ended: "R", tool_paused: "W" };
const byLetter = <Kind extends string>(letters: Record<Kind, string>) =>
  new Map(Object.entries<string>(letters).map(([kind, letter]) => [letter, kind as Kind]));
const PLAIN_KINDS = byLetter(PLAIN_LETTERS);
const CALL_KINDS = byLetter(CALL_LETTERS);

/** `["T",1234567890123,12345],` at its longest: what an entry about a call takes as stored. */
export const ENTRY_BYTES = 32;
const DELTAS_ENTRY_BYTES = 32;
/** `["M",63,1234567890],` at its longest. Members that speak at once take one entry for nearly every delta. */
const MEMBER_ENTRY_BYTES = 20;
const MS_PER_SECOND = 1000;

/** Whether events at two instants of a run have the same `created_at`, which is in whole seconds. */
export function isSameSecond(one: number, other: number, startedAt: number): boolean {
  const second = (at: number) => Math.floor((startedAt + at) / MS_PER_SECOND);
  return second(one) === second(other);
}

/** Adds a delta and answers the bytes that the stored log grew by. `startedAt` decides where a second ends. */
export function appendDelta(log: LogEntry[], delta: string, at: number, startedAt: number): number {
  const last = log.at(-1);
  const bytes = String(delta.length).length + 1;
  if (last?.kind === "deltas" && isSameSecond(last.at, at, startedAt)) {
    last.deltas.push(delta);
    return bytes;
  }
  log.push({ kind: "deltas", at, deltas: [delta] });
  return bytes + DELTAS_ENTRY_BYTES;
}

/** Adds events of a member run. They join the last entry if that is of the same member run. */
export function appendMember(log: LogEntry[], member: number, events: number): number {
  const last = log.at(-1);
  if (last?.kind === "member_told" && last.member === member) {
    last.events += events;
    return 0;
  }
  log.push({ kind: "member_told", member, events });
  return MEMBER_ENTRY_BYTES;
}

export function appendEntry(
  log: LogEntry[],
  entry: PlainEntry | CallEntry | PausedEntry | SummaryEntry | GapEntry,
): number {
  log.push(entry);
  switch (entry.kind) {
    case "run_paused":
      return ENTRY_BYTES + JSON.stringify(entry.open).length;
    case "summary_completed":
      return ENTRY_BYTES + utf8Bytes(JSON.stringify(entry.summary));
    default:
      return ENTRY_BYTES;
  }
}

/** The log as stored: `[["S",0],["Q",1],["D",5,3,4,2],…]`, of ASCII but for a summary. */
export function storedLog(log: readonly LogEntry[]): string {
  return JSON.stringify(log.map(storedEntry));
}

function storedEntry(entry: LogEntry): (string | number | SessionSummary | null)[] {
  switch (entry.kind) {
    case "deltas":
      return ["D", entry.at, ...entry.deltas.map((delta) => delta.length)];
    case "tool_started":
    case "tool_ended":
    case "tool_paused":
      return [CALL_LETTERS[entry.kind], entry.at, entry.call];
    case "run_paused":
      return ["P", entry.at, ...entry.open];
    case "summary_completed":
      return ["E", entry.at, entry.summary];
    case "member_told":
      return ["M", entry.member, entry.events];
    case "gap":
      return ["G", entry.nextIndex];
    default:
      return [PLAIN_LETTERS[entry.kind], entry.at];
  }
}

type StoredSummary = ["E", number, SessionSummary | null];
type StoredEntry = StoredSummary | [string, number, ...number[]];

/** Reads a stored log back; `answers` are the contents of the run's assistant messages, in order. */
export function readStoredLog(stored: string, answers: readonly string[]): LogEntry[] {
  const reader = new StoredLogReader(answers);
  return (JSON.parse(stored) as StoredEntry[]).flatMap((entry) => reader.read(entry) ?? []);
}

/** Reads entries in order, and knows how far the text of the answers was told. */
class StoredLogReader {
  readonly #answers: readonly string[];
  readonly #calls: Record<CallKind, number> = { tool_started: 0, tool_ended: 0, tool_paused: 0 };
  #answer = -1;
  #offset = 0;

  constructor(answers: readonly string[]) {
    this.#answers = answers;
  }

  /** Null for a letter that this version does not know. */
  read(entry: StoredEntry): LogEntry | null {
    if (entry[0] === "E") {
      const [, at, summary] = entry as StoredSummary;
      return { kind: "summary_completed", at, summary };
    }
    const [letter, first, ...rest] = entry as [string, number, ...number[]];
    const plain = PLAIN_KINDS.get(letter);
    if (plain !== undefined) return this.#plain(plain, first);
    const kind = CALL_KINDS.get(letter);
    if (kind !== undefined) return this.#call(kind, first, rest[0]);
    switch (letter) {
      case "D":
        return { kind: "deltas", at: first, deltas: rest.map((length) => this.#delta(length)) };
      case "P":
        return { kind: "run_paused", at: first, open: rest };
      case "M":
        return { kind: "member_told", member: first, events: rest[0] ?? 0 };
      case "G":
        return { kind: "gap", nextIndex: first };
      default:
        return null;
    }
  }

  #plain(kind: PlainKind, at: number): PlainEntry {
    if (kind === "model_requested" || kind === "said") {
      this.#answer += 1;
      this.#offset = 0;
    }
    return { kind, at };
  }

  /** Logs from before a model could call two tools at once do not number the calls. */
  #call(kind: CallKind, at: number, numbered: number | undefined): CallEntry {
    const call = numbered ?? this.#calls[kind];
    this.#calls[kind] = call + 1;
    return { kind, at, call };
  }

  #delta(length: number): string {
    this.#offset += length;
    return (this.#answers[this.#answer] ?? "").slice(this.#offset - length, this.#offset);
  }
}
