import { proposeSummary } from "../../summaries/propose.ts";
import type { SummaryText } from "../../summaries/read-answer.ts";
import { READ_SUMMARY_CHARS, summaryPiece, type WalkedMessage } from "../../summaries/piece.ts";
import { databaseUnavailable, modelNotConfigured, summaryFailed } from "../../domain/error.ts";
import type { Message, MessageKey } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Session, SessionSummary } from "../../domain/session.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { type WalkedRow, walkMessages } from "../../store/messages/summary-messages.ts";

/** What one request reads and asks at most; what is still behind then goes into the next summary. */
const MAX_MODEL_CALLS = 4;
const MAX_PAGES = 8;
const PAGE_ROWS = 200;

/** A run whose messages are not stored as those of a completed one yet. */
export interface OwnRun {
  runIndex: number;
  messages: readonly Message[];
}

export interface Walk {
  /** What the model made of what came since; null where nothing was said. */
  text: SummaryText | null;
  /** The run index up to which, inclusive, it was made. */
  through: number | null;
  /** The first run before that one that had not ended: it may still complete. */
  unsettled: number | null;
}

/** Stands behind whatever run index there is: the run's own may be older than what completed meanwhile. */
const OWN_INDEX = Number.MAX_SAFE_INTEGER;

/** Goes from where the summary ends to the end of the session, piece by piece, as far as one request may. */
export async function walkOn(
  db: Database,
  session: Session,
  own: OwnRun | null,
  model: Model | null,
  signal: AbortSignal,
): Promise<Outcome<Walk>> {
  const ownLines = own === null ? [] : ownMessages(own);
  const walk: Walk = { text: null, through: session.summarizedThrough, unsettled: null };
  let summary: SessionSummary | null = session.summary;
  let at: MessageKey = { runIndex: walk.through ?? -1, messageIndex: Number.MAX_SAFE_INTEGER };
  let calls = 0;
  for (let page = 0; page < MAX_PAGES && calls < MAX_MODEL_CALLS; page++) {
    const bounds = { limit: PAGE_ROWS, maxChars: READ_SUMMARY_CHARS };
    const read = await readOrNull(walkMessages(db, session.sessionId, at, bounds));
    if (read === null) {
      return walk.text === null ? fail(databaseUnavailable()) : ok(walk);
    }
    const isEnd = read.value.length < PAGE_ROWS;
    const walked = [...read.value.map(walkedMessage), ...(isEnd ? ownLines.filter((one) => isBehind(one, at)) : [])];
    const { lines, taken } = summaryPiece(walked, isEnd);
    if (lines.length > 0) {
      if (model === null) {
        return fail(modelNotConfigured());
      }
      const proposed = await proposeSummary(model, summary, lines, signal);
      if (proposed === null) {
        return walk.text === null ? fail(summaryFailed()) : ok(walk);
      }
      walk.text = proposed;
      summary = proposed;
      calls += 1;
    }
    const passed = walked.slice(0, taken);
    walk.through = furthest(walk.through, lines.length > 0 ? passed.filter(({ line }) => line !== null) : passed, own);
    walk.unsettled ??= read.value.slice(0, taken).find((row) => mayStillComplete(row, own))?.runIndex ?? null;
    const last = passed.at(-1);
    if (last === undefined || (isEnd && taken === walked.length)) {
      // Where nothing was said there is nothing to write either.
      return ok(walk.text === null ? { ...walk, through: session.summarizedThrough } : walk);
    }
    at = last;
  }
  return ok(walk);
}

function ownMessages({ messages }: OwnRun): WalkedMessage[] {
  return messages.map((message, messageIndex) => {
    const { role, content } = message;
    const isSaid = (role === "user" || role === "assistant") && content !== "";
    const line = isSaid ? { role, content: content.slice(0, READ_SUMMARY_CHARS) } : null;
    return { runIndex: OWN_INDEX, messageIndex, line };
  });
}

function walkedMessage({ runIndex, messageIndex, role, text }: WalkedRow): WalkedMessage {
  const isSaid = (role === "user" || role === "assistant") && text !== "";
  return { runIndex, messageIndex, line: isSaid ? { role, content: text } : null };
}

const isBehind = (one: MessageKey, at: MessageKey): boolean =>
  one.runIndex > at.runIndex || (one.runIndex === at.runIndex && one.messageIndex > at.messageIndex);

function furthest(before: number | null, passed: readonly WalkedMessage[], own: OwnRun | null): number | null {
  const last = passed.at(-1);
  if (last === undefined) {
    return before;
  }
  const stored = passed.findLast(({ runIndex }) => runIndex !== OWN_INDEX)?.runIndex ?? -1;
  return Math.max(before ?? -1, stored, last.runIndex === OWN_INDEX ? (own?.runIndex ?? -1) : -1);
}

function mayStillComplete({ runIndex, status, isMember }: WalkedRow, own: OwnRun | null): boolean {
  return !isMember && (status === "PAUSED" || status === "RUNNING") && runIndex !== own?.runIndex;
}
