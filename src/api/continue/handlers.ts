import { AppError, modelNotConfigured } from "../../domain/error.ts";
import { principal } from "../../http/auth.ts";
import { readRunBody } from "../../http/body.ts";
import { unwrap } from "../../http/errors.ts";
import { parseFields } from "../../http/field-errors.ts";
import { quotaOf } from "../../http/quota.ts";
import { runAnswer } from "../runs/answer.ts";
import { readMode } from "../runs/input.ts";
import { type ComponentType, componentInPath } from "../shared/component-path.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { readIdempotency } from "../shared/idempotency.ts";
import { newRouter } from "../shared/route.ts";
import { sessionNamed } from "../shared/session-named.ts";
import { ContinueFields, continueRoute } from "./contract.ts";
import { continueInput } from "./input.ts";
import { madeRun, withOneText } from "./made-run.ts";

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
    const made = await madeRun(c, dependencies, caller, { sessionId, runId, component: ref, asked, idempotency });
    return runAnswer(c, unwrap(withOneText(await session.startRun({ ...reading, ...made }), runId)));
  });

  return router;
}
