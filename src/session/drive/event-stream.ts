import type { RunEvent, RunEventName } from "../../domain/event.ts";
import type { View } from "../../domain/view.ts";
import { EventReader } from "../../engine/events/run-events.ts";
import type { Run } from "../../engine/run/state.ts";
import { SSE_KEEP_ALIVE, sseBytes, sseControl, sseEvent } from "../../lib/sse.ts";
import type { ToldBy, Translator } from "../../wire/translator.ts";
import type { LiveRun } from "./live-run.ts";
import type { Reader } from "./readers.ts";

/** How often a stream is checked for silence: a comment goes out after 10 to 20 quiet seconds, before proxies hang up. */
export const KEEP_ALIVE_MS = 10_000;
/**
 * How much one read takes at most. Without a limit a reader that is far behind would get a second copy of
 * the run at once.
 */
const CHUNK_CHARS = 32 * 1024;

/** Whether an event is content, a pause or an end: those are sent with `stream_events=false`. */
const IS_CONTENT: Record<RunEventName, boolean> = {
  RunStarted: false,
  ModelRequestStarted: false,
  RunContent: true,
  ModelRequestCompleted: false,
  ToolCallStarted: false,
  ToolCallCompleted: false,
  ToolCallError: false,
  RunContentCompleted: false,
  SessionSummaryStarted: false,
  SessionSummaryCompleted: false,
  RunCompleted: true,
  RunError: true,
  RunCancelled: true,
  RunPaused: true,
  RunContinued: false,
};
const CONTENT_EVENTS = new Set<string>(
  Object.entries(IS_CONTENT).flatMap(([name, isContent]) => (isContent ? [name, `Team${name}`] : [])),
);

/**
 * The run's events in a wire format; `fromEntry` leaves out what stands before that entry of its log. A translator is told
 * of that too, because what it writes follows from all that came before.
 */
export function eventStream(
  live: LiveRun,
  reader: Reader,
  { translator, fromEntry = 0 }: { translator: Translator; fromEntry?: number },
): ReadableStream<Uint8Array> {
  const events = new StreamedEvents(live, reader.view, (position, { log }) => {
    // If the session was deleted before the run continued, the log is shorter: it holds only the end, and that is read.
    while (fromEntry <= log.length) {
      const event = position.next(fromEntry);
      if (event === null) break;
      translator.pass(event, position);
    }
  });
  let opening = translator.open();
  let isClosed = false;
  return pulled(live, reader, () => {
    const text = opening + events.read((event, by) => translator.tell(event, by));
    opening = "";
    if (text !== "" || isClosed || live.stage !== "done") {
      return text;
    }
    isClosed = true;
    return translator.close();
  });
}

/** AgentOS's own format. With `contentOnly` readers get what was said, pauses and ends. */
export function agentosTranslator({ contentOnly }: { contentOnly: boolean }): Translator {
  return {
    open: () => "",
    pass: () => {},
    tell: (event) => (contentOnly && !CONTENT_EVENTS.has(event.event) ? "" : agentosEvent(event)),
    close: () => "",
  };
}

const agentosEvent = (event: RunEvent): string => sseEvent(event.event_index, event.event, event);

/**
 * The events behind the one that was seen last, and those to come, with AgentOS's control events: one announces the events
 * that were missed, one says where they end.
 */
export function resumeStream(
  live: LiveRun,
  reader: Reader,
  { lastEventIndex, missed }: { lastEventIndex: number | null; missed: number },
): ReadableStream<Uint8Array> {
  const { runId } = live;
  const events = new StreamedEvents(live, reader.view);
  const status = live.row.status;
  const isOver = live.stage === "done";
  const total = live.run?.eventCount ?? 0;
  const ifNew = (event: RunEvent) => (event.event_index > (lastEventIndex ?? -1) ? agentosEvent(event) : "");
  let control = isOver
    ? sseControl("replay", {
        event: "replay",
        run_id: runId,
        status,
        total_events: missed,
        total_buffered: total,
        ...(lastEventIndex !== null && { last_event_index_requested: lastEventIndex }),
        message: `Run ${status}. Replaying ${missed} missed events (of ${total} total).`,
      })
    : missed === 0
      ? ""
      : sseControl("catch_up", {
          event: "catch_up",
          run_id: runId,
          status: status.toLowerCase(),
          missed_events: missed,
          current_event_count: total,
          message: `Catching up on ${missed} missed events.`,
        });
  let subscribed = isOver
    ? ""
    : sseControl("subscribed", {
        event: "subscribed",
        run_id: runId,
        status: status.toLowerCase(),
        current_event_count: total,
        message: `Subscribed to ${live.componentType} run. Receiving live events.`,
      });
  return pulled(live, reader, () => {
    let text = control;
    control = "";
    if (subscribed !== "") {
      const before = events.read(ifNew, total);
      text += before;
      if (events.nextIndex < total && before !== "") {
        return text;
      }
      text += subscribed;
      subscribed = "";
    }
    return text + events.read(ifNew);
  });
}

/** The events of a live run as text. Each read goes on where the one before it stopped. */
class StreamedEvents {
  readonly #live: LiveRun;
  readonly #view: View;
  readonly #skip: (reader: EventReader, run: Run) => void;
  #reader: EventReader | null = null;
  nextIndex = 0;

  constructor(live: LiveRun, view: View, skip: (reader: EventReader, run: Run) => void = () => {}) {
    this.#live = live;
    this.#view = view;
    this.#skip = skip;
  }

  /** The published events as `write` puts them, up to a chunk; "" when there are none. It stops before event index `upTo`. */
  read(write: (event: RunEvent, by: ToldBy) => string, upTo = Number.POSITIVE_INFINITY): string {
    const live = this.#live;
    if (live.run === null) {
      return "";
    }
    if (this.#reader === null) {
      this.#reader = new EventReader(live.run, this.#view);
      this.#skip(this.#reader, live.run);
    }
    let text = "";
    while (text.length < CHUNK_CHARS && this.nextIndex < upTo) {
      const event = this.#reader.next(live.published);
      if (event === null) {
        break;
      }
      this.nextIndex = event.event_index + 1;
      text += write(withPersisted(event, live), this.#reader);
    }
    return text;
  }
}

/**
 * Sends text as it comes, until the run is over for its readers. Nothing is buffered for a slow reader: it pulls when it can,
 * and reads on in the run, which is in memory anyway. A reader that leaves changes nothing.
 */
function pulled(live: LiveRun, { leave }: Reader, read: () => string): ReadableStream<Uint8Array> {
  let left = false;
  let wake = () => {};
  let isQuiet = false;
  const unwatch = live.watch(() => wake());
  const ticker = setInterval(() => {
    isQuiet = true;
    wake();
  }, KEEP_ALIVE_MS);
  const stop = () => {
    left = true;
    leave();
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
          // A pull that closes a byte stream must also answer the buffer that it was offered.
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

/** Adds `persisted: false` to the final event of a run that has not reached D1 yet. */
function withPersisted(event: RunEvent, live: LiveRun): RunEvent {
  const isEnd = ENDS.has(event.event);
  if (live.persisted || !isEnd || event.run_id !== live.runId) {
    return event;
  }
  const { event_index, ...fields } = event;
  return { ...fields, persisted: false, event_index };
}

const ENDS = new Set<string>(["RunCompleted", "RunError", "RunPaused"].flatMap((name) => [name, `Team${name}`]));
