const FIRST_SECONDS = 5;
const FACTOR = 4;
const LONGEST_SECONDS = 600;

/** How long to wait after this many failed attempts: 5 s, 20 s, 80 s, 320 s, then 10 minutes. */
export function backoffSeconds(attempts: number): number {
  return Math.min(LONGEST_SECONDS, FIRST_SECONDS * FACTOR ** Math.max(0, attempts - 1));
}
