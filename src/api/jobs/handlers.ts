import { AppError, jobNotFound, modelNotConfigured } from "../../domain/error.ts";
import { type Job, type JobItem, type JobKind, jobFor } from "../../domain/job.ts";
import type { View } from "../../domain/view.ts";
import { principal } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { unwrap } from "../../http/errors.ts";
import { wrongField } from "../../http/field-errors.ts";
import { callersView } from "../../http/view.ts";
import { createJob } from "../../jobs/create-job.ts";
import { jobDependencies } from "../../jobs/dependencies.ts";
import { sweepIfDue } from "../../jobs/sweep.ts";
import { errorFields, log } from "../../lib/log.ts";
import { decodeJobCursor, findJob, listItems, listJobs } from "../../store/jobs/jobs.ts";
import { cancelStatement } from "../../store/jobs/writes.ts";
import { typedName } from "../sessions/input.ts";
import { readCursor } from "../shared/cursor.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { database } from "../shared/find-session.ts";
import { readIdempotency } from "../shared/idempotency.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { jobFilter, outcomeOf } from "./input.ts";
import { namingItemJson, namingJobJson } from "./json.ts";

/** Naming many sessions, and the jobs that do so. */
export function jobsRouter(dependencies: RouteDependencies) {
  const router = newRouter();

  router.openapi(contract.nameSessions, async (c) => {
    const body = c.req.valid("json");
    const caller = principal(c);
    const config = c.get("config");
    if (dependencies.models(config)() === null) throw new AppError(modelNotConfigured());
    const fallback = typedName(body.fallback ?? "", "fallback") || null;
    const { overwrite, max_tokens: maxTokens = null, filter, session_ids: ids } = body;
    if ((filter == null) === (ids == null)) {
      throw wrongField("body", "session_ids", "give either session_ids or filter", undefined);
    }
    const key = await readIdempotency(c, "names", caller, body);
    const sessions = filter == null ? { ids: ids ?? [] } : { filter: jobFilter(filter), principal: caller };
    const request = { kind: "names", key, ...jobFor(caller, { overwrite, fallback, maxTokens }) } as const;
    const job = unwrap(await createJob(jobDependencies(dependencies, config), request, sessions));
    return c.json(namingJobJson(job), 202, { Location: `/naming-jobs/${job.jobId}` });
  });

  router.route(
    "/",
    jobReader(dependencies, {
      routes: contract.namingJobRoutes,
      kinds: ["names"],
      job: namingJobJson,
      item: namingItemJson,
    }),
  );
  return router;
}

interface JobView {
  routes: ReturnType<typeof contract.jobRoutes<string>>;
  kinds: readonly JobKind[];
  job(job: Job): object;
  item(item: JobItem, view: View): object;
}

/** The handlers of `jobRoutes`, for jobs of these kinds, shown in their words. */
export function jobReader(dependencies: RouteDependencies, { routes, kinds, job: jobJson, item: itemJson }: JobView) {
  const router = newRouter();

  router.openapi(routes.listJobs, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const behind = readCursor(cursor, (text) => decodeJobCursor(text, "string"));
    const page = await listJobs(database(c), principal(c), kinds, { limit, behind });
    return c.json({ data: page.entries.map(jobJson), meta: { limit, next_cursor: page.nextCursor } }, 200);
  });

  router.openapi(routes.getJob, async (c) => {
    const job = await requireJob(c, c.req.valid("param").job_id);
    await sweepIfDue(jobDependencies(dependencies, c.get("config")), job).catch((error: unknown) =>
      log("warn", "job.not_swept", { job_id: job.jobId, ...errorFields(error) }),
    );
    return c.json(jobJson(job), 200);
  });

  router.openapi(routes.listItems, async (c) => {
    const { limit, cursor, status, outcome } = c.req.valid("query");
    const { jobId, params } = await requireJob(c, c.req.valid("param").job_id);
    const behind = readCursor(cursor, (text) => decodeJobCursor(text, "number"));
    const { userId, confined } = principal(c);
    const ownedBy = confined && params.maker !== undefined ? userId : null;
    const filter = { status, outcome: outcomeOf(outcome), ownedBy };
    const page = await listItems(database(c), jobId, filter, { limit, behind });
    const view = callersView(c);
    return c.json(
      { data: page.entries.map((item) => itemJson(item, view)), meta: { limit, next_cursor: page.nextCursor } },
      200,
    );
  });

  router.openapi(routes.cancelJob, async (c) => {
    const { jobId } = await requireJob(c, c.req.valid("param").job_id);
    await cancelStatement(database(c), jobId, dependencies.now());
    return c.json(jobJson(await requireJob(c, jobId)), 200);
  });

  async function requireJob(c: AppContext, jobId: string): Promise<Job> {
    const job = await findJob(database(c), principal(c), kinds, jobId);
    if (job === null) throw new AppError(jobNotFound());
    return job;
  }

  return router;
}
