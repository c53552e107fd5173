import { z } from "zod";
import type { JsonObject } from "../../domain/json.ts";
import { MAX_TOOL_RESULT_BYTES } from "../../domain/limits.ts";
import type { ToolSpec } from "../../domain/model.ts";
import type { Tool, ToolContext } from "../../domain/tool.ts";
import { modelParameters } from "../../domain/tool.ts";
import { aborted, withTimeout } from "../../lib/abort.ts";
import { cutUtf8, utf8Bytes } from "../../lib/text.ts";

const CUT_NOTE = "\n[cut: the result was longer than 256 KB]";

/** The tools as the model is told of them. */
export function toolSpecs(tools: readonly Tool[]): ToolSpec[] {
  return tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    parameters: modelParameters(tool),
  }));
}

/**
 * Runs one call. Everything that goes wrong becomes a result that the model reads: an unknown tool, arguments that do
 * not fit, a tool that throws or takes too long. Answers at once when the run's signal aborts. Does not reject.
 */
export async function callTool(
  tools: readonly Tool[],
  call: { name: string; args: JsonObject | null },
  run: { signal: AbortSignal; contextOf(signal: AbortSignal): ToolContext },
  timeoutMs: number,
): Promise<{ text: string; isError: boolean }> {
  const tool = tools.find((known) => known.name === call.name);
  if (tool === undefined) {
    return failed(`There is no tool named "${call.name}".`);
  }
  const { execute } = tool;
  if (execute === undefined) {
    return failed("This tool is executed elsewhere.");
  }
  if (call.args === null) {
    return failed(NO_OBJECT);
  }
  const parsed = await tool.parameters.safeParseAsync(call.args).catch(() => null);
  if (parsed === null || !parsed.success) {
    return failed(parsed === null ? "The arguments do not fit: they could not be read" : misfitText(parsed.error));
  }
  const stop = new AbortController();
  const signal = AbortSignal.any([run.signal, stop.signal]);
  try {
    const running = Promise.resolve(execute.call(tool, parsed.data, run.contextOf(signal)));
    const limited = withTimeout(running, timeoutMs, () => new Error(`It took longer than ${timeoutMs / 1000} s.`));
    const first = await Promise.race([limited, aborted(run.signal)]);
    return run.signal.aborted ? failed("The run was cancelled.") : { text: resultText(first), isError: false };
  } catch (error) {
    return failed(`The tool failed: ${error instanceof Error ? error.message : "unknown reason"}`);
  } finally {
    stop.abort();
  }
}

const NO_OBJECT = "The arguments are not a JSON object.";
const misfitText = (error: z.ZodError): string => `The arguments do not fit: ${z.prettifyError(error)}`;

/** Why a call cannot run with these arguments; null when it can, or when that shows only once it runs. */
export function misfit(tool: Tool, args: JsonObject | null): string | null {
  if (args === null) {
    return NO_OBJECT;
  }
  try {
    const parsed = tool.parameters.safeParse(args);
    return parsed.success ? null : misfitText(parsed.error);
  } catch {
    return null;
  }
}

/** Text as it is, anything else as JSON. A result that is too long is cut, and says so. */
function resultText(result: unknown): string {
  const text = typeof result === "string" ? result : (JSON.stringify(result) ?? "null");
  const whole = text.toWellFormed();
  if (utf8Bytes(whole) <= MAX_TOOL_RESULT_BYTES) {
    return whole;
  }
  return cutUtf8(whole, MAX_TOOL_RESULT_BYTES - CUT_NOTE.length) + CUT_NOTE;
}

function failed(reason: string): { text: string; isError: boolean } {
  const text = reason.toWellFormed();
  return { text: utf8Bytes(text) <= MAX_TOOL_RESULT_BYTES ? text : cutUtf8(text, 1024), isError: true };
}
