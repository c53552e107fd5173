import { type FilePart, type FilePlace, linesIn, placeIn, readPart, type Source } from "./file-parts.ts";
import { type Counts, type Report, Tally } from "./tally.ts";

// Used by `npm run import` and by the inbox, so it knows neither Node nor a browser.

const FIRST_PART_BYTES = 4 * 1024 * 1024;
/** A request takes 1,000 sessions: what it leaves unread is sent again, so parts do not grow without need. */
const USUAL_PART_BYTES = 16 * 1024 * 1024;
/** Cloudflare takes bodies of 100 MB. A part is as large only where a single session is. */
export const MAX_PART_BYTES = 96 * 1024 * 1024;
/** An import that died holds its sessions for two minutes. */
const BUSY_WAITS_S = new Array<number>(10).fill(15);
/** Waits where nothing came in, because the database did not answer. */
const STUCK_WAITS_S = [2, 5, 15, 30, 60];

/** How far a file is. */
export interface Progress {
  place: FilePlace;
  counts: Counts;
}

/** Why an import waits, or cannot go on. */
export type Why =
  /** Another import is writing the session at this line. */
  | { kind: "busy"; line: number }
  /** Nothing came in from this line on. */
  | { kind: "stuck"; line: number; reason: string | null }
  /** The session at this line is larger than a request may be. */
  | { kind: "tooLarge"; line: number };

export interface Job {
  source: Source;
  /** Sends a part. `isRest`: lines of ours stood before it, so the end of a file may hold none without being refused (`nothingIn`). */
  send(part: FilePart, isRest: boolean): Promise<Report>;
  /** Waits; without `seconds` there is nothing to wait for, and it throws. */
  wait(why: Why, seconds: number | undefined): Promise<void>;
  /** Takes note of how far it is. */
  keep(progress: Progress): void | Promise<void>;
}

/** Sends a file part by part, and goes on behind what each request has read. */
export class FileImport {
  readonly #job: Job;
  readonly #tally: Tally;
  readonly #stop: { isAsked: boolean };
  #place: FilePlace;
  #partBytes = FIRST_PART_BYTES;
  /** How often in a row there was a wait. */
  #waits = 0;

  constructor(job: Job, { place, counts }: Progress, stop: { isAsked: boolean }) {
    this.#job = job;
    this.#tally = new Tally(counts);
    this.#place = place;
    this.#stop = stop;
  }

  get counts(): Counts {
    return this.#tally.counts;
  }

  /** False where it was stopped before the file's end. */
  async run(): Promise<boolean> {
    const { source, send, wait, keep } = this.#job;
    while (this.#place.offset < source.size) {
      if (this.#stop.isAsked) return false;
      const part = await readPart(source, this.#place.offset, this.#partBytes);
      const report = await send(part, this.#place.line > 1);
      const held = this.#take(part, report);
      await keep({ place: this.#place, counts: this.counts });
      if (held === null) continue;
      await wait(held.why, held.seconds);
      this.#waits += 1;
    }
    return true;
  }

  /** Goes on behind what was read; answers why and how long to wait before that. */
  #take(part: FilePart, report: Report): { why: Why; seconds: number | undefined } | null {
    const from = this.#place;
    const { line } = from;
    const inPart = (nth: number) => placeIn(part, from, nth);
    this.#tally.add(report, line);
    const reached = report.complete ? { line: line + linesIn(part), offset: part.end } : inPart(report.next_line ?? 1);
    const busy = this.#tally.firstBusy;
    if (busy !== null && this.#waits < BUSY_WAITS_S.length) {
      this.#goOn(inPart(busy - line + 1));
      return { why: { kind: "busy", line: busy }, seconds: BUSY_WAITS_S[this.#waits] };
    }
    this.#goOn(reached);
    if (reached.offset > from.offset) {
      this.#waits = 0;
      const read = reached.offset - from.offset;
      const isMostlyRead = part.end - reached.offset < read / 4;
      this.#partBytes = Math.min(USUAL_PART_BYTES, Math.max(FIRST_PART_BYTES, isMostlyRead ? 2 * read : read));
      return null;
    }
    const isTooShort = report.sessions.length === 0 && report.errors.length === 0 && !part.isLast;
    if (isTooShort && this.#partBytes < MAX_PART_BYTES) {
      this.#partBytes = Math.min(MAX_PART_BYTES, 2 * this.#partBytes);
      return null;
    }
    if (isTooShort) return { why: { kind: "tooLarge", line }, seconds: undefined };
    const reason = report.sessions[0]?.reason ?? null;
    return { why: { kind: "stuck", line, reason }, seconds: STUCK_WAITS_S[this.#waits] };
  }

  #goOn(place: FilePlace): void {
    this.#place = place;
    this.#tally.settle(place.line);
  }
}

/** The report of a part that the server refused as a whole, because no line of it is one of ours. */
export const nothingIn = (message: string): Report => ({
  sessions: [],
  errors: [{ line: 1, message }],
  complete: true,
  next_line: null,
});
