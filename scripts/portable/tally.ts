/** What became of a file so far. Pure: it runs in the tests, which have no Node. */

export interface Report {
  sessions: {
    session_id: string;
    status: "imported" | "skipped" | "failed";
    reason?: string;
    busy?: boolean;
    line: number;
  }[];
  errors: { line: number; message: string; note?: boolean }[];
  complete: boolean;
  next_line: number | null;
}

/** Something to be told of a line of the file. */
export interface Told {
  line: number;
  text: string;
}

export interface Counts {
  imported: number;
  skipped: number;
  failed: number;
  /** What failed, the first of it. */
  problems: Told[];
  /** What was left out of what came in, the first of it. */
  notes: Told[];
}

export const noCounts = (): Counts => ({ imported: 0, skipped: 0, failed: 0, problems: [], notes: [] });

/** So much is named at the end of a command, and kept while it goes on. */
const MAX_TOLD = 1_000;

type Outcome = Report["sessions"][number];

/**
 * Adds up the reports of one file. What a request reports of the line from which the next one goes on, or of lines behind
 * it, is reported again: it counts once, and as imported where it once was.
 */
export class Tally {
  readonly counts: Counts;
  readonly #outcomes = new Map<number, Outcome>();
  readonly #errors = new Map<string, Report["errors"][number]>();

  constructor(counts: Counts = noCounts()) {
    this.counts = counts;
  }

  /** Takes the report of a request whose first line is the file's line `first`. */
  add(report: Report, first: number): void {
    const inFile = (line: number) => first + line - 1;
    for (const one of report.sessions) {
      const line = inFile(one.line);
      // The reason names lines of the request.
      const reason = one.reason?.replace(/^Line (\d+): /, (_, named: string) => `Line ${inFile(Number(named))}: `);
      const before = this.#outcomes.get(line);
      if (before?.status !== "imported")
        this.#outcomes.set(line, { ...one, line, ...(reason !== undefined && { reason }) });
    }
    for (const { line, ...error } of report.errors) {
      this.#errors.set(`${inFile(line)} ${error.message}`, { ...error, line: inFile(line) });
    }
  }

  /** The first line of a session that another import was writing. */
  get firstBusy(): number | null {
    const lines = [...this.#outcomes.values()].flatMap(({ busy, line }) => (busy === true ? [line] : []));
    return lines.length === 0 ? null : Math.min(...lines);
  }

  /** Counts what stands before a line of the file, because nothing before it is sent again. Forgets the rest. */
  settle(nextLine: number): void {
    const explained = new Set<string>();
    for (const outcome of [...this.#outcomes.values()].sort((a, b) => a.line - b.line)) {
      if (outcome.line < nextLine) this.#count(outcome);
      if (outcome.reason !== undefined) explained.add(outcome.reason);
      if (outcome.line < nextLine) this.#outcomes.delete(outcome.line);
    }
    for (const [key, { line, message, note }] of this.#errors) {
      if (line >= nextLine) continue;
      this.#errors.delete(key);
      if (note === true) tell(this.counts.notes, { line, text: message });
      else if (!explained.has(`Line ${line}: ${message}`)) tell(this.counts.problems, { line, text: message });
    }
  }

  #count({ status, busy, session_id, reason = "", line }: Outcome): void {
    const isFailed = status === "failed" || busy === true;
    this.counts[isFailed ? "failed" : status] += 1;
    const text = `session ${session_id}: ${reason}`;
    if (isFailed) tell(this.counts.problems, { line, text });
    else if (status === "imported" && reason !== "") tell(this.counts.notes, { line, text });
  }
}

function tell(told: Told[], one: Told): void {
  if (told.length < MAX_TOLD) told.push(one);
}
