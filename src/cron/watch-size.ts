import { isSampleDue, isWatched, MAX_DATABASE_BYTES, sizeWarning } from "../domain/database-size.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { log } from "../lib/log.ts";
import { noteSize, sizeSamples } from "../store/database-size.ts";

/**
 * Warns in the log, once an hour, of a database that is large or will be full soon: at its limit D1 takes nothing more.
 * `bytes` is what D1 said behind a write that the trigger makes anyway; a small database costs no statement more.
 */
export async function watchSize({ db, now }: Pick<JobDependencies, "db" | "now">, bytes: number | null): Promise<void> {
  if (bytes === null || !isWatched(bytes)) {
    return;
  }
  const nowMs = now();
  const earlier = await sizeSamples(db, nowMs);
  if (!isSampleDue(earlier, nowMs)) {
    return;
  }
  const warning = sizeWarning({ at: nowMs, bytes }, earlier);
  if (warning !== null) {
    const { share, daysLeft } = warning;
    log("warn", "database.size_warning", {
      bytes,
      limit_bytes: MAX_DATABASE_BYTES,
      share: Math.round(share * 1000) / 1000,
      days_left: daysLeft === null ? null : Math.floor(daysLeft),
    });
  }
  await noteSize(db, { at: nowMs, bytes });
}
