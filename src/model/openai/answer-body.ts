import { StallTimer } from "../../lib/stall-timer.ts";

/** `ended`: nothing more comes. `stopped`: nobody wants it. `late`: nothing came within the limit, and may come yet. */
type Read = Uint8Array | "ended" | "stopped" | "late";

/** The bytes of an answer, read by read. A read that waits ends at once when it has waited too long, or is stopped. */
export class AnswerBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.stop();
  readonly #timer = new StallTimer(() => this.#end("late"));
  #end = (_read: "stopped" | "late") => {};
  /** What the platform reads. It goes on behind a read that was late. */
  #coming: Promise<ReadableStreamReadResult<Uint8Array>> | null = null;
  #isStopped = false;

  constructor({ body }: Response, signal: AbortSignal) {
    if (body === null) throw new Error("The answer has no body.");
    this.#reader = body.getReader();
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
    if (signal.aborted) this.stop();
  }

  /** The next bytes. Rejects if the connection breaks. */
  async read(limitMs: number): Promise<Read> {
    if (this.#isStopped) return "stopped";
    this.#coming ??= this.#reader.read();
    const coming = this.#coming;
    this.#timer.restart(limitMs);
    const read = await new Promise<Read>((resolve, reject) => {
      // What the platform makes of a read whose stream is cancelled is not waited for.
      this.#end = resolve;
      coming.then(({ value = "ended" as const }) => resolve(value), reject);
    });
    if (read !== "late") this.#coming = null;
    return read;
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
