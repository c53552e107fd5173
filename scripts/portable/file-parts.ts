import type { FileHandle } from "node:fs/promises";

/** A place in a file: a line, counted from 1, and the byte that it begins with. */
export interface FilePlace {
  line: number;
  offset: number;
}

/** Whole lines of a file, and where the next one begins. */
export interface FilePart {
  bytes: Buffer;
  end: number;
  isLast: boolean;
}

const LINE_FEED = 0x0a;
/** A longer line is refused by the server whatever it holds, so no more of it is sent. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** Reads about `maxBytes` of whole lines behind a place, one line at least. Holds no more of the file than that. */
export async function readPart(file: FileHandle, offset: number, size: number, maxBytes: number): Promise<FilePart> {
  const bytes = await readAt(file, offset, Math.min(maxBytes, size - offset));
  const end = offset + bytes.length;
  if (end >= size) return { bytes, end: size, isLast: true };
  const feed = bytes.lastIndexOf(LINE_FEED);
  if (feed >= 0) return { bytes: bytes.subarray(0, feed + 1), end: offset + feed + 1, isLast: false };
  if (maxBytes <= MAX_LINE_BYTES) return readPart(file, offset, size, 2 * maxBytes);
  // Too long for a line: enough is sent for the server to see that, and to name the line.
  const next = await behindFeed(file, end, size);
  return { bytes: Buffer.concat([bytes, Buffer.from("\n")]), end: next, isLast: next >= size };
}

/** The place of a line of the part. */
export function placeIn(part: FilePart, start: FilePlace, line: number): FilePlace {
  let at = 0;
  for (let left = line - 1; left > 0; left -= 1) {
    const feed = part.bytes.indexOf(LINE_FEED, at);
    if (feed < 0 || feed + 1 >= part.bytes.length) return { line: start.line + line - 1, offset: part.end };
    at = feed + 1;
  }
  return { line: start.line + line - 1, offset: start.offset + at };
}

/** How many lines end in the part. */
export function linesIn({ bytes }: FilePart): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}

/** The place of a line of the file; null where the file has fewer. */
export async function placeOf(file: FileHandle, size: number, line: number): Promise<FilePlace | null> {
  let left = line - 1;
  for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
    if (left === 0) return { line, offset };
    const bytes = await readAt(file, offset, Math.min(CHUNK_BYTES, size - offset));
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
      left -= 1;
      if (left === 0) return offset + at + 1 < size ? { line, offset: offset + at + 1 } : null;
    }
  }
  return null;
}

async function behindFeed(file: FileHandle, from: number, size: number): Promise<number> {
  for (let offset = from; offset < size; ) {
    const bytes = await readAt(file, offset, Math.min(CHUNK_BYTES, size - offset));
    if (bytes.length === 0) return size;
    const feed = bytes.indexOf(LINE_FEED);
    if (feed >= 0) return offset + feed + 1;
    offset += bytes.length;
  }
  return size;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
