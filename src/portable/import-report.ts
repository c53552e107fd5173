/** What became of one session. */
export interface ImportedSession {
  session_id: string;
  new_session_id?: string;
  status: "imported" | "skipped" | "failed";
  reason?: string;
  /** The line that it begins with. */
  line: number;
}

export interface ImportReport {
  imported: number;
  skipped: number;
  failed: number;
  sessions: ImportedSession[];
  errors: { line: number; message: string }[];
  /** Whether all that was sent was looked at. */
  complete: boolean;
  next_line: number | null;
}

const MAX_ENTRIES = 1_000;

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
  if (report.sessions.length < MAX_ENTRIES) report.sessions.push(session);
}

export function reportLine(report: ImportReport, line: number, message: string): void {
  if (report.errors.length < MAX_ENTRIES) report.errors.push({ line, message });
}
