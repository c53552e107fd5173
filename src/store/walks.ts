import { and, eq, type SQL, sql } from "drizzle-orm";
import { commit } from "./commit.ts";
import type { Database } from "./database.ts";
import { sessions, walks } from "./schema/tables.ts";

/** How many entries of the index one step looks at, at most: it may have to pass over nearly all of them. */
export const STEP_ENTRIES = 2_000;

/** A way through sessions, step by step, in the order of an index by an instant and the session id. */
export interface Walk {
  /** The name under which D1 keeps the place that the walk has reached. */
  name: string;
  instant: SQL;
  /** Which part of the index the walk goes along. */
  along: SQL | undefined;
  /** Which sessions of that part are looked for. */
  meant: SQL | undefined;
}

interface Place {
  instant: number;
  sessionId: string;
}

export interface Step {
  ids: string[];
  /** Where this step began, and where the next one begins; null is the beginning of the walk. */
  from: Place | null;
  next: Place | null;
}

/** Looks for at most `limit` sessions from where the walk stands. */
export async function stepOf(db: Database, { name, instant, along, meant }: Walk, limit: number): Promise<Step> {
  const [from = null] = await db
    .select({ instant: walks.instant, sessionId: walks.sessionId })
    .from(walks)
    .where(eq(walks.name, name));
  const id = sessions.sessionId;
  // The second condition follows from the first. SQLite needs the first to find the place in an index on columns, and the
  // second to find it in an index on an expression.
  const isAhead =
    from === null
      ? undefined
      : sql`(${instant}, ${id}) > (${from.instant}, ${from.sessionId}) and ${instant} >= ${from.instant}`;
  const entries = sql`select ${id} as id, ${instant} as instant, (${and(meant)}) as meant from ${sessions}
    where ${and(along, isAhead)} order by ${instant}, ${id} limit ${STEP_ENTRIES}`;
  const rows = await db.all<Place & { meant: number; nth: number }>(
    sql`select id as "sessionId", instant, meant, nth
      from (select *, row_number() over () as nth from (${entries})) where meant or nth = ${STEP_ENTRIES}`,
  );
  const found = rows.filter((row) => row.meant);
  const taken = found.slice(0, limit);
  const last = found.length > limit ? taken.at(-1) : rows.find(({ nth }) => nth === STEP_ENTRIES);
  return {
    ids: taken.map(({ sessionId }) => sessionId),
    from,
    next: last === undefined ? null : { instant: last.instant, sessionId: last.sessionId },
  };
}

/**
 * Lets the walk go on behind the step. Its sessions are looked at again once the walk has gone through all the others. Does not
 * throw: where D1 does not take it, the next go takes the same step, and what the step found is done all the same.
 */
export async function walkOn(db: Database, { name }: Walk, { from, next }: Step): Promise<void> {
  if (next !== null) {
    const place = db.insert(walks).values({ name, ...next });
    await commit(db, [place.onConflictDoUpdate({ target: walks.name, set: next })]);
  } else if (from !== null) {
    await commit(db, [db.delete(walks).where(eq(walks.name, name))]);
  }
}
