import type { Principal } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import { type View, viewOf } from "../../domain/view.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import {
  PAGE_STATEMENTS,
  type PageBounds,
  readExportPage,
  readUnstarted,
  type SessionPlace,
  sessionsToExport,
  UNSTARTED_STATEMENTS,
} from "../../store/portable/export-pages.ts";
import { findSession } from "../../store/sessions/sessions.ts";
import { type SessionCounts, sessionEndRecord, sessionVoidRecord } from "../record/session-record.ts";
import { EXPORT_START, type ExportState, exportCursor, type OpenSession, openedSession } from "./cursor.ts";
import { pageLines, runLine, sessionLine } from "./page-lines.ts";

/** What to export: one session, or all that exist for the principal. */
export interface ExportScope {
  principal: Principal;
  sessionId: string | null;
}

export interface ExportBounds extends PageBounds {
  /** An invocation may send D1 1,000 statements. An export that needs more ends with a cursor. */
  maxStatements: number;
}

/** The bounds are small because a page is in memory several times: as D1's answer, as rows, as lines. */
export const EXPORT_BOUNDS: ExportBounds = {
  maxBytes: 256 * 1024,
  maxRuns: 250,
  maxRows: 500,
  maxStatements: 900,
};

const SESSIONS_AT_ONCE = 50;
const UNSTARTED_AT_ONCE = 20;
const ATTEMPTS = 3;

/** D1 answered none of the attempts. */
class Unread extends Error {}

/**
 * An export, a piece of whole lines at a time. It reads nothing before the next piece is asked for. The last line is
 * `end`, or a `cursor` if the bound of an invocation was reached or D1 did not answer: an export with that cursor goes
 * on right behind the last line.
 */
export class Export {
  readonly #db: Database;
  readonly #scope: ExportScope;
  readonly #view: View;
  readonly #bounds: ExportBounds;
  #state: ExportState;
  #upcoming: SessionPlace[] = [];
  #statements = 0;
  #isOver = false;

  constructor(db: Database, scope: ExportScope, from: ExportState | null, bounds: ExportBounds = EXPORT_BOUNDS) {
    this.#db = db;
    this.#scope = scope;
    this.#view = viewOf(scope.principal);
    this.#state = from ?? EXPORT_START;
    this.#bounds = bounds;
  }

  /** The next lines; null behind the last. Does not throw if D1 is away: then the last line is a cursor. */
  async next(): Promise<string | null> {
    if (this.#isOver) {
      return null;
    }
    // The next step may need a page and three statements more: to find a session, to read it and the runs that never
    // started.
    if (this.#statements + PAGE_STATEMENTS + 3 > this.#bounds.maxStatements) {
      return this.#breakOff();
    }
    try {
      return this.#state.open === null ? await this.#nextSession() : await this.#goOn(this.#state.open);
    } catch (error) {
      if (error instanceof Unread) return this.#breakOff();
      throw error;
    }
  }

  #breakOff(): string {
    this.#isOver = true;
    return `${JSON.stringify({ type: "cursor", cursor: exportCursor(this.#state) })}\n`;
  }

  async #nextSession(): Promise<string> {
    const place = await this.#findNext();
    if (place === null) {
      this.#isOver = true;
      return `${JSON.stringify({ type: "end", sessions: this.#state.sessions })}\n`;
    }
    const session = await this.#read(1, () => findSession(this.#db, this.#scope.principal, place.sessionId));
    this.#state = { ...this.#state, behind: place };
    this.#upcoming.shift();
    // Null if the session was deleted after it was found.
    return session === null ? this.next().then((text) => text ?? "") : this.#begin(session);
  }

  #begin(session: Session): string {
    const { createdAt, sessionId, nextRunIndex } = session;
    this.#state = { ...this.#state, open: openedSession({ createdAt, sessionId }, nextRunIndex) };
    return `${sessionLine(session, this.#view)}\n`;
  }

  async #findNext(): Promise<SessionPlace | null> {
    const { principal, sessionId } = this.#scope;
    if (sessionId !== null) {
      return this.#state.behind === null ? { createdAt: 0, sessionId } : null;
    }
    if (this.#upcoming.length === 0) {
      const { behind } = this.#state;
      this.#upcoming = await this.#read(1, () => sessionsToExport(this.#db, principal, behind, SESSIONS_AT_ONCE));
    }
    return this.#upcoming[0] ?? null;
  }

  #goOn(open: OpenSession): Promise<string> {
    const { at } = open;
    return "started" in at ? this.#started(open, at.started) : this.#unstarted(open, at.unstarted);
  }

  async #started(open: OpenSession, from: Extract<OpenSession["at"], { started: unknown }>["started"]) {
    const { sessionId, horizon } = open;
    const { principal } = this.#scope;
    const page = await this.#read(PAGE_STATEMENTS, () =>
      readExportPage(this.#db, { principal, sessionId }, { from, horizon }, this.#bounds),
    );
    if (page.createdAt !== open.createdAt) {
      return this.#void(sessionId);
    }
    const { lines, counts, next } = pageLines(page, from, this.#view);
    const at: OpenSession["at"] = next === null ? { unstarted: null } : { started: next };
    this.#state = { ...this.#state, open: { ...open, counts: sum(open.counts, counts), at } };
    return text(lines);
  }

  async #unstarted(open: OpenSession, from: { createdAt: number; runId: string } | null): Promise<string> {
    const { sessionId } = open;
    const { createdAt, runs: rows } = await this.#read(UNSTARTED_STATEMENTS, () =>
      readUnstarted(this.#db, { principal: this.#scope.principal, sessionId }, from, UNSTARTED_AT_ONCE),
    );
    if (createdAt !== open.createdAt) {
      return this.#void(sessionId);
    }
    const lines = rows.map((row) => runLine({ row, systemInput: 0 }, this.#view));
    const counts = sum(open.counts, { runs: rows.length, messages: 0, requirements: 0 });
    const last = rows.at(-1);
    if (last !== undefined && rows.length === UNSTARTED_AT_ONCE) {
      const at = { unstarted: { createdAt: last.createdAt, runId: last.runId } };
      this.#state = { ...this.#state, open: { ...open, counts, at } };
      return text(lines);
    }
    this.#state = { ...this.#state, sessions: this.#state.sessions + 1, open: null };
    return text([...lines, sessionEndRecord.write({ sessionId, counts })]);
  }

  #void(sessionId: string): string {
    this.#state = { ...this.#state, open: null };
    return `${sessionVoidRecord.write({ sessionId, reason: "The session was deleted meanwhile." })}\n`;
  }

  async #read<T>(statements: number, read: () => Promise<T>): Promise<T> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      this.#statements += statements;
      const found = await readOrNull(read());
      if (found !== null) return found.value;
    }
    throw new Unread();
  }
}

const sum = (one: SessionCounts, other: SessionCounts): SessionCounts => ({
  runs: one.runs + other.runs,
  messages: one.messages + other.messages,
  requirements: one.requirements + other.requirements,
});

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");
