import { AppError, sessionNotFound } from "../../domain/error.ts";
import { dayOf } from "../../domain/usage.ts";
import { principal } from "../../http/auth.ts";
import { unwrap } from "../../http/errors.ts";
import { quotaOf } from "../../http/quota.ts";
import type { JobDependencies } from "../../jobs/dependencies.ts";
import { eraseUser } from "../../jobs/erase-user.ts";
import { withChat } from "../sessions/handlers.ts";
import { sessionHeaders } from "../sessions/json.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database, notFoundTexts } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";

/** Bringing deleted sessions back, and erasing everything of a user. */
export function retentionRouter(dependencies: RouteDependencies) {
  const router = newRouter();

  router.openapi(contract.restoreSession, async (c) => {
    const { session_id } = c.req.valid("param");
    const { type } = c.req.valid("query");
    const object = dependencies.session(c.get("config"), session_id);
    const outcome = await object.restoreSession(principal(c), type ?? null, quotaOf(c));
    if (!outcome.ok && outcome.failure.code === "session_not_found") {
      throw new AppError(sessionNotFound(notFoundTexts.change(session_id)));
    }
    const session = unwrap(outcome);
    return c.json(await withChat(c, session), 200, sessionHeaders(session));
  });

  router.openapi(contract.eraseUser, async (c) => {
    const config = c.get("config");
    const deps: JobDependencies = {
      ...dependencies,
      config,
      db: database(c),
      session: (sessionId) => dependencies.session(config, sessionId),
    };
    const { userId, confined, actor } = principal(c);
    if (userId === null) throw new Error("The path of this route names a user.");
    // A user who could erase what was used today would begin the day anew.
    const keepsUsageFrom = confined ? dayOf(deps.now()) : null;
    const { remaining } = unwrap(await eraseUser(deps, { userId, keepsUsageFrom, actor }));
    return remaining === 0 ? c.body(null, 204) : c.json({ remaining }, 202);
  });

  return router;
}
