/** How far something was at an instant. */
export interface Sample {
  atMs: number;
  done: number;
}

export interface Pace {
  perSecond: number;
  /** Null where the end is not known, or not in sight. */
  leftSeconds: number | null;
}

/** Work that slows down is to say so soon, and one slow request is not to shake what is said. */
const WINDOW_MS = 20_000;
/** What is measured for a shorter time says nothing. */
const MIN_MS = 2_000;

/** The samples with one more, as far as the pace needs them. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  // What goes back, such as bytes that are asked for again, is measured anew.
  if ((samples.at(-1)?.done ?? 0) > sample.done) return [sample];
  const from = samples.findLastIndex(({ atMs }) => atMs <= sample.atMs - WINDOW_MS);
  return [...samples.slice(Math.max(0, from)), sample];
}

/** How quick it is; null as long as that cannot be told. */
export function paceOf(samples: readonly Sample[], total: number | null): Pace | null {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.atMs - first.atMs < MIN_MS) return null;
  const perSecond = (1000 * (last.done - first.done)) / (last.atMs - first.atMs);
  if (perSecond === 0) return null;
  return { perSecond, leftSeconds: total === null ? null : Math.max(0, total - last.done) / perSecond };
}
