import { AppError, agentNotFound, teamNotFound } from "../../domain/error.ts";
import { heldIds, type Scope } from "../../domain/scope.ts";
import { authModeOf } from "../../http/auth.ts";
import type { AppContext } from "../../http/context.ts";
import { asksForPage, hasPage, PAGE_PATH } from "../../http/page.ts";
import { scopesHeld } from "../../http/scope.ts";
import { callersView } from "../../http/view.ts";
import type { RouteDependencies } from "../shared/dependencies.ts";
import { DB_ID } from "../shared/request-fields.ts";
import { newRouter } from "../shared/route.ts";
import * as contract from "./contract.ts";
import { agentBody, componentSummary, distinctModels, pythonIso, SESSION_TABLE, teamBody } from "./json.ts";

export type MetaDependencies = Pick<RouteDependencies, "agents" | "teams" | "models" | "now">;

/** Discovery: what a client learns before its first run. */
export function metaRouter({ models, now, ...registry }: MetaDependencies) {
  const { agents, teams } = registry;
  const router = newRouter();
  // Set by the first request, because Workers have no clock before it.
  let instantiatedAt: string | undefined;

  router.openapi(contract.getRoot, async (c) => {
    c.header("Vary", "Accept");
    if (asksForPage(c.req.header("Accept")) && (await hasPage(c))) return c.redirect(PAGE_PATH, 302);
    return c.json({ name: "AgentOS API", id: c.get("config").osId, version: contract.VERSION }, 200);
  });

  router.openapi(contract.getHealth, (c) => {
    instantiatedAt ??= pythonIso(now());
    return c.json({ status: "ok" as const, instantiated_at: instantiatedAt }, 200);
  });

  router.openapi(contract.getInfo, (c) => {
    const { osId, osName, clientTokenSecret, deleteUndoSeconds } = c.get("config");
    const mode = authModeOf(c.get("config"));
    const info = {
      os_id: osId,
      name: osName,
      agno_version: contract.AGENTOS_VERSION,
      os_version: contract.VERSION,
      agent_count: agents.size,
      team_count: teams.size,
      workflow_count: 0,
      mcp: { enabled: false, path: null, oauth: null },
      auth_mode: mode,
      // Who comes with a token of its own sees only what is its own.
      user_isolation: mode === "jwt" || clientTokenSecret !== null,
      delete_undo_seconds: deleteUndoSeconds,
    };
    return c.json(info, 200);
  });

  router.openapi(contract.getModels, (c) => c.json(distinctModels(registry, models(c.get("config"))), 200));

  router.openapi(contract.getConfig, (c) => {
    const { osId, osName } = c.get("config");
    const source = models(c.get("config"));
    const config = {
      os_id: osId,
      name: osName,
      // Clients of AgentOS 2 expect strings here, clients of AgentOS 3 objects. Only an empty list suits both.
      available_models: [],
      databases: [DB_ID],
      session: { dbs: [{ db_id: DB_ID, domain_config: { display_name: DB_ID }, tables: [SESSION_TABLE] }] },
      agents: [...agents.values()].map((agent) => componentSummary(agent, source)),
      teams: [...teams.values()].map((team) => ({ ...componentSummary(team, source), mode: team.mode })),
      workflows: [],
      interfaces: [],
    };
    return c.json(config, 200);
  });

  router.openapi(contract.listAgents, (c) => {
    const source = models(c.get("config"));
    const shown = readable(c, "agents:read", agents.values());
    return c.json(
      shown.map((agent) => agentBody(agent, source, callersView(c))),
      200,
    );
  });

  router.openapi(contract.getAgent, (c) => {
    const agent = agents.get(c.req.valid("param").agent_id);
    if (agent === undefined) throw new AppError(agentNotFound());
    return c.json(agentBody(agent, models(c.get("config")), callersView(c)), 200);
  });

  router.openapi(contract.listTeams, (c) => {
    const source = models(c.get("config"));
    const shown = readable(c, "teams:read", teams.values());
    return c.json(
      shown.map((team) => teamBody(team, registry, source, callersView(c))),
      200,
    );
  });

  router.openapi(contract.getTeam, (c) => {
    const team = teams.get(c.req.valid("param").team_id);
    if (team === undefined) throw new AppError(teamNotFound());
    return c.json(teamBody(team, registry, models(c.get("config")), callersView(c)), 200);
  });
  return router;
}

/** Those for which the caller holds the scope. */
function readable<T extends { id: string }>(c: AppContext, scope: Scope, components: Iterable<T>): T[] {
  const ids = heldIds(scopesHeld(c), scope);
  return [...components].filter(({ id }) => ids === "all" || ids.has(id));
}
