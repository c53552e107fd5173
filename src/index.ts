import { agents, providers, teams } from "./agents/index.ts";
import { apiRouters } from "./api/routers.ts";
import type { RouteDependencies } from "./api/shared/dependencies.ts";
import { createApp } from "./app.ts";
import { runScheduled } from "./cron/scheduled.ts";
import { readConfig } from "./env.ts";
import { type JobDependencies, jobDependencies } from "./jobs/dependencies.ts";
import { type Deliveries, workQueue } from "./jobs/queue.ts";
import { modelSource } from "./model/model-source.ts";
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
  config: (env) => readConfig(env, providers),
  routers: apiRouters(dependencies),
});

function triggered(env: Env): JobDependencies {
  const config = readConfig(env, providers);
  if (!config.ok) throw new Error(String(config.failure.detail));
  return jobDependencies(dependencies, config.value);
}

export default {
  fetch: app.fetch,
  scheduled: (_controller, env) => runScheduled(triggered(env)),
  queue: (batch: Deliveries, env: Env) => workQueue(triggered(env), batch),
} satisfies ExportedHandler<Env>;
