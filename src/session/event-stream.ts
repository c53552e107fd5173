import type { RunEvent } from "../domain/event.ts";
import { EventReader } from "../engine/run-events.ts";
import { SSE_KEEP_ALIVE, sseBytes, sseEvent } from "../lib/sse.ts";
import type { LiveRun } from "./live-run.ts";

/** Below the idle limits of common proxies. */
export const KEEP_ALIVE_MS = 15_000;
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
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      while (!left) {
        const changed = live.changed();
        const text = read();
        if (text !== "") {
          return controller.enqueue(sseBytes(text));
        }
        if (live.stage === "done") {
          controller.close();
          // A pull that closes a byte stream must also answer the buffer it was offered.
          controller.byobRequest?.respond(0);
          return;
        }
        if (await isQuiet(changed)) {
          return controller.enqueue(sseBytes(SSE_KEEP_ALIVE));
        }
      }
    },
    cancel() {
      left = true;
    },
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

async function isQuiet(changed: Promise<void>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const quiet = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), KEEP_ALIVE_MS);
  });
  const moved = changed.then(() => false);
  try {
    return await Promise.race([moved, quiet]);
  } finally {
    clearTimeout(timer);
  }
}
