import { type TimedRun, timedRun } from "./client.ts";

/** A session grows with every run, so that it is left for the next one before that matters. */
const RUNS_PER_SESSION = 8;
const MAX_TRIES = 3;

type StartRun = (url: string, sessionId: string, message: string, agent: string) => Promise<TimedRun>;

/** Takes measured runs in seeded sessions of one length, each in a session that its object has in memory. */
export class WarmSessions {
  readonly #url: string;
  readonly #ids: readonly string[];
  #runs = 0;

  constructor(url: string, ids: readonly string[]) {
    this.#url = url;
    this.#ids = ids;
  }

  /** The session that the next run will be in. */
  get current(): string {
    return this.#ids[Math.floor(this.#runs / RUNS_PER_SESSION) % this.#ids.length] ?? "";
  }

  /** One run that was a cache hit; whatever it takes to make it one is not part of it. */
  async run(message: string, agent = "assistant", start: StartRun = timedRun): Promise<TimedRun> {
    const sessionId = this.current;
    if (this.#runs++ % RUNS_PER_SESSION === 0) {
      await timedRun(this.#url, sessionId, "every=0");
    }
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const run = await start(this.#url, sessionId, message, agent);
      if (run.cache === "hit") return run;
    }
    throw new Error(`The session ${sessionId} does not stay warm.`);
  }
}
