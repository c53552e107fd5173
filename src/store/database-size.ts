import { and, gt, like } from "drizzle-orm";
import { SAMPLES_KEPT_MS, type SizeSample, sampleSlot } from "../domain/database-size.ts";
import { commit } from "./commit.ts";
import type { Database } from "./database.ts";
import { walks } from "./schema/tables.ts";

// The samples are rows of `walks`: an instant, and the bytes in place of a session's id. There is one for each of the last days.

const NAME = "database size ";

export async function sizeSamples(db: Database, nowMs: number): Promise<SizeSample[]> {
  const rows = await db
    .select({ at: walks.instant, bytes: walks.sessionId })
    .from(walks)
    .where(and(like(walks.name, `${NAME}%`), gt(walks.instant, nowMs - SAMPLES_KEPT_MS)));
  return rows.map(({ at, bytes }) => ({ at, bytes: Number(bytes) }));
}

/** Keeps the sample in place of the last one of its day. Does not throw: a full database may not take it. */
export async function noteSize(db: Database, { at, bytes }: SizeSample): Promise<void> {
  const sample = { instant: at, sessionId: String(bytes) };
  const row = db.insert(walks).values({ name: `${NAME}${sampleSlot(at)}`, ...sample });
  await commit(db, [row.onConflictDoUpdate({ target: walks.name, set: sample })]);
}
