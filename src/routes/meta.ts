import { z } from "zod";
import { DB_ID } from "../contract/common.ts";
import type { AgentBody } from "../contract/meta.ts";
import * as contract from "../contract/meta.ts";
import { newRouter } from "../contract/route.ts";
import { type Agent, type AgentRegistry, DEFAULT_HISTORY_RUNS, historyRuns } from "../domain/agent.ts";
import { AppError, agentNotFound, teamNotFound } from "../domain/error.ts";
import type { Model, ModelSource } from "../domain/model.ts";
import type { Tool } from "../domain/tool.ts";
import type { Config } from "../env.ts";

const SESSION_TABLE = "sessions";

export interface MetaDependencies {
  agents: AgentRegistry;
  models(config: Config): ModelSource;
  /** Epoch milliseconds. */
  now(): number;
}

/** Discovery: what a client learns before its first run. */
export function metaRouter({ agents, models, now }: MetaDependencies) {
  const router = newRouter();
  // Read with the first request: Workers have no clock before it.
  let instantiatedAt: string | undefined;

  router.openapi(contract.getRoot, (c) =>
    c.json({ name: "AgentOS API", id: c.get("config").osId, version: contract.VERSION }, 200),
  );

  router.openapi(contract.getHealth, (c) => {
    instantiatedAt ??= pythonIso(now());
    return c.json({ status: "ok" as const, instantiated_at: instantiatedAt }, 200);
  });

  router.openapi(contract.getInfo, (c) => {
    const { osId, osName, mode, securityKey } = c.get("config");
    const info = {
      os_id: osId,
      name: osName,
      agno_version: contract.AGENTOS_VERSION,
      os_version: contract.VERSION,
      agent_count: agents.size,
      team_count: 0,
      workflow_count: 0,
      mcp: { enabled: false, path: null, oauth: null },
      // A deployment that lacks its key is closed, not open.
      auth_mode: mode === "development" && securityKey === null ? ("none" as const) : ("security_key" as const),
    };
    return c.json(info, 200);
  });

  router.openapi(contract.getModels, (c) => c.json(distinctModels(agents, models(c.get("config"))), 200));

  router.openapi(contract.getConfig, (c) => {
    const { osId, osName } = c.get("config");
    const source = models(c.get("config"));
    const config = {
      os_id: osId,
      name: osName,
      // Strings for clients of AgentOS 2, objects for those of 3: only an empty list suits both.
      available_models: [],
      databases: [DB_ID],
      session: { dbs: [{ db_id: DB_ID, domain_config: { display_name: DB_ID }, tables: [SESSION_TABLE] }] },
      agents: [...agents.values()].map((agent) => agentSummary(agent, source)),
      teams: [],
      workflows: [],
      interfaces: [],
    };
    return c.json(config, 200);
  });

  router.openapi(contract.listAgents, (c) => {
    const source = models(c.get("config"));
    return c.json(
      [...agents.values()].map((agent) => agentBody(agent, source)),
      200,
    );
  });

  router.openapi(contract.getAgent, (c) => {
    const agent = agents.get(c.req.valid("param").agent_id);
    if (agent === undefined) throw new AppError(agentNotFound());
    return c.json(agentBody(agent, models(c.get("config"))), 200);
  });

  router.openapi(contract.listTeams, (c) => c.json([], 200));
  router.openapi(contract.getTeam, () => {
    throw new AppError(teamNotFound());
  });
  return router;
}

/** ISO with microseconds and `Z`, as Python writes it. */
const pythonIso = (epochMs: number) => new Date(epochMs).toISOString().replace("Z", "000Z");

function distinctModels(agents: AgentRegistry, source: ModelSource) {
  const ids = new Set([undefined, ...[...agents.values()].map((agent) => agent.model)]);
  const models = [...ids].map((id) => source(id)).filter((model) => model !== null);
  return [...new Map(models.map(({ id, provider }) => [`${provider}/${id}`, { id, provider }])).values()];
}

const modelOf = (agent: Agent, source: ModelSource): Model | null => source(agent.model);

function agentSummary(agent: Agent, source: ModelSource) {
  const model = modelOf(agent, source);
  return {
    id: agent.id,
    name: agent.name,
    ...described(agent),
    db_id: DB_ID,
    ...(model !== null && { model: { id: model.id, provider: model.provider } }),
  };
}

/** As AgentOS: of each group only what differs from its defaults. */
function agentBody(agent: Agent, source: ModelSource): AgentBody {
  const { name, instructions, tools = [] } = agent;
  const model = modelOf(agent, source);
  const runs = historyRuns(agent);
  return {
    id: agent.id,
    name,
    db_id: DB_ID,
    ...described(agent),
    is_factory: false,
    ...(model !== null && { model: { name: model.name, model: model.id, provider: model.provider } }),
    ...(tools.length > 0 && { tools: { tools: tools.map(toolInfo) } }),
    sessions: {
      session_table: SESSION_TABLE,
      ...(runs > 0 && { add_history_to_context: true }),
      ...(runs !== DEFAULT_HISTORY_RUNS && { num_history_runs: runs }),
      ...(agent.cacheSession !== false && { cache_session: true }),
    },
    ...((agent.description !== undefined || instructions !== undefined) && {
      system_message: { ...described(agent), ...(instructions !== undefined && { instructions }) },
    }),
    is_component: false,
  };
}

const described = ({ description }: Agent) => (description === undefined ? {} : { description });

function toolInfo({ name, description, parameters }: Tool) {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  return { name, description, parameters: schema };
}
