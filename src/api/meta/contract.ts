import { z } from "@hono/zod-openapi";
import { TEAM_MODES, type TeamMode } from "../../domain/team.ts";
import { APPROVAL_TYPES } from "../../domain/tool.ts";
import { AgentId, DB_ID, TeamId } from "../shared/request-fields.ts";
import { defineRoute, failures, json } from "../shared/route.ts";
import { count, idText, isoTime, like, text } from "../shared/values.ts";

// Discovery: what a client learns before its first run. Fields without a value are left out, as AgentOS does.

/** This server's version, as in `package.json`. */
export const VERSION = "0.1.0";
/** The version of the AgentOS whose HTTP API this server speaks. AgentOS's clients look at it. */
export const AGENTOS_VERSION = "2.9.0";

const ModelInfo = z
  .object({
    id: like("gpt-5-mini"),
    name: text("The class of model: `OpenAIChat`, `OpenAIResponses` or `OfflineModel`.", "OpenAIChat"),
    provider: like("OpenAI"),
  })
  .openapi("Model");

const Root = z.object({ name: like("AgentOS API"), id: like("edge-sessions"), version: like(VERSION) }).openapi("Root");

const Health = z.object({ status: z.literal("ok"), instantiated_at: isoTime() }).openapi("Health");

const Info = z
  .object({
    os_id: like("edge-sessions"),
    name: like("Edge Sessions"),
    agno_version: text("The version of AgentOS whose HTTP API this server speaks.", AGENTOS_VERSION),
    os_version: text("The version of this server.", VERSION),
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
    delete_undo_seconds: count("How long a deleted session can be brought back; 0: not at all."),
  })
  .openapi("Info");

const DatabaseInfo = z.object({
  db_id: z.string().openapi({ example: DB_ID }),
  domain_config: z.object({ display_name: like(DB_ID) }),
  tables: z.array(like("sessions")),
});

const AgentSummary = z
  .object({
    id: idText().openapi({ example: "assistant" }),
    name: like("Assistant"),
    description: z.string().optional(),
    db_id: like(DB_ID),
    model: ModelInfo.optional(),
  })
  .openapi("AgentSummary");

const Mode = z.enum(TEAM_MODES);
const TeamSummary = AgentSummary.extend({
  id: idText().openapi({ example: "support" }),
  name: like("Support"),
  mode: Mode,
}).openapi("TeamSummary");

const ConfigBody = z
  .object({
    os_id: like("edge-sessions"),
    name: like("Edge Sessions"),
    available_models: z.array(ModelInfo).openapi({ description: "Empty; see `/models`.", example: [] }),
    databases: z.array(like(DB_ID)),
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
    id: idText().openapi({ example: "assistant" }),
    name: like("Assistant"),
    db_id: like(DB_ID),
    description: z.string().optional(),
    role: z.string().optional(),
    is_factory: z.boolean(),
    model: z.object({ name: z.string(), model: z.string(), provider: z.string() }).optional(),
    tools: z
      .object({ tools: z.array(ToolInfo) })
      .optional()
      .openapi({ description: "With `config:read` only." }),
    sessions: z.object({
      session_table: like("sessions"),
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
  id: idText().openapi({ example: "support" }),
  name: like("Support"),
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
  description:
    "Answers anybody, also without a key, so that a client can tell that it has the right address. A browser, whose `Accept` names `text/html`, is led to the inbox where the deployment has it.",
  ...discovery,
  responses: { 200: json(Root, "The name of the API"), 302: { description: "To the inbox, for a browser" } },
});

export const getHealth = defineRoute({
  path: "/health",
  operationId: "get_health",
  scope: "open",
  summary: "Whether it answers, and since when",
  description:
    "For probes: reads nothing, and needs no key. `instantiated_at` is when this instance of the Worker began.",
  ...discovery,
  responses: { 200: json(Health, "It answers") },
});

export const getInfo = defineRoute({
  path: "/info",
  operationId: "get_info",
  scope: "open",
  summary: "Identity, counts and how to authenticate",
  description: "What a client asks first, before it has a key or a token.",
  ...discovery,
  responses: { 200: json(Info, "The deployment in short; never needs a key") },
});

export const getModels = defineRoute({
  path: "/models",
  operationId: "list_models",
  scope: ["config:read"],
  summary: "The models that agents use",
  description: "Each model of an agent or a team once, with the class of its provider.",
  ...discovery,
  responses: { 200: json(z.array(ModelInfo), "Each model once") },
});

export const getConfig = defineRoute({
  path: "/config",
  operationId: "get_config",
  scope: ["config:read"],
  summary: "Databases and components",
  description: "AgentOS's clients read it when they connect. There is one database.",
  ...discovery,
  responses: { 200: json(ConfigBody, "The deployment as a client needs it") },
});

export const listAgents = defineRoute({
  path: "/agents",
  operationId: "list_agents",
  scope: [{ scope: "agents:read", ofAny: true }],
  summary: "All agents",
  description: "Those that the caller may read. Without `config:read` they come without instructions and tools.",
  ...discovery,
  responses: { 200: json(z.array(AgentBody), "In the order they are registered") },
});

export const getAgent = defineRoute({
  path: "/agents/{agent_id}",
  operationId: "get_agent",
  scope: [{ scope: "agents:read", of: "agent_id" }],
  summary: "One agent",
  description: "Without `config:read` it comes without instructions and tools.",
  ...discovery,
  request: { params: z.object({ agent_id: AgentId }) },
  responses: { 200: json(AgentBody, "The agent"), ...failures(404) },
});

export const listTeams = defineRoute({
  path: "/teams",
  operationId: "list_teams",
  scope: [{ scope: "teams:read", ofAny: true }],
  summary: "All teams",
  description: "Those that the caller may read, with their members in them.",
  ...discovery,
  responses: { 200: json(z.array(TeamBody), "In the order they are registered") },
});

export const getTeam = defineRoute({
  path: "/teams/{team_id}",
  operationId: "get_team",
  scope: [{ scope: "teams:read", of: "team_id" }],
  summary: "One team",
  description: "With its members in it. Without `config:read` all come without instructions and tools.",
  ...discovery,
  request: { params: z.object({ team_id: TeamId }) },
  responses: { 200: json(TeamBody, "The team"), ...failures(404) },
});
