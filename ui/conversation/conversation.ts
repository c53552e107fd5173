import { batch, computed, signal } from "@preact/signals";
import { ApiError, type Run } from "../../packages/client/src/index.ts";
import { api, refused } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { forget, learn } from "../sessions/known.ts";
import { LiveRun } from "./live-run.ts";
import { type Preview, whatIsNew } from "./news.ts";
import { hasRun, isAnsweredAgain, wholeRuns } from "./pages.ts";
import type { RunView } from "./run-view.ts";
import { storedRuns } from "./stored-run.ts";

/** How many runs are asked for at once; where one of them is looked for, more. */
const PAGE = 30;
const LARGE_PAGE = 200;

export type Loading = { state: "loading" | "there" | "missing" } | { state: "failed"; told: Told };

/** The conversation that is open: its runs, from the newest back as far as somebody has scrolled. */
export class Conversation {
  readonly sessionId: string;
  readonly loading = signal<Loading>({ state: "loading" });
  readonly #runs = signal<readonly LiveRun[]>([]);
  /** The runs that are shown, oldest first. One that was answered again is not. */
  readonly runs = computed(() => {
    const all = this.#runs.value;
    const heads = all.map(({ view, status }) => ({ ...view.peek(), status: status.value }));
    return all.filter((run, nth) => !isAnsweredAgain(heads, nth) || run.runId === this.found.value);
  });
  /** The newest run that goes on, which can be stopped. */
  readonly active = computed(() => this.runs.value.find(({ status: { value } }) => value === "RUNNING") ?? null);
  readonly older = signal<"there" | "none" | "loading" | Told>("none");
  /** The run that somebody came for. */
  readonly found = signal<string | null>(null);
  /** Something that was said here is on its way. What begins meanwhile may be that, and whoever says it shows it. */
  isSaying = false;
  readonly #end = new AbortController();

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  /** Whether what is said now has to wait. */
  get isBusy(): boolean {
    return this.#runs.peek().some(({ status }) => status.peek() === "RUNNING" || status.peek() === "PENDING");
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  async load(): Promise<void> {
    if (this.loading.peek().state !== "there") this.loading.value = { state: "loading" };
    try {
      const [{ data }, rows] = await Promise.all([
        api.sessions.get(this.sessionId, { signal: this.signal }),
        this.#page(undefined, PAGE),
      ]);
      learn(data);
      batch(() => {
        for (const run of this.#runs.peek()) run.leave();
        this.#runs.value = [];
        this.#prepend(rows);
        this.loading.value = { state: "there" };
      });
    } catch (error) {
      if (this.signal.aborted || refused(error)) return;
      if (isMissing(error)) this.#gone();
      else this.loading.value = { state: "failed", told: toldOf(error) };
    }
  }

  /** Ends all that is read for it. The runs go on. */
  close(): void {
    this.#end.abort();
    for (const run of this.#runs.peek()) run.leave();
  }

  /** The page of runs before those that are there. */
  async loadOlder(size = PAGE): Promise<void> {
    const [first] = this.#runs.peek();
    if (first === undefined || this.older.peek() === "none" || this.older.peek() === "loading") return;
    this.older.value = "loading";
    try {
      const rows = await this.#page(first.runId, size);
      batch(() => this.#prepend(rows));
    } catch (error) {
      if (!this.signal.aborted && !refused(error)) this.older.value = toldOf(error);
    }
  }

  /** Goes back until the run is there, or a member's run of that id is. Answers the run that is shown for it; null for none. */
  async reach(runId: string): Promise<LiveRun | null> {
    for (;;) {
      const run = this.#runs.peek().find(({ view }) => hasRun(view.peek(), runId));
      if (run !== undefined) {
        this.found.value = run.runId;
        return run;
      }
      const before = this.#runs.peek()[0];
      await this.loadOlder(LARGE_PAGE);
      if (this.signal.aborted || before === this.#runs.peek()[0]) return null;
    }
  }

  /** Takes a run that has begun here, unless it is known already. */
  add(run: LiveRun): LiveRun {
    const known = this.#runs.peek().find(({ runId }) => runId === run.runId);
    if (known === undefined) this.#runs.value = [...this.#runs.peek(), run];
    return known ?? run;
  }

  /** Whether anything has begun or changed elsewhere. */
  async look(): Promise<void> {
    if (this.loading.peek().state !== "there") return;
    const { signal } = this;
    const path = `/sessions/${encodeURIComponent(this.sessionId)}/run-previews`;
    const data = await api.request<Preview[]>("GET", path, { query: { limit: PAGE }, signal }).then(
      (answer) => answer.data,
      (error: unknown) => this.#lost(error),
    );
    if (this.isSaying) return;
    const { begun, isApart } = whatIsNew(data, (id) => this.#runs.peek().some(({ runId }) => runId === id));
    if (isApart && this.#runs.peek().length > 0) return this.load();
    if (begun > 0) {
      const rows = await api.sessions.runs(this.sessionId, { limit: begun }, { signal });
      if (this.isSaying) return;
      this.#append(rows);
    }
    for (const { run_id: id, status } of data) {
      const run = this.#runs.peek().find(({ runId }) => runId === id);
      if (run?.isBehind(status)) void run.follow();
    }
  }

  /** Somebody has deleted it. Anything else passes. */
  #lost(error: unknown): never {
    if (isMissing(error)) this.#gone();
    throw error;
  }

  /** No list has it any more, either. */
  #gone(): void {
    this.loading.value = { state: "missing" };
    forget(this.sessionId);
  }

  /** Rows that make up whole runs: of the first team's run in a page, some members' may stand before the page. */
  async #page(before: string | undefined, limit: number): Promise<Run[]> {
    let rows: Run[] = [];
    for (;;) {
      const from = rows[0]?.run_id ?? before;
      const page = await api.sessions.runs(
        this.sessionId,
        { limit, ...(from !== undefined && { before: from }) },
        { signal: this.signal },
      );
      rows = [...page, ...rows];
      const hasMore = page.length === limit;
      const whole = hasMore ? wholeRuns(rows) : rows;
      if (hasMore && whole.length === 0) continue;
      this.older.value = hasMore ? "there" : "none";
      return whole;
    }
  }

  #prepend(rows: readonly Run[]): void {
    this.#runs.value = [...this.#made(rows), ...this.#runs.peek()];
  }

  #append(rows: readonly Run[]): void {
    const known = new Set(this.#runs.peek().map(({ runId }) => runId));
    const runs = this.#made(rows).filter(({ runId }) => !known.has(runId));
    this.#runs.value = [...this.#runs.peek(), ...runs];
  }

  #made(rows: readonly Run[]): LiveRun[] {
    const lastEvents = new Map(rows.map(({ run_id, events }) => [run_id, events?.at(-1)?.event_index ?? 0]));
    return storedRuns(rows, this.sessionId).map((fold) => {
      const { view } = fold;
      const isUnderWay = view.status === "PENDING" || view.status === "RUNNING";
      // What is stored of a run that goes on is less than what it has told, so that is read from its beginning.
      const run = isUnderWay ? LiveRun.of(headOnly(view)) : new LiveRun(fold, lastEvents.get(view.runId));
      if (isUnderWay) void run.follow();
      return run;
    });
  }
}

const isMissing = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

const headOnly = ({ runId, sessionId, of, status, asked, createdAtMs, regeneratedFrom }: RunView) => ({
  runId,
  sessionId,
  of,
  status,
  asked,
  createdAtMs,
  regeneratedFrom,
});
