import { and, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import type { SessionFilter } from "../../domain/session-fields.ts";
import type { Database } from "../database.ts";
import { requirements, sessionLabels, sessions } from "../schema/tables.ts";
import type { Whose } from "../visibility.ts";
import { createdWithin, IS_UNNAMED, labelsOf, updatedWithin, visibilities } from "./filter.ts";

// A list is a walk by date. If few sessions pass the filter, the walk is long, because it looks at all others too. Then it is
// cheaper to find those few by another index, and to sort them. If many sessions pass, the walk soon has a page of them, and
// sorting all of them would cost more.

/** How many sessions are sorted at most. A walk among 100,000 sessions looks at about as many to fill a page of 20. */
export const MAX_SORTED = 1_000;

/** A query for the ids of all sessions that pass one part of the filter. It may find some other sessions besides. */
export interface Shortcut {
  ids: SQL;
  /** Counted up to `MAX_SORTED` and one more. */
  size: number;
}

/**
 * The shortcut that finds the fewest sessions; null if the filter offers none. A user's sessions are always walked through
 * by date, since a user has few.
 */
export async function findShortcut(
  db: Database,
  principal: Whose,
  filter: SessionFilter,
  walkedBy?: "created_at" | "updated_at",
): Promise<Shortcut | null> {
  const ways = principal.userId === null ? waysInto(filter, walkedBy) : [];
  if (ways.length === 0) {
    return null;
  }
  // The sizes are columns and not rows, as D1 takes at most five terms of a UNION.
  const sizes = ways.map(
    (ids, nth) =>
      sql`(select count(*) from (${ids} limit ${sql.raw(String(MAX_SORTED + 1))})) as ${sql.raw(`size_${nth}`)}`,
  );
  const [counted = {}] = await db.all<Record<string, number>>(sql`select ${sql.join(sizes, sql`, `)}`);
  const shortcuts = ways.map((ids, nth) => ({ ids, size: counted[`size_${nth}`] ?? 0 }));
  return shortcuts.reduce((smallest, one) => (one.size < smallest.size ? one : smallest));
}

function waysInto(filter: SessionFilter, walkedBy: "created_at" | "updated_at" | undefined): SQL[] {
  const { pinned, unnamed, hasOpenRequirements } = filter;
  // Bounds of the instant that the walk goes by bound the walk itself. Only bounds of the other instant can be a shortcut.
  const otherInstant =
    walkedBy === undefined ? undefined : walkedBy === "created_at" ? updatedWithin(filter) : createdWithin(filter);
  const ofSessions = (condition: SQL | undefined) =>
    sql`select ${sessions.sessionId} as session_id from ${sessions} where ${condition}`;
  return [
    ...labelsOf(filter).map(
      (label) =>
        sql`select ${sessionLabels.sessionId} as session_id from ${sessionLabels} where ${sessionLabels.label} = ${label}`,
    ),
    ...(pinned === true ? [ofSessions(isNotNull(sessions.pinnedAt))] : []),
    ...(unnamed === true ? [ofSessions(IS_UNNAMED)] : []),
    ...(hasOpenRequirements === true
      ? [
          sql`select distinct ${requirements.sessionId} as session_id from ${requirements} where ${requirements.status} = 'open'`,
        ]
      : []),
    ...(otherInstant === undefined
      ? []
      : [ofSessions(and(inArray(sessions.visibility, visibilities(filter)), otherInstant))]),
  ];
}
