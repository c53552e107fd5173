import { z } from "zod";
import { defineTool } from "../../domain/tool.ts";

/** Shows a tool that the caller executes: a Worker has no shell, the caller may have one. */
export const runShell = defineTool({
  name: "run_shell",
  description: "Runs a shell command on the caller's side, who decides whether to run it and sends what it printed.",
  parameters: z.object({ command: z.string().describe("The command.") }),
  externalExecution: true,
});
