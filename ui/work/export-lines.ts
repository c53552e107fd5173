const SESSION_END = '\n{"type":"session_end"';
/** The lines that say where an export stands are no longer. */
const MAX_LINE_CHARS = 4096;

/** What the lines of one answer of an export say. A line break stands between lines only: in JSON it is written otherwise. */
export class ExportLines {
  readonly #ascii = new TextDecoder("latin1");
  #tail = "";
  sessions = 0;

  see(piece: Uint8Array): void {
    const parts = (this.#tail + this.#ascii.decode(piece)).split(SESSION_END);
    this.sessions += parts.length - 1;
    this.#tail = parts.at(-1)?.slice(-MAX_LINE_CHARS) ?? "";
  }

  /** Where the next answer goes on; null where nothing comes behind this one, undefined where it broke off. */
  get cursor(): string | null | undefined {
    const last = /(?:^|\n)(\{"type":"(?:cursor|end)".*)\n$/.exec(this.#tail)?.[1];
    return last === undefined ? undefined : ((JSON.parse(last) as { cursor?: string }).cursor ?? null);
  }
}
