import { AUDIT_KEPT_MS } from "../domain/audit.ts";
import type { JobDependencies } from "../jobs/dependencies.ts";
import { commit } from "../store/commit.ts";
import { removeAuditStatement } from "../store/doors/audit.ts";
import { watchSize } from "./watch-size.ts";

/** How many acts one go removes; the next go removes more. */
const ACTS_AT_ONCE = 5_000;

/**
 * Removes acts that were written down longer than `AUDIT_KEPT_MS` ago. This is the one write that every minute makes, and D1 says with
 * it how large the database is.
 */
export async function removeOldAudit(deps: JobDependencies): Promise<void> {
  const committed = await commit(deps.db, [removeAuditStatement(deps.db, deps.now() - AUDIT_KEPT_MS, ACTS_AT_ONCE)]);
  await watchSize(deps, committed.kind === "written" ? committed.databaseBytes : null);
}
