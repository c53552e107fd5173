import { type TimedRun, timedRun } from "./client.ts";

/** A session grows with every run. After so many runs the next session is taken, before the length shows in the times. */
const RUNS_PER_SESSION = 8;
const MAX_TRIES = 3;

type StartRun = (url: string, sessionId: string, message: string, agent: string) => Promise<TimedRun>;

/** Times runs in seeded sessions of one length, each in a session that its object has in memory. */
export class WarmSessions {
  readonly #url: string;
  readonly #ids: readonly string[];
  /** A run that needs nobody. */
  readonly #plainRun: StartRun;
  #runs = 0;

  constructor(url: string, ids: readonly string[], plainRun: StartRun = timedRun) {
    this.#url = url;
    this.#ids = ids;
    this.#plainRun = plainRun;
  }

  /** The session of the next run. */
  get current(): string {
    return this.#ids[Math.floor(this.#runs / RUNS_PER_SESSION) % this.#ids.length] ?? "";
  }

  /** Times one run that was a cache hit. The run that warms the session is not timed. */
  async run(message: string, agent = "assistant", start: StartRun = this.#plainRun): Promise<TimedRun> {
    const sessionId = this.current;
    if (this.#runs++ % RUNS_PER_SESSION === 0) {
      await this.#plainRun(this.#url, sessionId, "every=0", "assistant");
    }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const run = await start(this.#url, sessionId, message, agent);
      if (run.cache === "hit") return run;
    }
    throw new Error(`The session ${sessionId} does not stay warm.`);
  }
}
