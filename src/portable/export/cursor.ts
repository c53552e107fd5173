import { decodeCursor, encodeCursor } from "../../store/cursor.ts";
import { FIRST_PLACE, type Part, type Place, type SessionPlace } from "../../store/portable/export-pages.ts";
import { NO_ROWS, type SessionCounts } from "../record/session-record.ts";

/** The session that is being exported. */
export interface OpenSession extends SessionPlace {
  /** Only runs below this index are exported: runs that start meanwhile are not. */
  horizon: number;
  counts: SessionCounts;
  at: { started: Place } | { unstarted: { createdAt: number; runId: string } | null };
}

/** How far an export has come. A cursor holds this. */
export interface ExportState {
  /** The next session is looked for behind this one. */
  behind: SessionPlace | null;
  /** How many sessions were exported completely. */
  sessions: number;
  open: OpenSession | null;
}

export const EXPORT_START: ExportState = { behind: null, sessions: 0, open: null };

export const openedSession = (place: SessionPlace, horizon: number): OpenSession => ({
  ...place,
  horizon,
  counts: NO_ROWS,
  at: { started: FIRST_PLACE },
});

/** The letters that a cursor has for the parts of a run. `u` and `v` stand for the runs that never started. */
const LETTERS: Record<Part, string> = { run: "r", message: "m", requirement: "q", end: "e" };
const PARTS = new Map(Object.entries(LETTERS).map(([part, letter]) => [letter, part as Part]));

export function exportCursor({ behind, sessions, open }: ExportState): string {
  if (open === null) {
    return encodeCursor(behind === null ? [sessions] : [sessions, behind.createdAt, behind.sessionId]);
  }
  const { createdAt, sessionId, horizon, counts, at } = open;
  return encodeCursor([
    sessions,
    createdAt,
    sessionId,
    horizon,
    counts.runs,
    counts.messages,
    counts.requirements,
    ...place(at),
  ]);
}

function place(at: OpenSession["at"]): (string | number)[] {
  if ("started" in at) {
    return [LETTERS[at.started.part], at.started.runIndex, at.started.nth];
  }
  return at.unstarted === null ? ["u"] : ["v", at.unstarted.createdAt, at.unstarted.runId];
}

/** Reads a cursor; null if it is not the cursor of an export. */
export function readExportCursor(cursor: string): ExportState | null {
  const values = decodeCursor(cursor);
  if (values === null) return null;
  const [sessions, createdAt, sessionId, horizon, runs, messages, requirements, letter, ...rest] = values;
  if (!isCount(sessions)) return null;
  if (values.length === 1) return { behind: null, sessions, open: null };
  if (!isInstant(createdAt) || typeof sessionId !== "string") return null;
  const behind = { createdAt, sessionId };
  if (values.length === 3) return { behind, sessions, open: null };
  const at = readPlace(letter, rest);
  if (at === null || !isCount(horizon) || !isCount(runs) || !isCount(messages) || !isCount(requirements)) return null;
  return { behind, sessions, open: { ...behind, horizon, counts: { runs, messages, requirements }, at } };
}

function readPlace(letter: unknown, [first, second, ...rest]: readonly (string | number)[]): OpenSession["at"] | null {
  if (rest.length > 0) return null;
  const part = typeof letter === "string" ? PARTS.get(letter) : undefined;
  if (part !== undefined) {
    return isInstant(first) && isInstant(second) ? { started: { runIndex: first, part, nth: second } } : null;
  }
  if (letter === "u") return first === undefined ? { unstarted: null } : null;
  const isOne = letter === "v" && isInstant(first) && typeof second === "string";
  return isOne ? { unstarted: { createdAt: first, runId: second } } : null;
}

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value);
const isCount = (value: unknown): value is number => isInstant(value) && value >= 0;
