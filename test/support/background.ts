/**
 * Counts what is under way in the Worker that the test files of a project share. For as long as the Worker lives, this
 * stands before D1, the Queue and `fetch`, below the fakes that tests put there. At the end of each file `setup.ts`
 * asks what the file leaves to the next one.
 */
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import worker from "../../src/index.ts";
import type { Deliveries } from "../../src/jobs/queue.ts";
import { sleep, until } from "./model-connection.ts";
import { journalOf } from "./session-story.ts";
import { forgetUnderWay, track, trackUntil, underWay } from "./under-way.ts";

/** How long a file may take to come to rest once its last test is over. */
const RESTS_WITHIN_MS = 10_000;

// biome-ignore lint/suspicious/noExplicitAny: the platform's methods, whatever they take
type Method = (this: unknown, ...args: any[]) => Promise<unknown>;

/** The methods that were put in place when the Worker began. A file that replaces one of them has to put it back. */
const standing: { holder: object; name: string; method: Method }[] = [];

function replace(holder: object, name: string, replacement: (real: Method) => Method): void {
  const methods = holder as Record<string, Method>;
  const real = methods[name];
  if (real === undefined) throw new Error(`The platform has no ${name}.`);
  const method = replacement(real);
  methods[name] = method;
  standing.push({ holder, name, method });
}

const inShort = (statement: { statement: string } | undefined) => statement?.statement.slice(0, 100);

replace(Object.getPrototypeOf(env.DB), "batch", (real) => {
  return function (...args) {
    return track(`a batch of D1 that begins with: ${inShort(args[0][0])}`, real.apply(this, args));
  };
});
for (const name of ["all", "raw", "run", "first"]) {
  replace(Object.getPrototypeOf(env.DB.prepare("select 1")), name, (real) => {
    return function (...args) {
      return track(`a statement of D1: ${inShort(this as { statement: string })}`, real.apply(this, args));
    };
  });
}

let unscripted: string[] = [];
replace(globalThis, "fetch", (real) => {
  return function (...args) {
    unscripted.push(args[0] instanceof Request ? args[0].url : String(args[0]));
    return real.apply(this, args);
  };
});

/** The messages that this file has sent, and whether the Queue has delivered them. */
let sent = new Map<string, { isDelivered: boolean }>();
/**
 * Messages of earlier files that the Queue holds for another attempt. Their databases are gone, so they are dropped.
 */
const stale = new Set<string>();

replace(Object.getPrototypeOf(env.JOBS), "sendBatch", (real) => {
  return function (...args) {
    for (const { body } of args[0]) {
      const message = { isDelivered: false };
      sent.set(JSON.stringify(body), message);
      trackUntil(`a message of the Queue: ${JSON.stringify(body)}`, () => message.isDelivered);
    }
    return real.apply(this, args);
  };
});

const { queue } = worker;
worker.queue = ({ queue: name, messages }: Deliveries, bindings: Env) => {
  const ours = messages.filter(({ body }) => !stale.has(JSON.stringify(body)));
  for (const { body } of ours) {
    const message = sent.get(JSON.stringify(body));
    if (message !== undefined) message.isDelivered = true;
  }
  return track("a delivery of the Queue", queue({ queue: name, messages: ours }, bindings));
};

/** Forgets what earlier files did, so that it does not count against the file that begins. */
export function beginFile(): void {
  forgetUnderWay();
  unscripted = [];
  for (const message of sent.keys()) stale.add(message);
  sent = new Map();
}

/**
 * What a file leaves to the next one, in words for whoever has to find it: work that does not come to rest, runs that
 * an object would go on with, requests that no test has scripted, and fakes that nobody took away.
 */
export async function leftBehind(): Promise<string[]> {
  const isFaked = vi.isFakeTimers();
  vi.useRealTimers();
  await rest().catch(() => {});
  vi.restoreAllMocks();
  return [
    ...underWay().map((what) => `still under way: ${what}`),
    ...(await activeRuns()),
    ...unscripted.map((url) => `asked for, though no test has scripted it: ${url}`),
    ...standing
      .filter(({ holder, name, method }) => (holder as Record<string, Method>)[name] !== method)
      .map(({ name }) => `another method in the place of: ${name}`),
    ...(isFaked ? ["a clock that does not go"] : []),
  ];
}

/** Waits until nothing is under way, twice, as work that ends may begin more: a settled run has its session named. */
async function rest(): Promise<void> {
  for (const waitsUntil = Date.now() + RESTS_WITHIN_MS; ; ) {
    await until(() => underWay().length === 0, "what is under way", Math.max(waitsUntil - Date.now(), 1));
    await sleep(20);
    if (underWay().length === 0) return;
  }
}

/** Runs that an object would go on with. A run that a test wrote to D1 itself is in no object's journal. */
async function activeRuns(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "select session_id, run_id, status, input from runs where status in ('RUNNING', 'PENDING')",
  ).all<{ session_id: string; run_id: string; status: string; input: string }>();
  const active: string[] = [];
  for (const { session_id, run_id, status, input } of results) {
    const isActive = (await journalOf(session_id)).includes(run_id);
    if (isActive) active.push(`a run that is ${status}: ${input.slice(0, 100)}`);
  }
  return active;
}
