import type { Owner } from "../../domain/owner.ts";
import { besideRuns } from "../../domain/usage.ts";
import type { Statement } from "../../store/commit.ts";
import { addUsedBeside } from "../../store/usage/ledger.ts";
import type { SessionDependencies } from "../dependencies.ts";
import type { Used } from "./meter.ts";

/** Notes in the ledger what a name or a summary has used; nothing is to be noted where nobody pays. */
export function usedBeside(
  { db, sessionId, newId }: Pick<SessionDependencies, "db" | "sessionId" | "newId">,
  payer: Owner | null,
  { tokens, askedAt }: Used,
): Statement[] {
  return payer === null || tokens === 0
    ? []
    : addUsedBeside(db, besideRuns(payer, askedAt, newId()), tokens, sessionId);
}
