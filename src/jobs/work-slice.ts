import { type ItemResult, isOutOfTokens, type Job, type JobSlice, MAX_ATTEMPTS, unasked } from "../domain/job.ts";
import { withTimeout } from "../lib/abort.ts";
import { errorFields, log } from "../lib/log.ts";
import { Serial } from "../lib/serial.ts";
import { readOrNull } from "../store/commit.ts";
import { type ClaimedItem, claimSlice, type ItemRecord, recordResults } from "../store/jobs/slices.ts";
import type { JobDependencies } from "./dependencies.ts";
import type { KindOfWork } from "./kinds/kind-of-work.ts";
import { KINDS } from "./kinds/list.ts";

/** How many items a worker works on at a time: the platform lets it wait for about six answers. */
const ITEMS_AT_ONCE = 5;
/** How many results are written at once. Readers of the job see what is written, and the worker then sees a cancel. */
const RECORDED_AT_ONCE = 10;
/** How often items that take long are touched at least. */
const TOUCH_MS = 20_000;
/** How long a worker waits for a session: two calls of a model, and what the database may need. */
const ITEM_TIMEOUT_MS = 120_000;
const DATABASE_AWAY_SECONDS = 10;
const FIRST_DELAY_SECONDS = 5;
const DELAY_FACTOR = 4;
const LONGEST_DELAY_SECONDS = 600;
/** If the model did not answer for this many items in a row, the rest of the slice is not tried. */
const AWAY_AFTER = ITEMS_AT_ONCE;

/** Works on the open items of a slice. Answers after how many seconds the slice has to come again; null when it is done. */
export async function workSlice(deps: JobDependencies, slice: JobSlice, deliveries: number): Promise<number | null> {
  const claimed = await readOrNull(
    claimSlice(deps.db, slice, { nowMs: deps.now(), sweepAfterMs: deps.config.sweepAfterMs }),
  );
  if (claimed === null) {
    return DATABASE_AWAY_SECONDS;
  }
  const { job, items, dueAt } = claimed.value;
  if (job === null || job.status !== "running") {
    return null;
  }
  if (items.length > 0) {
    return new SliceWork(deps, job, items, deliveries).run();
  }
  // The open items are in the hands of another worker, or wait for their next attempt.
  return dueAt === null ? null : secondsUntil(dueAt, deps.now());
}

/** How long an item waits after this many failed attempts: 5 s, 20 s, 80 s, 320 s, then 10 minutes. */
export function backoffSeconds(attempts: number): number {
  return Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * DELAY_FACTOR ** Math.max(0, attempts - 1));
}

function secondsUntil(atMs: number, nowMs: number): number {
  return Math.min(LONGEST_DELAY_SECONDS, Math.max(1, Math.ceil((atMs - nowMs) / 1000)));
}

/** A claimed slice while it is worked on: a few items at a time, whose results are written as they come. */
class SliceWork {
  readonly #deps: JobDependencies;
  #job: Job;
  readonly #waiting: ClaimedItem[];
  /** Items that are claimed and have no result yet, by position. */
  readonly #open: Map<number, ClaimedItem>;
  readonly #records = new Serial();
  #results: ItemRecord[] = [];
  /** Tokens of results that `#job` does not count yet. */
  #unrecordedTokens = 0;
  #awayInARow = 0;
  readonly #deliveries: number;
  #delaySeconds: number | null = null;

  constructor(deps: JobDependencies, job: Job, items: ClaimedItem[], deliveries: number) {
    this.#deps = deps;
    this.#job = job;
    this.#waiting = [...items];
    this.#open = new Map(items.map((item) => [item.position, item]));
    this.#deliveries = deliveries;
  }

  async run(): Promise<number | null> {
    const kind = KINDS[this.#job.kind];
    const { sweepAfterMs } = this.#deps.config;
    // A third of that time: if D1 loses one touch, the next one still comes before the items count as left behind.
    const touchMs = Math.min(TOUCH_MS, sweepAfterMs / 3);
    const timer = setInterval(() => void this.#record([...this.#open.keys()]), touchMs);
    try {
      if (kind !== undefined) {
        await this.#decide(kind);
        await Promise.all(Array.from({ length: ITEMS_AT_ONCE }, () => this.#lane(kind)));
      }
    } finally {
      clearInterval(timer);
    }
    for (const item of this.#waiting.splice(0)) {
      this.#note(item, unasked(null, null), true);
    }
    const isRecorded = await this.#record();
    if (!isRecorded) {
      // After that time the items may be claimed again. The next worker asks each session again, which answers the same.
      return secondsUntil(sweepAfterMs, 0);
    }
    return this.#job.status === "running" ? this.#delaySeconds : null;
  }

  async #decide(kind: KindOfWork): Promise<void> {
    const decided = await readOrNull(kind.decide(this.#deps, this.#job, [...this.#waiting]));
    for (const item of this.#waiting.splice(0)) {
      const result = decided?.value.get(item.position);
      if (result === undefined) {
        this.#waiting.push(item);
      } else {
        this.#note(item, result, false);
      }
    }
  }

  async #lane(kind: KindOfWork): Promise<void> {
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      this.#note(item, await this.#work(kind, item), false);
      if (this.#results.length >= RECORDED_AT_ONCE) {
        await this.#record();
      }
    }
  }

  #next(): ClaimedItem | undefined {
    const { promptTokens } = this.#job;
    const isSpent = isOutOfTokens({ ...this.#job, promptTokens: promptTokens + this.#unrecordedTokens });
    const goesOn = this.#job.status === "running" && !isSpent && this.#awayInARow < AWAY_AFTER;
    return goesOn ? this.#waiting.shift() : undefined;
  }

  async #work(kind: KindOfWork, item: ClaimedItem): Promise<ItemResult> {
    if (item.attempts > MAX_ATTEMPTS) {
      return unasked("failed", "gave_up");
    }
    try {
      const timedOut = () => new Error("the session did not answer in time");
      return await withTimeout(kind.work(this.#deps, this.#job, item), ITEM_TIMEOUT_MS, timedOut);
    } catch (error) {
      log("error", "job.item_failed", { job_id: this.#job.jobId, position: item.position, ...errorFields(error) });
      return unasked(null, "session_unavailable");
    }
  }

  #note(item: ClaimedItem, result: ItemResult, unbegun: boolean): void {
    const { position, attempts } = item;
    this.#awayInARow = result.reason === "model_unavailable" ? this.#awayInARow + 1 : 0;
    const isLast = result.outcome === null && !unbegun && attempts >= MAX_ATTEMPTS;
    const outcome = isLast ? "failed" : result.outcome;
    let touchedAt = this.#deps.now();
    if (outcome === null) {
      const seconds = backoffSeconds(Math.max(attempts, this.#deliveries));
      this.#delaySeconds = Math.min(this.#delaySeconds ?? seconds, seconds);
      touchedAt += seconds * 1000;
    }
    this.#unrecordedTokens += result.promptTokens + result.completionTokens;
    this.#results.push({ ...result, position, attempts, outcome, touchedAt, unbegun });
    this.#open.delete(position);
  }

  /**
   * Writes the results so far, and touches the `kept` items. False if D1 did not take them; the next call
   * writes them again.
   */
  #record(kept: readonly number[] = []): Promise<boolean> {
    return this.#records.run(async () => {
      const results = this.#results;
      this.#results = [];
      const tokens = results.reduce((sum, one) => sum + one.promptTokens + one.completionTokens, 0);
      const write = () =>
        readOrNull(recordResults(this.#deps.db, this.#job.jobId, { results, kept, nowMs: this.#deps.now() }));
      const written = (await write()) ?? (await write());
      if (written === null) {
        this.#results = [...results, ...this.#results];
        return false;
      }
      this.#unrecordedTokens -= tokens;
      this.#job = written.value ?? { ...this.#job, status: "cancelled" };
      return true;
    });
  }
}
