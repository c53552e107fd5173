const SHORTEST_REST_MS = 250;
/** Shorter than the ten seconds after which the platform takes an idle object out of memory. */
const LONGEST_REST_MS = 5_000;
const REST_FACTOR = 10;

/**
 * How long an object that indexes rests behind a step that took so long, for itself or because D1 had others to serve. Runs go on
 * in between. So it never asks for more than a tenth of D1's time, and for less of it where D1 is busy.
 */
export const restAfter = (stepMs: number): number =>
  Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, REST_FACTOR * stepMs));

/** Before anything is known of how long a step takes. */
export const FIRST_REST_MS = SHORTEST_REST_MS;
