import type { FileHandle } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type FilePart, type FilePlace, linesIn, placeIn, readPart } from "./file-parts.ts";
import { counted, megabytes, progressLine } from "./progress.ts";
import { ask, Refused, type Server } from "./server.ts";
import { type Counts, type Report, Tally } from "./tally.ts";

const FIRST_PART_BYTES = 4 * 1024 * 1024;
/** A request takes 1,000 sessions: what it leaves unread is sent again, so parts do not grow without need. */
const USUAL_PART_BYTES = 16 * 1024 * 1024;
/** Cloudflare takes bodies of 100 MB. A part is as large only where a single session is. */
const MAX_PART_BYTES = 96 * 1024 * 1024;
/** An import that died holds its sessions for two minutes. */
const BUSY_WAITS_S = new Array<number>(10).fill(15);
/** Waits where nothing came in, because the database did not answer. */
const STUCK_WAITS_S = [2, 5, 15, 30, 60];

/** What is kept beside the file, so that the same command goes on. */
export interface Progress {
  query: string;
  size: number;
  place: FilePlace;
  counts: Counts;
}

export interface Job {
  file: FileHandle;
  size: number;
  server: Server;
  query: string;
  show(line: string): void;
  keep(progress: Progress): Promise<void>;
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
    const { size, query, keep } = this.#job;
    this.#show();
    while (this.#place.offset < size) {
      if (this.#stop.isAsked) return false;
      const part = await readPart(this.#job.file, this.#place.offset, size, this.#partBytes);
      const report = await this.#send(part);
      const wait = this.#take(part, report);
      await keep({ query, size, place: this.#place, counts: this.counts });
      this.#show();
      if (wait !== null) await this.#wait(wait);
    }
    return true;
  }

  /** Goes on behind what was read; answers why and how long to wait before that. */
  #take(part: FilePart, report: Report): { why: string; seconds: number | undefined } | null {
    const from = this.#place;
    const inPart = (line: number) => placeIn(part, from, line);
    this.#tally.add(report, from.line);
    const reached = report.complete
      ? { line: from.line + linesIn(part), offset: part.end }
      : inPart(report.next_line ?? 1);
    const busy = this.#tally.firstBusy;
    if (busy !== null && this.#waits < BUSY_WAITS_S.length) {
      this.#goOn(inPart(busy - from.line + 1));
      const why = `Another import is writing the session at line ${busy}.`;
      return { why, seconds: BUSY_WAITS_S[this.#waits] };
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
    const why = isTooShort
      ? `The session at line ${from.line} is larger than the ${megabytes(MAX_PART_BYTES)} of one request.`
      : `Nothing came in from line ${from.line} on: ${report.sessions[0]?.reason ?? "no room"}`;
    return { why, seconds: isTooShort ? undefined : STUCK_WAITS_S[this.#waits] };
  }

  #goOn(place: FilePlace): void {
    this.#place = place;
    this.#tally.settle(place.line);
  }

  async #wait({ why, seconds }: { why: string; seconds: number | undefined }): Promise<void> {
    if (seconds === undefined) throw new Refused(why, null);
    this.#waits += 1;
    this.#job.show(`${why} Trying again in ${seconds} s.`);
    await sleep(seconds * 1000);
  }

  async #send({ bytes, isLast }: FilePart): Promise<Report> {
    const { server, query } = this.#job;
    const path = `/import?${query}${query === "" ? "" : "&"}more=${!isLast}`;
    const headers = { "Content-Type": "application/x-ndjson" };
    const read = async (response: Response) => (await response.json()) as Report;
    try {
      return await ask(server, { method: "POST", path, headers, body: new Uint8Array(bytes), read });
    } catch (error) {
      // The end of a file may hold nothing of ours, where the rest of it did.
      const isRest = error instanceof Refused && error.status === 422 && this.#place.line > 1;
      if (!isRest) throw error;
      return { sessions: [], errors: [{ line: 1, message: error.message }], complete: true, next_line: null };
    }
  }

  #show(): void {
    const { imported, skipped, failed } = this.counts;
    const { size, show } = this.#job;
    const said = `${megabytes(this.#place.offset)} of ${megabytes(size)} · ${counted({ imported, skipped, failed })}`;
    show(progressLine(this.#place.offset, size, said));
  }
}
