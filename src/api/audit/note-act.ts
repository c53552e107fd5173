import { type Act, auditEntry } from "../../domain/audit.ts";
import { AppError } from "../../domain/error.ts";
import { actorOf } from "../../domain/principal.ts";
import type { AppContext } from "../../http/context.ts";
import { commit, whyNotWritten } from "../../store/commit.ts";
import { auditStatement } from "../../store/doors/audit.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";

/**
 * Writes down what the caller is about to do, before any of it is done. Throws the 503, or the 507 of a full database, if D1 does not confirm that: then
 * nothing is done. So no act goes without its row; a row may tell of an act that failed afterwards.
 */
export async function noteAct(
  c: AppContext,
  { now, newId }: Pick<RouteDependencies, "now" | "newId">,
  act: Omit<Act, "actor">,
): Promise<void> {
  const entry = auditEntry({ ...act, actor: actorOf(c.get("credential")) }, newId(), now());
  const committed = await commit(database(c), [auditStatement(database(c), entry)]);
  if (committed.kind === "refused") throw new Error(`D1 refused an act for the audit: ${committed.constraint}`);
  if (committed.kind !== "written") throw new AppError(whyNotWritten(committed));
}
