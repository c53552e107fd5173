/** A live run is looked after this often: what a dead instance left is closed within it. */
export const WATCHDOG_MS = 30_000;
/** Between two steps of indexing, in which runs go on. */
const INDEXING_MS = 250;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** What there is to be woken for. */
export interface Due {
  /** Runs that start, run, settle or wait in this instance. */
  liveRuns: number;
  /** How often D1 was away in a row while something waits to be written to it; 0 when nothing does. */
  failures: number;
  /** When the first open requirement expires, in milliseconds since the epoch; null when none does. */
  expiresAt: number | null;
  /** Whether the search index has to be brought to where the session is. */
  isIndexing: boolean;
}

/** When the object's one alarm is due next; null when there is nothing to be woken for. It never gives up. */
export function nextAlarm({ liveRuns, failures, expiresAt, isIndexing }: Due, nowMs: number): number | null {
  if (failures > 0) {
    return nowMs + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
  }
  const watched = liveRuns > 0 ? nowMs + WATCHDOG_MS : null;
  const indexed = isIndexing ? nowMs + INDEXING_MS : null;
  const times = [watched, expiresAt, indexed].filter((at) => at !== null);
  return times.length === 0 ? null : Math.min(...times);
}
