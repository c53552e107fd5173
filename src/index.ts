import { agents, teams } from "./agents/index.ts";
import { createApp } from "./app.ts";
import { readConfig } from "./env.ts";
import { type JobDependencies, jobDependencies } from "./jobs/dependencies.ts";
import { type Deliveries, workQueue } from "./jobs/queue.ts";
import { runScheduled } from "./jobs/scheduled.ts";
import { modelSource } from "./model/model-source.ts";
import { bulkRouter } from "./routes/bulk.ts";
import { checkpointsRouter } from "./routes/checkpoints.ts";
import type { RouteDependencies } from "./routes/dependencies.ts";
import { forksRouter } from "./routes/forks.ts";
import { historyRouter } from "./routes/history.ts";
import { jobsRouter } from "./routes/jobs.ts";
import { portableRouter } from "./routes/portable.ts";
import { requirementsRouter } from "./routes/requirements.ts";
import { retentionRouter } from "./routes/retention.ts";
import { runsRouter } from "./routes/runs.ts";
import { searchRouter } from "./routes/search.ts";
import { sessionsRouter } from "./routes/sessions.ts";
import { sessionClient } from "./session/client.ts";

export { SessionObject } from "./session/object.ts";

const dependencies: RouteDependencies = {
  agents,
  teams,
  models: modelSource,
  session: (config, sessionId) => sessionClient(config.sessions, sessionId),
  now: () => Date.now(),
  newId: () => crypto.randomUUID(),
};

const app = createApp({
  ...dependencies,
  config: readConfig,
  routers: [
    sessionsRouter(dependencies),
    runsRouter(dependencies, "agent"),
    runsRouter(dependencies, "team"),
    forksRouter(dependencies),
    checkpointsRouter(dependencies),
    historyRouter(),
    requirementsRouter(),
    searchRouter(),
    jobsRouter(dependencies),
    bulkRouter(dependencies),
    retentionRouter(dependencies),
    portableRouter(dependencies),
  ],
});

function triggered(env: Env): JobDependencies {
  const config = readConfig(env);
  if (!config.ok) throw new Error(String(config.failure.detail));
  return jobDependencies(dependencies, config.value);
}

export default {
  fetch: app.fetch,
  scheduled: (_controller, env) => runScheduled(triggered(env)),
  queue: (batch: Deliveries, env: Env) => workQueue(triggered(env), batch),
} satisfies ExportedHandler<Env>;
