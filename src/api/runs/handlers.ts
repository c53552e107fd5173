import { AppError, modelNotConfigured, runNotFound, sessionNotFound } from "../../domain/error.ts";
import { isRunOf } from "../../domain/team.ts";
import { principal } from "../../http/auth.ts";
import { readRunBody } from "../../http/body.ts";
import { unwrap } from "../../http/errors.ts";
import { parseFields } from "../../http/field-errors.ts";
import { quotaOf } from "../../http/quota.ts";
import { callersView } from "../../http/view.ts";
import { keyedSessionId } from "../../session/start/keyed-session.ts";
import { FIRST_RUN, sessionOfRun } from "../../store/runs/runs.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { findSession } from "../../store/sessions/sessions.ts";
import { type ComponentType, componentInPath } from "../shared/component-path.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, notFoundTexts, requireSession, seen } from "../shared/find-session.ts";
import { readIdempotency } from "../shared/idempotency.ts";
import { newRouter } from "../shared/route.ts";
import { sessionNamed } from "../shared/session-named.ts";
import { runAnswer } from "./answer.ts";
import { CancelFields, runBody, runRoutes } from "./contract.ts";
import { runInput } from "./input.ts";
import { askedTree, runOutput } from "./json.ts";
import { newRun } from "./new-run.ts";
import { countLookedAt, runsReader } from "./reader.ts";
import { streamRuns } from "./stream.ts";

/** Running agents or teams, and reading and cancelling their runs. */
export function runsRouter(dependencies: RouteDependencies, type: ComponentType) {
  const router = newRouter();
  const contract = runRoutes(type);

  router.openapi(contract.startRun, async (c) => {
    const { ref, component } = componentInPath(dependencies, type, c.req.valid("param"));
    const fields = parseFields(runBody[type].fields, await readRunBody(c));
    if (dependencies.models(c.get("config"))(component.model) === null) throw new AppError(modelNotConfigured());
    const caller = principal(c);
    const { message, sessionState, read } = runInput(fields);
    const asked = sessionNamed(c, fields.session_id);
    const idempotency = await readIdempotency(c, ref.id, caller, {
      message,
      session_id: asked ?? null,
      session_state: sessionState,
    });
    const sessionId = asked ?? (idempotency === null ? dependencies.newId() : await keyedSessionId(idempotency));
    const outcome = await dependencies.session(c.get("config"), sessionId).startRun({
      ...newRun(c, dependencies, caller, { component: ref, message, sessionState, idempotency }),
      principal: caller,
      quota: quotaOf(c),
      onBusy: fields.on_busy,
      read,
    });
    return runAnswer(c, unwrap(outcome));
  });

  router.openapi(contract.listRuns, async (c) => {
    const { ref } = componentInPath(dependencies, type, c.req.valid("param"));
    const { session_id, status } = c.req.valid("query");
    const session = await requireSession(c, session_id, {}, notFoundTexts.plain);
    const filter = {
      ...(ref.type === "agent" ? { agentId: ref.id } : { teamId: ref.id }),
      ...(status !== undefined && { statuses: [status] }),
    };
    await countLookedAt(c, status === undefined ? 0 : session.nextRunIndex);
    const answer = await streamRuns(database(c), seen(c, session_id), filter, { ...runsReader(c), from: FIRST_RUN });
    const componentId = ref.type === "agent" ? session.agentId : session.teamId;
    if (answer.isEmpty && componentId !== ref.id) throw new AppError(sessionNotFound());
    return answer.response;
  });

  router.openapi(contract.getRun, async (c) => {
    const { ref } = componentInPath(dependencies, type, c.req.valid("param"));
    const { run_id } = c.req.valid("param");
    const { session_id } = c.req.valid("query");
    await requireSession(c, session_id, {}, notFoundTexts.oneRun);
    const stored = await findRunTree(database(c), seen(c, session_id), run_id);
    if (stored === null || !isRunOf(ref, stored.row)) throw new AppError(runNotFound());
    return c.json(runOutput(askedTree(stored), callersView(c)), 200);
  });

  router.openapi(contract.cancelRun, async (c) => {
    const { ref } = componentInPath(dependencies, type, c.req.valid("param"));
    const { run_id } = c.req.valid("param");
    const sent = parseFields(CancelFields, await readRunBody(c));
    const session_id = c.req.valid("query").session_id ?? sent.session_id;
    const caller = principal(c);
    const found = await sessionOfRun(database(c), run_id);
    const isOfPath = found !== null && isRunOf(ref, found);
    const isMeant = isOfPath && (session_id === undefined || session_id === found.sessionId);
    if (caller.confined && !(isMeant && (await findSession(database(c), caller, found.sessionId)))) {
      throw new AppError(runNotFound());
    }
    if (isMeant) unwrap(await dependencies.session(c.get("config"), found.sessionId).cancelRun(caller, run_id));
    return c.json({}, 200);
  });
  return router;
}
