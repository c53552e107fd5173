import { signal } from "@preact/signals";
import type { SessionList, SessionsQuery } from "../../packages/client/src/index.ts";
import type { Filter } from "../app/route.ts";
import { api, refused } from "../server/api.ts";
import { serverNowMs } from "../server/clock.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { isNews, known, learn } from "../sessions/known.ts";
import { belongs, changesQuery, listQuery, withChanges, withOlder } from "./list-rules.ts";
import { beganWith, hasUnread, readUpToMs } from "./unread.ts";

const PAGE = 50;
/** Who was away for longer than this many pages of changes gets the list anew. */
const PAGES_OF_CHANGES = 4;
/** Servers' clocks differ, and times of changes move on by a second for each. */
const AHEAD_MS = 60_000;

/** The sessions that a filter shows, as far as they are loaded, newest change first. */
export class LoadedList {
  /** Null until the first page is there. */
  readonly ids = signal<readonly string[] | null>(null);
  readonly isLoading = signal(false);
  readonly failed = signal<Told | null>(null);
  /** Where one was in it, for when it is shown again. */
  scrollTop = 0;
  readonly #filter: Filter;
  /** Null behind the last page. */
  #cursor: string | null | undefined;
  /** The newest change that it knows of. */
  #since: string | null = null;

  constructor(filter: Filter) {
    this.#filter = filter;
  }

  get isWhole(): boolean {
    return this.#cursor === null;
  }

  /** Loads the next page. What is asked for while one is on its way is that one. */
  async more(): Promise<void> {
    if (this.isLoading.peek() || this.isWhole) return;
    this.isLoading.value = true;
    this.failed.value = null;
    try {
      await this.#load();
    } catch (error) {
      if (!refused(error)) this.failed.value = toldOf(error);
    } finally {
      this.isLoading.value = false;
    }
  }

  async #load(): Promise<void> {
    const query = listQuery(this.#filter, readUpToMs.peek());
    const { data, meta } = await this.#ask({ ...query, ...(this.#cursor && { cursor: this.#cursor }) });
    const { view, tag } = this.#filter;
    if (view === "all" && tag === null) this.#heard(data);
    for (const row of data) learn(row);
    const page = data.map(({ session_id: id }) => id).filter((id) => this.#belongs(id));
    this.#cursor = meta.next_cursor ?? null;
    this.ids.value = withOlder(this.ids.peek() ?? [], page);
  }

  /** Asks for what has changed. Rejects where that fails, and shows what it showed. */
  async poll(): Promise<void> {
    if (this.ids.peek() === null) return this.#retry();
    const query = changesQuery(this.#filter, this.#since);
    const changed: SessionList["data"] = [];
    let cursor: string | null | undefined;
    for (let page = 0; page < PAGES_OF_CHANGES && cursor !== null; page += 1) {
      const { data, meta } = await this.#ask({ ...query, ...(cursor && { cursor }) }, true);
      changed.push(...data);
      // Without a time to begin at, the first page has what can have changed since the list was loaded. Where the page has
      // nothing new, no page behind it has: an import gives thousands of sessions the time that is asked from.
      cursor = this.#since === null || !data.some(isNews) ? null : (meta.next_cursor ?? null);
    }
    this.#heard(changed);
    for (const row of changed) learn(row);
    if (cursor !== null) return this.#anew();
    const ids = changed.map(({ session_id: id }) => id);
    const there = new Set(this.ids.peek());
    this.ids.value = withChanges(this.ids.peek() ?? [], ids, (id) => there.has(id) || this.#belongs(id));
  }

  /** The first page has failed, or is on its way. */
  async #retry(): Promise<void> {
    if (this.isLoading.peek()) return;
    await this.#load();
    this.failed.value = null;
  }

  /** Shown again: what has left it meanwhile is gone. */
  enter(): void {
    const ids = this.ids.peek();
    if (ids !== null) this.ids.value = ids.filter((id) => this.#belongs(id));
  }

  #anew(): Promise<void> {
    this.#cursor = undefined;
    this.ids.value = [];
    return this.more();
  }

  #heard(rows: SessionList["data"]): void {
    // A file that was taken in may have dates that are still to come. Nothing new would be heard of until then.
    const past = rows.filter(({ updated_at: at }) => Date.parse(at) <= serverNowMs() + AHEAD_MS);
    const newest = past[0]?.updated_at;
    if (newest !== undefined && newest > (this.#since ?? "")) this.#since = newest;
    beganWith(past);
  }

  #belongs(id: string): boolean {
    const session = known(id).peek();
    return session !== null && belongs(session, this.#filter, hasUnread(id));
  }

  async #ask(query: SessionsQuery & { cursor?: string }, once = false): Promise<SessionList> {
    const { userId } = this.#filter;
    const options = { query: { ...query, limit: PAGE }, once, userId: userId ?? undefined };
    return (await api.request<SessionList>("GET", "/sessions", options)).data;
  }
}
