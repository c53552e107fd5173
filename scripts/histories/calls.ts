import { sentEvents } from "../demo/sent-events.ts";
import type { SeenEvent } from "./record.ts";

/** Longer than anything may take here: what does not come by then never will. */
const ANSWER_MS = 60_000;

export interface Answer {
  status: number;
  headers: Headers;
  /** What a body of JSON says; null for none. */
  json: unknown;
  /** What a stream said, as far as it was read. */
  events: StreamEvent[];
}

/** An event of a run in a stream. */
export interface StreamEvent extends SeenEvent {
  /** What the event says besides. */
  data: Record<string, unknown>;
}

interface Sent {
  method: string;
  url: string;
  body?: object;
  headers?: Record<string, string>;
  /** Called with the headers, before the body is read. */
  onHeaders?: (status: number, headers: Headers) => void;
  /** Whether the reader goes when it has got that many events. */
  leaveAfter?: number;
}

/** One call and all of its answer; of a stream what came of it. Throws where no answer comes. */
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
    // What was read until the connection broke was read; but one that is silent for ever is no broken one.
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

/** The control events of a resumed stream have no index. */
function streamEvent(said: unknown): StreamEvent | null {
  const data = said as Record<string, unknown>;
  if (typeof data.event_index !== "number") return null;
  const content = data.content === undefined ? "" : JSON.stringify(data.content);
  return { index: data.event_index, event: String(data.event), content, data };
}
