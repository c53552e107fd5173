import { CALLS_AT_ONCE } from "../../domain/limits.ts";
import { withTimeout } from "../../lib/abort.ts";
import { sideBySide } from "../../lib/side-by-side.ts";
import type { Database } from "../../store/database.ts";
import type { LateFields } from "../agno/session.ts";
import type { SessionCounts } from "../record/session-record.ts";
import { beginSession, type ImportOptions, type ImportWrites, type Taken } from "./begin-session.ts";
import { ImportDatabase, type Trouble } from "./database.ts";
import { type RenamedSessions, rememberRenamed } from "./ids.ts";
import { type ImportReport, reportLine, reportRounded, reportSession, stopAt } from "./report.ts";
import type { SessionImport } from "./session.ts";
import { isFull, type SessionRows, type Size } from "./session-rows.ts";
import { type WholeSession, type Written, writeTogether } from "./whole-sessions.ts";

export interface WriterDependencies {
  db: Database;
  now(): number;
  newId(): string;
  /** Called with the id of each session once it shows. Must not reject. */
  onShown(sessionId: string): Promise<unknown>;
}

/** A session whose lines come. */
export interface OpenSession {
  readonly rows: SessionRows;
  /** The line that it begins with. */
  readonly line: number;
  /** The places in the session's lines that hold rounded integers. */
  readonly rounded: { line: number; place: string }[];
  /** Set once the session is too large to be held, so that it is written by itself. */
  begun: { session: SessionImport; newId: string | null } | null;
}

/** What the last line of a session brings. */
export interface SessionEnding {
  counts: Partial<SessionCounts>;
  late: LateFields;
  /** What was left out of the session. */
  note: string | null;
  line: number;
}

type Waiting = WholeSession & Pick<OpenSession, "line" | "rounded"> & { ending: SessionEnding };

/** After this many statements no further session is begun. An invocation may send D1 1,000. */
const MAX_STATEMENTS = 800;
/** Sessions without rows would never fill a batch. */
const MAX_TOGETHER = 250;
/** Objects that do not answer hold an import no longer: the cron trigger wakes them too. */
const TELL_MS = 30_000;

/** Writes sessions, small ones together, and reports what became of each. Does not throw. */
export class SessionWriter {
  readonly #options: ImportOptions;
  readonly #report: ImportReport;
  readonly #deps: WriterDependencies;
  readonly #writes: ImportWrites;
  readonly #renamed: RenamedSessions = new Map();
  #waiting: Waiting[] = [];
  #size: Size = { rows: 0, bytes: 0 };

  constructor(options: ImportOptions, report: ImportReport, deps: WriterDependencies) {
    this.#options = options;
    this.#report = report;
    this.#deps = deps;
    this.#writes = { store: new ImportDatabase(deps.db), now: deps.now, newId: deps.newId };
  }

  /** Whether this request has room for another session. */
  get hasRoom(): boolean {
    return this.#writes.store.sent <= MAX_STATEMENTS;
  }

  /** Writes what is held of a session if that is much. `over`: what became of it is reported, or left to another request. */
  async spill(open: OpenSession): Promise<Trouble | "over" | null> {
    if (!isFull(open.rows.size)) {
      return null;
    }
    if (open.begun === null && (await this.#begin(open)) === "over") {
      return "over";
    }
    return open.begun?.session.flush(this.#deps.now()) ?? null;
  }

  async #begin(open: OpenSession): Promise<"begun" | "over"> {
    await this.writeWaiting();
    if (!this.#report.complete) return "over";
    const begun = await beginSession(open.rows, this.#renamed, this.#options, this.#writes);
    if (begun.kind === "begun") {
      open.begun = begun;
      return "begun";
    }
    if (begun.kind === "taken") this.#reportTaken(open, begun);
    else this.failed(open, begun.trouble.reason);
    if (begun.kind === "trouble" && begun.trouble.isAway) stopAt(this.#report, open.line);
    return "over";
  }

  /** Writes the session, or has it wait for others to be written with. */
  async finish(open: OpenSession, ending: SessionEnding): Promise<Trouble | null> {
    if (open.begun === null) {
      await this.#wait(open, ending);
      return null;
    }
    const { session, newId } = open.begun;
    const trouble = await session.finish(ending.late, this.#deps.now());
    if (trouble === null) {
      if (newId !== null) rememberRenamed(this.#renamed, open.rows.draft.sessionId, newId);
      this.#reportImported({ ...open, ending }, newId);
      if (needsObject(open, false)) await this.#tell([session.sessionId]);
    }
    return trouble;
  }

  async #wait({ rows, line, rounded }: OpenSession, ending: SessionEnding): Promise<void> {
    const { sessionId, forkedFromSessionId } = rows.draft;
    const isTwice = this.#waiting.some((one) => one.rows.draft.sessionId === sessionId);
    // A fork names its source by the id that the source got.
    const namesOther = this.#options.onConflict === "new" && forkedFromSessionId !== null;
    if (isTwice || namesOther) await this.writeWaiting();
    if (!this.#report.complete) return;
    const { size } = rows;
    this.#waiting.push({ rows, line, rounded, late: ending.late, ending });
    this.#size = { rows: this.#size.rows + size.rows, bytes: this.#size.bytes + size.bytes };
    if (isFull(this.#size) || this.#waiting.length >= MAX_TOGETHER) await this.writeWaiting();
  }

  /** Writes the sessions that wait. */
  async writeWaiting(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#size = { rows: 0, bytes: 0 };
    const written = await writeTogether(waiting, this.#renamed, this.#options, this.#writes);
    const shown: string[] = [];
    for (const [nth, one] of waiting.entries()) {
      const outcome = written[nth];
      this.#reportWritten(one, outcome);
      if (outcome?.kind === "imported" && needsObject(one, outcome.isIndexed)) shown.push(outcome.sessionId);
    }
    await this.#tell(shown);
  }

  #reportWritten(one: Waiting, written: Written | undefined): void {
    switch (written?.kind) {
      case "imported":
        this.#reportImported(one, written.newId);
        break;
      case "taken":
        this.#reportTaken(one, written);
        break;
      case "trouble":
        this.wentWrong(one, one.ending.line, written.trouble);
        break;
      default:
        stopAt(this.#report, one.line);
    }
  }

  /** Reports that something went wrong with a session at a line. */
  wentWrong(open: Pick<OpenSession, "rows" | "line">, line: number, { reason, isAway }: Trouble): void {
    if (isAway) stopAt(this.#report, open.line);
    else reportLine(this.#report, line, reason);
    this.failed(open, `Line ${line}: ${reason}`);
  }

  failed({ rows, line }: Pick<OpenSession, "rows" | "line">, reason: string): void {
    reportSession(this.#report, { session_id: rows.draft.sessionId, status: "failed", reason, line });
  }

  /** Takes back what was written of a session. */
  async abandon({ begun }: OpenSession): Promise<void> {
    await begun?.session.abandon(this.#deps.newId());
  }

  #reportImported({ rows, line, rounded, ending: { note } }: Omit<Waiting, "late">, newId: string | null): void {
    for (const one of rounded) reportRounded(this.#report, one);
    reportSession(this.#report, {
      session_id: rows.draft.sessionId,
      ...(newId !== null && { new_session_id: newId }),
      status: "imported",
      ...(note !== null && { reason: note }),
      line,
    });
  }

  #reportTaken({ rows, line }: Pick<OpenSession, "rows" | "line">, { reason, isBusy }: Taken): void {
    reportSession(this.#report, {
      session_id: rows.draft.sessionId,
      status: "skipped",
      reason,
      ...(isBusy && { busy: true }),
      line,
    });
  }

  /** A few at once, so that the import does not wait for one object after the other to wake. */
  async #tell(sessionIds: readonly string[]): Promise<void> {
    const told = sideBySide(sessionIds, CALLS_AT_ONCE, (id) => this.#deps.onShown(id));
    await withTimeout(told, TELL_MS, () => new Error("Objects did not answer.")).catch(() => {});
  }
}

/** Whether the session's object has something to do: to index messages, or to expire what waits for people. */
const needsObject = ({ rows }: Pick<OpenSession, "rows">, isIndexed: boolean): boolean =>
  rows.open.length > 0 || (rows.hasMessages && !isIndexed);
