import { z } from "zod";
import type { JsonObject } from "./json.ts";

/** What a tool is told of the run that calls it, and the session's state, which is all that it may change. */
export interface ToolContext {
  sessionId: string;
  runId: string;
  /** The agent or team whose tool it is. */
  agentId: string;
  userId: string | null;
  /**
   * What the token of the user says who started the run, as `JWT_TOOL_CLAIMS` or the client token has it; a copy. Null where no
   * token of `userId` itself did. Unlike the session's state and metadata, no user can write it.
   */
  readonly claims: JsonObject | null;
  /** The session's state as it is now; a copy. */
  readonly sessionState: JsonObject;
  /**
   * Changes the session's state to what `change` returns for the current state, and returns that. `change` is
   * synchronous, so no other tool or caller can change the state in between. The state is stored with the run. Throws
   * when the state would be over 128 KB, and once the call is over: answered, out of time, or cancelled.
   */
  updateState(change: (state: JsonObject) => JsonObject): JsonObject;
  /** Aborts when the run is cancelled or the tool's time is over. */
  signal: AbortSignal;
}

/** What happens when nobody answers in time: the call is rejected and the model told so, or the run is cancelled. */
export const ON_EXPIRY = ["reject", "cancel"] as const;
export type OnExpiry = (typeof ON_EXPIRY)[number];

/** `required`: the answer is staff's, who hold `approvals:write`. Agno's name. */
export const APPROVAL_TYPES = ["required"] as const;
export type ApprovalType = (typeof APPROVAL_TYPES)[number];

/** When a tool may not simply run: at most one of the three. */
interface ToolWaits {
  /** The run pauses until a person confirms or rejects the call. */
  requiresConfirmation?: boolean;
  /** The parameters that a person fills while the run pauses; the model is not asked for them. */
  requiresUserInput?: readonly string[];
  /** The run pauses until the caller has executed the call elsewhere and sends its result. */
  externalExecution?: boolean;
  /** Who may answer: `required` is for callers with `approvals:write`. Left out, whoever may run the agent may answer too. */
  approvalType?: ApprovalType;
  /** How long a person has to answer. Left out, for ever. */
  expiresAfterSeconds?: number;
  /** Default `reject`. */
  onExpiry?: OnExpiry;
}

/** A tool of an agent. What `execute` returns is shown to the model: text as it is, anything else as JSON. */
export interface Tool extends ToolWaits {
  name: string;
  description: string;
  parameters: z.ZodType;
  /** After a death, a call that may have run already may run again without asking anybody; after the third one, a person is asked. */
  idempotent?: boolean;
  /** Left out only with `externalExecution`. */
  execute?(args: unknown, context: ToolContext): unknown;
}

interface ToolDeclaration<Parameters extends z.ZodType> extends ToolWaits {
  name: string;
  description: string;
  parameters: Parameters;
  idempotent?: boolean;
  execute?(args: z.output<Parameters>, context: ToolContext): unknown;
}

/** Declares a tool; `execute` receives arguments that passed `parameters`, may be async, and may throw. */
export function defineTool<Parameters extends z.ZodType>(tool: ToolDeclaration<Parameters>): Tool {
  return tool as Tool;
}

/** All parameters of a tool, also those that a person fills, each with its JSON schema. */
export function toolParameters({ parameters }: Tool): [name: string, schema: ParameterSchema][] {
  return Object.entries(inputSchema(parameters).properties ?? {});
}

type ParameterSchema = z.core.JSONSchema._JSONSchema;

/** A tool's parameters as a JSON schema, as the model and callers see them: without those that a person fills. */
export function modelParameters({ parameters, requiresUserInput = [] }: Tool): Record<string, unknown> {
  const schema = inputSchema(parameters);
  if (requiresUserInput.length === 0) return schema;
  const isForModel = (name: string) => !requiresUserInput.includes(name);
  const { properties = {}, required = [], ...others } = schema;
  const kept = required.filter(isForModel);
  return {
    ...others,
    properties: Object.fromEntries(Object.entries(properties).filter(([name]) => isForModel(name))),
    ...(kept.length > 0 && { required: kept }),
  };
}

/** A type that JSON schema cannot express is described as anything. zod still validates it. */
function inputSchema(parameters: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  return schema;
}
