/**
 * What a run has told its readers, in order. In memory an entry of deltas holds their text; as stored it holds their
 * lengths, because the text stands in the run's messages already. Instants are milliseconds since the run started.
 */

/** The deltas of one second: they share their `created_at`. */
export interface DeltasEntry {
  kind: "deltas";
  at: number;
  deltas: string[];
}

export type PlainKind =
  | "run_started"
  | "model_requested"
  | "model_answered"
  | "tool_started"
  | "tool_ended"
  | "content_completed"
  | "run_completed"
  | "run_failed"
  | "run_cancelled";

/** An event whose content follows from the run and from how many of its kind came before. */
export interface PlainEntry {
  kind: PlainKind;
  at: number;
}

export type LogEntry = DeltasEntry | PlainEntry;

const LETTERS: Record<PlainKind, string> = {
  run_started: "S",
  model_requested: "Q",
  model_answered: "A",
  tool_started: "T",
  tool_ended: "R",
  content_completed: "C",
  run_completed: "X",
  run_failed: "F",
  run_cancelled: "K",
};
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as PlainKind]));

/** `["S",1234567],` at its longest: what a plain entry takes as stored. */
export const PLAIN_ENTRY_BYTES = 24;
const DELTAS_ENTRY_BYTES = 26;
const MS_PER_SECOND = 1000;

/** Adds a delta and answers the bytes that the stored log grew by. `startedAt` decides where a second ends. */
export function appendDelta(log: LogEntry[], delta: string, at: number, startedAt: number): number {
  const last = log.at(-1);
  const second = (instant: number) => Math.floor((startedAt + instant) / MS_PER_SECOND);
  const bytes = String(delta.length).length + 1;
  if (last?.kind === "deltas" && second(last.at) === second(at)) {
    last.deltas.push(delta);
    return bytes;
  }
  log.push({ kind: "deltas", at, deltas: [delta] });
  return bytes + DELTAS_ENTRY_BYTES;
}

export function appendEntry(log: LogEntry[], kind: PlainKind, at: number): number {
  log.push({ kind, at });
  return PLAIN_ENTRY_BYTES;
}

/** The log as stored: `[["S",0],["Q",1],["D",5,3,4,2],…]`, all of ASCII. */
export function storedLog(log: readonly LogEntry[]): string {
  return JSON.stringify(
    log.map((entry) =>
      entry.kind === "deltas"
        ? ["D", entry.at, ...entry.deltas.map((delta) => delta.length)]
        : [LETTERS[entry.kind], entry.at],
    ),
  );
}

/** Reads a stored log back; `answers` are the contents of the run's assistant messages, in order. */
export function readStoredLog(stored: string, answers: readonly string[]): LogEntry[] {
  const log: LogEntry[] = [];
  let answer = -1;
  let offset = 0;
  for (const [letter, at, ...lengths] of JSON.parse(stored) as [string, number, ...number[]][]) {
    if (letter === "D") {
      const deltas = lengths.map((length) => {
        offset += length;
        return (answers[answer] ?? "").slice(offset - length, offset);
      });
      log.push({ kind: "deltas", at, deltas });
      continue;
    }
    const kind = KINDS.get(letter);
    if (kind === undefined) {
      continue;
    }
    if (kind === "model_requested") {
      answer += 1;
      offset = 0;
    }
    log.push({ kind, at });
  }
  return log;
}
