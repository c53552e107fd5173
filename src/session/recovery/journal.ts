import type { RecordedFact, RunHead } from "../../engine/run/state.ts";
import type { AnswerNote, Continuation } from "../../store/runs/continue.ts";
import type { StartNote, Withdrawal } from "../../store/runs/undo.ts";
import { readFacts, writeFacts } from "./journal-facts.ts";

/** How far a run has come. It has an entry from before its first write to D1 until its last write has landed. */
export type JournalEntry =
  | { phase: "accepting"; note: Withdrawal }
  | { phase: "starting"; note: StartNote }
  | { phase: "answering"; note: AnswerNote }
  | { phase: "continuing"; note: Continuation }
  /** `continues`: the run had paused before, and what it had done by then is in D1. */
  | { phase: "running"; head: RunHead; continues: boolean };

/** A run's events below this index, counted from where this object took it up, need no row that reserves them. */
const FREE_EVENTS = 256;
/**
 * How many event indexes are reserved at a time beyond those. Readers get reserved ones only, so the end of a dead run can
 * stand above them: it leaves a gap of this size at most.
 */
const RESERVED_EVENTS = 4096;

/** What a row of facts grows to at most. The platform writes a row that grows as a whole. */
const MAX_GROWN_CHARS = 32 * 1024;
/** A row takes 2 MB at most, and a character up to 3 bytes. */
const MAX_ROW_CHARS = 256 * 1024;

/** The row that a run's next facts are added to, if there is room. */
interface GrowingRow {
  id: number;
  chars: number;
}

/**
 * The object's own small record of the runs that are under way; it is empty between runs. Writes are synchronous, and
 * reach the disk before anything that the object sends after them.
 */
export class Journal {
  readonly #sql: SqlStorage;
  /** The rows of the table, which only this class writes. */
  readonly #entries: Map<string, JournalEntry>;
  readonly #reserved = new Map<string, number>();
  readonly #growing = new Map<string, GrowingRow>();
  /** Runs that are removed, and whose rows are still there. */
  readonly #removed = new Set<string>();
  /** Whether the tables exist. They are made with the first entry, so that an object which is only asked keeps nothing. */
  #isThere: boolean;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#isThere = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'journal'").toArray().length > 0;
    const rows = this.#isThere
      ? sql.exec<{ run_id: string; entry: string }>("SELECT run_id, entry FROM journal").toArray()
      : [];
    this.#entries = new Map(rows.map((row) => [row.run_id, JSON.parse(row.entry) as JournalEntry]));
  }

  /** Writes how far a run has come, over the run's former entry. */
  note(runId: string, entry: JournalEntry): void {
    this.#create();
    this.sweep();
    this.#sql.exec("INSERT OR REPLACE INTO journal (run_id, entry) VALUES (?, ?)", runId, JSON.stringify(entry));
    this.#entries.set(runId, entry);
  }

  /**
   * Adds facts behind those that were written before; `startedAt` is their run's. They go into the run's last row while that is
   * small: a checkpoint then writes one row, and what is removed at the end is one row, too.
   */
  append(runId: string, facts: readonly RecordedFact[], startedAt: number): void {
    if (facts.length === 0) {
      return;
    }
    this.#create();
    this.sweep();
    const text = writeFacts(facts, startedAt);
    const row = this.#growing.get(runId);
    if (row !== undefined && row.chars + text.length <= MAX_GROWN_CHARS) {
      this.#grow(runId, row, text);
      return;
    }
    const id = this.#insert(runId, text);
    if (text.length <= MAX_GROWN_CHARS) {
      this.#growing.set(runId, { id, chars: text.length });
    } else {
      this.#growing.delete(runId);
    }
  }

  /**
   * Puts an array's items behind those of the array in the row. The row is a whole array after each write, which versions that
   * know no growing row read, too.
   */
  #grow(runId: string, row: GrowingRow, text: string): void {
    this.#sql.exec(
      "UPDATE journal_facts SET piece = substr(piece, 1, length(piece) - 1) || ? WHERE id = ? AND run_id = ?",
      `,${text.slice(1)}`,
      row.id,
      runId,
    );
    row.chars += text.length;
  }

  /** Writes an array as a row, or as several if it is long. Returns the id of the last one. */
  #insert(runId: string, text: string): number {
    let id = 0;
    for (let from = 0; from < text.length; ) {
      // Never between the halves of a surrogate pair: each half alone would be stored as U+FFFD.
      const to = from + MAX_ROW_CHARS - (isHighSurrogate(text.charCodeAt(from + MAX_ROW_CHARS - 1)) ? 1 : 0);
      const [row] = this.#sql
        .exec<{ id: number }>(
          "INSERT INTO journal_facts (run_id, piece, is_last) VALUES (?, ?, ?) RETURNING id",
          runId,
          text.slice(from, to),
          to >= text.length ? 1 : 0,
        )
        .toArray();
      id = row?.id ?? id;
      from = to;
    }
    return id;
  }

  /**
   * Removes a run. If it was driven, D1 has its end: its rows are deleted together with the next write, or by `sweep`. Should the
   * object die before, the run lands once more, and changes nothing. Any other entry says what is to be taken back: it must be
   * gone before a caller is told anything.
   */
  remove(runId: string): void {
    if (!this.#isThere) {
      return;
    }
    const entry = this.#entries.get(runId);
    this.#reserved.delete(runId);
    this.#growing.delete(runId);
    this.#entries.delete(runId);
    this.#removed.add(runId);
    if (entry?.phase !== "running") {
      this.sweep();
    }
  }

  /** Deletes the rows of runs that are removed. */
  sweep(): void {
    for (const runId of this.#removed) {
      this.#sql.exec("DELETE FROM journal_facts WHERE run_id = ?", runId);
      this.#sql.exec("DELETE FROM journal_reserved WHERE run_id = ?", runId);
      this.#sql.exec("DELETE FROM journal WHERE run_id = ?", runId);
    }
    this.#removed.clear();
  }

  /** The storage was emptied: the tables are gone with all that was in them. */
  forget(): void {
    this.#entries.clear();
    this.#reserved.clear();
    this.#growing.clear();
    this.#removed.clear();
    this.#isThere = false;
  }

  entries(): ReadonlyMap<string, JournalEntry> {
    return this.#entries;
  }

  /** What the run did, as far as it was journaled. */
  facts(runId: string): RecordedFact[] {
    if (!this.#isThere) {
      return [];
    }
    const rows = this.#sql.exec<{ piece: string; is_last: number }>(
      "SELECT piece, is_last FROM journal_facts WHERE run_id = ? ORDER BY id",
      runId,
    );
    const facts: RecordedFact[] = [];
    let text = "";
    for (const { piece, is_last } of rows) {
      text += piece;
      if (is_last === 1) {
        facts.push(...readFacts(text));
        text = "";
      }
    }
    return facts;
  }

  /** To be called before readers get the first `count` events of a run that had `from` of them when this object took it up. */
  reserve(runId: string, count: number, from: number): void {
    const reserved = this.#reserved.get(runId) ?? from + FREE_EVENTS;
    if (count <= reserved) {
      return;
    }
    this.#create();
    const next = count + RESERVED_EVENTS;
    this.#sql.exec("INSERT OR REPLACE INTO journal_reserved (run_id, next_index) VALUES (?, ?)", runId, next);
    this.#reserved.set(runId, next);
  }

  /** An event index above every one that a reader can have got. */
  nextFreeIndex(runId: string, from: number): number {
    if (!this.#isThere) {
      return from + FREE_EVENTS;
    }
    const [row] = this.#sql
      .exec<{ next_index: number }>("SELECT next_index FROM journal_reserved WHERE run_id = ?", runId)
      .toArray();
    return row?.next_index ?? from + FREE_EVENTS;
  }

  #create(): void {
    if (this.#isThere) {
      return;
    }
    this.#isThere = true;
    this.#sql.exec("CREATE TABLE IF NOT EXISTS journal (run_id TEXT PRIMARY KEY, entry TEXT NOT NULL) WITHOUT ROWID");
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS journal_facts (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, piece TEXT NOT NULL, is_last INTEGER NOT NULL)",
    );
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS journal_reserved (run_id TEXT PRIMARY KEY, next_index INTEGER NOT NULL) WITHOUT ROWID",
    );
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
