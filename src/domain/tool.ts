import type { z } from "zod";
import type { JsonObject } from "./json.ts";

/** What a tool may know of the run that calls it. */
export interface ToolContext {
  sessionId: string;
  runId: string;
  agentId: string;
  userId: string | null;
  /** The session's state as it is now; a copy. */
  sessionState: JsonObject;
  /** Aborts when the run is cancelled or the tool's time is over. */
  signal: AbortSignal;
}

/** A tool that runs on the server. What `execute` returns is shown to the model: text as it is, anything else as JSON. */
export interface Tool {
  name: string;
  description: string;
  parameters: z.ZodType;
  execute(args: unknown, context: ToolContext): unknown;
}

/** Declares a tool; `execute` receives arguments that passed `parameters`, may be async, and may throw. */
export function defineTool<Parameters extends z.ZodType>(tool: {
  name: string;
  description: string;
  parameters: Parameters;
  execute(args: z.output<Parameters>, context: ToolContext): unknown;
}): Tool {
  return { ...tool, execute: (args, context) => tool.execute(args as z.output<Parameters>, context) };
}
