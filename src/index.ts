import { agents, teams } from "./agents/index.ts";
import { createApp } from "./app.ts";
import { readConfig } from "./env.ts";
import type { JobDependencies } from "./jobs/dependencies.ts";
import { runScheduled } from "./jobs/scheduled.ts";
import { modelSource } from "./model/model-source.ts";
import { checkpointsRouter } from "./routes/checkpoints.ts";
import type { RouteDependencies } from "./routes/dependencies.ts";
import { forksRouter } from "./routes/forks.ts";
import { historyRouter } from "./routes/history.ts";
import { portableRouter } from "./routes/portable.ts";
import { requirementsRouter } from "./routes/requirements.ts";
import { runsRouter } from "./routes/runs.ts";
import { sessionsRouter } from "./routes/sessions.ts";
import { sessionClient } from "./session/client.ts";
import { openDatabase } from "./store/database.ts";

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
    portableRouter(dependencies),
  ],
});

function jobDependencies(env: Env): JobDependencies {
  const config = readConfig(env);
  if (!config.ok) throw new Error(String(config.failure.detail));
  return {
    ...dependencies,
    config: config.value,
    db: openDatabase(config.value.db),
    session: (sessionId) => dependencies.session(config.value, sessionId),
  };
}

export default {
  fetch: app.fetch,
  scheduled: (_controller, env) => runScheduled(jobDependencies(env)),
} satisfies ExportedHandler<Env>;
