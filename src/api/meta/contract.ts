import { z } from "@hono/zod-openapi";
import { TEAM_MODES, type TeamMode } from "../../domain/team.ts";
import { APPROVAL_TYPES } from "../../domain/tool.ts";
import { AgentId, DB_ID, TeamId } from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { count, idText, isoTime } from "../shared/values.ts";

// Discovery: what a client learns before its first run. Fields without a value are left out, as AgentOS does.

/** This server's version, as in `package.json`. */
export const VERSION = "0.1.0";
/** The version of the AgentOS whose HTTP API this server speaks. AgentOS's clients look at it. */
export const AGENTOS_VERSION = "2.9.0";

const ModelInfo = z
  .object({
    id: z.string(),
    name: z.string().openapi({ description: "The class of model: `OpenAIChat`, `OpenAIResponses` or `OfflineModel`." }),
    provider: z.string(),
  })
  .openapi("Model");

const Root = z.object({ name: z.string(), id: z.string(), version: z.string() }).openapi("Root");

const Health = z.object({ status: z.literal("ok"), instantiated_at: isoTime() }).openapi("Health");

const Info = z
  .object({
    os_id: z.string(),
    name: z.string(),
    agno_version: z.string().openapi({ description: "The version of AgentOS whose HTTP API this server speaks." }),
    os_version: z.string().openapi({ description: "The version of this server." }),
    agent_count: count(),
    team_count: count(),
    workflow_count: count(),
    mcp: z.object({ enabled: z.boolean(), path: z.string().nullable(), oauth: z.null() }),
    auth_mode: z.enum(["none", "security_key", "jwt"]).openapi({
      description:
        "What a client has to bring: nothing, the security key, or a token. With `jwt` the key is taken as well.",
    }),
    user_isolation: z
      .boolean()
      .openapi({ description: "Whether users come with tokens of their own, and see what is theirs." }),
  })
  .openapi("Info");

const DatabaseInfo = z.object({
  db_id: z.string().openapi({ example: DB_ID }),
  domain_config: z.object({ display_name: z.string() }),
  tables: z.array(z.string()),
});

const AgentSummary = z
  .object({
    id: idText(),
    name: z.string(),
    description: z.string().optional(),
    db_id: z.string(),
    model: ModelInfo.optional(),
  })
  .openapi("AgentSummary");

const Mode = z.enum(TEAM_MODES);
const TeamSummary = AgentSummary.extend({ mode: Mode }).openapi("TeamSummary");

const ConfigBody = z
  .object({
    os_id: z.string(),
    name: z.string(),
    available_models: z.array(ModelInfo).openapi({ description: "Empty; see `/models`." }),
    databases: z.array(z.string()),
    session: z.object({ dbs: z.array(DatabaseInfo) }),
    agents: z.array(AgentSummary),
    teams: z.array(TeamSummary),
    workflows: z.array(z.unknown()),
    interfaces: z.array(z.unknown()),
  })
  .openapi("Config");

const ToolInfo = z.object({
  name: z.string(),
  description: z.string(),
  parameters: z.record(z.string(), z.unknown()).openapi({ description: "A JSON schema: what the model is asked for." }),
  requires_confirmation: z.literal(true).optional(),
  requires_user_input: z.literal(true).optional(),
  user_input_fields: z.array(z.string()).optional(),
  external_execution: z.literal(true).optional(),
  approval_type: z.enum(APPROVAL_TYPES).optional(),
});

export const AgentBody = z
  .object({
    id: idText(),
    name: z.string(),
    db_id: z.string(),
    description: z.string().optional(),
    role: z.string().optional(),
    is_factory: z.boolean(),
    model: z.object({ name: z.string(), model: z.string(), provider: z.string() }).optional(),
    tools: z
      .object({ tools: z.array(ToolInfo) })
      .optional()
      .openapi({ description: "With `config:read` only." }),
    sessions: z.object({
      session_table: z.string(),
      add_history_to_context: z.boolean().optional(),
      enable_session_summaries: z.boolean().optional(),
      add_session_summary_to_context: z.boolean().optional(),
      num_history_runs: count().optional(),
      cache_session: z.boolean().optional(),
    }),
    system_message: z
      .object({ description: z.string().optional(), instructions: z.string().optional() })
      .optional()
      .openapi({ description: "With `config:read` only." }),
    is_component: z.boolean(),
  })
  .openapi("Agent");
export type AgentBody = z.infer<typeof AgentBody>;

export type TeamBody = AgentBody & {
  mode: TeamMode;
  streaming: { stream_member_events: boolean };
  members: (AgentBody | TeamBody)[];
};
const TeamBody: z.ZodType<TeamBody> = AgentBody.extend({
  mode: Mode,
  streaming: z.object({ stream_member_events: z.boolean() }),
  members: z
    .array(z.lazy(() => z.union([TeamBody, AgentBody])))
    .openapi({ description: "Agents and teams, in the team's order." }),
}).openapi("Team");

/** What these routes have in common: they read the deployment's settings, and answer all users alike. */
const discovery = { method: "get" as const, user: "none" as const, tags: ["Discovery"] };

export const getRoot = defineRoute({
  path: "/",
  operationId: "get_root",
  scope: "open",
  summary: "What this is",
  ...discovery,
  responses: { 200: json(Root, "The name of the API") },
});

export const getHealth = defineRoute({
  path: "/health",
  operationId: "get_health",
  scope: "open",
  summary: "Whether it answers, and since when",
  ...discovery,
  responses: { 200: json(Health, "It answers") },
});

export const getInfo = defineRoute({
  path: "/info",
  operationId: "get_info",
  scope: "open",
  summary: "Identity, counts and how to authenticate",
  ...discovery,
  responses: { 200: json(Info, "The deployment in short; never needs a key") },
});

export const getModels = defineRoute({
  path: "/models",
  operationId: "list_models",
  scope: ["config:read"],
  summary: "The models that agents use",
  ...discovery,
  responses: { 200: json(z.array(ModelInfo), "Each model once") },
});

export const getConfig = defineRoute({
  path: "/config",
  operationId: "get_config",
  scope: ["config:read"],
  summary: "Databases and components",
  ...discovery,
  responses: { 200: json(ConfigBody, "The deployment as a client needs it") },
});

export const listAgents = defineRoute({
  path: "/agents",
  operationId: "list_agents",
  scope: [{ scope: "agents:read", ofAny: true }],
  summary: "All agents",
  ...discovery,
  responses: { 200: json(z.array(AgentBody), "In the order they are registered") },
});

export const getAgent = defineRoute({
  path: "/agents/{agent_id}",
  operationId: "get_agent",
  scope: [{ scope: "agents:read", of: "agent_id" }],
  summary: "One agent",
  ...discovery,
  request: { params: z.object({ agent_id: AgentId }) },
  responses: { 200: json(AgentBody, "The agent"), ...failures(404) },
});

export const listTeams = defineRoute({
  path: "/teams",
  operationId: "list_teams",
  scope: [{ scope: "teams:read", ofAny: true }],
  summary: "All teams",
  ...discovery,
  responses: { 200: json(z.array(TeamBody), "In the order they are registered") },
});

export const getTeam = defineRoute({
  path: "/teams/{team_id}",
  operationId: "get_team",
  scope: [{ scope: "teams:read", of: "team_id" }],
  summary: "One team",
  ...discovery,
  request: { params: z.object({ team_id: TeamId }) },
  responses: { 200: json(TeamBody, "The team"), ...failures(404) },
});
