import { decideNaming } from "../../names/decide-naming.ts";
import { type ItemResult, type Overwrite, unasked } from "../../domain/job.ts";
import { fail, ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { generatedChange, isNamedAsThen } from "./names.ts";
import type { SessionRows } from "./rows.ts";

/** A naming job's wish for one session. Plain data: it crosses the object's boundary. */
export interface JobNaming {
  jobId: string;
  /** Who the job was made for: another's session does not exist for it. */
  principal: Principal;
  overwrite: Overwrite;
  fallback: string | null;
}

/**
 * Names the session for a job. Asked again by the same job it answers what came of it the first time: the name says
 * which job gave it, so that nothing is named twice, wherever the job's worker died.
 */
export async function nameForJob(
  deps: SessionDependencies,
  rows: SessionRows,
  { jobId, principal, overwrite, fallback }: JobNaming,
): Promise<ItemResult> {
  const found = await rows.find(principal);
  if (!found.ok) {
    return resultOf(found.failure.code);
  }
  const asked = found.value;
  const decided = decideNaming(asked, jobId, overwrite);
  if (decided !== null) {
    return decided;
  }
  const generated = await generatedChange(deps, asked, { fallback, jobId });
  if (!generated.ok) {
    return resultOf(generated.failure.code);
  }
  const { change, failure } = generated.value;
  const cost = {
    promptTokens: change.details?.promptTokens ?? 0,
    completionTokens: change.details?.completionTokens ?? 0,
  };
  if (change.details?.attempts === 0) {
    const isMute = deps.models() === null;
    return unasked(isMute ? "failed" : "skipped", isMute ? "model_not_configured" : "no_messages");
  }
  if (failure !== null) {
    const isLasting = failure === "refused";
    return isLasting
      ? { outcome: "failed", reason: "model_refused", ...cost }
      : { outcome: null, reason: "model_unavailable", ...cost };
  }
  let isNewest = true;
  const written = await rows.write(principal, (session) => {
    // The row may be planned on more than once: the last look counts.
    isNewest = isNamedAsThen(session, asked);
    return session.createdAt === asked.createdAt ? ok(isNewest ? { name: change } : {}) : fail(GONE);
  });
  if (!written.ok) {
    return { ...resultOf(written.failure.code), ...cost };
  }
  if (!isNewest) {
    return { outcome: "skipped", reason: "renamed_meanwhile", ...cost };
  }
  return { outcome: change.source === "generated" ? "succeeded" : "fallback", reason: null, ...cost };
}

const GONE = { code: "session_not_found", detail: "Session not found" } as const;

/** A session that is not there is an answer; a database that is away is asked again later. */
export function resultOf(code: string): ItemResult {
  return code === "session_not_found" ? unasked("failed", "not_found") : unasked(null, "database_unavailable");
}
