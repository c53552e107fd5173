import { AppError, modelNotConfigured, runNotFound } from "../../domain/error.ts";
import { fail, type Outcome, ok } from "../../domain/outcome.ts";
import { maySee, type Principal, toldClaims } from "../../domain/principal.ts";
import { whyNotIn } from "../../domain/retention.ts";
import { originFrom } from "../../domain/run-origin.ts";
import { isHidden } from "../../domain/session.ts";
import { isRunOf } from "../../domain/team.ts";
import { principal } from "../../http/auth.ts";
import { readRunBody } from "../../http/body.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import { parseFields } from "../../http/field-errors.ts";
import { quotaOf } from "../../http/quota.ts";
import type { RunAnswer } from "../../session/run-calls.ts";
import { oversizedPrefix, prefixOf } from "../../session/start/prefix.ts";
import { findRun, type StoredRun } from "../../store/runs/runs.ts";
import { directoryOfSessions } from "../../store/sessions/sessions.ts";
import { isMissing, runAnswer } from "../runs/answer.ts";
import { readMode } from "../runs/input.ts";
import { type ComponentType, componentInPath } from "../shared/component-path.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";
import { readIdempotency } from "../shared/idempotency.ts";
import { newRouter } from "../shared/route.ts";
import { sessionNamed } from "../shared/session-named.ts";
import { ContinueFields, continueRoute } from "./contract.ts";
import { continueInput } from "./input.ts";

/** `POST …/continue`: answers for a paused run, or a new run that is made from an older one. */
export function continueRouter(dependencies: RouteDependencies, type: ComponentType) {
  const router = newRouter();

  router.openapi(continueRoute(type), async (c) => {
    const { ref, component } = componentInPath(dependencies, type, c.req.valid("param"));
    const runId = c.req.valid("param").run_id;
    const fields = parseFields(ContinueFields, await readRunBody(c));
    const { sessionId, entries, asked } = continueInput({ ...fields, session_id: sessionNamed(c, fields.session_id) });
    if (dependencies.models(c.get("config"))(component.model) === null) throw new AppError(modelNotConfigured());
    const caller = principal(c);
    const answeredBy = fields.answered_by ?? caller.userId;
    const session = dependencies.session(c.get("config"), sessionId);
    const key = (scope: string) => readIdempotency(c, scope, caller, { runId, sessionId, entries, answeredBy, asked });
    const reading = { principal: caller, quota: quotaOf(c), onBusy: fields.on_busy, read: readMode(fields) };
    if (asked === null) {
      const idempotency = await key(ref.id);
      const outcome = await session.continueRun({
        ...reading,
        runId,
        component: ref,
        entries,
        answeredBy,
        idempotency,
      });
      return runAnswer(c, unwrap(withOneText(outcome, runId)));
    }
    const idempotency = await key(`${ref.id}:${runId}`);
    const older = unwrap(await olderRun(c, caller, sessionId, runId));
    if (!isRunOf(ref, older.row)) throw new AppError(noRunFound(runId));
    const made = unwrap(originFrom(older.row, older.messages, asked));
    const oversized = oversizedPrefix(prefixOf(older, made.origin), made.origin);
    if (oversized !== null) throw new AppError(oversized);
    const request = {
      ...made,
      runId: dependencies.newId(),
      component: ref,
      userId: caller.ownerId,
      sessionState: null,
      idempotency,
      claims: toldClaims(c.get("credential"), caller),
      createdAt: dependencies.now(),
    };
    const started = await session.startRun({ ...reading, request, olderStatus: older.row.status });
    return runAnswer(c, unwrap(withOneText(started, runId)));
  });

  return router;
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
  const run = isThere ? await findRun(database(c), sessionId, runId) : null;
  return run === null ? fail(noRunFound(runId)) : ok(run);
}

const noRunFound = (runId: string) => runNotFound(`No runs found for run ID ${runId}`);

/** AgentOS answers with the same text if the run does not exist for the caller, and if its session does not. */
function withOneText(outcome: Outcome<RunAnswer>, runId: string): Outcome<RunAnswer> {
  return isMissing(outcome) ? fail(noRunFound(runId)) : outcome;
}
