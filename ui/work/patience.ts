import { access } from "../access/access.ts";
import { refused } from "../server/api.ts";
import { waitMs } from "./wait.ts";

export interface Patience {
  signal: AbortSignal;
  /** Told whether the server is away: at each wait, and when it answers again. */
  onAway?: (isAway: boolean) => void;
}

/**
 * Asks until the server answers with what is no failure of its own: work that takes minutes outlives a deploy, a brake, and a
 * credential that ends. Throws what asking again does not change, and the signal's reason.
 */
export async function patiently<T>(ask: (signal: AbortSignal) => Promise<T>, { signal, onAway }: Patience): Promise<T> {
  for (let tried = 0; ; tried += 1) {
    try {
      const answer = await ask(signal);
      onAway?.(false);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (refused(error)) {
        await isGranted(signal);
      } else {
        const ms = waitMs(error, tried);
        if (ms === null) throw error;
        onAway?.(true);
        await pause(ms, signal);
      }
    }
  }
}

/** Waits. Throws the signal's reason at once. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((settle, fail) => {
    const end = () => {
      clearTimeout(timer);
      fail(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", end);
      settle();
    }, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}

/** Waits until somebody has connected again. */
async function isGranted(signal: AbortSignal): Promise<void> {
  let stop = () => {};
  try {
    await new Promise<void>((settle, fail) => {
      stop = access.subscribe(({ state }) => {
        if (state === "granted") settle();
      });
      signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    });
  } finally {
    stop();
  }
}
