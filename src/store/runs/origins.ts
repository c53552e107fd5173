import { type Column, type SQL, sql } from "drizzle-orm";

/** Whether a run of this origin answers another one again, in its place. */
export const isReplacing = (origin: Column): SQL =>
  sql`(${origin} ->> '$.type' = 'regenerated' and ${origin} ->> '$.replace' = 1)`;
