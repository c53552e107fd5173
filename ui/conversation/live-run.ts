import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ApiError, type RunOutput, type RunStream, type RunTarget } from "../../packages/client/src/index.ts";
import { announce } from "../app/announce.ts";
import { tell } from "../app/notices.ts";
import { sawEnd } from "../inbox/unread.ts";
import { api, isAway, refused } from "../server/api.ts";
import { toldOf } from "../server/failure.ts";
import { pollNow } from "../server/poll.ts";
import { texts } from "../texts/index.ts";
import { RunFold, type RunHead } from "./fold.ts";
import type { RunStatus, RunView } from "./run-view.ts";
import { shownRuns } from "./shown-runs.ts";
import type { Told } from "./told.ts";

/** How often a hidden page, which has no frames, shows what has come. */
const HIDDEN_MS = 250;
/** An answer that is longer than this grows every so often instead of in each frame: drawing one costs more than all else. */
const LONG_CHARS = 16_000;
const LONG_MS = 50;
/** How long after a stream broke off, and could not be connected again, it is tried once more. */
const AGAIN_MS = 3_000;

/** A run of the open conversation: what is shown of it, and the reader that keeps it so while it goes on. */
export class LiveRun {
  readonly #fold: RunFold;
  readonly #view: Signal<RunView>;
  readonly status: ReadonlySignal<RunStatus>;
  /** Counts what has come, so that somebody who has scrolled away is told of it. */
  readonly news = signal(0);
  /** The last event that was read; of a run from the list, the last that is stored. */
  #after: number;
  #reading: AbortController | null = null;
  #isSettled: boolean;
  #isLong = false;

  constructor(fold: RunFold, after = -1) {
    this.#fold = fold;
    this.#after = after;
    this.#view = signal(fold.view);
    this.status = computed(() => this.#view.value.status);
    this.#isSettled = after >= 0;
    shownRuns.set(fold.view.runId, this);
  }

  static of(head: RunHead): LiveRun {
    return new LiveRun(new RunFold(head));
  }

  get view(): ReadonlySignal<RunView> {
    return this.#view;
  }

  get runId(): string {
    return this.#view.peek().runId;
  }

  get target(): RunTarget {
    const { runId, sessionId, of } = this.#view.peek();
    return of.kind === "team" ? { runId, sessionId, teamId: of.id } : { runId, sessionId, agentId: of.id };
  }

  /** Whether it is, or may be, going on without anybody reading it here. `status` is how the server says that it stands. */
  isBehind(status: RunStatus): boolean {
    if (this.#reading !== null) return false;
    return !this.#isSettled || status !== this.status.peek() || status === "PENDING" || status === "RUNNING";
  }

  /** Reads it to where it stands, from the stream that it began with, or behind what is known of it. */
  async follow(stream?: RunStream): Promise<void> {
    if (this.#reading !== null) return;
    const reading = new AbortController();
    this.#reading = reading;
    try {
      await this.#read(stream ?? api.attach(this.target, { after: this.#after }), reading.signal);
      if (!reading.signal.aborted) await this.#settle(reading.signal);
    } catch (error) {
      if (reading.signal.aborted || refused(error)) return;
      // What is shown stays, and is gone on with once the server is there again.
      if (isAway(error)) setTimeout(() => reading.signal.aborted || void this.follow(), AGAIN_MS);
      else this.#failed(error);
    } finally {
      if (this.#reading === reading) this.#reading = null;
    }
  }

  /** Reads no more. The run goes on. */
  leave(): void {
    this.#reading?.abort();
    this.#reading = null;
    waiting.delete(this);
    if (shownRuns.get(this.runId) === this) shownRuns.delete(this.runId);
  }

  /** Ends the run. Its readers come to its end, and what it has said stays. */
  async stop(userId: { userId?: string | null }): Promise<void> {
    await api.attach(this.target).cancel(userId);
    if (this.#reading === null) await this.follow();
  }

  async #read(stream: RunStream, signal: AbortSignal): Promise<void> {
    const events = stream[Symbol.asyncIterator]();
    signal.addEventListener("abort", () => void events.return?.());
    for (let next = await events.next(); next.done !== true; next = await events.next()) {
      if (signal.aborted) return;
      this.#after = next.value.event_index;
      if (this.#fold.take(next.value as Told)) this.#changed();
    }
  }

  /** Asks for what no event says. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { runId, sessionId, of } = this.#view.peek();
    const path = `/${of.kind}s/${encodeURIComponent(of.id)}/runs/${encodeURIComponent(runId)}`;
    const { data } = await api.request<RunOutput>("GET", path, { query: { session_id: sessionId }, signal });
    this.#fold.settle(data);
    this.#isSettled = data.persisted !== false;
    this.#changed();
  }

  #changed(): void {
    // One that waits already has asked to be shown. A fast model says a hundred things between two frames.
    const { size } = waiting;
    waiting.add(this);
    if (size > 0) return;
    if (document.visibilityState === "hidden") setTimeout(show, HIDDEN_MS);
    else if (this.#isLong) setTimeout(show, LONG_MS);
    else requestAnimationFrame(show);
  }

  /** Shows what has come since it was shown last. */
  show(): void {
    const before = this.#view.peek();
    const { view } = this.#fold;
    if (before === view) return;
    this.#isLong = isLong(view);
    this.#view.value = view;
    this.news.value += 1;
    if (before.status === view.status) return;
    say(view);
    if (view.status === "PENDING" || view.status === "RUNNING") return;
    sawEnd(view.sessionId);
    pollNow();
  }

  #failed(error: unknown): void {
    // A run that waited in line, and was taken back before it began, may be gone.
    if (error instanceof ApiError && error.status === 404) this.#isSettled = true;
    tell({ tone: "wrong", ...toldOf(error) });
  }
}

/** The runs of which something has come since the last frame. */
const waiting = new Set<LiveRun>();

// Whoever waits for a frame would wait until the page is shown again.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && waiting.size > 0) setTimeout(show, HIDDEN_MS);
});

function show(): void {
  const runs = [...waiting];
  waiting.clear();
  batch(() => {
    for (const run of runs) run.show();
  });
}

function isLong({ parts }: RunView): boolean {
  const chars = parts.reduce((sum, part) => sum + (part.kind === "call" ? 0 : part.text.length), 0);
  return chars > LONG_CHARS;
}

function say({ status }: RunView): void {
  const said = texts.conversation.status[status];
  if (said !== undefined) announce(said);
}
