import { and, eq, inArray, ne, or, type SQL, sql } from "drizzle-orm";
import type { Message } from "../../domain/message.ts";
import type { Requirement } from "../../domain/requirement.ts";
import type { RunRow, RunStatus } from "../../domain/run.ts";
import type { Session } from "../../domain/session.ts";
import type { UsageKey } from "../../domain/usage.ts";
import { entryStart, type StoredKind } from "../../engine/run/log-letters.ts";
import type { Statement } from "../commit.ts";
import { hasRow } from "../conditions.ts";
import type { Database } from "../database.ts";
import { driverColumns, setColumns } from "../insert-rows.ts";
import { runs, sessions } from "../schema/tables.ts";
import { Template, type Value } from "../template.ts";
import { settleUsage, updateUsage } from "../usage/ledger.ts";
import { runIsOurs } from "./fences.ts";
import { isReplacing } from "./origins.ts";
import { answerStatements, cancelOpen, insertRequirements } from "./requirement-writes.ts";
import { holdOwnText, indexRunMessages, insertMessages, placeMessages } from "./run-messages.ts";

// The batches that pause, end or cancel a run. Each can be repeated, and changes nothing if it arrives late: the fences
// that a statement names, and the second half of an `or`, are there for that. None of them is redundant.

/** What a settle writes of a run that has paused or ended. */
export interface Settlement {
  run: Pick<RunRow, "runId" | "sessionId" | "runIndex" | "fence" | "memberSlots">;
  /** The messages that are not stored yet, and the message index of the first of them. */
  produced: Message[];
  firstMessage: number;
  /** Whether the messages go into the search index: those of member runs do not. */
  isSearched: boolean;
  columns: Pick<
    RunRow,
    "status" | "waiting" | "metrics" | "historyDropped" | "finishReason" | "error" | "events" | "settledAt"
  > & {
    /** Left out if they did not change. */
    model?: RunRow["model"];
    modelProvider?: RunRow["modelProvider"];
    modelName?: RunRow["modelName"];
    sessionState?: RunRow["sessionState"];
  };
  /** The new requirements of a run that has paused. */
  requirements: Requirement[];
  /** Whether to close what waits for people in the run and in its member runs. */
  closes: boolean;
  /** The run that this one replaces, which becomes REGENERATED. */
  replaces: string | null;
  /** What a top-level run has used since it was stored last, and its row of the ledger. */
  usage: { key: UsageKey; tokens: number } | null;
  session: {
    metrics: Session["metrics"];
    completedRuns: number;
    /**
     * The run index from which the next summary must read again, since an earlier one skipped the run while it was
     * paused.
     */
    rereadsFrom: number | null;
    chatMessages: number;
    /** Null if the run said nothing that a list can show: then the session keeps its last message. */
    lastMessage: Session["lastMessage"];
    updatedAt: number;
    /** Set if the state changed. These are values, not increments, so that the batch can be repeated. */
    changed: Pick<Session, "state" | "version"> | null;
  };
}

/**
 * Writes a run's pause or end with what it produced; the last statement changes 1 row if this attempt still owned the
 * run. Repeatable. The run's own row is written last, because all other statements hold only while the run is RUNNING.
 */
export function settleStatements(db: Database, settlement: Settlement): [Statement, ...Statement[]] {
  const { run, produced, requirements, replaces } = settlement;
  const running = runIsOurs(db, run.runId, run.fence);
  const placed = placeMessages(run, settlement.firstMessage, produced);
  const statements: Statement[] = [
    ...insertMessages(db, run, placed),
    ...(settlement.columns.status === "PAUSED" ? [holdOwnText(db, run)] : []),
    ...(settlement.isSearched ? indexRunMessages(db, run, placed) : []),
    ...insertRequirements(db, requirements, running),
    ...(settlement.closes ? [cancelOpen(db, run.runId, running), ...closeMembers(db, settlement)] : []),
    ...(replaces === null ? [] : replaceStatements(db, replaces, settlement)),
    countRun(db, settlement),
    ...countUsage(db, settlement),
  ];
  const [first, ...rest] = statements;
  const close = closeRun(db, settlement);
  return first === undefined ? [close] : [first, ...rest, close];
}

/** The fence of a run that settles. */
interface Running {
  runId: string;
  fence: string;
}

function closeRun(db: Database, { run: { runId, fence }, columns }: Settlement): Statement {
  const { status, settledAt } = columns;
  return close.bind(db, { set: driverColumns(runs, columns), runId, fence, status, settledAt });
}

interface ClosedRun extends Running {
  set: Record<string, Value>;
  status: RunStatus;
  settledAt: number | null;
}

const close = new Template<ClosedRun>((db, { set, runId, fence, status, settledAt }) => {
  // A repeated batch finds the run as it has closed it before, and must report again that it changed the row.
  const isClosedSo = and(eq(runs.status, status), sql`${runs.settledAt} = ${settledAt}`);
  return db
    .update(runs)
    .set(setColumns(set))
    .where(and(eq(runs.runId, runId), eq(runs.fence, fence), or(eq(runs.status, "RUNNING"), isClosedSo)));
});

function countRun(db: Database, { run: { runId, sessionId, fence }, session }: Settlement): Statement {
  const { metrics, lastMessage, completedRuns, chatMessages, rereadsFrom, updatedAt, changed } = session;
  // What is null here stays as it is.
  const said = { metrics: metrics ?? undefined, lastMessage: lastMessage ?? undefined };
  return count.bind(db, {
    set: driverColumns(sessions, { ...said, ...changed }),
    completedRuns: completedRuns > 0 ? completedRuns : null,
    chatMessages: chatMessages > 0 ? chatMessages : null,
    through: rereadsFrom === null ? null : rereadsFrom - 1,
    updatedAt,
    sessionId,
    runId,
    fence,
  });
}

interface CountedRun extends Running {
  set: Record<string, Value>;
  completedRuns: number | null;
  chatMessages: number | null;
  through: number | null;
  updatedAt: number;
  sessionId: string;
}

const count = new Template<CountedRun>(
  (db, { set, completedRuns, chatMessages, through, updatedAt, sessionId, runId, fence }) =>
    db
      .update(sessions)
      .set({
        ...setColumns(set),
        ...(completedRuns !== null && { completedRuns: sql`${sessions.completedRuns} + ${completedRuns}` }),
        ...(chatMessages !== null && { chatMessages: sql`${sessions.chatMessages} + ${chatMessages}` }),
        // SQLite's min() of null is null: a session without a summary keeps null.
        ...(through !== null && { summarizedThrough: sql`min(${sessions.summarizedThrough}, ${through})` }),
        updatedAt: sql`max(${sessions.updatedAt}, ${updatedAt})`,
      })
      .where(and(eq(sessions.sessionId, sessionId), runIsOurs(db, runId, fence))),
);

function countUsage(db: Database, { run: { runId, fence }, columns, usage }: Settlement): Statement[] {
  if (usage === null) return [];
  const { key } = usage;
  const tokens = usage.tokens > 0 ? usage.tokens : null;
  // A run that goes on by itself keeps its place.
  const settled = columns.waiting ? 0 : 1;
  return [countTokens.bind(db, { key, tokens, settled, runId, fence })];
}

interface CountedUsage extends Running {
  key: UsageKey;
  tokens: number | null;
  settled: number;
}

const countTokens = new Template<CountedUsage>((db, { key, tokens, settled, runId, fence }) =>
  updateUsage(db, key, { tokens, settled }, runIsOurs(db, runId, fence)),
);

/** An entry behind another one in the text of an event log; `at` is an SQL expression. */
const nextEntry = (kind: StoredKind, at: SQL) => sql`',${sql.raw(entryStart(kind))},' || ${at} || ']'`;

/** The event log of a run with the two events of its cancel behind it; `at` is an SQL expression. */
const cancelledEvents = (at: SQL) =>
  sql`substr(${runs.events}, 1, length(${runs.events}) - 1) || ${nextEntry("run_cancelled", at)} || ${nextEntry("run_completed", at)} || ']'`;

/** Cancels the member runs that wait for people, because their team run ends. */
function closeMembers(db: Database, { run, columns }: Settlement): Statement[] {
  return closeMembersOf(db, run, columns.settledAt ?? 0, runIsOurs(db, run.runId, run.fence));
}

function closeMembersOf(
  db: Database,
  run: Pick<RunRow, "sessionId" | "runIndex" | "memberSlots">,
  settledAt: number,
  condition: SQL,
): Statement[] {
  if (run.memberSlots === 0 || run.runIndex === null) {
    return [];
  }
  const { sessionId, runIndex, memberSlots } = run;
  const slots = { sessionId, first: sql`${runIndex - memberSlots}`, end: sql`${runIndex}` };
  return [closeMembersIn(db, slots, settledAt, condition)];
}

/** The run indexes that a tree's member runs have: from `first` up to, and without, `end`. */
interface MemberSlots {
  sessionId: string;
  first: SQL;
  end: SQL;
}

function closeMembersIn(
  db: Database,
  { sessionId, first, end }: MemberSlots,
  settledAt: number,
  condition: SQL,
): Statement {
  const at = sql`max(0, ${settledAt} - ${runs.startedAt})`;
  return db
    .update(runs)
    .set({ status: "CANCELLED", settledAt, events: cancelledEvents(at) })
    .where(
      and(
        eq(runs.sessionId, sessionId),
        sql`${runs.runIndex} >= ${first}`,
        sql`${runs.runIndex} < ${end}`,
        eq(runs.status, "PAUSED"),
        condition,
      ),
    );
}

/** How a paused run ends. `usage` is its row of the ledger if it waits to go on, and so holds a place. */
export interface CancelledPause {
  events: string;
  settledAt: number;
  expired: readonly Requirement[];
  usage: UsageKey | null;
}

/**
 * Cancels a paused run and all that waits in it; the last statement changes 1 row if the run was paused. Repeatable.
 */
export function cancelPausedStatements(
  db: Database,
  row: RunRow,
  { events, settledAt, expired, usage }: CancelledPause,
): [Statement, ...Statement[]] {
  const { runId, sessionId, fence } = row;
  const isPaused = and(eq(runs.runId, runId), eq(runs.status, "PAUSED"), eq(runs.fence, fence));
  const waits = hasRow(db, runs, isPaused);
  const isCancelledSo = and(eq(runs.runId, runId), eq(runs.status, "CANCELLED"), eq(runs.fence, fence));
  const cancelRun = db
    .update(runs)
    .set({ status: "CANCELLED", waiting: false, events, settledAt })
    .where(and(eq(runs.sessionId, sessionId), or(isPaused, and(isCancelledSo, eq(runs.settledAt, settledAt)))));
  const rest = [
    cancelOpen(db, runId, waits),
    ...closeMembersOf(db, row, settledAt, waits),
    ...settleUsage(db, usage, { tokens: 0, settled: true }, waits),
    cancelRun,
  ];
  const [first, ...more] = [...answerStatements(db, expired, waits), ...rest];
  return first === undefined ? [cancelRun] : [first, ...more];
}

/** Marks the replaced run as REGENERATED and closes what it and its member runs waited for. */
function replaceStatements(db: Database, replaced: string, { run, columns }: Settlement): Statement[] {
  const running = runIsOurs(db, run.runId, run.fence);
  const older = (column: SQL) => sql`(select ${column} from ${runs} where ${runs.runId} = ${replaced})`;
  const slots = {
    sessionId: run.sessionId,
    first: older(sql`${runs.runIndex} - ${runs.memberSlots}`),
    end: older(sql`${runs.runIndex}`),
  };
  const hasGone = sql`${older(sql`${runs.status}`)} = 'REGENERATED' and ${running}`;
  return [
    replaceRun(db, replaced, run),
    cancelOpen(db, replaced, running),
    ...(run.memberSlots > 0 ? [closeMembersIn(db, slots, columns.settledAt ?? 0, hasGone)] : []),
  ];
}

/** No run was answered again as often as this. */
const MAX_LINE = 1_000;

/**
 * Those that the replaced run was to replace itself are replaced with it: it failed, or was cancelled, before it could. Else
 * a model would see the same question twice.
 */
function replaceRun(db: Database, replaced: string, run: Settlement["run"]): Statement {
  const isEarlier = sql`${runs.runId} in (with recursive line(id, nth) as (
      select ${replaced}, 0
      union all
      select ${runs.origin} ->> '$.runId', nth + 1 from line
        join ${runs} on ${runs.runId} = line.id and ${eq(runs.sessionId, run.sessionId)}
        where ${isReplacing(runs.origin)} and nth < ${sql.raw(String(MAX_LINE))}
    ) select id from line)`;
  const isSettled = inArray(runs.status, ["COMPLETED", "ERROR", "CANCELLED"]);
  const isPaused = and(eq(runs.runId, replaced), eq(runs.status, "PAUSED"));
  return db
    .update(runs)
    .set({ status: "REGENERATED" })
    .where(
      and(
        or(and(isEarlier, isSettled), isPaused),
        eq(runs.sessionId, run.sessionId),
        eq(runs.waiting, false),
        ne(runs.runId, run.runId),
        runIsOurs(db, run.runId, run.fence),
      ),
    );
}
