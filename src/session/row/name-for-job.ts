import { decideNaming } from "../../domain/decide-naming.ts";
import { sessionNotFound } from "../../domain/error.ts";
import { type ItemResult, type Overwrite, unasked } from "../../domain/job.ts";
import { fail, ok } from "../../domain/outcome.ts";
import type { Principal } from "../../domain/principal.ts";
import type { NameChange } from "../../domain/session-fields.ts";
import { payerOf } from "../../domain/usage.ts";
import type { SessionDependencies } from "../dependencies.ts";
import { type GeneratedName, generatedChange, isNamedAsThen } from "./names.ts";
import type { Plan, SessionRows } from "./session-rows.ts";
import { usedBeside } from "./used-beside.ts";

/** How a job wants one session named. Plain data: it crosses the object's boundary. */
export interface JobNaming {
  jobId: string;
  /** Who made the job: it sees only sessions that this principal may see. */
  principal: Principal;
  overwrite: Overwrite;
  fallback: string | null;
}

/**
 * Names the session for a job. If the same job asks again, because its worker died, the answer is what came of the first
 * time: the name's details say which job gave it. So no job names a session twice.
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
  const { change, used } = generated.value;
  const along = usedBeside(deps, payerOf(principal, asked), used);
  const cost = costOf(change);
  const unnamed = whyNotNamed(deps, generated.value);
  if (unnamed !== null) {
    rows.note(along);
    return unnamed;
  }
  let isNewest = true;
  const plan: Plan = (session) => {
    // The change may be planned more than once, each time on the row as it stands then. The last time counts.
    isNewest = isNamedAsThen(session, asked);
    return session.createdAt === asked.createdAt ? ok(isNewest ? { name: change } : {}) : fail(sessionNotFound());
  };
  const written = await rows.write(principal, plan, { along });
  if (!written.ok) {
    return { ...resultOf(written.failure.code), ...cost };
  }
  if (!isNewest) {
    return { outcome: "skipped", reason: "renamed_meanwhile", error: null, ...cost };
  }
  return { outcome: change.source === "generated" ? "succeeded" : "fallback", reason: null, error: null, ...cost };
}

/**
 * Why the session keeps its name: there is no model, there are no messages, or the model did not answer. Null if the session
 * gets another name.
 */
function whyNotNamed(deps: SessionDependencies, { change, failure }: GeneratedName): ItemResult | null {
  if (change.details?.attempts === 0) {
    return deps.models() === null ? unasked("failed", "model_not_configured") : unasked("skipped", "no_messages");
  }
  if (failure === null) {
    return null;
  }
  const told = { error: change.details?.error ?? null, ...costOf(change) };
  return failure === "refused"
    ? { outcome: "failed", reason: "model_refused", ...told }
    : { outcome: null, reason: "model_unavailable", ...told };
}

const costOf = ({ details }: NameChange) => ({
  promptTokens: details?.promptTokens ?? 0,
  completionTokens: details?.completionTokens ?? 0,
});

/**
 * The result of an item whose session answered a failure. An item fails if its session is missing; else it
 * is tried again.
 */
export function resultOf(code: string): ItemResult {
  return code === "session_not_found" ? unasked("failed", "not_found") : unasked(null, "database_unavailable");
}
