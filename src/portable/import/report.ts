/** What became of one session. */
export interface ImportedSession {
  session_id: string;
  new_session_id?: string;
  status: "imported" | "skipped" | "failed";
  reason?: string;
  /** The line that the session begins with. */
  line: number;
}

export interface ImportReport {
  imported: number;
  skipped: number;
  failed: number;
  sessions: ImportedSession[];
  errors: { line: number; message: string }[];
  /** Whether the import read all that was sent. */
  complete: boolean;
  next_line: number | null;
}

const MAX_ENTRIES = 1_000;
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
  if (report.sessions.length >= MAX_ENTRIES) return;
  const { reason } = session;
  report.sessions.push(reason === undefined ? session : { ...session, reason: shortened(reason) });
}

export function reportLine(report: ImportReport, line: number, message: string): void {
  if (report.errors.length < MAX_ENTRIES) report.errors.push({ line, message: shortened(message) });
}

const shortened = (reason: string): string => reason.slice(0, MAX_REASON_CHARS).toWellFormed();

/** Reports integers that were imported rounded. */
export function reportRounded(report: ImportReport, line: number, places: readonly string[]): void {
  for (const place of places) reportLine(report, line, `${place}: an integer above 2^53 was rounded.`);
}
