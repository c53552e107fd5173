import { StallTimer } from "../../lib/stall-timer.ts";
import { modelTimeout } from "./provider-error.ts";

/** Nothing more: the body has ended, or nobody wants the rest of it. */
type Read = Uint8Array | "ended" | "stopped";

/** The bytes of an answer, read by read. A read that waits ends at once when it has waited too long, or is stopped. */
export class AnswerBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.stop();
  readonly #timer: StallTimer;
  #end = (_read: "stopped" | Error) => {};
  #isStopped = false;

  constructor({ body }: Response, { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number }) {
    if (body === null) throw new Error("The answer has no body.");
    this.#reader = body.getReader();
    this.#timer = new StallTimer(() => this.#end(modelTimeout(timeoutMs)));
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    if (signal.aborted) this.stop();
  }

  /** The next bytes. Rejects if none come within `limitMs`, or if the connection breaks. */
  async read(limitMs: number): Promise<Read> {
    if (this.#isStopped) return "stopped";
    this.#timer.restart(limitMs);
    try {
      return await new Promise<Read>((resolve, reject) => {
        // What the platform makes of a read whose stream is cancelled is not waited for.
        this.#end = (read) => (read === "stopped" ? resolve(read) : reject(read));
        this.#reader.read().then(({ value = "ended" as const }) => resolve(value), reject);
      });
    } finally {
      this.#timer.pause();
    }
  }

  /** Nobody wants the rest: the server is told to stop. */
  stop(): void {
    this.#isStopped = true;
    this.#timer.stop();
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#end("stopped");
    this.#reader.cancel().catch(() => {});
  }
}
