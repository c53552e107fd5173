import type { JsonObject } from "../../domain/json.ts";
import { callingRunId, callName, type Requirement } from "../../domain/requirement.ts";
import type { UiApproval, UiMessage, UiToolPart } from "./message.ts";

const UNANSWERED = "Nobody answered before the run ended.";

/**
 * The message with what people answered, as the client of the one who answered writes it into its parts by itself: no chunk
 * says it that clients of generation 6 know.
 */
export function withAnswers(message: UiMessage, requirements: readonly Requirement[]): UiMessage {
  // A call about which people were asked twice has two requirements; the later one counts.
  const asked = new Map(requirements.map((one) => [callName(callingRunId(one), one.call), one]));
  const parts = message.parts.map((part) => {
    const requirement = "toolCallId" in part ? asked.get(part.toolCallId) : undefined;
    return "toolCallId" in part && requirement !== undefined ? withAnswer(part, requirement) : part;
  });
  return { ...message, parts };
}

function withAnswer(part: UiToolPart, requirement: Requirement): UiToolPart {
  const isOpen = part.state === "input-available";
  if (requirement.kind === "confirmation") {
    const approval = approvalOf(requirement, part.toolCallId);
    if (approval === null) return part;
    return { ...part, ...(isOpen && { state: "approval-responded" }), approval };
  }
  const { answer } = requirement;
  if (isOpen && answer?.type === "executed") {
    return { ...part, state: "output-available", output: answer.result };
  }
  if (isOpen && answer?.type === "filled") {
    return { ...part, state: "output-available", output: filledValues(requirement, answer.args) };
  }
  return part;
}

/** Null while it is open. */
function approvalOf({ status, answer, answerNote }: Requirement, id: string): UiApproval | null {
  if (status === "cancelled") return { id, approved: false, reason: UNANSWERED };
  if (answer === null) return null;
  return { id, approved: answer.type === "confirmed", ...(answerNote !== null && { reason: answerNote }) };
}

/** What the person filled in, without the arguments that are the model's. */
const filledValues = ({ toolArgs }: Requirement, args: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(args).filter(([name]) => !Object.hasOwn(toolArgs, name)));
