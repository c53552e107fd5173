import { withTimeout } from "../../lib/abort.ts";
import { joinBytes } from "../../lib/join-bytes.ts";

/** A line of a file, counted from 1: its text, or why it cannot be read. */
export type TextLine = { number: number; text: string } | { number: number; problem: string };

/** How long a sender may send nothing before it counts as gone. */
const IDLE_MS = 60_000;
const PASS_OVER_MS = 30_000;
const LINE_FEED = 0x0a;
/** Tab, carriage return, space. */
const BLANKS: ReadonlySet<number> = new Set([0x09, 0x0d, 0x20]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * The lines of a stream that are not blank, with any line ends. Pieces of the stream may end anywhere. A line that is
 * longer than `maxBytes` is passed over and never held. Blank lines cost no more than their bytes. Throws if the stream
 * breaks off or falls silent.
 */
export async function* textLines(body: ReadableStream<Uint8Array>, maxBytes: number): AsyncGenerator<TextLine> {
  const reader = body.getReader();
  const splitter = new LineSplitter(maxBytes);
  let isReading = true;
  try {
    for (;;) {
      isReading = true;
      const { done, value } = await withTimeout(reader.read(), IDLE_MS, () => new Error("Nothing came any more."));
      isReading = false;
      if (done) break;
      yield* splitter.add(value);
    }
    yield* splitter.takeLine();
  } finally {
    // A read that failed, or was never answered, would not be answered now.
    if (!isReading) await passOver(reader);
    // Not awaited: a sender that is stuck would keep us waiting here.
    reader.cancel().catch(() => {});
  }
}

/** Reads on behind the last line that is wanted: most clients read no answer before they have sent all of their body. */
async function passOver(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const until = Date.now() + PASS_OVER_MS;
  try {
    for (let left = until - Date.now(); left > 0; left = until - Date.now()) {
      const { done } = await withTimeout(reader.read(), left, () => new Error("It is sent too slowly."));
      if (done) return;
    }
  } catch {
    // Nobody waits for what was not read.
  }
}

/** Makes lines of pieces; holds what it has of the line that has not ended yet. */
class LineSplitter {
  readonly #maxBytes: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #number = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this piece. */
  *add(piece: Uint8Array): Generator<TextLine> {
    let from = 0;
    for (;;) {
      if (this.#bytes === 0) {
        const { end, feeds } = blankFrom(piece, from);
        from = end;
        this.#number += feeds;
      }
      const end = piece.indexOf(LINE_FEED, from);
      if (end < 0) break;
      this.#hold(piece.subarray(from, end));
      from = end + 1;
      yield* this.takeLine();
      this.#number += 1;
    }
    // A copy, because a part of a line must not keep alive all the bytes that came with it.
    this.#hold(piece.slice(from));
  }

  #hold(part: Uint8Array): void {
    this.#bytes += part.byteLength;
    if (this.#bytes > this.#maxBytes) this.#pieces = [];
    else if (part.byteLength > 0) this.#pieces.push(part);
  }

  /** The line that is held, if there is one. */
  *takeLine(): Generator<TextLine> {
    if (this.#bytes === 0) return;
    const number = this.#number;
    const whole = this.#bytes > this.#maxBytes ? null : joinBytes(this.#pieces, this.#bytes);
    this.#pieces = [];
    this.#bytes = 0;
    if (whole === null) {
      yield { number, problem: `The line is longer than ${this.#maxBytes} bytes.` };
      return;
    }
    const text = this.#decoded(number === 1 ? withoutMark(whole) : whole);
    // The first line may hold nothing but the byte order mark.
    if (text === "" && number === 1) return;
    yield text === null ? { number, problem: "The line is not UTF-8." } : { number, text };
  }

  #decoded(bytes: Uint8Array): string | null {
    try {
      return this.#decoder.decode(bytes).trim();
    } catch {
      return null;
    }
  }
}

/** Where the blank bytes from here on end, and how many lines end within them. */
function blankFrom(bytes: Uint8Array, from: number): { end: number; feeds: number } {
  let feeds = 0;
  for (let end = from; ; end += 1) {
    const byte = bytes[end];
    if (byte === LINE_FEED) feeds += 1;
    else if (byte === undefined || !BLANKS.has(byte)) return { end, feeds };
  }
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return BYTE_ORDER_MARK.every((byte, nth) => bytes[nth] === byte) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}
