import type { RunEvent } from "../domain/event.ts";
import { EventReader } from "../engine/run-events.ts";
import { SSE_KEEP_ALIVE, sseBytes, sseEvent } from "../lib/sse.ts";
import type { LiveRun } from "./live-run.ts";

/** A stream is looked at this often, so a comment goes out after 10 to 20 quiet seconds: below proxies' idle limits. */
export const KEEP_ALIVE_MS = 10_000;
/** What one read takes at most, so that a reader far behind does not hold a second copy of the run. */
const CHUNK_CHARS = 32 * 1024;

/** Events that are content, or an end: what remains with `stream_events=false`. */
const CONTENT_EVENTS = new Set<RunEvent["event"]>(["RunContent", "RunCompleted", "RunError", "RunCancelled"]);

/**
 * A run's events from the first to the last as server-sent events. The reader pulls: a slow one falls behind in the run
 * that is in memory anyway, and one that leaves changes nothing.
 */
export function eventStream(live: LiveRun, contentOnly: boolean): ReadableStream<Uint8Array> {
  let reader: EventReader | null = null;
  let left = false;
  const read = (): string => {
    let text = "";
    while (text.length < CHUNK_CHARS && live.run !== null) {
      reader ??= new EventReader(live.run);
      const event = reader.next(live.published);
      if (event === null) {
        break;
      }
      if (!contentOnly || CONTENT_EVENTS.has(event.event)) {
        text += sseEvent(event.event_index, event.event, withPersisted(event, live));
      }
    }
    return text;
  };
  let wake = () => {};
  let isQuiet = false;
  const unwatch = live.watch(() => wake());
  const ticker = setInterval(() => {
    isQuiet = true;
    wake();
  }, KEEP_ALIVE_MS);
  const stop = () => {
    left = true;
    unwatch();
    clearInterval(ticker);
    wake();
  };
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      while (!left) {
        const text = read();
        if (text !== "") {
          isQuiet = false;
          return controller.enqueue(sseBytes(text));
        }
        if (live.stage === "done") {
          stop();
          controller.close();
          // A pull that closes a byte stream must also answer the buffer it was offered.
          controller.byobRequest?.respond(0);
          return;
        }
        if (isQuiet) {
          isQuiet = false;
          return controller.enqueue(sseBytes(SSE_KEEP_ALIVE));
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    cancel: stop,
  });
}

/** The final event says so when the run has not reached D1 yet. */
function withPersisted(event: RunEvent, live: LiveRun): RunEvent {
  const isEnd = event.event === "RunCompleted" || event.event === "RunError";
  if (live.persisted || !isEnd) {
    return event;
  }
  const { event_index, ...fields } = event;
  return { ...fields, persisted: false, event_index };
}
