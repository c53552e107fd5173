import { z } from "zod";
import type { JsonObject } from "./json.ts";

/** What a tool may know of the run that calls it, and the one thing of it that it may change. */
export interface ToolContext {
  sessionId: string;
  runId: string;
  /** The agent or team whose tool it is. */
  agentId: string;
  userId: string | null;
  /** The session's state as it is now; a copy. */
  readonly sessionState: JsonObject;
  /**
   * Changes the session's state to what `change` makes of it as it stands, and answers that. It is synchronous, so that
   * no change of another tool or caller falls between; it is stored with the run. Throws when the state is over 128 KB,
   * and once the call is over: answered, out of time, or cancelled.
   */
  updateState(change: (state: JsonObject) => JsonObject): JsonObject;
  /** Aborts when the run is cancelled or the tool's time is over. */
  signal: AbortSignal;
}

/** What becomes of a call that nobody answered in time: the model is told so, or the run is cancelled. */
export const ON_EXPIRY = ["reject", "cancel"] as const;
export type OnExpiry = (typeof ON_EXPIRY)[number];

/** When a tool may not simply run: at most one of the three. */
interface ToolWaits {
  /** The run pauses until a person confirms or rejects the call. */
  requiresConfirmation?: boolean;
  /** The parameters that a person fills while the run pauses; the model is not asked for them. */
  requiresUserInput?: readonly string[];
  /** The run pauses until the caller has executed the call elsewhere and sends its result. */
  externalExecution?: boolean;
  /** How long a person has to answer; left out, for ever. */
  expiresAfterSeconds?: number;
  /** Default `reject`. */
  onExpiry?: OnExpiry;
}

/** A tool of an agent. What `execute` returns is shown to the model: text as it is, anything else as JSON. */
export interface Tool extends ToolWaits {
  name: string;
  description: string;
  parameters: z.ZodType;
  /** A call whose end is not known may run again without anybody being asked. */
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

/** The parameters that a tool takes, whoever fills them, each with its JSON schema. */
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

/** What JSON schema has no word for is described as anything; zod still validates it. */
function inputSchema(parameters: z.ZodType): z.core.JSONSchema.BaseSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: "input", unrepresentable: "any" });
  return schema;
}
