/** A file that grows. What is written goes into the browser's own store of files bit by bit: it may be larger than the page may be. */
export class GrowingFile {
  #sound: Blob[] = [];
  #pieces: BlobPart[] = [];
  #pieceBytes = 0;
  /** Behind the last `settle`. */
  #open: Blob[] = [];
  bytes = 0;
  #soundBytes = 0;

  write(piece: Uint8Array<ArrayBuffer>): void {
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    this.bytes += piece.length;
    if (this.#pieceBytes > 4_000_000) this.#fold();
  }

  /** What is written so far stays. */
  settle(): void {
    this.#fold();
    this.#sound.push(...this.#open.splice(0));
    this.#soundBytes = this.bytes;
  }

  /** Takes back what was written behind the last `settle`. */
  cutBack(): void {
    this.#fold();
    this.#open = [];
    this.bytes = this.#soundBytes;
  }

  /** Has the browser save it. */
  save(name: string): void {
    const url = URL.createObjectURL(new Blob(this.#sound, { type: "application/x-ndjson" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: name });
    link.click();
    // The browser reads it after the click, and says nowhere when it is done.
    setTimeout(() => URL.revokeObjectURL(url), 600_000);
  }

  #fold(): void {
    this.#open.push(new Blob(this.#pieces.splice(0)));
    this.#pieceBytes = 0;
  }
}

/** A name that every system takes for a file. */
export const fileName = (name: string, date: Date): string => {
  const kept = name
    .normalize("NFC")
    .replace(/[^\p{L}\p{N} _-]+/gu, " ")
    .trim()
    .replace(/\s+/g, "-")
    .slice(0, 60);
  return `${kept || "export"}-${date.toISOString().slice(0, 10)}.ndjson`;
};
