import { withTimeout } from "../../lib/abort.ts";
import { joinBytes } from "../../lib/join-bytes.ts";

/** A line of a file, counted from 1, or why it cannot be read. */
export type TextLine = { number: number; text: string } | { number: number; problem: string };

/** What sends nothing for so long is taken for gone. */
const IDLE_MS = 60_000;
const LINE_FEED = 0x0a;
/** Tab, carriage return, space. */
const BLANKS: ReadonlySet<number> = new Set([0x09, 0x0d, 0x20]);
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * The lines of a stream that are not blank, with any line ends. Pieces may end anywhere. A line that is longer than
 * `maxBytes` is passed over without being held. Blank lines cost no more than their bytes. Throws when the stream breaks
 * off or falls silent.
 */
export async function* textLines(body: ReadableStream<Uint8Array>, maxBytes: number): AsyncGenerator<TextLine> {
  const reader = body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let number = 1;
  const add = (piece: Uint8Array) => {
    bytes += piece.byteLength;
    if (bytes > maxBytes) pieces = [];
    else if (piece.byteLength > 0) pieces.push(piece);
  };
  const take = (): TextLine | null => {
    if (bytes === 0) return null;
    const whole = bytes > maxBytes ? null : joinBytes(pieces, bytes);
    pieces = [];
    bytes = 0;
    if (whole === null) return { number, problem: `The line is longer than ${maxBytes} bytes.` };
    try {
      const text = decoder.decode(number === 1 ? withoutMark(whole) : whole).trim();
      // A file may begin with nothing but the mark.
      return text === "" && number === 1 ? null : { number, text };
    } catch {
      return { number, problem: "The line is not UTF-8." };
    }
  };
  try {
    for (;;) {
      const { done, value } = await withTimeout(reader.read(), IDLE_MS, () => new Error("Nothing came any more."));
      if (done) break;
      let from = 0;
      for (;;) {
        if (bytes === 0) {
          const { end, feeds } = blankFrom(value, from);
          from = end;
          number += feeds;
        }
        const end = value.indexOf(LINE_FEED, from);
        if (end < 0) break;
        add(value.subarray(from, end));
        from = end + 1;
        const line = take();
        if (line !== null) yield line;
        number += 1;
      }
      // A copy: a piece of a line must not hold on to all that came with it.
      add(value.slice(from));
    }
    const last = take();
    if (last !== null) yield last;
  } finally {
    // Not awaited: a stuck sender would hold us here.
    reader.cancel().catch(() => {});
  }
}

/** Where what is blank from here on ends, and how many lines end within it. */
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
