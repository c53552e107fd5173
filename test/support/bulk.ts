/** Changes of many sessions at once, and the jobs that make them. */
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type Answer, call } from "./http.ts";
import { sleep } from "./model-connection.ts";

export const changeMany = (body: object, key?: string): Promise<Answer> =>
  call("POST", "/sessions/bulk", body, key === undefined ? {} : { "Idempotency-Key": key });

/** What became of each item, in short: `succeeded`, `skipped unchanged`, `waiting session_unavailable`. */
export const inShort = (items: { status: string; outcome: string | null; reason: string | null }[]): string[] =>
  items.map(({ status, outcome, reason }) => [outcome ?? status, reason].filter(Boolean).join(" "));

/** Makes a change of few sessions, which is done before the answer, and answers what became of each. */
export async function changed(body: object): Promise<string[]> {
  const { status, body: job } = await changeMany(body);
  expect([status, job]).toMatchObject([200, { status: "completed", progress: 1, remaining: 0 }]);
  return inShort(job.items);
}

/** Makes a change of so many sessions that it goes on in the background, and answers the id of its job. */
export async function startChange(body: object): Promise<string> {
  const { status, body: job } = await changeMany(body);
  expect([status, job]).toMatchObject([202, { status: "running", kind: "bulk" }]);
  return job.job_id;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function anyJob(jobId: string): Promise<any> {
  return (await call("GET", `/jobs/${jobId}`)).body;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function itemsOfJob(jobId: string, query = ""): Promise<any[]> {
  const { status, body } = await call("GET", `/jobs/${jobId}/items?limit=1000${query}`);
  expect(status).toBe(200);
  return body.data;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function untilChanged(jobId: string, timeoutMs = 30_000): Promise<any> {
  for (const waitsUntil = Date.now() + timeoutMs; ; await sleep(25)) {
    const job = await anyJob(jobId);
    if (job.status !== "running") return job;
    if (Date.now() > waitsUntil) throw new Error(`Waited in vain; the job is ${JSON.stringify(job)}`);
  }
}

/**
 * Spreads the ids evenly over a list of this length; all other ids in it name no session. So a test of many items needs
 * few sessions: through the pool's loopback every call of an object costs more than the one before it.
 */
export function among(ids: readonly string[], total: number): string[] {
  const step = Math.floor(total / Math.max(1, ids.length));
  return Array.from({ length: total }, (_, nth) => (nth % step === 0 && ids[nth / step]) || `none-${nth}`);
}

interface Stored {
  session_id: string;
  name: string | null;
  name_source: string | null;
  tags: string;
  visibility: string;
  pinned_at: number | null;
  version: number;
}

/** The rows of those of these sessions that exist, in the order of the ids. */
export async function rowsOfSessions(ids: readonly string[]): Promise<Stored[]> {
  const { results } = await env.DB.prepare(
    `SELECT s.session_id, name, name_source, tags, visibility, pinned_at, version
     FROM json_each(?1) given JOIN sessions s ON s.session_id = given.value ORDER BY given.key`,
  )
    .bind(JSON.stringify(ids))
    .all<Stored>();
  return results;
}
