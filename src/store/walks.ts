import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "./database.ts";
import { sessions, walks } from "./schema/tables.ts";

/** Entries of its index that one step looks at: it may have to pass over nearly all of them. */
export const STEP_ENTRIES = 2_000;

/** A way through sessions, in the order of an index by an instant and the id, that is gone a step at a time. */
export interface Walk {
  /** Under which its place is kept. */
  name: string;
  instant: SQL;
  /** The part of the index that it goes along. */
  along: SQL | undefined;
  /** Which sessions of that are looked for. */
  meant: SQL | undefined;
}

interface Place {
  instant: number;
  sessionId: string;
}

export interface Step {
  ids: string[];
  /** Where it began, and where the next one goes on; null is at the beginning. */
  from: Place | null;
  next: Place | null;
}

/** Looks on from where the walk stands, for so many sessions at most. */
export async function stepOf(db: Database, { name, instant, along, meant }: Walk, limit: number): Promise<Step> {
  const [from = null] = await db
    .select({ instant: walks.instant, sessionId: walks.sessionId })
    .from(walks)
    .where(eq(walks.name, name));
  const id = sessions.sessionId;
  // Said twice: in an index on columns SQLite finds the place by the first, in one on an expression by the second.
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

/** Has the walk go on behind the step; what is in it is looked at again once all the others were. */
export async function walkOn(db: Database, { name }: Walk, { from, next }: Step): Promise<void> {
  if (next !== null) {
    await db
      .insert(walks)
      .values({ name, ...next })
      .onConflictDoUpdate({ target: walks.name, set: next });
  } else if (from !== null) {
    await db.delete(walks).where(eq(walks.name, name));
  }
}
