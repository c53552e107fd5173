/** How large one D1 database may be on Workers Paid, which cannot be raised. D1's GB are decimal: one that was full said 9,999,998,976 bytes. */
export const MAX_DATABASE_BYTES = 10_000_000_000;

/** A database that is smaller than this share is not watched: nothing is noted of it. */
const WATCHED_SHARE = 0.05;
/** From here on the log warns, however slowly the database grows. */
const WARNED_SHARE = 0.6;
/** It warns as well if the database will be full within this time. */
const WARNED_DAYS = 14;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** How large the database was at an instant, in milliseconds since the epoch. */
export interface SizeSample {
  at: number;
  bytes: number;
}

export interface SizeWarning {
  share: number;
  /** Null: it has not grown, or was not watched for an hour yet. */
  daysLeft: number | null;
}

export const isWatched = (bytes: number): boolean => bytes >= WATCHED_SHARE * MAX_DATABASE_BYTES;

/** Whether an hour has passed since the newest sample. */
export function isSampleDue(earlier: readonly SizeSample[], nowMs: number): boolean {
  return earlier.every(({ at }) => at <= nowMs - HOUR_MS);
}

/** The warning that the size deserves; null for none. The database is taken to grow on as it has since the oldest sample. */
export function sizeWarning(now: SizeSample, earlier: readonly SizeSample[]): SizeWarning | null {
  const [oldest] = earlier.toSorted((one, other) => one.at - other.at);
  const grown = oldest === undefined ? 0 : now.bytes - oldest.bytes;
  const days = oldest === undefined ? 0 : (now.at - oldest.at) / DAY_MS;
  const left = Math.max(0, MAX_DATABASE_BYTES - now.bytes);
  const daysLeft = grown > 0 && days > 0 ? left / (grown / days) : null;
  const share = now.bytes / MAX_DATABASE_BYTES;
  const isFullSoon = daysLeft !== null && daysLeft <= WARNED_DAYS;
  return share > WARNED_SHARE || isFullSoon ? { share, daysLeft } : null;
}

/** Samples are kept by the day, a week of them: the newest one of each day. */
const KEPT_DAYS = 8;
export const sampleSlot = (nowMs: number): number => Math.floor(nowMs / DAY_MS) % KEPT_DAYS;
/** Older samples were left by a database that was not watched for a while, and would tell of another growth. */
export const SAMPLES_KEPT_MS = KEPT_DAYS * DAY_MS;
