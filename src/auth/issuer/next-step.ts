/** How long a set of keys is used without a look at what it is now. A withdrawn key may hold so long. */
const FRESH_MS = 10 * 60_000;
/** How long the last good set is used while its issuer does not answer. */
const USABLE_MS = 24 * 60 * 60_000;
/** How long after a look past all caches a key that nobody knows is not looked for again. */
const SEARCH_PAUSE_MS = 30_000;
/** How long after a look that failed there is no other one. */
const FAILURE_PAUSE_MS = 5_000;
/** How long one look may take. */
export const MAX_READ_MS = 5_000;

/** What an isolate knows of an issuer's keys. Plain data: requests share it, and no promise, which would be one request's. */
export interface KeySource<Keys> {
  known: { keys: Keys; readAt: number; pastCache: boolean } | null;
  /** When the look began that is under way; null if none is. */
  readingSince: number | null;
  /** When the last look failed; null if it did not fail. */
  failedAt: number | null;
}

/** What a request does next: use the known keys, look at what they are now, wait for another request's look, or give up. */
export type Step = "use" | "read" | "wait" | "unavailable" | "refuse";

/** `isUnknown` says that the known keys were looked through for the token's key, and it is not among them. */
export function nextStep(source: KeySource<unknown>, now: number, isUnknown: boolean): Step {
  const { known } = source;
  const age = known === null ? Number.POSITIVE_INFINITY : now - known.readAt;
  if (!isUnknown && age < FRESH_MS) return "use";
  if (isUnknown && known?.pastCache === true && age < SEARCH_PAUSE_MS) return "refuse";
  const look = lookOf(source, now);
  if (look === "may_begin") return "read";
  if (look === "under_way") return "wait";
  return isUnknown || age >= USABLE_MS ? "unavailable" : "use";
}

/**
 * Whether a request may look now. After a look that failed, nobody waits for the next one: an issuer that hangs would hold up
 * every request for as long as it is away.
 */
function lookOf({ readingSince, failedAt }: KeySource<unknown>, now: number): "may_begin" | "under_way" | "failed" {
  // The request that looked may have died, and then nobody says how its look ended.
  const isOver = readingSince === null || now >= readingSince + MAX_READ_MS;
  const endedAt = readingSince !== null && isOver ? readingSince + MAX_READ_MS : failedAt;
  if (!isOver) return failedAt === null ? "under_way" : "failed";
  return endedAt !== null && now < endedAt + FAILURE_PAUSE_MS ? "failed" : "may_begin";
}
