import type { JsonObject } from "../../domain/json.ts";
import { MAX_LINE_BYTES } from "../../domain/limits.ts";
import type { AgnoRun } from "../agno/runs.ts";
import { AgnoRuns, type Preview } from "../agno/session.ts";
import { type Conversation, conversationSession } from "../conversation/session.ts";
import type { PortableSession, SessionCounts } from "../record/session-record.ts";
import type { ImportOptions } from "./begin-session.ts";
import type { Trouble } from "./database.ts";
import { type Entry, type ReadEntry, readEntry } from "./read-entry.ts";
import { emptyReport, type ImportReport, inOrder, MAX_SESSIONS, reportLine, reportSession, stopAt } from "./report.ts";
import { SessionRows } from "./session-rows.ts";
import { type OpenSession, type SessionEnding, SessionWriter, type WriterDependencies } from "./session-writer.ts";
import { type TextLine, textLines } from "./text-lines.ts";

export interface FileOptions extends ImportOptions {
  /** The agent of conversations, whose lines name none. */
  agentId: string | null;
  /** Whether another request brings what follows: then a session whose end is missing is left to that. */
  more: boolean;
}

export interface ImportDependencies extends WriterDependencies {
  preview: Preview;
}

/** `nothing`: no line was one that an import knows; the first problem says what it was instead. */
export type Imported = { kind: "report"; report: ImportReport } | { kind: "nothing"; line: number; problem: string };

/** After this many wrong lines the rest of the file is not read: it is no export. */
const MAX_WRONG_LINES = 1_000;
const MAX_ROUNDED = 1_000;

/**
 * Imports a file line by line and answers what became of each session. Holds the newest lines of one session, and small
 * sessions that are not written yet, never the whole file. Does not throw: a stream that breaks off ends the import, and
 * a session that is not whole is taken back.
 */
export async function importLines(
  body: ReadableStream<Uint8Array> | null,
  options: FileOptions,
  deps: ImportDependencies,
): Promise<Imported> {
  const importer = new Importer(options, deps);
  if (body !== null) {
    await importer.readAll(body);
  }
  const [first] = importer.report.errors;
  const isWholeFile = importer.report.complete && !options.more;
  return first !== undefined && isWholeFile && !importer.knowsAny
    ? { kind: "nothing", line: first.line, problem: first.message }
    : { kind: "report", report: inOrder(importer.report) };
}

/** The session that the lines belong to now. */
interface Current extends OpenSession {
  readonly id: string;
  /** Set for a session of Agno's: its runs and how many came. `isWhole`: all of them came in the session's own row. */
  readonly agno: { runs: AgnoRuns; rows: number; isWhole: boolean } | null;
}

class Importer {
  readonly report = emptyReport();
  readonly #options: FileOptions;
  readonly #deps: ImportDependencies;
  readonly #writer: SessionWriter;
  #current: Current | null = null;
  /**
   * Whether the session that the lines belong to was skipped or has failed. Then all lines up to the next session are ignored.
   */
  #isSkipping = false;
  /**
   * The line at which the current session begins. If more of the file is to come, the next request goes on there. Null
   * between sessions.
   */
  #goesOnFrom: number | null = null;
  #sessions = 0;
  /** How many lines could not be read, whether or not they are in the report. */
  #wrongLines = 0;
  /** Whether any line was one that an import knows, right or wrong. */
  knowsAny = false;

  constructor(options: FileOptions, deps: ImportDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#writer = new SessionWriter(options, this.report, deps);
  }

  async readAll(body: ReadableStream<Uint8Array>): Promise<void> {
    const last = await this.#readLines(body);
    if (last.hasBrokenOff) {
      reportLine(this.report, last.line + 1, "What was sent broke off.");
      stopAt(this.report, this.#current?.line ?? last.line + 1);
      await this.#fail("What was sent broke off before the session's last line.");
    } else if (this.report.complete) {
      await this.#ended();
    } else {
      // The next request begins in front of the session that was being read.
      await this.#drop();
    }
    await this.#writer.writeWaiting();
  }

  async #readLines(body: ReadableStream<Uint8Array>): Promise<{ line: number; hasBrokenOff: boolean }> {
    let number = 0;
    try {
      for await (const line of textLines(body, MAX_LINE_BYTES)) {
        number = line.number;
        await this.#line(line);
        if (!this.report.complete) break;
      }
      return { line: number, hasBrokenOff: false };
    } catch {
      return { line: number, hasBrokenOff: true };
    }
  }

  async #ended(): Promise<void> {
    if (this.#options.more && this.#goesOnFrom !== null) {
      stopAt(this.report, this.#goesOnFrom);
      return this.#drop();
    }
    if (this.#current?.agno) await this.#finishAgno({});
    else await this.#fail("The file ends before the session does.");
  }

  async #line(line: TextLine): Promise<void> {
    const { number } = line;
    const read =
      "text" in line
        ? readEntry(line.text)
        : { ok: false as const, problem: line.problem, begins: null, isKnown: false };
    this.knowsAny ||= read.ok || read.isKnown;
    if (read.ok) {
      await this.#entry(read.entry, number, "text" in line ? line.text.length : 0);
      this.#noteRounded(number, read.rounded);
      return;
    }
    await this.#wrongLine(line, read);
    this.#wrongLines += 1;
    // A wrong line has ended its session, so the next request can go on right behind it.
    if (this.#wrongLines >= MAX_WRONG_LINES) stopAt(this.report, number + 1);
  }

  /** Rounded integers are reported only when the session has been imported. */
  #noteRounded(line: number, places: readonly string[]): void {
    const rounded = this.#current?.rounded;
    if (rounded === undefined || rounded.length >= MAX_ROUNDED) return;
    rounded.push(...places.map((place) => ({ line, place })));
  }

  async #wrongLine(line: TextLine, { problem, begins }: Extract<ReadEntry, { ok: false }>): Promise<void> {
    const { number } = line;
    if (this.#isSkipping && begins === null && "text" in line) {
      return;
    }
    reportLine(this.report, number, problem);
    if (this.#current?.agno?.isWhole || (begins !== null && this.#current?.agno)) {
      // All runs of the session have come, so the line belongs to another one.
      await this.#finishAgno({});
    }
    await this.#fail(`Line ${number}: ${problem}`);
    this.#isSkipping = true;
    if (begins !== null) this.#failedAtOnce(begins.sessionId, number, problem);
  }

  /** Reports as failed the session that this wrong line would have begun. */
  #failedAtOnce(sessionId: string, line: number, problem: string): void {
    this.#sessions += 1;
    this.#goesOnFrom = line;
    reportSession(this.report, { session_id: sessionId, status: "failed", reason: `Line ${line}: ${problem}`, line });
  }

  async #entry(entry: Entry, line: number, chars: number): Promise<void> {
    switch (entry.kind) {
      case "passed_over":
        return;
      case "session":
        return void (await this.#open(entry.session, line, null));
      case "agno_session":
        return this.#agnoSession(entry, line);
      case "conversation":
        return this.#conversation(entry.conversation, line);
    }
    if (this.#isSkipping) {
      if (entry.kind === "session_end") this.#goesOnFrom = null;
      return;
    }
    const current = this.#current;
    if (current === null) {
      reportLine(this.report, line, "The line belongs to no session.");
      this.#isSkipping = true;
      return;
    }
    const { rows } = current;
    switch (entry.kind) {
      case "run":
        return this.#added(current, line, rows.run(entry.row));
      case "message":
        return this.#added(current, line, rows.message(entry.row));
      case "requirement":
        return this.#added(current, line, rows.requirement(entry.row));
      case "agno_run":
        return this.#agnoRun(current, entry, line, chars);
      case "session_void":
        return this.#wrong(current, line, entry.reason);
      case "session_end": {
        const { sessionId, counts } = entry.end;
        if (sessionId !== current.id) return this.#wrong(current, line, "It ends another session.");
        if (current.agno !== null) return this.#finishAgno(counts);
        return this.#finish(current, { counts, late: {}, note: null, line });
      }
    }
  }

  /** Null if the request has no room for another session. */
  async #open(draft: PortableSession, line: number, agno: Current["agno"]): Promise<Current | null> {
    if (this.#current?.agno) await this.#finishAgno({});
    else await this.#fail("Another session begins before it ends.");
    if (this.#sessions >= MAX_SESSIONS || !this.#writer.hasRoom) stopAt(this.report, line);
    // D1 may not have answered when sessions before this one were to be shown.
    if (!this.report.complete) {
      return null;
    }
    this.#sessions += 1;
    this.#goesOnFrom = line;
    this.#isSkipping = false;
    const rows = new SessionRows(draft, this.#options.principal);
    this.#current = { rows, id: draft.sessionId, line, rounded: [], begun: null, agno };
    return this.#current;
  }

  async #agnoSession(entry: Extract<Entry, { kind: "agno_session" }>, line: number): Promise<void> {
    const agno = { runs: new AgnoRuns(entry.session, this.#deps.preview), rows: 0, isWhole: entry.holdsRuns };
    const current = await this.#open(entry.session, line, agno);
    if (current === null) return;
    if (entry.holdsRuns) this.#goesOnFrom = null;
    for (const data of entry.runs) {
      if (this.#current === current) await this.#takeAgno(current, data, 0, line);
    }
  }

  /** A conversation is a whole session in one line. */
  async #conversation(conversation: Conversation, line: number): Promise<void> {
    const { agentId } = this.#options;
    const whose = { agentId, userId: this.#options.principal.userId, nowMs: this.#deps.now() };
    const read = await conversationSession(conversation, whose, this.#deps.preview);
    const current = await this.#open(read.session, line, null);
    if (current === null) return;
    this.#goesOnFrom = null;
    if (!read.ok) {
      await this.#wrong(current, line, read.problem);
    } else {
      await this.#write(current, line, read.runs);
      if (this.#current === current)
        await this.#finish(current, { counts: {}, late: read.late, note: read.note, line });
    }
    // No further line belongs to that session, whatever became of it.
    this.#isSkipping = false;
  }

  async #agnoRun(current: Current, entry: Extract<Entry, { kind: "agno_run" }>, line: number, chars: number) {
    if (current.agno === null || entry.sessionId !== current.id) {
      return this.#wrong(current, line, "The run is of another session than stands before it.");
    }
    return this.#takeAgno(current, entry.data, chars, line);
  }

  async #takeAgno(current: Current, data: JsonObject, chars: number, line: number): Promise<void> {
    if (current.agno === null) return;
    current.agno.rows += 1;
    const taken = current.agno.runs.take(data, chars);
    return taken.ok ? this.#write(current, line, taken.runs) : this.#wrong(current, line, taken.problem);
  }

  /** Adds whole runs, until one is wrong. */
  async #write(current: Current, line: number, runs: readonly AgnoRun[]): Promise<void> {
    const { rows } = current;
    const isGoing = () => this.#current === current;
    for (const { run, messages, requirements } of runs) {
      if (isGoing()) await this.#added(current, line, rows.run(run));
      for (const message of messages) if (isGoing()) await this.#added(current, line, rows.message(message));
      for (const one of requirements) if (isGoing()) await this.#added(current, line, rows.requirement(one));
    }
  }

  async #finishAgno({ runs: said }: Partial<SessionCounts>): Promise<void> {
    const current = this.#current;
    if (!current?.agno) return;
    const { rows } = current.agno;
    if (said !== undefined && said !== rows) {
      return this.#wrong(current, current.line, `counts: ${said} runs were written out, and ${rows} came.`);
    }
    const { runs, late } = current.agno.runs.end();
    await this.#write(current, current.line, runs);
    if (this.#current !== current) return;
    const { ignored } = current.agno.runs;
    const note = ignored > 0 ? `${ignored} runs of workflows were left out.` : null;
    return this.#finish(current, { counts: {}, late, note, line: current.line });
  }

  async #finish(current: Current, ending: SessionEnding): Promise<void> {
    const problem = current.rows.end(ending.counts);
    if (problem !== null) return this.#wrong(current, ending.line, problem);
    const trouble = await this.#writer.finish(current, ending);
    if (trouble !== null) return this.#wentWrong(current, ending.line, trouble);
    this.#current = null;
    this.#goesOnFrom = null;
  }

  async #added(current: Current, line: number, problem: string | null): Promise<void> {
    if (problem !== null) return this.#wrong(current, line, problem);
    const trouble = await this.#writer.spill(current);
    if (trouble === "over") this.#over();
    else if (trouble !== null) await this.#wentWrong(current, line, trouble);
  }

  #wrong(current: Current, line: number, reason: string): Promise<void> {
    return this.#wentWrong(current, line, { reason, isAway: false });
  }

  async #wentWrong(current: Current, line: number, trouble: Trouble): Promise<void> {
    this.#writer.wentWrong(current, line, trouble);
    await this.#drop();
  }

  /** Gives up the current session, if there is one. */
  async #fail(reason: string): Promise<void> {
    if (this.#current !== null) this.#writer.failed(this.#current, reason);
    await this.#drop();
  }

  /** Takes back what was written of the current session, if there is one. Its other lines are ignored. */
  async #drop(): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    this.#over();
    await this.#writer.abandon(current);
  }

  #over(): void {
    this.#current = null;
    this.#isSkipping = true;
  }
}
