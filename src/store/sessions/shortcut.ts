import { and, inArray, isNotNull, type SQL, sql } from "drizzle-orm";
import type { Principal } from "../../domain/principal.ts";
import type { SessionFilter } from "../../domain/session-fields.ts";
import type { Database } from "../database.ts";
import { requirements, sessionLabels, sessions } from "../schema/tables.ts";
import { createdWithin, IS_UNNAMED, labelsOf, updatedWithin, visibilities } from "./filter.ts";

// A filter that few sessions pass makes a walk by date a long one: it looks at all that do not. Then the index of what is
// asked for is the way in, and what is found there is sorted. Where many pass, sorting them all would be the longer way,
// and a walk soon has a page of them.

/** How many sessions are sorted at most: about as many as a walk to a page of 20 passes by, of 100,000. */
export const MAX_SORTED = 1_000;

/** A query of the ids of all sessions that one part of the filter lets pass, and perhaps of some others. */
export interface Shortcut {
  ids: SQL;
  /** Counted up to `MAX_SORTED` and one more. */
  size: number;
}

/**
 * The way to the sessions that meets fewest of them, if the filter has any: nobody's but one user's are walked through by
 * date, since a user has few.
 */
export async function findShortcut(
  db: Database,
  principal: Principal,
  filter: SessionFilter,
  walkedBy?: "created_at" | "updated_at",
): Promise<Shortcut | null> {
  const ways = principal.userId === null ? waysInto(filter, walkedBy) : [];
  if (ways.length === 0) {
    return null;
  }
  // As columns: D1 takes five terms of a UNION at most.
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
  // The walk itself is by the other one, from where it begins.
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
