/** No byte for so long counts as a broken connection: a server sends a comment after 20 quiet seconds at the latest. */
const SILENCE_MS = 25_000;

/** Reads the data of a body's server-sent events, one after the other. */
export class SentEvents {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #blocks: string[] = [];
  #rest = "";

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** The next event's data; null at the end. What the body's end cut off is left out. Throws where nothing comes any more. */
  async next(): Promise<unknown> {
    for (;;) {
      while (this.#blocks.length > 0) {
        const data = dataOf(this.#blocks.shift() ?? "");
        if (data !== "") return JSON.parse(data);
      }
      const { done, value } = await this.#read();
      if (done) return null;
      // JSON has no carriage return in it, so those that are here end lines.
      const text = this.#rest + this.#decoder.decode(value, { stream: true }).replaceAll("\r", "");
      this.#blocks = text.split("\n\n");
      this.#rest = this.#blocks.pop() ?? "";
    }
  }

  /** Closes the connection. A `next` that waits gets null. */
  close(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> {
    let isSilent = false;
    const timer = setTimeout(() => {
      isSilent = true;
      this.close();
    }, SILENCE_MS);
    try {
      const read = await this.#reader.read();
      if (isSilent) throw new Error("nothing came any more");
      return read;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** An event's lines of data, as one text. */
const dataOf = (block: string): string =>
  block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
