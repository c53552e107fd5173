import type { RunRow } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import {
  isShown,
  shownComponentData,
  shownDropped,
  shownError,
  shownOrigin,
  shownRunMetadata,
  shownSaying,
  type View,
} from "../../domain/view.ts";
import { longLog } from "../../engine/run/event-log.ts";
import { wholeMetrics } from "../../engine/run/metrics.ts";
import { ownModel } from "../../engine/run/stored-run.ts";
import type { MessageRow } from "../../store/messages/message-rows.ts";
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

/** A line, where it stands in the session, and what it counts as. */
interface PlacedLine {
  place: Place;
  counted: keyof SessionCounts;
  write(): string;
}

/**
 * The lines of a page, in order. D1 has cut each of the page's three lists by itself, so the lines end where the first list
 * does. Runs that still go on or wait are left out with all that belongs to them, because an imported run could not go on.
 */
export function pageLines(page: ExportPage, from: Place, view: View): PageLines {
  const next = firstCut(page);
  const isInPage = (place: Place) => compare(place, from) > 0 && (next === null || compare(place, next) <= 0);
  const counts = { runs: 0, messages: 0, requirements: 0 };
  const lines: string[] = [];
  for (const { place, counted, write } of linesOfRunsAtRest(page, view)) {
    if (!isInPage(place)) continue;
    lines.push(write());
    counts[counted] += 1;
  }
  return { lines, counts, next };
}

/** Each run's row, then its messages, then its requirements. */
function* linesOfRunsAtRest(page: ExportPage, view: View): Generator<PlacedLine> {
  const messages = Map.groupBy(shownRows(page, view), ({ stored }) => stored.runIndex);
  const requirements = Map.groupBy(page.requirements, (requirement) => requirement.runIndex);
  for (const found of page.runs) {
    const { row, isAtRest } = found;
    if (!isAtRest) continue;
    const runIndex = row.runIndex ?? 0;
    yield { place: { runIndex, part: "run", nth: 0 }, counted: "runs", write: () => runLine(found, view) };
    for (const { stored, shown } of messages.get(runIndex) ?? []) {
      const place: Place = { runIndex, part: "message", nth: stored.messageIndex };
      yield { place, counted: "messages", write: () => messageRecord.write(shown) };
    }
    for (const { row: requirement } of requirements.get(runIndex) ?? []) {
      const place: Place = { runIndex, part: "requirement", nth: requirement.position };
      yield { place, counted: "requirements", write: () => requirementRecord.write(requirement) };
    }
  }
}

/** A message as it is stored, and as the view shows it. */
interface ShownRow {
  stored: MessageRow;
  shown: MessageRow;
}

/**
 * The messages that the view shows. Where it leaves out instructions, those behind them move up: an import takes a run whose
 * messages are numbered without a gap.
 */
function shownRows({ messages, systemBefore }: ExportPage, view: View): ShownRow[] {
  if (view.mayReadConfig) return messages.map((stored) => ({ stored, shown: stored }));
  let left = systemBefore;
  return messages.flatMap((stored, nth): ShownRow[] => {
    if (nth > 0 && messages[nth - 1]?.runIndex !== stored.runIndex) left = 0;
    if (!isShown(stored, view)) {
      left += 1;
      return [];
    }
    const messageIndex = stored.messageIndex - left;
    return [{ stored, shown: { ...stored, messageIndex, providerSource: null, providerData: null } }];
  });
}

export function sessionLine(session: Session, view: View): string {
  // Hidden sessions are never exported.
  const visibility = session.visibility === "archived" ? "archived" : "listed";
  return sessionRecord.write({
    ...session,
    nameDetails: shownDetails(session.nameDetails, view),
    componentData: shownComponentData(session.componentData, view),
    visibility,
  });
}

function shownDetails(details: Session["nameDetails"], view: View): Session["nameDetails"] {
  return details?.error === undefined ? details : { ...details, error: shownSaying(details.error, view) };
}

export function runLine({ row, systemInput }: { row: RunRow; systemInput: number }, view: View): string {
  const events: StoredEntry[] | null = row.events === null ? null : longLog(row.events);
  const metrics = row.metrics && wholeMetrics(row.metrics, ownModel(row));
  return runRecord.write({
    ...row,
    inputMessages: row.inputMessages - (view.mayReadConfig ? 0 : systemInput),
    origin: row.origin && shownOrigin(row.origin, view),
    error: row.error && shownError(row.error, view),
    historyDropped: row.historyDropped && shownDropped(row.historyDropped, view),
    metadata: shownRunMetadata(row.metadata, view),
    status: row.status as PortableRun["status"],
    metrics,
    events,
  });
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
