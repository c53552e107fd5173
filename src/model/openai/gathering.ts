/**
 * Most reads of the network bring one delta, and a burst costs more on its way to a reader than the deltas in it. So deltas
 * that come fast are told together.
 */
import type { ModelBurst, ModelChunk } from "../../domain/model.ts";

/** How far back the load is looked at, and how long a delta waits at most. */
export const GATHER_MS = 10;
/** More text than this waits for nothing: so no more of an answer is read ahead of whoever takes it. */
const MAX_GATHERED_CHARS = 32 * 1024;

/**
 * How long a delta waits behind the burst before it: a millisecond for each delta that came in the last `GATHER_MS`, up to
 * `GATHER_MS`; nothing where at this pace not one more would come meanwhile.
 */
export function gatherMs(lately: number): number {
  const ms = Math.min(lately, GATHER_MS);
  return ms * lately < GATHER_MS ? 0 : ms;
}

/** What of an answer has come and is not told yet. Only deltas wait, behind others of their kind. */
export class Gathered {
  readonly #load = new Load();
  #chunks: ModelChunk[] = [];
  #chars = 0;
  #isUrgent = false;
  #kind: ModelChunk["type"] | null = null;
  #toldAt = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** What came at `now`. */
  add(chunks: readonly ModelChunk[], now: number): void {
    for (const chunk of chunks) {
      const isDelta = chunk.type === "text" || chunk.type === "reasoning";
      this.#isUrgent ||= !isDelta || chunk.type !== this.#kind;
      this.#chars += isDelta ? chunk.delta.length : 0;
      this.#kind = chunk.type;
      this.#chunks.push(chunk);
    }
    this.#load.add(now, chunks.length);
  }

  /** It is not to wait: nothing follows that it could be told with. */
  hurry(): void {
    this.#isUrgent = true;
  }

  /** How long all of it may wait for more. */
  waitMs(now: number): number {
    if (this.isEmpty) return Number.POSITIVE_INFINITY;
    const sinceMs = now - this.#toldAt;
    // A clock that was set back holds nothing up.
    if (this.#isUrgent || this.#chars > MAX_GATHERED_CHARS || sinceMs < 0) return 0;
    return Math.max(0, gatherMs(this.#load.lately) - sinceMs);
  }

  /** All of it, as one burst that is told at `now`. */
  take(now: number): ModelBurst {
    const burst = this.#chunks;
    this.#chunks = [];
    this.#chars = 0;
    this.#isUrgent = false;
    this.#toldAt = now;
    return burst;
  }
}

/** How many chunks came lately. */
export class Load {
  #instants: { at: number; chunks: number }[] = [];
  #lately = 0;

  /** How many came in the last `GATHER_MS`. */
  get lately(): number {
    return this.#lately;
  }

  add(now: number, chunks: number): void {
    const last = this.#instants.at(-1);
    if (last?.at === now) {
      last.chunks += chunks;
    } else {
      // Where the clock was set back, all instants are of a time that is still to come.
      const goesBack = last !== undefined && now < last.at;
      const kept = goesBack ? [] : this.#instants.filter(({ at }) => at > now - GATHER_MS);
      this.#instants = [...kept, { at: now, chunks }];
    }
    this.#lately = this.#instants.reduce((sum, instant) => sum + instant.chunks, 0);
  }
}
