/** A team's run with three members and a pause, as the server streamed it, and a server that has only this run. */
import type { AgentEvent } from "../../packages/client/src/index.ts";
import recorded from "../cases/team-stream.json" with { type: "json" };

const encoder = new TextEncoder();

export const { team: TEAM, runId: RUN_ID, session_id: SESSION_ID } = recorded;

/** The streams of the run: of its start, of its continue, and of all of it, as who attaches later reads it. */
export const STREAMS = { start: recorded.start, continued: recorded.continued, replay: recorded.replay };

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** Each event with the text that it came in; what has no index is not among them. */
const blocks = STREAMS.replay.split(/(?<=\n\n)/).flatMap((text) => {
  const event = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? "null") as AgentEvent;
  return typeof event?.event_index === "number" ? [{ event, text }] : [];
});

export const EVENTS: AgentEvent[] = blocks.map(({ event }) => event);

/** The events of one of the streams. */
export function eventsIn(stream: string): AgentEvent[] {
  const indexes = new Set([...stream.matchAll(/^id: (\d+)$/gm)].map(([, index]) => Number(index)));
  return EVENTS.filter(({ event_index }) => indexes.has(event_index));
}

/** What the server answers a resume: what stands behind the event, or null (204) where nothing does. */
export function resumed(after: number, upTo = Number.POSITIVE_INFINITY): Uint8Array | null {
  const rest = blocks.filter(({ event: { event_index } }) => event_index > after && event_index <= upTo);
  if (rest.length === 0) return null;
  return bytesOf(
    `event: catch_up\ndata: {"event":"catch_up"}\n\n${rest.map(({ text }) => text).join("")}: keep-alive\n\n`,
  );
}

/** A body of these pieces, which then ends, or breaks. */
export function body(pieces: Uint8Array[], how: "ends" | "breaks" | "stays"): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const piece = pieces[at++];
      if (piece !== undefined) controller.enqueue(piece);
      else if (how === "ends") controller.close();
      else if (how === "breaks") controller.error(new TypeError("terminated"));
      // Nothing comes any more, and the connection stays open.
      else return new Promise(() => {});
    },
  });
}

const HEADERS = { "X-Run-Id": RUN_ID, "X-Session-Id": SESSION_ID, "Content-Type": "text/event-stream" };

export const streamed = (from: ReadableStream<Uint8Array> | null, status = 200): Response =>
  new Response(from, { status, headers: HEADERS });
