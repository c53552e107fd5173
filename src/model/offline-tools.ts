/** What the offline model does as the leader of a team, and what it says about the results of tools and members. */
import { isObject } from "../domain/json.ts";
import type { ModelMessage, ToolCall, ToolSpec } from "../domain/model.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS } from "../domain/team.ts";

/** Every word is a delta, and a run keeps a bounded number of them. */
const RESULT_CODE_POINTS = 2_000;
/** How the server tells a model that a call came to nothing; a tool message has no other sign of it. */
const FAILURE =
  /^(?:There is no tool named |This tool is executed elsewhere|The arguments (?:are not|do not fit)|The tool failed: |The run was cancelled|Function call was rejected)/;

type ToolMessage = Extract<ModelMessage, { role: "tool" }>;

/** The call that passes a task on to the team: to its first member, or to all. Null if the model leads no team. */
export function delegation(tools: readonly ToolSpec[], task: string): Pick<ToolCall, "name" | "arguments"> | null {
  const toOne = tools.find(({ name }) => name === DELEGATE_TO_MEMBER);
  const memberId = toOne && firstMember(toOne);
  if (memberId !== undefined) {
    return { name: DELEGATE_TO_MEMBER, arguments: JSON.stringify({ member_id: memberId, task }) };
  }
  return tools.some(({ name }) => name === DELEGATE_TO_MEMBERS)
    ? { name: DELEGATE_TO_MEMBERS, arguments: JSON.stringify({ task }) }
    : null;
}

function firstMember({ parameters: { properties } }: ToolSpec): string | undefined {
  const member = isObject(properties) ? properties.member_id : undefined;
  const ids = isObject(member) ? member.enum : undefined;
  return Array.isArray(ids) ? ids.find((id) => typeof id === "string") : undefined;
}

/** An answer made of the tool results that nobody has answered yet; null when there are none. */
export function tellResults(messages: readonly ModelMessage[]): string | null {
  const lastOther = messages.findLastIndex((message) => message.role !== "tool");
  const results = messages.slice(lastOther + 1).filter((message) => message.role === "tool");
  if (results.length === 0) return null;
  const asking = messages[lastOther];
  const calls = asking?.role === "assistant" ? asking.toolCalls : [];
  const told = results.map((result) => tellResult(result, speaker(result, calls)));
  const isLeading = results.some(({ toolName }) => toolName === DELEGATE_TO_MEMBER || toolName === DELEGATE_TO_MEMBERS);
  return [...(isLeading ? ["I lead a team and passed this on."] : []), ...told].join("\n");
}

function tellResult({ content }: ToolMessage, by: string): string {
  const said = shortened(content.trim(), RESULT_CODE_POINTS);
  if (said === "") return `${by} answered nothing.`;
  return FAILURE.test(said) ? `${by} did not do it: ${said}` : `${by} answered: ${said}`;
}

/** Whose result it is: the tool's, or the member's that the call named. */
function speaker({ toolName, toolCallId }: ToolMessage, calls: readonly ToolCall[]): string {
  if (toolName === DELEGATE_TO_MEMBERS) return "The members";
  const written = calls.find(({ id }) => id === toolCallId)?.arguments;
  const memberId = toolName === DELEGATE_TO_MEMBER && written !== undefined ? memberOf(written) : undefined;
  return memberId === undefined ? `The tool ${toolName}` : `The member ${memberId}`;
}

function memberOf(written: string): string | undefined {
  try {
    const args: unknown = JSON.parse(written);
    return isObject(args) && typeof args.member_id === "string" ? args.member_id : undefined;
  } catch {
    return undefined;
  }
}

const QUOTE_CODE_POINTS = 120;

/** What somebody said, in quotation marks: its beginning, on one line. */
export function quote(text: string): string {
  return `“${shortened(text.replace(/\s+/g, " ").trim(), QUOTE_CODE_POINTS)}”`;
}

/** A text of at most so many code points, with a sign where it was cut. */
function shortened(text: string, maxCodePoints: number): string {
  const codePoints = [...text];
  return codePoints.length <= maxCodePoints ? text : `${codePoints.slice(0, maxCodePoints - 1).join("")}…`;
}
