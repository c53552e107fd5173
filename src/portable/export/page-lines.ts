import type { RunRow } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { ExportPage, Part, Place } from "../../store/portable/export-pages.ts";
import type { StoredEntry } from "../record/event-log.ts";
import { messageRecord, type PortableRun, requirementRecord, runRecord } from "../record/run-record.ts";
import { type SessionCounts, sessionRecord } from "../record/session-record.ts";

/** The lines of one page, and where the next one begins: null behind the last run that started. */
export interface PageLines {
  lines: string[];
  counts: SessionCounts;
  next: Place | null;
}

const ORDER: Record<Part, number> = { run: 0, message: 1, requirement: 2, end: 3 };

const compare = (a: Place, b: Place): number =>
  a.runIndex - b.runIndex || ORDER[a.part] - ORDER[b.part] || a.nth - b.nth;

/**
 * What of a page is whole, in order. Its three lists were cut each for itself, so it ends where the first of them does.
 * Runs that still go on are left out with all that is theirs: what is imported never hangs.
 */
export function pageLines(page: ExportPage, from: Place): PageLines {
  const next = firstCut(page);
  const isInPage = (place: Place) => compare(place, from) > 0 && (next === null || compare(place, next) <= 0);
  const counts = { runs: 0, messages: 0, requirements: 0 };
  const lines: string[] = [];
  const messages = new Queue(page.messages);
  const requirements = new Queue(page.requirements);
  for (const { row, isAtRest } of page.runs) {
    const runIndex = row.runIndex ?? 0;
    if (isAtRest && isInPage({ runIndex, part: "run", nth: 0 })) {
      lines.push(runLine(row));
      counts.runs += 1;
    }
    for (const message of messages.upTo((one) => one.runIndex <= runIndex)) {
      const { messageIndex: nth } = message;
      if (isAtRest && message.runIndex === runIndex && isInPage({ runIndex, part: "message", nth })) {
        lines.push(messageRecord.write(message));
        counts.messages += 1;
      }
    }
    for (const { row: requirement } of requirements.upTo((one) => one.runIndex <= runIndex)) {
      const { position: nth } = requirement;
      if (isAtRest && isInPage({ runIndex, part: "requirement", nth })) {
        lines.push(requirementRecord.write(requirement));
        counts.requirements += 1;
      }
    }
  }
  return { lines, counts, next };
}

export function sessionLine(session: Session): string {
  // No other session is exported.
  const visibility = session.visibility === "archived" ? "archived" : "listed";
  return sessionRecord.write({ ...session, visibility });
}

export function runLine(row: RunRow): string {
  const events = row.events === null ? null : (JSON.parse(row.events) as StoredEntry[]);
  return runRecord.write({ ...row, status: row.status as PortableRun["status"], events });
}

function firstCut({ runs, messages, requirements, cut }: ExportPage): Place | null {
  const run = runs.at(-1)?.row;
  const message = messages.at(-1);
  const requirement = requirements.at(-1);
  const places: Place[] = [];
  if (cut.runs && run !== undefined) {
    places.push({ runIndex: run.runIndex ?? 0, part: "end", nth: 0 });
  }
  if (cut.messages && message !== undefined) {
    places.push({ runIndex: message.runIndex, part: "message", nth: message.messageIndex });
  }
  if (cut.requirements && requirement !== undefined) {
    places.push({ runIndex: requirement.runIndex, part: "requirement", nth: requirement.row.position });
  }
  return places.sort(compare)[0] ?? null;
}

/** A list that is taken from its front. */
class Queue<Item> {
  readonly #items: readonly Item[];
  #at = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  *upTo(belongs: (item: Item) => boolean): Generator<Item> {
    for (let item = this.#items[this.#at]; item !== undefined && belongs(item); item = this.#items[this.#at]) {
      this.#at += 1;
      yield item;
    }
  }
}
