import type { Owner } from "../../domain/owner.ts";
import { besideRuns } from "../../domain/usage.ts";
import type { Statement } from "../../store/commit.ts";
import { addUsedBeside } from "../../store/usage/ledger.ts";
import type { SessionDependencies } from "../dependencies.ts";

/** Notes in the ledger what a name or a summary has used; nothing is to be noted where nobody pays. */
export function usedBeside(
  { db, sessionId, now, newId }: Pick<SessionDependencies, "db" | "sessionId" | "now" | "newId">,
  payer: Owner | null,
  tokens: number,
): Statement[] {
  return payer === null || tokens === 0 ? [] : addUsedBeside(db, besideRuns(payer, now(), newId()), tokens, sessionId);
}
