import { AppError, runNotFound } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { maySee, type Principal, toldClaims } from "../../domain/principal.ts";
import { whyNotIn } from "../../domain/retention.ts";
import type { Idempotency } from "../../domain/run.ts";
import { type AskedOrigin, originFrom } from "../../domain/run-origin.ts";
import { isHidden } from "../../domain/session.ts";
import { type ComponentRef, isRunOf } from "../../domain/team.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import type { RunAnswer, RunCall } from "../../session/run-calls.ts";
import { oversizedPrefix, prefixOf } from "../../session/start/prefix.ts";
import { findRun, type StoredRun } from "../../store/runs/runs.ts";
import { directoryOfSessions } from "../../store/sessions/sessions.ts";
import { isMissing } from "../runs/answer.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";

/** The run that a new one is to be made from, and how. */
interface OlderRun {
  sessionId: string;
  runId: string;
  component: ComponentRef;
  asked: AskedOrigin;
  idempotency: Idempotency | null;
}

/** The new run as the session's object is asked for it. Throws the failure where none can be made from the older run. */
export async function madeRun(
  c: AppContext,
  { newId, now }: Pick<RouteDependencies, "newId" | "now">,
  caller: Principal,
  { sessionId, runId, component, asked, idempotency }: OlderRun,
): Promise<Pick<RunCall, "request" | "olderStatus">> {
  const older = unwrap(await olderRun(c, caller, sessionId, runId));
  if (!isRunOf(component, older.row)) throw new AppError(noRunFound(runId));
  const made = unwrap(originFrom(older.row, older.messages, asked));
  const oversized = oversizedPrefix(prefixOf(older, made.origin), made.origin);
  if (oversized !== null) throw new AppError(oversized);
  const request = {
    ...made,
    runId: newId(),
    component,
    userId: caller.ownerId,
    sessionState: null,
    idempotency,
    claims: toldClaims(c.get("credential"), caller),
    createdAt: now(),
  };
  return { request, olderStatus: older.row.status };
}

async function olderRun(
  c: AppContext,
  caller: Principal,
  sessionId: string,
  runId: string,
): Promise<Outcome<StoredRun>> {
  const [session] = await directoryOfSessions(database(c), [sessionId]);
  if (session !== undefined && isHidden(session)) {
    const failed = fail(whyNotIn(session, caller, c.get("config").deleteUndoSeconds));
    return isMissing(failed) ? fail(noRunFound(runId)) : failed;
  }
  const isThere = session !== undefined && maySee(caller, session);
  const run = isThere ? await findRun(database(c), { sessionId, principal: caller }, runId) : null;
  return run === null ? fail(noRunFound(runId)) : ok(run);
}

const noRunFound = (runId: string) => runNotFound(`No runs found for run ID ${runId}`);

/** AgentOS answers with the same text if the run does not exist for the caller, and if its session does not. */
export function withOneText(outcome: Outcome<RunAnswer>, runId: string): Outcome<RunAnswer> {
  return isMissing(outcome) ? fail(noRunFound(runId)) : outcome;
}
