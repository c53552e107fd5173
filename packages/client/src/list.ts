/** One answer of a list. */
export interface Page<T> {
  data: T[];
  meta: { next_cursor?: string | null };
}

/** A list whose rows come page by page. A page that nobody reads is not asked for. */
export class List<T, P extends Page<T> = Page<T>> implements AsyncIterable<T> {
  readonly #ask: (cursor: string | undefined) => Promise<P>;

  constructor(ask: (cursor: string | undefined) => Promise<P>) {
    this.#ask = ask;
  }

  async *pages(): AsyncGenerator<P, void, undefined> {
    let cursor: string | undefined;
    do {
      const page: P = await this.#ask(cursor);
      yield page;
      cursor = page.meta.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const { data } of this.pages()) yield* data;
  }

  /** The first `count` rows, or all if there are fewer. */
  async first(count: number): Promise<T[]> {
    const rows: T[] = [];
    if (count > 0) {
      for await (const { data } of this.pages()) {
        rows.push(...data);
        if (rows.length >= count) break;
      }
    }
    return rows.slice(0, count);
  }
}
