import type { FileHandle } from "node:fs/promises";
import type { Source } from "./file-parts.ts";

/** A file that a command has opened. */
export const sourceOf = (file: FileHandle, size: number): Source => ({
  size,
  async read(offset, length) {
    const bytes = new Uint8Array(length);
    let read = 0;
    while (read < length) {
      const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
      if (bytesRead === 0) break;
      read += bytesRead;
    }
    return bytes.subarray(0, read);
  },
});
