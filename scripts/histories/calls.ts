import type { SeenEvent } from "./record.ts";
import { sentEvents } from "./sent-events.ts";

/** How long a call may take. All that a server is asked here takes less, so a later answer would never come. */
const ANSWER_MS = 60_000;

export interface Answer {
  status: number;
  headers: Headers;
  /** The body, if it is JSON; null if not. */
  json: unknown;
  /** The events of a stream, as far as they were read. */
  events: StreamEvent[];
}

/** An event of a run in a stream. */
export interface StreamEvent extends SeenEvent {
  /** The event's other fields. */
  data: Record<string, unknown>;
}

interface Sent {
  method: string;
  url: string;
  body?: object;
  headers?: Record<string, string>;
  /** Is called with the headers, before the body is read. */
  onHeaders?: (status: number, headers: Headers) => void;
  /** After how many events the reader leaves. It reads to the end unless this is set. */
  leaveAfter?: number;
}

/** Makes one call and reads the whole answer, of a stream as much as arrives. Throws if no answer comes. */
export async function call({ method, url, body, headers = {}, onHeaders, leaveAfter }: Sent): Promise<Answer> {
  const leaving = new AbortController();
  const patience = AbortSignal.timeout(ANSWER_MS);
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.any([leaving.signal, patience]),
  });
  onHeaders?.(response.status, response.headers);
  const answer: Answer = { status: response.status, headers: response.headers, json: null, events: [] };
  if (!response.headers.get("content-type")?.includes("text/event-stream")) {
    answer.json = jsonOf(await response.text());
    return answer;
  }
  if (response.body === null) return answer;
  try {
    for await (const data of sentEvents(response.body)) {
      const event = streamEvent(data);
      if (event !== null) answer.events.push(event);
      if (leaveAfter !== undefined && answer.events.length >= leaveAfter) break;
    }
  } catch {
    // If the connection breaks, what was read until then counts. If it is silent until the time is up, the call has failed.
    patience.throwIfAborted();
  }
  leaving.abort();
  return answer;
}

function jsonOf(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text.slice(0, 300);
  }
}

/** The control events of a resumed stream have no index. They are no events of the run. */
function streamEvent(said: unknown): StreamEvent | null {
  const data = said as Record<string, unknown>;
  if (typeof data.event_index !== "number") return null;
  const content = data.content === undefined ? "" : JSON.stringify(data.content);
  return { index: data.event_index, event: String(data.event), content, data };
}
