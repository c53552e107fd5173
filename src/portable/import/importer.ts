import type { JsonObject } from "../../domain/json.ts";
import { CALLS_AT_ONCE, MAX_LINE_BYTES } from "../../domain/limits.ts";
import type { Database } from "../../store/database.ts";
import type { AgnoRun } from "../agno/runs.ts";
import { AgnoRuns, type LateFields, type Preview } from "../agno/session.ts";
import type { PortableSession, SessionCounts } from "../record/session-record.ts";
import { beginSession, type ImportOptions } from "./begin-session.ts";
import { ImportDatabase, type Trouble } from "./database.ts";
import { type RenamedSessions, rememberRenamed } from "./ids.ts";
import { type Entry, type ReadEntry, readEntry } from "./read-entry.ts";
import { emptyReport, type ImportReport, reportLine, reportRounded, reportSession } from "./report.ts";
import type { SessionImport } from "./session.ts";
import { type TextLine, textLines } from "./text-lines.ts";

export interface ImportDependencies {
  db: Database;
  now(): number;
  newId(): string;
  preview: Preview;
  /** Called with the id of each session once it shows. Must not reject. */
  onShown(sessionId: string): Promise<unknown>;
}

/** After this many statements no further session is begun. An invocation may send D1 1,000. */
const MAX_STATEMENTS = 800;
/** After this many wrong lines the rest of the file is not read: it is no export. */
const MAX_WRONG_LINES = 1_000;

/**
 * Imports a file line by line and answers what became of each session. Holds the newest lines of one session, never the
 * whole file. Does not throw: a stream that breaks off ends the import, and a session that is not whole is taken back.
 */
export async function importLines(
  body: ReadableStream<Uint8Array> | null,
  options: ImportOptions,
  deps: ImportDependencies,
): Promise<ImportReport> {
  const importer = new Importer(options, deps);
  if (body !== null) {
    await importer.readAll(body);
    await importer.allTold();
  }
  return importer.report;
}

/** The session that the lines belong to now. */
interface Current {
  session: SessionImport;
  id: string;
  line: number;
  newId: string | null;
  /** Set for a session of Agno's: its runs and how many came. `isWhole`: all of them came in the session's own row. */
  agno: { runs: AgnoRuns; rows: number; isWhole: boolean } | null;
}

class Importer {
  readonly report = emptyReport();
  readonly #options: ImportOptions;
  readonly #deps: ImportDependencies;
  readonly #store: ImportDatabase;
  readonly #renamed: RenamedSessions = new Map();
  readonly #told: Promise<unknown>[] = [];
  #current: Current | null = null;
  /**
   * Whether the session that the lines belong to was skipped or has failed. Then all lines up to the next session are ignored.
   */
  #isSkipping = false;
  /** How many lines could not be read, whether or not they are in the report. */
  #wrongLines = 0;

  constructor(options: ImportOptions, deps: ImportDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#store = new ImportDatabase(deps.db);
  }

  async readAll(body: ReadableStream<Uint8Array>): Promise<void> {
    let number = 0;
    try {
      for await (const line of textLines(body, MAX_LINE_BYTES)) {
        number = line.number;
        await this.#line(line);
        if (!this.report.complete) return;
      }
    } catch {
      reportLine(this.report, number + 1, "What was sent broke off.");
      this.#stop(this.#current?.line ?? number + 1);
      await this.#fail("What was sent broke off before the session's last line.");
      return;
    }
    if (this.#current?.agno) await this.#finishAgno({});
    else await this.#fail("The file ends before the session does.");
  }

  async #line(line: TextLine): Promise<void> {
    const { number } = line;
    const read = "text" in line ? readEntry(line.text) : { ok: false as const, problem: line.problem, begins: null };
    if (read.ok) {
      await this.#entry(read.entry, number, "text" in line ? line.text.length : 0);
      if (!this.#isSkipping) reportRounded(this.report, number, read.rounded);
      return;
    }
    await this.#wrongLine(line, read);
    this.#wrongLines += 1;
    // A wrong line has ended its session, so the next request can go on right behind it.
    if (this.#wrongLines >= MAX_WRONG_LINES) this.#stop(number + 1);
  }

  async #wrongLine(line: TextLine, read: Extract<ReadEntry, { ok: false }>): Promise<void> {
    const { number } = line;
    if (this.#isSkipping && read.begins === null && "text" in line) {
      return;
    }
    reportLine(this.report, number, read.problem);
    if (this.#current?.agno?.isWhole || (read.begins !== null && this.#current?.agno)) {
      // All runs of the session have come, so the line belongs to another one.
      await this.#finishAgno({});
    }
    await this.#fail(`Line ${number}: ${read.problem}`);
    this.#isSkipping = true;
    if (read.begins !== null) {
      const reason = `Line ${number}: ${read.problem}`;
      reportSession(this.report, { session_id: read.begins.sessionId, status: "failed", reason, line: number });
    }
  }

  async #entry(entry: Entry, line: number, chars: number): Promise<void> {
    switch (entry.kind) {
      case "passed_over":
        return;
      case "session":
      case "agno_session":
        return this.#session(entry, line);
    }
    if (this.#isSkipping) {
      return;
    }
    const current = this.#current;
    if (current === null) {
      reportLine(this.report, line, "The line belongs to no session.");
      this.#isSkipping = true;
      return;
    }
    const { session } = current;
    const nowMs = this.#deps.now();
    switch (entry.kind) {
      case "run":
        return this.#go(current, line, await session.run(entry.row, nowMs));
      case "message":
        return this.#go(current, line, await session.message(entry.row, nowMs));
      case "requirement":
        return this.#go(current, line, await session.requirement(entry.row, nowMs));
      case "agno_run":
        return this.#agnoRun(current, entry, line, chars);
      case "session_void":
        return this.#go(current, line, { reason: entry.reason, isAway: false });
      case "session_end": {
        const { sessionId, counts } = entry.end;
        if (sessionId !== current.id) {
          return this.#go(current, line, { reason: "It ends another session.", isAway: false });
        }
        return current.agno === null ? this.#finish(current, counts, {}, line) : this.#finishAgno(counts);
      }
    }
  }

  async #session(entry: Extract<Entry, { kind: "session" | "agno_session" }>, line: number): Promise<void> {
    if (this.#current?.agno) await this.#finishAgno({});
    else await this.#fail("Another session begins before it ends.");
    if (!this.report.complete) {
      // D1 did not answer when the session before this one was to be shown.
      return;
    }
    if (this.#store.sent > MAX_STATEMENTS) {
      return this.#stop(line);
    }
    const current = await this.#begin(entry.session, line);
    this.#isSkipping = current === null;
    this.#current = current;
    if (current === null || entry.kind === "session") {
      return;
    }
    current.agno = { runs: new AgnoRuns(entry.session, this.#deps.preview), rows: 0, isWhole: entry.holdsRuns };
    for (const data of entry.runs) {
      if (this.#current === current) await this.#takeAgno(current, data, 0, line);
    }
  }

  /** Null if the session is skipped or cannot be written, which is then in the report. */
  async #begin(draft: PortableSession, line: number): Promise<Current | null> {
    const { sessionId: id } = draft;
    const begun = await beginSession(draft, this.#renamed, this.#options, { ...this.#deps, store: this.#store });
    switch (begun.kind) {
      case "begun":
        return { session: begun.session, id, line, newId: begun.newId, agno: null };
      case "taken":
        reportSession(this.report, { session_id: id, status: "skipped", reason: begun.reason, line });
        return null;
      case "trouble":
        this.#reportFailed({ id, line }, begun.trouble.reason);
        if (begun.trouble.isAway) this.#stop(line);
        return null;
    }
  }

  async #agnoRun(current: Current, entry: Extract<Entry, { kind: "agno_run" }>, line: number, chars: number) {
    if (current.agno === null || entry.sessionId !== current.id) {
      return this.#go(current, line, { reason: "The run is of another session than stands before it.", isAway: false });
    }
    return this.#takeAgno(current, entry.data, chars, line);
  }

  async #takeAgno(current: Current, data: JsonObject, chars: number, line: number): Promise<void> {
    if (current.agno === null) return;
    current.agno.rows += 1;
    const taken = current.agno.runs.take(data, chars);
    const trouble = taken.ok ? await this.#write(current, taken.runs) : { reason: taken.problem, isAway: false };
    return this.#go(current, line, trouble);
  }

  async #write({ session }: Current, runs: readonly AgnoRun[]): Promise<Trouble | null> {
    for (const { run, messages, requirements } of runs) {
      let trouble = await session.run(run, this.#deps.now());
      for (const message of messages) trouble ??= await session.message(message, this.#deps.now());
      for (const requirement of requirements) trouble ??= await session.requirement(requirement, this.#deps.now());
      if (trouble !== null) return trouble;
    }
    return null;
  }

  async #finishAgno({ runs: said }: Partial<SessionCounts>): Promise<void> {
    const current = this.#current;
    if (!current?.agno) return;
    const { rows } = current.agno;
    if (said !== undefined && said !== rows) {
      const reason = `counts: ${said} runs were written out, and ${rows} came.`;
      return this.#go(current, current.line, { reason, isAway: false });
    }
    const { runs, late } = current.agno.runs.end();
    const trouble = await this.#write(current, runs);
    return trouble === null ? this.#finish(current, {}, late, current.line) : this.#go(current, current.line, trouble);
  }

  async allTold(): Promise<void> {
    await Promise.all(this.#told.splice(0));
  }

  /** Tells the objects of a few sessions at a time, so that the import does not wait for each object to wake. */
  async #tell(sessionId: string): Promise<void> {
    this.#told.push(this.#deps.onShown(sessionId));
    if (this.#told.length >= CALLS_AT_ONCE) {
      await this.allTold();
    }
  }

  async #finish(current: Current, counts: Partial<SessionCounts>, late: LateFields, line: number): Promise<void> {
    const trouble = await current.session.finish(counts, late, this.#deps.now());
    if (trouble !== null) {
      return this.#go(current, line, trouble);
    }
    const { id, newId } = current;
    await this.#tell(current.session.sessionId);
    if (newId !== null) rememberRenamed(this.#renamed, id, newId);
    const ignored = current.agno?.runs.ignored ?? 0;
    reportSession(this.report, {
      session_id: id,
      ...(newId !== null && { new_session_id: newId }),
      status: "imported",
      ...(ignored > 0 && { reason: `${ignored} runs of workflows were left out.` }),
      line: current.line,
    });
    this.#current = null;
  }

  async #go(current: Current, line: number, trouble: Trouble | null): Promise<void> {
    if (trouble === null) return;
    if (trouble.isAway) this.#stop(current.line);
    else reportLine(this.report, line, trouble.reason);
    await this.#fail(`Line ${line}: ${trouble.reason}`);
  }

  /** Gives up the current session, if there is one. */
  async #fail(reason: string): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    this.#current = null;
    this.#isSkipping = true;
    this.#reportFailed(current, reason);
    await current.session.abandon(this.#deps.newId());
  }

  #reportFailed({ id, line }: Pick<Current, "id" | "line">, reason: string): void {
    reportSession(this.report, { session_id: id, status: "failed", reason, line });
  }

  #stop(line: number): void {
    this.report.complete = false;
    this.report.next_line ??= line;
  }
}
