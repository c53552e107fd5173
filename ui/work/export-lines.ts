/** So much of a line is held: those that say where an export stands are no longer, and of ASCII alone. */
const MAX_HEAD_CHARS = 4096;
const LINE_FEED = 0x0a;

/** What the lines of one answer of an export say. */
export class ExportLines {
  readonly #ascii = new TextDecoder("latin1");
  #head = "";
  sessions = 0;
  /** Where the next answer goes on; null unless the last line so far says so. */
  cursor: string | null = null;
  /** Whether the last line so far says that nothing comes behind it. */
  isWhole = false;

  see(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const feed = piece.indexOf(LINE_FEED, at);
      const end = feed < 0 ? piece.length : feed;
      const room = MAX_HEAD_CHARS - this.#head.length;
      this.#head += this.#ascii.decode(piece.subarray(at, Math.min(end, at + room)));
      if (feed >= 0) this.#line();
      at = end + 1;
    }
  }

  /** Whether the answer ended where it was to end. What broke off ends in the middle of a line, or of a session. */
  get isSound(): boolean {
    return this.#head === "" && (this.isWhole || this.cursor !== null);
  }

  #line(): void {
    const text = this.#head;
    this.#head = "";
    this.isWhole = text.startsWith('{"type":"end"');
    this.cursor = text.startsWith('{"type":"cursor"') ? (JSON.parse(text) as { cursor: string }).cursor : null;
    if (text.startsWith('{"type":"session_end"')) this.sessions += 1;
  }
}
