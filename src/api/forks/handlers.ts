import { forkAgentSession, forkTeamSession } from "./contract.ts";
import { newRouter } from "../shared/route.ts";
import {
  AppError,
  agentNotFound,
  badRequest,
  databaseUnavailable,
  sessionNotFound,
  teamNotFound,
} from "../../domain/error.ts";
import { type ComponentRef, findComponent } from "../../domain/team.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { commit } from "../../store/commit.ts";
import { type Fork, forkStatements } from "../../store/sessions/fork.ts";
import { componentId } from "../../store/sessions/sessions.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, requireSession } from "../shared/find-session.ts";

/** Copying a session into a new one. */
export function forksRouter(dependencies: RouteDependencies) {
  const router = newRouter();

  router.openapi(forkAgentSession, async (c) => {
    const { agent_id, session_id } = c.req.valid("param");
    const component: ComponentRef = { type: "agent", id: agent_id };
    return c.json(await forked(c, component, session_id), 200);
  });

  router.openapi(forkTeamSession, async (c) => {
    const { team_id, session_id } = c.req.valid("param");
    const component: ComponentRef = { type: "team", id: team_id };
    return c.json(await forked(c, component, session_id), 200);
  });

  async function forked(c: AppContext, component: ComponentRef, sourceSessionId: string) {
    if (findComponent(dependencies, component) === undefined) {
      throw new AppError(component.type === "agent" ? agentNotFound() : teamNotFound());
    }
    const source = await requireSession(c, sourceSessionId, {}, "Session not found");
    // A session that no run has claimed yet is nobody's: it has nothing to fork, whoever asks.
    const owner = componentId(source) ?? component.id;
    if (source.sessionType !== component.type || owner !== component.id) throw new AppError(sessionNotFound());
    const fork: Fork = {
      sourceSessionId,
      principal: principal(c),
      sessionId: dependencies.newId(),
      runIds: dependencies.newId(),
      fence: dependencies.newId(),
      nowMs: dependencies.now(),
    };
    await write(c, fork);
    // Should it not be reached, the cron trigger does the same.
    await dependencies.session(c.get("config"), fork.sessionId).index();
    return { session_id: fork.sessionId, forked_from_session_id: sourceSessionId };
  }

  return router;
}

/** Not by the source's object, which may be busy: the source is only read, and the fork has no object yet. */
async function write(c: AppContext, fork: Fork): Promise<void> {
  const committed = await commit(database(c), forkStatements(database(c), fork));
  switch (committed.kind) {
    case "written":
      if (!committed.changed.at(-1)) throw new AppError(badRequest("Source session has no runs to fork."));
      return;
    case "refused":
      // All of it was stored once before, so this is a bug.
      throw new Error(`D1 refused a fork: ${committed.constraint}`);
    case "unknown":
      // One that arrives later leaves a session more, whole, of which the caller was not told: nothing to take back.
      throw new AppError(databaseUnavailable());
  }
}
