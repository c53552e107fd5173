import type { ToolCall } from "../../domain/model.ts";
import type { AnswerWithResults, ResultMessage } from "./paired-calls.ts";

// Calls and results in words, if they cannot be sent as such. A user message tells them: an answer that told them would
// teach the model to write of calls instead of making them.

/** All calls of an answer, with what came of them. */
export function toldCalls({ answer, results }: AnswerWithResults): string {
  return answer.toolCalls.map((call, nth) => toldCall(call, results[nth] ?? null)).join("\n\n");
}

function toldCall({ name, arguments: written }: ToolCall, result: ResultMessage | null): string {
  const given = written.trim() === "" ? "" : ` with ${written.trim()}`;
  return told(`${toolOf(name)} was called${given}`, result?.content ?? "");
}

/** A result whose call is not known. */
export function toldResult({ toolName, content }: ResultMessage): string {
  return told(`${toolOf(toolName)} was called`, content);
}

const toolOf = (name: string): string => (name.trim() === "" ? "a tool" : `the tool ${name.trim()}`);

const told = (call: string, result: string): string =>
  result.trim() === "" ? `[Earlier, ${call}. No result is known.]` : `[Earlier, ${call}. Its result:]\n${result}`;
