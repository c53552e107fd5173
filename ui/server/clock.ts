/** How much later the server's clock is than the browser's, as its last answer has said it. Clocks of browsers may be years off. */
let aheadMs = 0;
/** Answers say whole seconds, and are on their way for a while: a smaller difference is none. */
const TOLERATED_MS = 5_000;

/** Takes an answer's `Date`. */
export function hearTime(date: string | null): void {
  const differenceMs = Date.parse(date ?? "") - Date.now();
  if (!Number.isNaN(differenceMs)) aheadMs = Math.abs(differenceMs) < TOLERATED_MS ? 0 : differenceMs;
}

/** What the time is at the server, epoch milliseconds. */
export const serverNowMs = (): number => Date.now() + aheadMs;
