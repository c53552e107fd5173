import type { RunEvent } from "../domain/event.ts";
import type { EventReader } from "../engine/events/run-events.ts";

/** The wire formats in which a run's events may be asked for: AgentOS's, and AI SDK UI's message stream. */
export type WireFormat = "agentos" | "ui";

/** Says what the event that it read last was made of. */
export type ToldBy = Pick<EventReader, "source">;

/**
 * Writes a run's events in one wire format. It is handed each event of the run in order, those of its member runs too, from
 * the first one on. Equal events give equal bytes, however the reads between them fall.
 */
export interface Translator {
  /** What stands before the first event. */
  open(): string;
  /** Takes note of an event that stands before what the reader is to get. */
  pass(event: RunEvent, by: ToldBy): void;
  tell(event: RunEvent, by: ToldBy): string;
  /** What stands behind the last event. */
  close(): string;
}
