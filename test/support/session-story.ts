/** What tests do to a session besides calling it, and short forms of what they see of it. */
import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { call } from "./http.ts";
import { type ModelCall, sleep } from "./model-connection.ts";
import { isNaming, type ScriptedModel } from "./scripted-model.ts";
import { forgetUnderWay } from "./under-way.ts";

export const objectOf = (sessionId: string) => env.SESSIONS.getByName(sessionId);

/** Kills every object where it stands, as a crash would. What an object had on disk stays. */
export async function killObjects(): Promise<void> {
  await abortAllDurableObjects();
  forgetUnderWay();
}

/** Lets the object's alarm go off now; answers false if none is set. */
export const ring = (sessionId: string): Promise<boolean> => runDurableObjectAlarm(objectOf(sessionId));

/** How long an object that has nothing left to do may take to delete what a run has left, on a busy machine. */
const CLEARS_WITHIN_MS = 1_000;

/** The ids of the runs that the object's journal holds, once it has deleted those that are in D1. */
export async function journalOf(sessionId: string): Promise<string[]> {
  const runIds = () => journaledIn(sessionId);
  for (const waitsUntil = Date.now() + CLEARS_WITHIN_MS; Date.now() < waitsUntil; await sleep(20)) {
    if ((await runIds()).length === 0) return [];
  }
  return runIds();
}

function journaledIn(sessionId: string): Promise<string[]> {
  return runInDurableObject(objectOf(sessionId), (_object, { storage: { sql } }) => {
    // An object that keeps nothing has no table `journal` either.
    const isThere = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'journal'").toArray().length > 0;
    const rows = isThere
      ? sql.exec<{ run_id: string }>(
          "SELECT run_id FROM journal UNION SELECT run_id FROM journal_facts UNION SELECT run_id FROM journal_reserved",
        )
      : [];
    return [...rows].map((row) => row.run_id);
  });
}

export function alarmOf(sessionId: string): Promise<number | null> {
  return runInDurableObject(objectOf(sessionId), (_object, state) => state.storage.getAlarm());
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function runsOf(sessionId: string): Promise<any[]> {
  return (await call("GET", `/sessions/${sessionId}/runs`)).body;
}

/** Status and answer of each run, in order. */
export async function storyOf(sessionId: string): Promise<string[]> {
  return (await runsOf(sessionId)).map((run) => `${run.run_input} → ${run.status}: ${run.content ?? ""}`);
}

/** All that people and agents said, in runs of any status. */
export async function saidIn(sessionId: string): Promise<string[]> {
  const { body } = await call("GET", `/sessions/${sessionId}/chat-history`);
  return body.data.map((message: { role: string; content: string }) => `${message.role}: ${message.content}`);
}

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
export async function detailOf(sessionId: string): Promise<any> {
  return (await call("GET", `/sessions/${sessionId}`)).body;
}

/** The calls that runs made. Calls for names are left out: they come out of band, at any time. */
export const runCalls = (model: ScriptedModel): ModelCall[] => model.calls.filter(({ request }) => !isNaming(request));

/** What a model was shown, without the system message. */
export function shown(call: ModelCall | undefined): string[] {
  const messages = call?.request.messages.filter((message) => message.role !== "system") ?? [];
  return messages.map((message) => `${message.role}: ${message.content}`);
}

/** Looks again and again until what it finds is as it should be; for what happens out of band. */
export async function eventually<T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  for (const waitsUntil = Date.now() + 20_000; ; await sleep(10)) {
    const found = await look();
    if (isThere(found)) return found;
    if (Date.now() > waitsUntil) throw new Error(`Waited in vain; last seen: ${JSON.stringify(found)}`);
  }
}

/** How many rows of the session D1 still has in its three main tables. */
export async function rowsOf(sessionId: string): Promise<Record<"sessions" | "runs" | "messages", number>> {
  const counts = await env.DB.batch<{ n: number }>(
    ["sessions", "runs", "messages"].map((table) =>
      env.DB.prepare(`select count(*) as n from ${table} where session_id = ?`).bind(sessionId),
    ),
  );
  const [sessions = 0, runs = 0, messages = 0] = counts.map(({ results }) => results[0]?.n);
  return { sessions, runs, messages };
}
