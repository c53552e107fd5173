import { and, asc, eq, gt, inArray, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { ComponentRef } from "../../domain/team.ts";
import { isAmong } from "../conditions.ts";
import type { Database } from "../database.ts";
import { wholeMessage } from "../messages/message-rows.ts";
import { MESSAGE_BYTES, REQUIREMENT_BYTES, RUN_BYTES } from "../row-bytes.ts";
import { runColumns } from "../run-rows.ts";
import { messages, requirements, runs } from "../schema/tables.ts";
import { isThere, type SeenSession } from "../visibility.ts";
import { isReplacing } from "./origins.ts";
import { withMessages } from "./runs.ts";
import { isOwn } from "./standing.ts";
import type { StoredTree } from "./stored-tree.ts";

/** Whose runs of a session are shown, and for whom. */
export interface TreeFilter extends SeenSession {
  component: ComponentRef;
}

/** A run tree, by its place in the history, with the bytes that its rows take. */
export interface TreePlace {
  runId: string;
  first: number;
  last: number;
  bytes: number;
}

interface TreePage {
  /** Runs before this one; null: the newest ones. */
  before: number | null;
  maxRuns: number;
  maxBytes: number;
}

/** The place of a top-level run in the history; null if the session has no such run, or it has not started. */
export async function placeOfRun(db: Database, filter: TreeFilter, runId: string) {
  const { sessionId, component } = filter;
  const [row] = await db
    .select({ runIndex: runs.runIndex })
    .from(runs)
    .where(and(eq(runs.runId, runId), eq(runs.sessionId, sessionId), isOwn(component), isThere(db, filter)))
    .limit(1);
  return row?.runIndex ?? null;
}

/**
 * The newest run trees, newest first, at least one if there is any. Runs that were replaced or are about to be, and those that
 * never started, are not among them. Only lengths are read.
 */
export async function newestTrees(
  db: Database,
  filter: TreeFilter,
  { before, maxRuns, maxBytes }: TreePage,
): Promise<{ places: TreePlace[]; hasMore: boolean }> {
  const { sessionId, component } = filter;
  const shown = db
    .select({
      runId: sql`${runs.runId}`.as("id"),
      first: sql`${runs.runIndex} - ${runs.memberSlots}`.as("first"),
      last: sql`${runs.runIndex}`.as("last"),
    })
    .from(runs)
    .where(
      and(
        eq(runs.sessionId, sessionId),
        isThere(db, filter),
        sql`${runs.runIndex} < ${before ?? Number.MAX_SAFE_INTEGER}`,
        inArray(runs.status, SHOWN),
        isOwn(component),
        sql`not ${isAnsweredAgain(filter)}`,
      ),
    )
    .orderBy(sql`${runs.runIndex} desc`)
    .limit(maxRuns + 1);
  const within = sql`between shown.first and shown.last`;
  const found = await db.all<TreePlace>(sql`select id as "runId", first, last,
      (select sum(${RUN_BYTES}) from ${runs} where ${eq(runs.sessionId, sessionId)} and ${runs.runIndex} ${within})
      + ifnull((select sum(${MESSAGE_BYTES}) from ${messages}
          where ${eq(messages.sessionId, sessionId)} and ${messages.runIndex} ${within}), 0)
      + ifnull((select sum(${REQUIREMENT_BYTES}) from ${requirements} where ${requirements.runId} = shown.id), 0) as bytes
    from (${shown}) as shown order by last desc`);
  let bytes = 0;
  const places = found.slice(0, maxRuns).filter((place, nth) => {
    bytes += place.bytes;
    return nth === 0 || bytes <= maxBytes;
  });
  return { places, hasMore: places.length < found.length };
}

/**
 * Whether the run behind it answers it again, in its place. Clients have taken the older answer away by then, whatever comes of
 * the new one: it may be under way, or have failed.
 */
function isAnsweredAgain({ sessionId, component }: TreeFilter): SQL {
  const next = alias(runs, "next");
  const isBehind = and(eq(next.sessionId, sessionId), gt(next.runIndex, runs.runIndex), isOwn(component, next));
  return sql`ifnull((select ${isReplacing(next.origin)} and ${next.origin} ->> '$.runId' = ${runs.runId}
    from ${runs} as next where ${isBehind} order by ${next.runIndex} limit 1), 0)`;
}

const SHOWN = ["RUNNING", "COMPLETED", "PAUSED", "CANCELLED", "ERROR"] as const;

/** Whole trees, in the order of the history. Those that have gone meanwhile, with their session, are left out. */
export async function readTrees(db: Database, filter: TreeFilter, places: readonly TreePlace[]): Promise<StoredTree[]> {
  const { sessionId } = filter;
  const ranges = JSON.stringify(places.map(({ first, last }) => [first, last]));
  const shown = sql`json_each(${ranges}) as shown`;
  const within = (runIndex: SQL) => sql`${runIndex} between shown.value ->> 0 and shown.value ->> 1`;
  const [rows, said, asked] = await db.batch([
    db
      .select({ row: runColumns })
      .from(shown)
      .crossJoin(runs)
      .where(and(eq(runs.sessionId, sessionId), within(sql`${runs.runIndex}`), isThere(db, filter)))
      .orderBy(asc(runs.runIndex)),
    db
      .select({ message: wholeMessage })
      .from(shown)
      .crossJoin(messages)
      .where(and(eq(messages.sessionId, sessionId), within(sql`${messages.runIndex}`), isThere(db, filter)))
      .orderBy(asc(messages.runIndex), asc(messages.messageIndex)),
    db
      .select()
      .from(requirements)
      .where(
        and(
          isAmong(
            requirements.runId,
            places.map(({ runId }) => runId),
          ),
          isThere(db, filter),
        ),
      )
      .orderBy(asc(requirements.runId), asc(requirements.position)),
  ]);
  const stored = withMessages(
    rows.map(({ row }) => row),
    said.map(({ message }) => message),
  );
  return [...places]
    .sort((one, other) => one.last - other.last)
    .flatMap(({ runId, first, last }) => {
      const inTree = stored.filter(({ row }) => Number(row.runIndex) >= first && Number(row.runIndex) <= last);
      const top = inTree.find(({ row }) => row.runId === runId);
      const members = inTree.filter((run) => run !== top);
      return top === undefined ? [] : [{ ...top, members, requirements: asked.filter((one) => one.runId === runId) }];
    });
}
