import { AppError, runNotFound, sessionNotFound } from "../../domain/error.ts";
import { MAX_LISTED_RUNS } from "../../domain/limits.ts";
import { wrongField } from "../../http/field-errors.ts";
import { callersView } from "../../http/view.ts";
import { startOfNewest } from "../../store/runs/newest-runs.ts";
import { newestPreviews } from "../../store/runs/previews.ts";
import type { RunFilter } from "../../store/runs/run-filter.ts";
import { findRunTree } from "../../store/runs/stored-tree.ts";
import { askedTree } from "../runs/json.ts";
import { countLookedAt, runsReader } from "../runs/reader.ts";
import { streamRun, streamRuns } from "../runs/stream.ts";
import { database, notFoundTexts, requireSession, seen } from "../shared/find-session.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { runFilter } from "./input.ts";
import { runPreviewJson } from "./json.ts";

/** The runs of a session, of any agent or team. Reads D1. */
export function sessionRunsRouter() {
  const router = newRouter();

  router.openapi(contract.listSessionRuns, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const filter = runFilter(query);
    const { nextRunIndex } = await requireSession(c, session_id, query, notFoundTexts.runs(session_id));
    await countLookedAt(c, isFiltered(filter) ? nextRunIndex : 0);
    const from = await startOfNewest(database(c), seen(c, session_id), filter, query.limit);
    if (from === null) throw noSuchRun(query.before);
    const shown = { ...runsReader(c), from, limit: query.limit };
    return (await streamRuns(database(c), seen(c, session_id), filter, shown)).response;
  });

  router.openapi(contract.listRunPreviews, async (c) => {
    const { session_id } = c.req.valid("param");
    const query = c.req.valid("query");
    const filter = runFilter(query);
    const session = { ...seen(c, session_id), type: query.type };
    const found = await newestPreviews(database(c), session, filter, query.limit ?? MAX_LISTED_RUNS);
    if (!found.hasSession) throw new AppError(sessionNotFound(notFoundTexts.runs(session_id)));
    if (!found.hasBefore) throw noSuchRun(query.before);
    await countLookedAt(c, isFiltered(filter) ? found.runsInSession : found.runs.length);
    const view = callersView(c);
    return c.json(
      found.runs.map((run) => runPreviewJson(run, view)),
      200,
    );
  });

  router.openapi(contract.getSessionRun, async (c) => {
    const { session_id, run_id } = c.req.valid("param");
    const session = await requireSession(c, session_id, c.req.valid("query"), notFoundTexts.runs(session_id));
    const stored = await findRunTree(database(c), seen(c, session_id), run_id);
    if (stored !== null) return streamRun(askedTree(stored), callersView(c));
    throw new AppError(
      runNotFound(
        session.nextRunIndex === 0
          ? `Session with ID ${session_id} has no runs`
          : `Run with ID ${run_id} not found in session ${session_id}`,
      ),
    );
  });

  return router;
}

/** Whether runs are looked at that are not shown. */
const isFiltered = ({ createdAfter, createdBefore, statuses }: RunFilter): boolean =>
  createdAfter !== undefined || createdBefore !== undefined || statuses !== undefined;

const noSuchRun = (before: string | undefined) =>
  wrongField("query", "before", "the session has no run of this id", before);
