import type { ModelName } from "../../domain/model.ts";
import type { SessionSummary } from "../../domain/session.ts";
import { utf8Bytes } from "../../lib/text.ts";
import { kindOfLetter, LETTERS, type StoredKind } from "./log-letters.ts";

/**
 * What a run has told its readers, in order. In memory an entry of deltas holds their text. As stored it holds their
 * lengths only, because the run's messages have the text already. Instants are milliseconds since the run started.
 */

/** `deltas` is text that the model said, `reasoning` what it thought. */
type DeltasKind = "deltas" | "reasoning";

/** The deltas of one second: they share their `created_at`. */
interface DeltasEntry {
  kind: DeltasKind;
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
export type CallKind = "tool_started" | "tool_ended" | "tool_paused";

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

/** Another model is asked for the answer. The log says which one was asked before; the run says which one was asked last. */
export interface ModelChangedEntry {
  kind: "model_changed";
  at: number;
  before: ModelName;
}

/** The next `events` events of a member run stand here among the team run's events. */
interface MemberEntry {
  kind: "member_told";
  /** Which member run of this run, counted from 0. */
  member: number;
  events: number;
  /** Whether the member thought: such events have a room of their own. */
  isReasoning: boolean;
}

/** The next event has this index. Readers may have got events with lower indexes that were lost when the object died. */
interface GapEntry {
  kind: "gap";
  nextIndex: number;
}

export type LogEntry =
  | DeltasEntry
  | PlainEntry
  | CallEntry
  | PausedEntry
  | SummaryEntry
  | ModelChangedEntry
  | MemberEntry
  | GapEntry;

const isReasoning = (entry: LogEntry): boolean =>
  entry.kind === "reasoning" || (entry.kind === "member_told" && entry.isReasoning);

/** Whether what the run told last is reasoning: its own, or that of a member run in it. */
export function endsInReasoning(log: readonly LogEntry[]): boolean {
  const last = log.at(-1);
  return last !== undefined && isReasoning(last);
}

/** `["T",1234567890123,12345],` at its longest: what an entry about a call takes as stored. */
export const ENTRY_BYTES = 32;
const DELTAS_ENTRY_BYTES = 32;
/** `["M",63,1234567890],` at its longest. Members that speak at once take one entry for nearly every delta. */
const MEMBER_ENTRY_BYTES = 20;
const MS_PER_SECOND = 1000;

/** Whether events at two instants of a run have the same `created_at`, which is in whole seconds. */
export function isSameSecond(one: number, other: number, startedAt: number): boolean {
  return Math.floor((startedAt + one) / MS_PER_SECOND) === Math.floor((startedAt + other) / MS_PER_SECOND);
}

/** A piece of what the model said or thought. */
export interface Delta {
  kind: DeltasKind;
  delta: string;
  at: number;
}

/**
 * Reasoning between two pieces that would be one entry (deltas, or events of one member run) splits them into two entries.
 * The second entry is charged to the reasoning, so that reasoning never uses up the answer's room.
 */
const SPLIT = 2;

const lastOther = (log: readonly LogEntry[]): LogEntry | undefined => log.findLast((entry) => !isReasoning(entry));

/** Adds a delta and answers the bytes that the stored log grew by. `startedAt` decides where a second ends. */
export function appendDelta(log: LogEntry[], told: Delta, startedAt: number): number {
  const { kind, delta, at } = told;
  const last = log.at(-1);
  const bytes = String(delta.length).length + 1;
  if (takes(last, told, startedAt)) {
    last.deltas.push(delta);
    return bytes;
  }
  const entries = kind === "reasoning" ? SPLIT : takes(lastOther(log), told, startedAt) ? 0 : 1;
  log.push({ kind, at, deltas: [delta] });
  return bytes + DELTAS_ENTRY_BYTES * entries;
}

/** Whether a delta belongs to this entry: it is of the same kind and second. */
function takes(entry: LogEntry | undefined, { kind, at }: Delta, startedAt: number): entry is DeltasEntry {
  return entry?.kind === kind && isSameSecond(entry.at, at, startedAt);
}

/** Adds events of a member run. They join the last entry if that is of the same member run. */
export function appendMember(log: LogEntry[], told: Omit<MemberEntry, "kind">): number {
  const isSame = (entry: LogEntry | undefined): entry is MemberEntry =>
    entry?.kind === "member_told" && entry.member === told.member && entry.isReasoning === told.isReasoning;
  const last = log.at(-1);
  if (isSame(last)) {
    last.events += told.events;
    return 0;
  }
  const entries = told.isReasoning ? SPLIT : isSame(lastOther(log)) ? 0 : 1;
  log.push({ kind: "member_told", ...told });
  return MEMBER_ENTRY_BYTES * entries;
}

export function appendEntry(
  log: LogEntry[],
  entry: PlainEntry | CallEntry | PausedEntry | SummaryEntry | ModelChangedEntry | GapEntry,
): number {
  log.push(entry);
  switch (entry.kind) {
    case "model_changed":
      return modelChangedBytes(entry.before);
    case "run_paused":
      return ENTRY_BYTES + JSON.stringify(entry.open).length;
    case "summary_completed":
      return ENTRY_BYTES + utf8Bytes(JSON.stringify(entry.summary));
    default:
      return ENTRY_BYTES;
  }
}

/** What the stored log grows by when another model is asked. */
export const modelChangedBytes = ({ id, provider }: ModelName): number =>
  ENTRY_BYTES + utf8Bytes(JSON.stringify([id, provider]));

/**
 * The log as stored while the run may go on: `[["S",0],["Q",1],["D",5,3,4,2],…]`, of ASCII but for a summary and the names of
 * models. What room a log has is counted in this form.
 */
export function storedLog(log: readonly LogEntry[]): string {
  return JSON.stringify(log.map(storedEntry));
}

/** The bytes of the stored log that count for reasoning: those of its entries, and of entries that it split. */
export function reasoningEventBytes(log: readonly LogEntry[]): number {
  const entries = log.filter(isReasoning);
  const bytesOf = ({ kind }: LogEntry) => (kind === "reasoning" ? DELTAS_ENTRY_BYTES : MEMBER_ENTRY_BYTES);
  return entries.reduce((bytes, entry) => bytes + bytesOf(entry), entries.length === 0 ? 0 : storedLog(entries).length);
}

/**
 * The log of a run that is over, in fewer bytes: one digit a delta, where that is shorter. A run that may go on keeps the long
 * form, because a Worker of before, which knows no other, may have to write its log on.
 */
export const shortLog = (log: readonly LogEntry[]): string => shortened(log.map(storedEntry));

/** The same of a log in the long form. */
export const shortened = (long: readonly StoredValue[][]): string => JSON.stringify(long.map(shortEntry));

/** A piece that is longer than a digit says leaves all of its entry in the long form. */
const DIGITS = 36;

function shortEntry(long: StoredValue[]): StoredValue[] {
  const [letter, at = 0, ...lengths] = long;
  const kind = kindOfLetter(letter);
  if (kind !== "deltas" && kind !== "reasoning") return long;
  if (!lengths.every((length) => typeof length === "number" && length < DIGITS)) return long;
  const digits = lengths.map((length) => (length as number).toString(DIGITS)).join("");
  const short = [LETTERS[kind === "deltas" ? "short_deltas" : "short_reasoning"], at, digits];
  return JSON.stringify(short).length < JSON.stringify(long).length ? short : long;
}

/** The entries of a stored log in the long form, which exports are written in. */
export const longLog = (stored: string): StoredValue[][] => (JSON.parse(stored) as StoredValue[][]).map(longEntry);

/** An entry in the long form. */
export function longEntry(entry: StoredValue[]): StoredValue[] {
  const kind = kindOfLetter(entry[0]);
  if (kind !== "short_deltas" && kind !== "short_reasoning") return entry;
  const [, at = 0, digits] = entry;
  return [LETTERS[kind === "short_deltas" ? "deltas" : "reasoning"], at, ...lengthsOf(String(digits))];
}

const lengthsOf = (digits: string): number[] => Array.from(digits, (digit) => Number.parseInt(digit, DIGITS));

type StoredValue = string | number | SessionSummary | null;

function storedEntry(entry: LogEntry): StoredValue[] {
  switch (entry.kind) {
    case "deltas":
    case "reasoning":
      return [LETTERS[entry.kind], entry.at, ...entry.deltas.map((delta) => delta.length)];
    case "tool_started":
    case "tool_ended":
    case "tool_paused":
      return [LETTERS[entry.kind], entry.at, entry.call];
    case "run_paused":
      return [LETTERS.run_paused, entry.at, ...entry.open];
    case "summary_completed":
      return [LETTERS.summary_completed, entry.at, entry.summary];
    case "model_changed":
      return [LETTERS.model_changed, entry.at, entry.before.id, entry.before.provider];
    case "member_told":
      return [LETTERS[entry.isReasoning ? "member_reasoning" : "member_told"], entry.member, entry.events];
    case "gap":
      return [LETTERS.gap, entry.nextIndex];
    default:
      return [LETTERS[entry.kind], entry.at];
  }
}

type StoredSummary = [string, number, SessionSummary | null];
type StoredChange = [string, number, id: string, provider: string];
type StoredShort = [string, number, digits: string];
type StoredEntry = StoredSummary | StoredChange | StoredShort | [string, number, ...number[]];

type NumberedKind = Exclude<StoredKind, "summary_completed" | "model_changed" | "short_deltas" | "short_reasoning">;

/** What one answer of the model said and thought. */
type ToldAnswer = Readonly<Record<DeltasKind, string>>;

/** Reads a stored log back; `answers` are what the run's assistant messages say, in order. */
export function readStoredLog(stored: string, answers: readonly ToldAnswer[]): LogEntry[] {
  const reader = new StoredLogReader(answers);
  return (JSON.parse(stored) as StoredEntry[]).flatMap((entry) => reader.read(entry) ?? []);
}

/** Reads entries in order, and knows how far the texts of the answers were told. */
class StoredLogReader {
  readonly #answers: readonly ToldAnswer[];
  readonly #calls: Record<CallKind, number> = { tool_started: 0, tool_ended: 0, tool_paused: 0 };
  #answer = -1;
  #offsets: Record<DeltasKind, number> = { deltas: 0, reasoning: 0 };

  constructor(answers: readonly ToldAnswer[]) {
    this.#answers = answers;
  }

  /** Null for a letter that this version does not know. */
  read(entry: StoredEntry): LogEntry | null {
    const kind = kindOfLetter(entry[0]);
    if (kind === undefined) return null;
    if (kind === "summary_completed") {
      const [, at, summary] = entry as StoredSummary;
      return { kind, at, summary };
    }
    if (kind === "model_changed") {
      const [, at, id, provider] = entry as StoredChange;
      return { kind, at, before: { id, provider } };
    }
    if (kind === "short_deltas" || kind === "short_reasoning") {
      const [, at, digits] = entry as StoredShort;
      return this.#numbered(kind === "short_deltas" ? "deltas" : "reasoning", at, lengthsOf(digits));
    }
    const [, first, ...rest] = entry as [string, number, ...number[]];
    return this.#numbered(kind, first, rest);
  }

  /** An entry of numbers only. */
  #numbered(kind: NumberedKind, first: number, rest: number[]): LogEntry {
    switch (kind) {
      case "deltas":
      case "reasoning":
        return { kind, at: first, deltas: rest.map((length) => this.#delta(kind, length)) };
      case "tool_started":
      case "tool_ended":
      case "tool_paused":
        return this.#call(kind, first, rest[0]);
      case "run_paused":
        return { kind, at: first, open: rest };
      case "member_told":
      case "member_reasoning":
        return {
          kind: "member_told",
          member: first,
          events: rest[0] ?? 0,
          isReasoning: kind === "member_reasoning",
        };
      case "gap":
        return { kind, nextIndex: first };
      default:
        return this.#plain(kind, first);
    }
  }

  #plain(kind: PlainKind, at: number): PlainEntry {
    if (kind === "model_requested" || kind === "said") {
      this.#answer += 1;
      this.#offsets = { deltas: 0, reasoning: 0 };
    }
    return { kind, at };
  }

  /** Logs from before a model could call two tools at once do not number the calls. */
  #call(kind: CallKind, at: number, numbered: number | undefined): CallEntry {
    const call = numbered ?? this.#calls[kind];
    this.#calls[kind] = call + 1;
    return { kind, at, call };
  }

  #delta(kind: DeltasKind, length: number): string {
    const from = this.#offsets[kind];
    this.#offsets[kind] = from + length;
    return (this.#answers[this.#answer]?.[kind] ?? "").slice(from, from + length);
  }
}
