import { AppError, bodyTimeout, type Failure, serverBusy } from "../domain/error.ts";
import { joinBytes } from "../lib/join-bytes.ts";
import { StallTimer } from "../lib/stall-timer.ts";

interface Bounds {
  /** How long a body may bring nothing. */
  silenceMs: number;
  /** How long it may take in all. */
  totalMs: number;
  /** How much of all bodies that are not whole yet is held at once. */
  heldBytes: number;
}

/** A slow line brings 8 MiB in the whole time. An isolate has 128 MB of memory. */
const BOUNDS: Bounds = { silenceMs: 30_000, totalMs: 120_000, heldBytes: 48 * 1024 * 1024 };

/** So much of each body is read however much is held of others: who sends large ones slowly stops large ones only. */
const SMALL_BYTES = 64 * 1024;

/** Reads the bodies of requests. Until a body is whole it is held in memory, where all requests of an isolate have their room. */
export class BodyReader {
  readonly #bounds: Bounds;
  #heldBytes = 0;

  constructor(bounds: Partial<Bounds> = {}) {
    this.#bounds = { ...BOUNDS, ...bounds };
  }

  /** The body. Throws the failure that it is too large, or late, or that too much is held; then the rest is not read. */
  async read(body: ReadableStream<Uint8Array>, limitBytes: number, tooLarge: Failure): Promise<Uint8Array> {
    const { silenceMs, totalMs, heldBytes } = this.#bounds;
    const reader = body.getReader();
    const endsAt = Date.now() + totalMs;
    let onStall = (_late: AppError) => {};
    const timer = new StallTimer(() => onStall(new AppError(bodyTimeout())));
    const chunks: Uint8Array[] = [];
    let size = 0;
    let isWhole = false;
    try {
      for (;;) {
        timer.restart(Math.max(0, Math.min(silenceMs, endsAt - Date.now())));
        const { done, value } = await new Promise<ReadableStreamReadResult<Uint8Array>>((resolve, reject) => {
          onStall = reject;
          reader.read().then(resolve, reject);
        });
        isWhole = done;
        if (done) return joinBytes(chunks, size);
        size += value.byteLength;
        this.#heldBytes += value.byteLength;
        if (size > limitBytes) throw new AppError(tooLarge);
        if (size > SMALL_BYTES && this.#heldBytes > heldBytes) throw new AppError(serverBusy());
        chunks.push(value);
      }
    } finally {
      timer.stop();
      this.#heldBytes -= size;
      // This is not awaited: what brings nothing may not answer it either.
      if (!isWhole) reader.cancel().catch(() => {});
    }
  }
}
