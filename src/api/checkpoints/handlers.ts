import { AppError, badRequest, runNotFound } from "../../domain/error.ts";
import { type ComponentRef, isRunOf, type Registry } from "../../domain/team.ts";
import type { AppContext } from "../../http/context.ts";
import { callersView } from "../../http/view.ts";
import { findRun, type StoredRun } from "../../store/runs/runs.ts";
import { COMPONENT_TYPES, componentInPath } from "../shared/component-path.ts";
import { database, notFoundTexts, requireSession, seen } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import { checkpointRoutes } from "./contract.ts";
import { checkpointList, checkpointSnapshot } from "./json.ts";

/** Where a run could be continued from, as its stored messages say. */
export function checkpointsRouter(registry: Registry) {
  const router = newRouter();

  for (const type of COMPONENT_TYPES) {
    const contract = checkpointRoutes(type);

    router.openapi(contract.listCheckpoints, async (c) => {
      const { ref } = componentInPath(registry, type, c.req.valid("param"));
      const run = await requireRun(c, ref, { ...c.req.valid("param"), ...c.req.valid("query") });
      return c.json(checkpointList(run, callersView(c)), 200);
    });

    router.openapi(contract.getCheckpoint, async (c) => {
      const { message_index, ...params } = c.req.valid("param");
      const { ref } = componentInPath(registry, type, params);
      const run = await requireRun(c, ref, { ...params, ...c.req.valid("query") });
      const last = run.messages.length;
      if (message_index === undefined || message_index < 0 || message_index > last) {
        throw new AppError(badRequest(`message_index must be between 0 and ${last}`));
      }
      return c.json(checkpointSnapshot(run, message_index, callersView(c)), 200);
    });
  }

  return router;
}

/** The run as it is stored; throws the 404 if the run does not exist for the caller, or is not this component's. */
async function requireRun(
  c: AppContext,
  component: ComponentRef,
  { session_id, run_id }: { session_id: string; run_id: string },
): Promise<StoredRun> {
  await requireSession(c, session_id, {}, notFoundTexts.oneRun);
  const run = await findRun(database(c), seen(c, session_id), run_id);
  if (run === null || !isRunOf(component, run.row)) throw new AppError(runNotFound());
  return run;
}
