import { decideChange } from "../../domain/decide-change.ts";
import { type ItemResult, unasked } from "../../domain/job.ts";
import { ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import { type BulkChange, type DecidingColumns, fieldsSetBy } from "../../domain/session-fields.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { resultOf } from "./name-for-job.ts";
import { manualChange } from "./names.ts";
import { planPatch, type RequestedPatch } from "./patch.ts";
import type { SessionRows } from "./session-rows.ts";

/** A job's change of one session. Plain data: it crosses the object's boundary. */
export interface JobChange {
  /** Whom the job was made for: sessions of others do not exist for it. */
  principal: Principal;
  change: BulkChange;
}

/**
 * Changes the session for a job. A session that is already as asked stays as it is, so a job that asks
 * twice changes it once.
 */
export async function changeForJob(
  deps: SessionDependencies,
  rows: SessionRows,
  { principal, change }: JobChange,
): Promise<ItemResult> {
  const found = await rows.find(principal);
  if (!found.ok) {
    return resultOf(found.failure.code);
  }
  const decided = decideChange(found.value, change);
  if (decided !== null) {
    return decided;
  }
  const name = change.action === "rename" ? await manualChange(deps, found.value, change.name) : ok(undefined);
  if (!name.ok) {
    return unasked("failed", "name_refused");
  }
  // The guardrail may have answered another name than the job asked for.
  const accepted: BulkChange = change.action === "rename" ? { action: "rename", name: name.value?.name ?? "" } : change;
  let result = CHANGED;
  const written = await rows.write(principal, (session) => {
    // The change may be planned more than once, each time on the row as it stands then. The last time counts.
    const decidedNow = decideChange(session, accepted);
    result = decidedNow ?? CHANGED;
    return decidedNow === null ? planPatch(session, asPatch(accepted, session), name.value, deps.now()) : ok({});
  });
  return written.ok ? result : resultOf(written.failure.code);
}

const CHANGED: ItemResult = unasked("succeeded", null);

const asPatch = (change: BulkChange, session: DecidingColumns): RequestedPatch => ({
  mode: "replace",
  ifMatch: null,
  ...fieldsSetBy(change, session),
});
