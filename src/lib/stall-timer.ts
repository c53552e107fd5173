/** Calls back when nothing happened for a time. One timer serves a whole stream, because a timer per piece costs more. */
export class StallTimer {
  readonly #onStall: () => void;
  #deadline = 0;
  #firesAt = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(onStall: () => void) {
    this.#onStall = onStall;
  }

  /** Something happened. The next thing must happen within `limitMs`. */
  restart(limitMs: number): void {
    this.#deadline = Date.now() + limitMs;
    if (this.#deadline < this.#firesAt) {
      this.#arm();
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#firesAt = this.#deadline;
    this.#timer = setTimeout(() => this.#check(), Math.max(0, this.#deadline - Date.now()));
  }

  #check(): void {
    this.#firesAt = Number.POSITIVE_INFINITY;
    if (Date.now() >= this.#deadline) {
      this.#onStall();
    } else if (this.#deadline < this.#firesAt) {
      this.#arm();
    }
  }
}
