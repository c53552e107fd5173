import type { HistoryRun } from "../../engine/prompt/history.ts";
import { utf8Bytes } from "../../lib/text.ts";

/** What a message takes besides its text, roughly. */
const MESSAGE_OVERHEAD_BYTES = 200;

/**
 * The newest runs of a session that count for history, whole, up to a number of bytes. It is right because only the
 * session's own object writes; it is dropped whenever a write failed.
 */
export class HistoryCache {
  readonly #maxBytes: number;
  /** Oldest first. */
  #runs: { run: HistoryRun; bytes: number }[] = [];
  #bytes = 0;
  /** Whether there are no runs that count before those held. */
  #complete: boolean;

  constructor(maxBytes: number, runs: readonly HistoryRun[], complete: boolean) {
    this.#maxBytes = maxBytes;
    this.#complete = complete;
    for (const run of runs) {
      this.add(run);
    }
  }

  /** Adds the run that completed last; the oldest make room for it. False when it belongs before others: it had paused. */
  add(run: HistoryRun): boolean {
    const newest = this.#runs.at(-1)?.run.runIndex ?? -1;
    if (newest >= run.runIndex) {
      // The newest may have been read while D1 had settled it already.
      return newest === run.runIndex;
    }
    const bytes = runBytes(run);
    this.#runs.push({ run, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#maxBytes) {
      this.#bytes -= this.#runs.shift()?.bytes ?? 0;
      this.#complete = false;
    }
    return true;
  }

  /** The newest `count` runs, oldest first; null when they are not all here. */
  window(count: number): HistoryRun[] | null {
    if (count <= 0) {
      return [];
    }
    if (this.#runs.length < count && !this.#complete) {
      return null;
    }
    return this.#runs.slice(-count).map(({ run }) => run);
  }
}

function runBytes(run: HistoryRun): number {
  let bytes = 0;
  for (const message of run.messages) {
    bytes += utf8Bytes(message.content) + MESSAGE_OVERHEAD_BYTES;
    if (message.role === "assistant" && message.toolCalls.length > 0) {
      bytes += utf8Bytes(JSON.stringify(message.toolCalls));
    } else if (message.role === "tool") {
      bytes += utf8Bytes(JSON.stringify(message.toolArgs));
    }
  }
  return bytes;
}
