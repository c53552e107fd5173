/** A step of the story whose outcome is not what the product promises. */
export class StoryError extends Error {}

/** Tells a story on a terminal: what was called, what came back, and what that shows. */
export class Narrator {
  #chapters = 0;
  #checks = 0;
  #isMidLine = false;
  #isMoving = false;

  get checks(): number {
    return this.#checks;
  }

  chapter(title: string): void {
    this.#chapters += 1;
    this.#line(`\n${this.#chapters}. ${title}`);
  }

  called(method: string, path: string, body = ""): void {
    this.#line(`   → ${method} ${path} ${body}`.trimEnd());
  }

  /** Tells what came back, line by line. */
  came(...lines: string[]): void {
    for (const line of lines) this.#line(`   ← ${line}`);
  }

  /** Tells a piece of an answer as it comes. */
  delta(text: string): void {
    if (!this.#isMidLine) process.stdout.write("   ← ");
    this.#isMidLine = true;
    process.stdout.write(text.replaceAll("\n", "\n     "));
  }

  /** Shows how long the story still waits: on a terminal one line, which the next line replaces; elsewhere nothing. */
  moving(text: string): void {
    if (!process.stdout.isTTY) return;
    process.stdout.write(`\r   … ${text}\u001b[K`);
    this.#isMoving = true;
  }

  /** Tells the claim if it is true. Throws if it is not. */
  check(claim: string, isTrue: boolean): void {
    if (!isTrue) throw new StoryError(`This is not so: ${claim}.`);
    this.#checks += 1;
    this.#line(`   ✓ ${claim}`);
  }

  #line(text: string): void {
    if (this.#isMidLine) process.stdout.write("\n");
    if (this.#isMoving) process.stdout.write("\r\u001b[K");
    this.#isMidLine = false;
    this.#isMoving = false;
    console.log(text);
  }
}
