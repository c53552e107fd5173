import { jobFor, MAX_JOB_ITEMS, SLICE_SIZE } from "../../domain/job.ts";
import { principal } from "../../http/auth.ts";
import { unwrap } from "../../http/errors.ts";
import { requireScope } from "../../http/scope.ts";
import { callersView } from "../../http/view.ts";
import { changeSessions } from "../../jobs/change-sessions.ts";
import { jobDependencies } from "../../jobs/dependencies.ts";
import { KINDS_WITH_ITEMS } from "../../jobs/kinds/list.ts";
import { listItems } from "../../store/jobs/jobs.ts";
import { meantSessions } from "../../store/sessions/list.ts";
import { noteAct } from "../audit/note-act.ts";
import { jobReader } from "../jobs/handlers.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";
import { readIdempotency } from "../shared/idempotency.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { requestedChange } from "./input.ts";

/** Changing many sessions, and the jobs of all kinds that a caller may see. */
export function bulkRouter(dependencies: RouteDependencies) {
  const router = newRouter();

  router.openapi(contract.changeSessions, async (c) => {
    const body = c.req.valid("json");
    requireScope(c, body.action === "delete" ? "sessions:delete" : "sessions:write");
    const caller = principal(c);
    const { params, from } = requestedChange(body, caller);
    const key = await readIdempotency(c, "bulk", caller, body);
    const sessions = "ids" in from ? from : await meantSessions(database(c), from.whose, from.filter, MAX_JOB_ITEMS);
    if (body.action === "delete") await noteAct(c, dependencies, { action: "sessions.deleted", target: caller.userId });
    const request = { kind: "bulk", key, ...jobFor(caller, params) } as const;
    const job = unwrap(await changeSessions(jobDependencies(dependencies, c.get("config")), request, sessions));
    const headers = { Location: `/jobs/${job.jobId}` };
    if (job.status === "running" || job.total > SLICE_SIZE) {
      return c.json(contract.anyJobJson(job), 202, headers);
    }
    const { entries } = await listItems(database(c), job.jobId, {}, { limit: SLICE_SIZE, behind: null });
    const items = entries.map((item) => contract.anyItemJson(item, callersView(c)));
    return c.json({ ...contract.anyJobJson(job), items }, 200, headers);
  });

  router.route(
    "/",
    jobReader(dependencies, {
      routes: contract.anyJobRoutes,
      kinds: KINDS_WITH_ITEMS,
      job: contract.anyJobJson,
      item: contract.anyItemJson,
    }),
  );
  return router;
}
