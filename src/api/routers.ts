import { auditRouter } from "./audit/handlers.ts";
import { bulkRouter } from "./bulk/handlers.ts";
import { chatRouter } from "./chat/handlers.ts";
import { checkpointsRouter } from "./checkpoints/handlers.ts";
import { clientTokensRouter } from "./client-tokens/handlers.ts";
import { continueRouter } from "./continue/handlers.ts";
import { forksRouter } from "./forks/handlers.ts";
import { historyRouter } from "./history/handlers.ts";
import { jobsRouter } from "./jobs/handlers.ts";
import { meRouter } from "./me/handlers.ts";
import { portableRouter } from "./portable/handlers.ts";
import { requirementsRouter } from "./requirements/handlers.ts";
import { resumeRouter } from "./resume/handlers.ts";
import { retentionRouter } from "./retention/handlers.ts";
import { runsRouter } from "./runs/handlers.ts";
import { searchRouter } from "./search/handlers.ts";
import { serviceAccountsRouter } from "./service-accounts/handlers.ts";
import { sessionRunsRouter } from "./session-runs/handlers.ts";
import { sessionsRouter } from "./sessions/handlers.ts";
import { COMPONENT_TYPES } from "./shared/component-path.ts";
import type { RouteDependencies } from "./shared/dependencies.ts";
import type { Router } from "./shared/route.ts";
import { usageRouter } from "./usage/handlers.ts";

/** The routers of all rooms but discovery, in the order in which `/openapi.json` lists their routes. */
export function apiRouters(dependencies: RouteDependencies): Router[] {
  const ofRuns = COMPONENT_TYPES.flatMap((type) => [
    runsRouter(dependencies, type),
    continueRouter(dependencies, type),
    resumeRouter(dependencies, type),
    chatRouter(dependencies, type),
  ]);
  return [
    sessionsRouter(dependencies),
    sessionRunsRouter(),
    ...ofRuns,
    forksRouter(dependencies),
    checkpointsRouter(dependencies),
    historyRouter(),
    requirementsRouter(),
    searchRouter(),
    jobsRouter(dependencies),
    bulkRouter(dependencies),
    retentionRouter(dependencies),
    portableRouter(dependencies),
    usageRouter(dependencies),
    meRouter(),
    clientTokensRouter(dependencies),
    serviceAccountsRouter(dependencies),
    auditRouter(),
  ];
}
