/** Runs whose events are asked for as AI SDK UI's message stream, from the session's object itself. */
import { env } from "cloudflare:workers";
import type { Outcome } from "../../../src/domain/outcome.ts";
import { principalOf, unlimited } from "../../../src/domain/principal.ts";
import type { AnswerEntry } from "../../../src/domain/requirement.ts";
import type { ComponentRef } from "../../../src/domain/team.ts";
import { sessionClient } from "../../../src/session/client.ts";
import { newId } from "../http.ts";

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Chunk = any;

/** What a caller knows of a run. */
export interface UiPlace {
  component: ComponentRef;
  sessionId: string;
  runId: string;
}

export const anyone = principalOf(unlimited("security_key"), null);
const stream = { kind: "stream", contentOnly: false, format: "ui" } as const;
const asking = { principal: anyone, onBusy: "enqueue", read: stream } as const;

export const uiPlace = (component: ComponentRef): UiPlace => ({ component, sessionId: newId(), runId: newId() });

/** Starts a run; answers its stream, unread. */
export async function opened({ component, sessionId, runId }: UiPlace, message = "hi"): Promise<ReadableStream> {
  const made = { runId, component, userId: anyone.ownerId, message, createdAt: Date.now() };
  const request = { ...made, origin: null, claims: null, sessionState: null, idempotency: null };
  const object = sessionClient(env.SESSIONS, sessionId);
  return uiStream(await object.startRun({ request, olderStatus: null, ...asking }));
}

export const started = async (place: UiPlace, message?: string): Promise<Chunk[]> =>
  chunksOf(await opened(place, message));

/** What is said to a call by its name; what is left out of the answer is null. */
export const about = (id: string, answer: Partial<AnswerEntry>): AnswerEntry => ({
  by: "call",
  id,
  confirmed: null,
  note: null,
  values: null,
  answered: false,
  result: null,
  ...answer,
});

export async function answered({ component, sessionId, runId }: UiPlace, entries: AnswerEntry[]): Promise<Chunk[]> {
  const object = sessionClient(env.SESSIONS, sessionId);
  const call = { runId, component, entries, answeredBy: null, idempotency: null, ...asking };
  return chunksOf(uiStream(await object.continueRun(call)));
}

/** The run's chunks from the first one on, and those to come. */
export async function resumed({ component, sessionId, runId }: UiPlace): Promise<Chunk[]> {
  const object = sessionClient(env.SESSIONS, sessionId);
  const found = await object.resumeRun({ runId, component, principal: anyone, lastEventIndex: null, format: "ui" });
  if (!found.ok || found.value.format !== "ui") throw new Error(JSON.stringify(found));
  return chunksOf(found.value.stream);
}

function uiStream(
  answer: Outcome<{ result: { kind: string; format?: string; stream?: ReadableStream } }>,
): ReadableStream {
  if (!answer.ok || answer.value.result.format !== "ui" || answer.value.result.stream === undefined) {
    throw new Error(JSON.stringify(answer));
  }
  return answer.value.result.stream;
}

/** The chunks of a whole stream, which must end as clients expect it. */
export async function chunksOf(source: ReadableStream): Promise<Chunk[]> {
  const events = (await new Response(source).text()).split("\n\n").filter((event) => event.startsWith("data: "));
  const data = events.map((event) => event.slice("data: ".length));
  if (data.pop() !== "[DONE]") throw new Error("The stream did not end with [DONE].");
  return data.map((json) => JSON.parse(json));
}
