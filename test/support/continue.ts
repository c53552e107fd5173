import { expect } from "vitest";
import { type Answer, call, EventStream, run, send } from "./http.ts";

/** The run to go on from, or to continue. */
export interface Older {
  session_id: string;
  run_id: string;
  /** Default `agents/assistant`. */
  at?: string;
}

const headersOf = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { "Idempotency-Key": key };

/** A continue that is not streamed. */
export function goOn({ session_id, run_id, at = "agents/assistant" }: Older, fields: object, key?: string) {
  return call("POST", `/${at}/runs/${run_id}/continue`, { session_id, stream: false, ...fields }, headersOf(key));
}

/** Opens a streamed continue; answers as soon as the headers are there. */
export async function openContinue(
  { session_id, run_id, at = "agents/assistant" }: Older,
  fields: object,
  key?: string,
): Promise<EventStream> {
  const response = await send("POST", `/${at}/runs/${run_id}/continue`, { session_id, ...fields }, headersOf(key));
  expect(response.status, await (response.ok ? "" : response.clone().text())).toBe(200);
  return new EventStream(response);
}

export function readRun({ session_id, run_id, at = "agents/assistant" }: Older): Promise<Answer> {
  return call("GET", `/${at}/runs/${run_id}?session_id=${session_id}`);
}

/** A run that has ended or paused, to go on from. */
export async function ran(message: string, session_id: string, agent = "assistant"): Promise<Older> {
  const { body } = await run(message, { session_id, agent });
  return { session_id, run_id: body.run_id, at: `agents/${agent}` };
}

/** Makes a session of three runs, "before", "older" and "after", and answers the run "older". */
export async function threeRuns(): Promise<Older> {
  const session_id = crypto.randomUUID();
  await ran("before", session_id);
  const middle = await ran("older", session_id);
  await ran("after", session_id);
  return middle;
}
