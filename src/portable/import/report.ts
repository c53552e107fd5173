/** What became of one session. */
export interface ImportedSession {
  session_id: string;
  new_session_id?: string;
  status: "imported" | "skipped" | "failed";
  reason?: string;
  /** Set if another import is writing the session, which may still fail. */
  busy?: true;
  /** The line that the session begins with. */
  line: number;
}

export interface ImportReport {
  imported: number;
  skipped: number;
  failed: number;
  sessions: ImportedSession[];
  /** `note`: nothing failed, but something was imported as another value. */
  errors: { line: number; message: string; note?: true }[];
  /** Whether the import read all that was sent. */
  complete: boolean;
  next_line: number | null;
}

/** A request reads so many sessions, so each of them is in its report. */
export const MAX_SESSIONS = 1_000;
const MAX_ERRORS = 1_000;
/** Reasons quote names that stand in a line, and those may be of any length. */
const MAX_REASON_CHARS = 500;

export const emptyReport = (): ImportReport => ({
  imported: 0,
  skipped: 0,
  failed: 0,
  sessions: [],
  errors: [],
  complete: true,
  next_line: null,
});

export function reportSession(report: ImportReport, session: ImportedSession): void {
  report[session.status] += 1;
  const { reason } = session;
  report.sessions.push(reason === undefined ? session : { ...session, reason: shortened(reason) });
}

export function reportLine(report: ImportReport, line: number, message: string): void {
  if (report.errors.length < MAX_ERRORS) report.errors.push({ line, message: shortened(message) });
}

const shortened = (reason: string): string => reason.slice(0, MAX_REASON_CHARS).toWellFormed();

/** Reports an integer that was imported rounded. */
export function reportRounded(report: ImportReport, { line, place }: { line: number; place: string }): void {
  if (report.errors.length >= MAX_ERRORS) return;
  report.errors.push({ line, message: shortened(`${place}: an integer above 2^53 was rounded.`), note: true });
}

/** The import reads no further; a session or line at `line`, or behind it, is another request's. */
export function stopAt(report: ImportReport, line: number): void {
  report.complete = false;
  report.next_line = Math.min(report.next_line ?? line, line);
}

/** Sessions that are written together are reported late, so they are put back in the order of the file. */
export function inOrder(report: ImportReport): ImportReport {
  const byLine = (a: { line: number }, b: { line: number }) => a.line - b.line;
  return { ...report, sessions: report.sessions.toSorted(byLine), errors: report.errors.toSorted(byLine) };
}
