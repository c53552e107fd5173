import { databaseUnavailable, modelNotConfigured, summaryFailed } from "../../domain/error.ts";
import type { Message, MessageKey } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import type { Session, SessionSummary } from "../../domain/session.ts";
import { shownSaying, type View } from "../../domain/view.ts";
import { readOrNull } from "../../store/commit.ts";
import type { Database } from "../../store/database.ts";
import { type WalkedRow, walkMessages } from "../../store/messages/summary-messages.ts";
import { READ_SUMMARY_CHARS, type SummaryLine, summaryPiece, type WalkedMessage } from "../../summaries/piece.ts";
import { proposeSummary } from "../../summaries/propose.ts";
import type { SummaryText } from "../../summaries/read-answer.ts";

/** How much one summary reads and asks at most. The next summary goes on behind that. */
const MAX_MODEL_CALLS = 4;
const MAX_PAGES = 8;
const PAGE_ROWS = 200;

/** The run that waits for the summary. D1 does not have it as completed yet, so the walk gets its messages from here. */
export interface OwnRun {
  runIndex: number;
  messages: readonly Message[];
}

/** What a summary is made of, and which model makes it. */
export interface WalkRequest {
  session: Session;
  own: OwnRun | null;
  /** Null if none is configured. */
  model: Model | null;
  /** What whoever asks for the summary is shown, also of why there is none. */
  view: View;
  signal: AbortSignal;
}

export interface Walk {
  /** The model's summary of what was walked over; null if nothing was said in the walk. */
  text: SummaryText | null;
  /** The last run index that the summary covers. */
  through: number | null;
  /** The first run that was passed over because it had not ended: it may still complete. */
  unsettled: number | null;
}

/** The run index of the waiting run's messages in a walk. It stands behind all others: another run may have a higher one. */
const OWN_INDEX = Number.MAX_SAFE_INTEGER;

/**
 * Walks from where the summary ends to the end of the session, page by page, as far as one summary may. If a page fails,
 * what was summarized before counts.
 */
export async function walkOn(db: Database, request: WalkRequest): Promise<Outcome<Walk>> {
  const { summarizedThrough } = request.session;
  const walk: Walk = { text: null, through: summarizedThrough, unsettled: null };
  let at: MessageKey = { runIndex: summarizedThrough ?? -1, messageIndex: Number.MAX_SAFE_INTEGER };
  let calls = 0;
  for (let pages = 0; pages < MAX_PAGES && calls < MAX_MODEL_CALLS; pages++) {
    const step = await walkPage(db, request, walk, at);
    if (!step.ok) {
      return walk.text === null ? step : ok(walk);
    }
    const { next, hasAsked } = step.value;
    if (next === null) {
      // If nothing was said up to the end, nothing is to be written.
      return ok(walk.text === null ? { ...walk, through: summarizedThrough } : walk);
    }
    at = next;
    calls += hasAsked ? 1 : 0;
  }
  return ok(walk);
}

interface Step {
  /** Where the next page begins; null at the end of the session. */
  next: MessageKey | null;
  hasAsked: boolean;
}

/** Reads a page behind `at`, and has the model summarize the first piece of it. Moves `walk` behind that piece. */
async function walkPage(db: Database, request: WalkRequest, walk: Walk, at: MessageKey): Promise<Outcome<Step>> {
  const { session, own } = request;
  const page = await readPage(db, request, at);
  if (page === null) {
    return fail(databaseUnavailable());
  }
  const { lines, taken } = summaryPiece(page.walked, page.isEnd);
  const passed = page.walked.slice(0, taken);
  const hasAsked = lines.length > 0;
  if (hasAsked) {
    const summarized = await summarize(request, walk.text ?? session.summary, lines);
    if (!summarized.ok) {
      return summarized;
    }
    walk.text = summarized.value;
  }
  // If something is said in the piece, the summary covers the runs up to the last one in which it is.
  walk.through = furthest(walk.through, hasAsked ? passed.filter(({ line }) => line !== null) : passed, own);
  walk.unsettled ??= firstUnsettled(page.rows.slice(0, taken), own);
  const isWhole = page.isEnd && taken === page.walked.length;
  return ok({ next: isWhole ? null : (passed.at(-1) ?? null), hasAsked });
}

interface WalkedPage {
  /** As they are stored. */
  rows: WalkedRow[];
  /** The rows, and behind the session's last one the messages of the run that waits. */
  walked: WalkedMessage[];
  isEnd: boolean;
}

/** The messages behind `at`; null when D1 is away. */
async function readPage(db: Database, { session, own }: WalkRequest, at: MessageKey): Promise<WalkedPage | null> {
  const bounds = { limit: PAGE_ROWS, maxChars: READ_SUMMARY_CHARS };
  const read = await readOrNull(walkMessages(db, session.sessionId, at, bounds));
  if (read === null) {
    return null;
  }
  const rows = read.value;
  const isEnd = rows.length < PAGE_ROWS;
  const ownLeft = isEnd && own !== null ? ownMessages(own).filter((one) => isBehind(one, at)) : [];
  return { rows, walked: [...rows.map(walkedMessage), ...ownLeft], isEnd };
}

async function summarize(
  { model, view, signal }: WalkRequest,
  before: SessionSummary | null,
  lines: SummaryLine[],
): Promise<Outcome<SummaryText>> {
  if (model === null) {
    return fail(modelNotConfigured());
  }
  const proposed = await proposeSummary(model, before, lines, signal);
  if (proposed.summary !== null) {
    return ok(proposed.summary);
  }
  return fail(summaryFailed(proposed.said === null ? null : shownSaying(proposed.said, view)));
}

function ownMessages({ messages }: OwnRun): WalkedMessage[] {
  return messages.map(({ role, content }, messageIndex) =>
    walkedMessage({ runIndex: OWN_INDEX, messageIndex, role, text: content.slice(0, READ_SUMMARY_CHARS) }),
  );
}

function walkedMessage({ runIndex, messageIndex, role, text }: Omit<WalkedRow, "status" | "isMember">): WalkedMessage {
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

/** The index of the first top-level run that may still complete; the run that waits is covered by this summary. */
function firstUnsettled(rows: readonly WalkedRow[], own: OwnRun | null): number | null {
  const unsettled = rows.find(
    ({ runIndex, status, isMember }) =>
      !isMember && (status === "PAUSED" || status === "RUNNING") && runIndex !== own?.runIndex,
  );
  return unsettled?.runIndex ?? null;
}
