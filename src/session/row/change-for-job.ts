import { decideChange, type SessionChange, tagsAfter } from "../../domain/decide-change.ts";
import { type ItemResult, unasked } from "../../domain/job.ts";
import { ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Session } from "../../domain/session.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { resultOf } from "./name-for-job.ts";
import { manualChange } from "./names.ts";
import { planPatch, type RequestedPatch } from "./patch.ts";
import type { SessionRows } from "./rows.ts";

/** A job's change of one session. Plain data: it crosses the object's boundary. */
export interface JobChange {
  /** Who the job was made for: another's session does not exist for it. */
  principal: Principal;
  change: SessionChange;
}

/** Changes the session for a job; one that is as it is asked to be is left as it is, so that twice is once. */
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
  // As the guardrail let the name pass.
  const accepted: SessionChange =
    change.action === "rename" ? { action: "rename", name: name.value?.name ?? "" } : change;
  let result = CHANGED;
  const written = await rows.write(principal, (session) => {
    // The row may be planned on more than once: the last look counts.
    const decidedNow = decideChange(session, accepted);
    result = decidedNow ?? CHANGED;
    return decidedNow === null ? planPatch(session, asPatch(session, accepted), name.value, deps.now()) : ok({});
  });
  return written.ok ? result : resultOf(written.failure.code);
}

const CHANGED: ItemResult = unasked("succeeded", null);

function asPatch(session: Session, change: SessionChange): RequestedPatch {
  const asked = { mode: "replace", ifMatch: null } as const;
  switch (change.action) {
    case "rename":
      return { ...asked, name: change.name };
    case "tag":
      return { ...asked, tags: tagsAfter(session.tags, change) };
    case "archive":
    case "unarchive":
      return { ...asked, archived: change.action === "archive" };
    case "pin":
    case "unpin":
      return { ...asked, pinned: change.action === "pin" };
  }
}
