import { AppError, badRequest, databaseFull, databaseUnavailable, sessionNotFound } from "../../domain/error.ts";
import type { ComponentRef } from "../../domain/team.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { quotaOf } from "../../http/quota.ts";
import { commit } from "../../store/commit.ts";
import { type Fork, forkStatements } from "../../store/sessions/fork.ts";
import { componentId } from "../../store/sessions/sessions.ts";
import { COMPONENT_TYPES, componentInPath } from "../shared/component-path.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, notFoundTexts, requireSession } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import { refuseFork } from "../usage/over-quota.ts";
import { forkRoute } from "./contract.ts";

/** Copying a session into a new one. */
export function forksRouter(dependencies: RouteDependencies) {
  const router = newRouter();

  for (const type of COMPONENT_TYPES) {
    router.openapi(forkRoute(type), async (c) => {
      const params = c.req.valid("param");
      const { ref } = componentInPath(dependencies, type, params);
      return c.json(await forked(c, ref, params.session_id), 200);
    });
  }

  async function forked(c: AppContext, component: ComponentRef, sourceSessionId: string) {
    const source = await requireSession(c, sourceSessionId, {}, notFoundTexts.plain);
    // A session in which nothing has run yet belongs to no component. It has no runs, so the fork is refused further below.
    const owner = componentId(source) ?? component.id;
    if (source.sessionType !== component.type || owner !== component.id) throw new AppError(sessionNotFound());
    const fork: Fork = {
      sourceSessionId,
      principal: principal(c),
      quota: quotaOf(c),
      sessionId: dependencies.newId(),
      runIds: dependencies.newId(),
      fence: dependencies.newId(),
      nowMs: dependencies.now(),
    };
    if (!(await write(c, fork))) {
      await refuseFork(c, fork.quota, fork.nowMs);
      throw new AppError(badRequest("Source session has no runs to fork."));
    }
    // If the object cannot be reached, the cron trigger has the fork indexed.
    await dependencies.session(c.get("config"), fork.sessionId).index();
    return { session_id: fork.sessionId, forked_from_session_id: sourceSessionId };
  }

  return router;
}

/**
 * Writes the fork; false when nothing was written. No object is called: the source is only read, and the fork has no object yet. So nobody
 * waits for a busy source.
 */
async function write(c: AppContext, fork: Fork): Promise<boolean> {
  const committed = await commit(database(c), forkStatements(database(c), fork));
  switch (committed.kind) {
    case "written":
      return Boolean(committed.changed.at(-1));
    case "refused":
      // D1 has taken the same rows before, so this is a bug.
      throw new Error(`D1 refused a fork: ${committed.constraint}`);
    case "full":
      throw new AppError(databaseFull());
    case "unknown":
      // The write may still arrive. Then there is one more session, which is whole and which the caller was not told of.
      throw new AppError(databaseUnavailable());
  }
}
