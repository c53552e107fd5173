import { signal } from "@preact/signals";
import { ApiError, type Run, type SessionDetail, type SessionSummary } from "../../packages/client/src/index.ts";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { forget, known, learn } from "../sessions/known.ts";
import { asOwner } from "../sessions/owner.ts";
import { isSame, type JsonObject, mergePatchOf } from "./merge-patch.ts";
import { withNewest } from "./run-tree.ts";

/** What callers may write anything into. */
export type Field = "session_state" | "metadata";

/** What became of a change: somebody else has changed the same meanwhile, or it failed. */
export type Saved = { as: "saved" | "refused" } | { as: "conflict"; theirs: JsonObject } | { as: "failed"; told: Told };

/** Runs come with all their messages, so few are asked for at once. */
const RUNS_AT_ONCE = 20;

/** All that there is to know of one session, as far as it was asked for. */
export class OpenSession {
  readonly sessionId: string;
  readonly detail = signal<SessionDetail | null>(null);
  readonly failed = signal<Told | null>(null);
  /** In the order of running; null until the newest are there. */
  readonly runs = signal<readonly Run[] | null>(null);
  readonly runsFailed = signal<Told | null>(null);
  readonly hasOlder = signal(false);
  readonly isAsking = signal(false);
  #etag: string | null = null;
  readonly #closing = new AbortController();

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  get options() {
    const session = this.detail.peek() ?? known(this.sessionId).peek();
    return { ...(session && asOwner(session)), signal: this.#closing.signal };
  }

  close(): void {
    this.#closing.abort(new Error("closed"));
  }

  async load(): Promise<void> {
    await this.#told(this.failed, async () => this.#learn(await api.sessions.get(this.sessionId, this.options)));
  }

  async loadRuns(before?: string): Promise<void> {
    this.isAsking.value = true;
    await this.#told(this.runsFailed, async () => {
      const query = { limit: RUNS_AT_ONCE, ...(before !== undefined && { before }) };
      const page = await api.sessions.runs(this.sessionId, query, this.options);
      const runs = this.runs.peek() ?? [];
      const next = before === undefined ? withNewest(runs, page) : [...page, ...runs];
      // A newer page that goes on with what is known says nothing of what is older than that.
      if (before !== undefined || next === page) this.hasOlder.value = page.length >= RUNS_AT_ONCE;
      this.runs.value = next;
    });
    this.isAsking.value = false;
  }

  /** Saves what was made of `before`, if nobody else has changed the same field since. */
  async save(field: Field, before: JsonObject, after: JsonObject): Promise<Saved> {
    try {
      try {
        await this.#patch(field, before, after);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 412) throw error;
        await this.#reread();
        const theirs = this.field(field);
        if (!isSame(theirs, before)) return { as: "conflict", theirs };
        // Only something else was changed, such as its name.
        await this.#patch(field, before, after);
      }
      return { as: "saved" };
    } catch (error) {
      return refused(error) ? { as: "refused" } : { as: "failed", told: toldOf(error) };
    }
  }

  field(field: Field): JsonObject {
    return (this.detail.peek()?.[field] ?? {}) as JsonObject;
  }

  /** Has a model write down what was said since. */
  async summarize(): Promise<Told | null> {
    const path = `/sessions/${encodeURIComponent(this.sessionId)}/summary`;
    try {
      await api.request<SessionSummary>("POST", path, this.options);
      await this.#reread();
      return null;
    } catch (error) {
      return refused(error) ? null : toldOf(error);
    }
  }

  async #patch(field: Field, before: JsonObject, after: JsonObject): Promise<void> {
    const options = { ...this.options, ifMatch: this.#etag };
    const merge = mergePatchOf(before, after);
    const { sessionId } = this;
    if (merge !== null) {
      this.#learn(await api.sessions.patch(sessionId, { [field]: merge }, options));
    } else {
      const headers = { ...(this.#etag && { "If-Match": this.#etag }) };
      const body = { [field]: after };
      const path = `/sessions/${encodeURIComponent(sessionId)}`;
      this.#learn(await api.request<SessionDetail>("PATCH", path, { ...this.options, headers, body }));
    }
  }

  async #reread(): Promise<void> {
    this.#learn(await api.sessions.get(this.sessionId, this.options));
  }

  #learn({ data, etag }: { data: SessionDetail; etag: string | null }): void {
    this.#etag = etag;
    this.detail.value = data;
    learn(data);
  }

  async #told(failed: { value: Told | null }, ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
      failed.value = null;
    } catch (error) {
      if (this.#closing.signal.aborted || refused(error)) return;
      if (error instanceof ApiError && error.status === 404) forget(this.sessionId);
      failed.value = toldOf(error);
    }
  }
}
