import type { FileHandle } from "node:fs/promises";

const CHUNK_BYTES = 1024 * 1024;
/** Every line of an export begins so. */
const LINE = '{"type":"';
const CURSOR = '{"type":"cursor"';
const END = '{"type":"end"';
const SESSION_END = '{"type":"session_end"';
/** The lines that are looked at begin so, and are no longer. */
const MAX_HEAD_BYTES = 4096;

/**
 * A file of an export that grows: knows its last cursor, up to which it is sound, and whether it is whole. Holds the
 * beginning of one line, never the file.
 */
export class LastLines {
  readonly #file: FileHandle;
  /** What is known of the line that has not ended yet. */
  #head = Buffer.alloc(0);
  /** The beginning of the first line. */
  #first: string | null = null;
  /** Behind the last cursor. */
  #sound = { bytes: 0, sessions: 0 };
  bytes = 0;
  sessions = 0;
  cursor: string | null = null;
  isWhole = false;
  /** Whether the file holds something else than an export. */
  isForeign = false;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Reads what the file holds. */
  static async of(file: FileHandle): Promise<LastLines> {
    const lines = new LastLines(file);
    const { size } = await file.stat();
    const buffer = Buffer.alloc(CHUNK_BYTES);
    while (lines.bytes < size) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, lines.bytes);
      if (bytesRead === 0) break;
      lines.#see(buffer.subarray(0, bytesRead));
    }
    const begins = lines.#first ?? lines.#head.toString("utf8");
    lines.isForeign = !(begins.startsWith(LINE) || LINE.startsWith(begins));
    return lines;
  }

  /** How many sessions stand before the last cursor. */
  get soundSessions(): number {
    return this.#sound.sessions;
  }

  /** Takes back what stands behind the last cursor. */
  async cutBack(): Promise<void> {
    await this.#file.truncate(this.#sound.bytes);
    this.bytes = this.#sound.bytes;
    this.sessions = this.#sound.sessions;
    this.#head = Buffer.alloc(0);
  }

  async write(piece: Uint8Array): Promise<void> {
    await this.#file.appendFile(piece);
    this.#see(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
  }

  /** The answer has ended: throws if it was cut. */
  ended(): void {
    if (!this.isWhole && this.#sound.bytes !== this.bytes) throw new Error("The answer broke off.");
  }

  #see(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const feed = piece.indexOf(0x0a, at);
      const end = feed < 0 ? piece.length : feed;
      const room = MAX_HEAD_BYTES - this.#head.length;
      if (room > 0) this.#head = Buffer.concat([this.#head, piece.subarray(at, Math.min(end, at + room))]);
      const next = feed < 0 ? piece.length : feed + 1;
      this.bytes += next - at;
      if (feed >= 0) this.#line();
      at = next;
    }
  }

  #line(): void {
    const text = this.#head.toString("utf8");
    this.#first ??= text;
    this.#head = Buffer.alloc(0);
    if (text.startsWith(SESSION_END)) this.sessions += 1;
    if (text.startsWith(END)) this.isWhole = true;
    if (!text.startsWith(CURSOR)) return;
    this.cursor = String((JSON.parse(text) as { cursor?: unknown }).cursor);
    this.#sound = { bytes: this.bytes, sessions: this.sessions };
  }
}
