import { and, asc, desc, eq, type SQL, sql } from "drizzle-orm";
import type { Principal } from "../domain/principal.ts";
import type { Session, SessionType } from "../domain/session.ts";
import { fold } from "../lib/text.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Database } from "./database.ts";
import { sessions } from "./schema.ts";
import { ofType, ownedBy, toSession } from "./sessions.ts";

export interface SessionFilter {
  sessionType?: SessionType | undefined;
  componentId?: string | undefined;
  /** Part of the name that shows, in any case and script. */
  name?: string | undefined;
}

export interface SessionSort {
  by: "created_at" | "updated_at";
  order: "asc" | "desc";
}

/** Where a list goes on: the sort value and the id of the last session that was shown. */
export interface ListPosition {
  instant: number;
  sessionId: string;
}

export interface SessionPage {
  sessions: Session[];
  /** Null behind the last one. */
  nextCursor: string | null;
}

/** Counting costs a step per session, so it stops here. */
export const MAX_COUNTED = 10_000;

/** The position that a cursor stands for; null when it is none, or is one of another order. */
export function decodeListCursor(cursor: string, sort: SessionSort): ListPosition | null {
  const [by, order, instant, sessionId, ...rest] = decodeCursor(cursor) ?? [];
  const isOfThisOrder = by === sort.by && order === sort.order && rest.length === 0;
  return isOfThisOrder && typeof instant === "number" && typeof sessionId === "string" ? { instant, sessionId } : null;
}

/** Sessions that exist for the principal and pass the filter, from a position or an offset. */
export async function listSessions(
  db: Database,
  principal: Principal,
  filter: SessionFilter,
  sort: SessionSort,
  page: { limit: number; from: ListPosition | { offset: number } },
): Promise<SessionPage> {
  const instant = sort.by === "created_at" ? sessions.createdAt : sessions.updatedAt;
  const direction = sort.order === "asc" ? asc : desc;
  const { from, limit } = page;
  const behind =
    "offset" in from
      ? undefined
      : sql`(${instant}, ${sessions.sessionId}) ${sql.raw(sort.order === "asc" ? ">" : "<")} (${from.instant}, ${from.sessionId})`;
  const rows = await db
    .select()
    .from(sessions)
    .where(and(...conditions(principal, filter), behind))
    .orderBy(direction(instant), direction(sessions.sessionId))
    .limit(limit + 1)
    .offset("offset" in from ? from.offset : 0);
  const shown = rows.slice(0, limit).map(toSession);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return { sessions: shown, nextCursor: hasMore ? cursorAt(last, sort) : null };
}

/** How many sessions there are, up to `MAX_COUNTED` and one more. */
export async function countSessions(db: Database, principal: Principal, filter: SessionFilter): Promise<number> {
  const counted = db
    .select({ one: sql`1`.as("one") })
    .from(sessions)
    .where(and(...conditions(principal, filter)))
    .limit(MAX_COUNTED + 1)
    .as("counted");
  const [row] = await db.select({ count: sql<number>`count(*)`.as("count") }).from(counted);
  return row?.count ?? 0;
}

function cursorAt(session: Session, sort: SessionSort): string {
  const instant = sort.by === "created_at" ? session.createdAt : session.updatedAt;
  return encodeCursor([sort.by, sort.order, instant, session.sessionId]);
}

/** What a session passes that is in the list. */
export function conditions(principal: Principal, filter: SessionFilter): (SQL | undefined)[] {
  const { componentId, name } = filter;
  return [
    ownedBy(principal),
    eq(sessions.visibility, "listed"),
    ofType(filter.sessionType),
    componentId === undefined ? undefined : ofComponent(principal, componentId),
    name === undefined
      ? undefined
      : // Not LIKE: that folds ASCII only, reads % and _ as patterns, and D1 refuses long ones.
        sql`instr(coalesce(${sessions.nameFolded}, ${sessions.firstMessageFolded}, ''), ${fold(name)}) > 0`,
  ];
}

/** A user has fewer sessions than an agent has: with a user the plus keeps SQLite off the component's index. */
function ofComponent(principal: Principal, componentId: string): SQL {
  return principal.userId === null
    ? eq(sessions.componentId, componentId)
    : sql`+${sessions.componentId} = ${componentId}`;
}
