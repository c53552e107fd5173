import { type Agent, DEFAULT_HISTORY_RUNS, historyRuns } from "../../domain/agent.ts";
import type { Model, ModelSource } from "../../domain/model.ts";
import { type Component, isTeam, membersOf, type Registry, type Team } from "../../domain/team.ts";
import { modelParameters, type Tool } from "../../domain/tool.ts";
import type { View } from "../../domain/view.ts";
import { DB_ID } from "../shared/request-fields.ts";
import type { AgentBody, TeamBody } from "./contract.ts";

export const SESSION_TABLE = "sessions";

/** ISO 8601 with microseconds and `Z`, as Python writes it. */
export const pythonIso = (epochMs: number) => new Date(epochMs).toISOString().replace("Z", "000Z");

export function distinctModels({ agents, teams }: Registry, source: ModelSource) {
  const choices = new Set([undefined, ...[...agents.values(), ...teams.values()].map(({ model }) => model)]);
  const models = [...choices].map((choice) => source(choice)).filter((model) => model !== null);
  const asked = models.flatMap((model) => [model, ...(model.fallbacks ?? [])]);
  const infos = asked.map(modelInfo);
  return [...new Map(infos.map((info) => [JSON.stringify(info), info])).values()];
}

const modelInfo = ({ id, name, provider }: Model) => ({ id, name, provider });

const modelOf = (component: Component, source: ModelSource): Model | null => source(component.model);

export function componentSummary(component: Component, source: ModelSource) {
  const model = modelOf(component, source);
  return {
    id: component.id,
    name: component.name,
    ...described(component),
    db_id: DB_ID,
    ...(model !== null && { model: modelInfo(model) }),
  };
}

/** An agent as the view has it, in AgentOS's form: of each group only the fields that differ from AgentOS's defaults. */
export function agentBody(agent: Agent, source: ModelSource, { mayReadConfig }: View): AgentBody {
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
    ...(mayReadConfig && tools.length > 0 && { tools: { tools: tools.map(toolInfo) } }),
    sessions: {
      session_table: SESSION_TABLE,
      ...(runs > 0 && { add_history_to_context: true }),
      ...((agent.summaries?.every ?? 0) > 0 && { enable_session_summaries: true }),
      ...(agent.summaries?.addToContext === true && { add_session_summary_to_context: true }),
      ...(runs !== DEFAULT_HISTORY_RUNS && { num_history_runs: runs }),
      ...(agent.cacheSession !== false && { cache_session: true }),
    },
    ...(mayReadConfig &&
      (agent.description !== undefined || instructions !== undefined) && {
        system_message: { ...described(agent), ...(instructions !== undefined && { instructions }) },
      }),
    is_component: false,
  };
}

/** A team as AgentOS shows it: as an agent, with its members. */
export function teamBody(team: Team, registry: Registry, source: ModelSource, view: View): TeamBody {
  return {
    ...agentBody(team, source, view),
    mode: team.mode,
    streaming: { stream_member_events: true },
    members: membersOf(registry, team).map((member) =>
      isTeam(member) ? teamBody(member, registry, source, view) : agentBody(member, source, view),
    ),
  };
}

const described = ({ description }: Component) => (description === undefined ? {} : { description });

function toolInfo(tool: Tool) {
  const { name, description, requiresConfirmation, requiresUserInput, externalExecution, approvalType } = tool;
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
    ...(approvalType !== undefined && { approval_type: approvalType }),
  };
}
