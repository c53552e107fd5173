/** Jobs that name sessions, and sessions to be named. */
import { createExecutionContext, createMessageBatch, createScheduledController, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import worker from "../../src/index.ts";
import { type Answer, call, newId } from "./http.ts";
import { sleep } from "./model-connection.ts";

const NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)";

/**
 * Writes sessions of `assistant` with one completed run each ("question 7", "answer 7") straight to D1, which is
 * quicker than to run them. Answers their ids: `<prefix>-00007`.
 */
export async function seedNameable(
  count: number,
  { prefix = newId(), userId = null, createdAt = Date.now() - 3_600_000 }: SeedOptions = {},
): Promise<string[]> {
  const id = "?2 || printf('-%05d', i)";
  const message = (index: number, role: string, content: string) =>
    env.DB.prepare(
      `INSERT INTO messages (session_id, run_index, message_index, run_id, message_id, role, content, created_at)
       ${NUMBERS} SELECT ${id}, 0, ${index}, ${id} || '-0', '${role}', '${role}', ${content}, ?3 FROM n`,
    ).bind(count, prefix, createdAt);
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO sessions (session_id, session_type, agent_id, component_id, user_id, first_message, fence,
         next_run_index, completed_runs, chat_messages, created_at, updated_at)
       ${NUMBERS} SELECT ${id}, 'agent', 'assistant', 'assistant', ?4, 'question ' || i, 'seeded', 1, 1, 2, ?3, ?3 FROM n`,
    ).bind(count, prefix, createdAt, userId),
    env.DB.prepare(
      `INSERT INTO runs (run_id, session_id, run_index, position, agent_id, status, fence, input, input_messages,
         finish_reason, created_at, started_at, settled_at)
       ${NUMBERS} SELECT ${id} || '-0', ${id}, 0, 0, 'assistant', 'COMPLETED', 'seeded', 'question ' || i, 1, 'stop',
         ?3, ?3, ?3 FROM n`,
    ).bind(count, prefix, createdAt),
    message(0, "user", "'question ' || i"),
    message(1, "assistant", "'answer ' || i"),
  ]);
  return Array.from({ length: count }, (_, nth) => `${prefix}-${String(nth).padStart(5, "0")}`);
}

interface SeedOptions {
  prefix?: string;
  userId?: string | null;
  createdAt?: number;
}

export const nameMany = (body: object, key?: string): Promise<Answer> =>
  call("POST", "/sessions/names", body, key === undefined ? {} : { "Idempotency-Key": key });

/** Starts a naming job and answers its id. */
export async function startNaming(body: object, key?: string): Promise<string> {
  const { status, body: job } = await nameMany(body, key);
  expect([status, job]).toMatchObject([202, { job_id: expect.any(String) }]);
  return job.job_id;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function jobOf(jobId: string): Promise<any> {
  return (await call("GET", `/naming-jobs/${jobId}`)).body;
}

/** All items, over all pages. */
// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function itemsOf(jobId: string, query = ""): Promise<any[]> {
  const items = [];
  for (let cursor = ""; ; ) {
    const page = await call("GET", `/naming-jobs/${jobId}/items?limit=1000&cursor=${cursor}${query}`);
    expect(page.status).toBe(200);
    items.push(...page.body.data);
    if (page.body.meta.next_cursor === null) return items;
    cursor = page.body.meta.next_cursor;
  }
}

/** What became of each item, in short: `named`, `skipped duplicate`, `waiting model_unavailable`. */
export async function outcomesOf(jobId: string): Promise<string[]> {
  const items = await itemsOf(jobId);
  return items.map(({ status, outcome, reason }) => [outcome ?? status, reason].filter(Boolean).join(" "));
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function untilJob(jobId: string, isThere: (job: any) => boolean, timeoutMs = 30_000): Promise<any> {
  for (const waitsUntil = Date.now() + timeoutMs; ; await sleep(25)) {
    const job = await jobOf(jobId);
    if (isThere(job)) return job;
    if (Date.now() > waitsUntil) throw new Error(`Waited in vain; the job is ${JSON.stringify(job)}`);
  }
}

export const untilEnded = (jobId: string, timeoutMs?: number) =>
  untilJob(jobId, (job) => job.status !== "running", timeoutMs);

export type Handled = { acked: boolean; retryInSeconds: number | null };

interface Delivery {
  attempts?: number;
  queue?: string;
  /** Variables that differ from the environment's. */
  vars?: object;
}

/** Hands a slice to the Worker as the Queue does, and waits until it is done with it. */
export async function deliver(jobId: string, from = 0, options: Delivery = {}): Promise<Handled> {
  const { attempts = 1, queue = QUEUE, vars = {} } = options;
  const message = { id: newId(), timestamp: new Date(), attempts, body: { jobId, from } };
  const batch = createMessageBatch(queue, [message]);
  // `getQueueResult` does not tell after how long a message is to come again, so it is noted here.
  let retryInSeconds: number | null = null;
  const messages = batch.messages.map((one) => ({
    body: one.body,
    attempts: one.attempts,
    ack: () => one.ack(),
    retry: (options?: QueueRetryOptions) => {
      retryInSeconds = options?.delaySeconds ?? 0;
      one.retry(options);
    },
  }));
  await worker.queue({ queue, messages }, { ...env, ...vars } as Env);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, createExecutionContext());
  expect(explicitAcks.length + retryMessages.length).toBe(1);
  return { acked: explicitAcks.includes(message.id), retryInSeconds };
}

const QUEUE = "edge-sessions-jobs";
export const DEAD_LETTERS = "edge-sessions-jobs-dead";

/** Lets the cron trigger do its work once. */
export const minute = (vars: object = {}): Promise<void> =>
  worker.scheduled(createScheduledController(), { ...env, ...vars } as Env);

/** Moves the times of a job and its items back by so much, as if nobody had touched them for that long. */
export async function passTime(jobId: string, ms: number): Promise<void> {
  await env.DB.batch([
    env.DB.prepare("UPDATE job_items SET touched_at = touched_at - ?2 WHERE job_id = ?1").bind(jobId, ms),
    env.DB.prepare("UPDATE jobs SET swept_at = swept_at - ?2, ended_at = ended_at - ?2 WHERE job_id = ?1").bind(
      jobId,
      ms,
    ),
  ]);
}

/** Name, source and version of a session, and which job named it. */
export async function nameOf(sessionId: string) {
  const { body } = await call("GET", `/sessions/${sessionId}/name`);
  return { name: body.session_name, source: body.source, version: body.version, job: body.job_id };
}
