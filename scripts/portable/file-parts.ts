/** A file, wherever it is read: by a command, or in a browser. */
export interface Source {
  size: number;
  /** Fewer bytes only where the file has no more. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A place in a file: a line, counted from 1, and the byte that it begins with. */
export interface FilePlace {
  line: number;
  offset: number;
}

/** Whole lines of a file, and where the next one begins. */
export interface FilePart {
  bytes: Uint8Array<ArrayBuffer>;
  end: number;
  isLast: boolean;
}

const LINE_FEED = 0x0a;
/** A longer line is refused by the server whatever it holds, so no more of it is sent. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;

/** Reads about `maxBytes` of whole lines behind a place, one line at least. Holds no more of the file than that. */
export async function readPart(source: Source, offset: number, maxBytes: number): Promise<FilePart> {
  const { size } = source;
  const bytes = await source.read(offset, Math.min(maxBytes, size - offset));
  const end = offset + bytes.length;
  if (end >= size) return { bytes, end: size, isLast: true };
  const feed = bytes.lastIndexOf(LINE_FEED);
  if (feed >= 0) return { bytes: bytes.subarray(0, feed + 1), end: offset + feed + 1, isLast: false };
  if (maxBytes <= MAX_LINE_BYTES) return readPart(source, offset, 2 * maxBytes);
  // Too long for a line: enough is sent for the server to see that, and to name the line.
  const next = await behindFeed(source, end);
  const cut = new Uint8Array(bytes.length + 1);
  cut.set(bytes);
  cut[bytes.length] = LINE_FEED;
  return { bytes: cut, end: next, isLast: next >= size };
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
export async function placeOf(source: Source, line: number): Promise<FilePlace | null> {
  const { size } = source;
  let left = line - 1;
  for (let offset = 0; offset < size; offset += CHUNK_BYTES) {
    if (left === 0) return { line, offset };
    const bytes = await source.read(offset, Math.min(CHUNK_BYTES, size - offset));
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
      left -= 1;
      if (left === 0) return offset + at + 1 < size ? { line, offset: offset + at + 1 } : null;
    }
  }
  return null;
}

async function behindFeed(source: Source, from: number): Promise<number> {
  const { size } = source;
  for (let offset = from; offset < size; ) {
    const bytes = await source.read(offset, Math.min(CHUNK_BYTES, size - offset));
    if (bytes.length === 0) return size;
    const feed = bytes.indexOf(LINE_FEED);
    if (feed >= 0) return offset + feed + 1;
    offset += bytes.length;
  }
  return size;
}
