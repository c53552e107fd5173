/** A chunk of a stream costs more on its way than the events in it. So deltas that come fast go out together. */

/** How far back the load is looked at, and how long a delta waits at most. */
export const GATHER_MS = 10;

/**
 * How long a delta waits behind the chunk before it: a millisecond for each delta that came in the last `GATHER_MS`, up to
 * `GATHER_MS`; nothing where at this pace not one more would come meanwhile.
 */
export function gatherMs(lately: number): number {
  const ms = Math.min(lately, GATHER_MS);
  return ms * lately < GATHER_MS ? 0 : ms;
}

/** How many events a run has told lately. */
export class Load {
  /** When there were how many. The first stands for all before it. */
  #counts: { at: number; count: number }[];

  constructor(count: number) {
    this.#counts = [{ at: Number.NEGATIVE_INFINITY, count }];
  }

  /** How many events came in the last `GATHER_MS`. */
  get lately(): number {
    return (this.#counts.at(-1)?.count ?? 0) - (this.#counts[0]?.count ?? 0);
  }

  /** By `now` there are `count` events. */
  note(now: number, count: number): void {
    const last = this.#counts.at(-1);
    if (last?.at === now) {
      last.count = count;
      return;
    }
    // Where the clock was set back, all counts are of a time that is still to come.
    if (last !== undefined && now < last.at) this.#counts = [{ at: Number.NEGATIVE_INFINITY, count: last.count }];
    this.#counts.push({ at: now, count });
    while (this.#counts[1] !== undefined && this.#counts[1].at <= now - GATHER_MS) this.#counts.shift();
  }
}
