import { DB_ID } from "../shared/common.ts";
import type { AgentBody, TeamBody } from "./contract.ts";
import * as contract from "./contract.ts";
import { newRouter } from "../shared/route.ts";
import { type Agent, DEFAULT_HISTORY_RUNS, historyRuns } from "../../domain/agent.ts";
import { AppError, agentNotFound, teamNotFound } from "../../domain/error.ts";
import type { Model, ModelSource } from "../../domain/model.ts";
import { type Component, isTeam, membersOf, type Registry, type Team } from "../../domain/team.ts";
import type { Tool } from "../../domain/tool.ts";
import { modelParameters } from "../../domain/tool.ts";
import type { Config } from "../../env.ts";

const SESSION_TABLE = "sessions";

export interface MetaDependencies extends Registry {
  models(config: Config): ModelSource;
  /** Epoch milliseconds. */
  now(): number;
}

/** Discovery: what a client learns before its first run. */
export function metaRouter({ models, now, ...registry }: MetaDependencies) {
  const { agents, teams } = registry;
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
      team_count: teams.size,
      workflow_count: 0,
      mcp: { enabled: false, path: null, oauth: null },
      // A deployment that lacks its key is closed, not open.
      auth_mode: mode === "development" && securityKey === null ? ("none" as const) : ("security_key" as const),
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
      // Strings for clients of AgentOS 2, objects for those of 3: only an empty list suits both.
      available_models: [],
      databases: [DB_ID],
      session: { dbs: [{ db_id: DB_ID, domain_config: { display_name: DB_ID }, tables: [SESSION_TABLE] }] },
      agents: [...agents.values()].map((agent) => summary(agent, source)),
      teams: [...teams.values()].map((team) => ({ ...summary(team, source), mode: team.mode })),
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

  router.openapi(contract.listTeams, (c) => {
    const source = models(c.get("config"));
    return c.json(
      [...teams.values()].map((team) => teamBody(team, registry, source)),
      200,
    );
  });

  router.openapi(contract.getTeam, (c) => {
    const team = teams.get(c.req.valid("param").team_id);
    if (team === undefined) throw new AppError(teamNotFound());
    return c.json(teamBody(team, registry, models(c.get("config"))), 200);
  });
  return router;
}

/** ISO with microseconds and `Z`, as Python writes it. */
const pythonIso = (epochMs: number) => new Date(epochMs).toISOString().replace("Z", "000Z");

function distinctModels({ agents, teams }: Registry, source: ModelSource) {
  const ids = new Set([undefined, ...[...agents.values(), ...teams.values()].map(({ model }) => model)]);
  const models = [...ids].map((id) => source(id)).filter((model) => model !== null);
  return [...new Map(models.map(({ id, provider }) => [`${provider}/${id}`, { id, provider }])).values()];
}

const modelOf = (component: Component, source: ModelSource): Model | null => source(component.model);

function summary(component: Component, source: ModelSource) {
  const model = modelOf(component, source);
  return {
    id: component.id,
    name: component.name,
    ...described(component),
    db_id: DB_ID,
    ...(model !== null && { model: { id: model.id, provider: model.provider } }),
  };
}

/** As AgentOS: of each group only what differs from its defaults. */
function agentBody(agent: Agent, source: ModelSource): AgentBody {
  const { name, instructions, role, tools = [] } = agent;
  const model = modelOf(agent, source);
  const runs = historyRuns(agent);
  return {
    id: agent.id,
    name,
    db_id: DB_ID,
    ...described(agent),
    ...(role !== undefined && { role }),
    is_factory: false,
    ...(model !== null && { model: { name: model.name, model: model.id, provider: model.provider } }),
    ...(tools.length > 0 && { tools: { tools: tools.map(toolInfo) } }),
    sessions: {
      session_table: SESSION_TABLE,
      ...(runs > 0 && { add_history_to_context: true }),
      ...((agent.summaries?.every ?? 0) > 0 && { enable_session_summaries: true }),
      ...(agent.summaries?.addToContext === true && { add_session_summary_to_context: true }),
      ...(runs !== DEFAULT_HISTORY_RUNS && { num_history_runs: runs }),
      ...(agent.cacheSession !== false && { cache_session: true }),
    },
    ...((agent.description !== undefined || instructions !== undefined) && {
      system_message: { ...described(agent), ...(instructions !== undefined && { instructions }) },
    }),
    is_component: false,
  };
}

/** As an agent's, with its members' in it. */
function teamBody(team: Team, registry: Registry, source: ModelSource): TeamBody {
  return {
    ...agentBody(team, source),
    mode: team.mode,
    streaming: { stream_member_events: true },
    members: membersOf(registry, team).map((member) =>
      isTeam(member) ? teamBody(member, registry, source) : agentBody(member, source),
    ),
  };
}

const described = ({ description }: Component) => (description === undefined ? {} : { description });

function toolInfo(tool: Tool) {
  const { name, description, requiresConfirmation, requiresUserInput, externalExecution } = tool;
  return {
    name,
    description,
    parameters: modelParameters(tool),
    ...(requiresConfirmation === true && { requires_confirmation: true as const }),
    ...(requiresUserInput !== undefined && {
      requires_user_input: true as const,
      user_input_fields: [...requiresUserInput],
    }),
    ...(externalExecution === true && { external_execution: true as const }),
  };
}
