import { MAX_REQUIREMENTS, MAX_TOOL_RESULT_BYTES } from "../../domain/limits.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { isTeam } from "../../domain/team.ts";
import type { Tool } from "../../domain/tool.ts";
import type { CallPlan } from "../../engine/drive/dependencies.ts";
import { answerOutcome, requirementOf } from "../../engine/people/requirements.ts";
import { isDelegation } from "../../engine/prompt/team.ts";
import {
  type PendingCall,
  requirementOfCall,
  toolArguments,
  toolResultBytes,
  unusable,
} from "../../engine/run/calls.ts";
import { utf8Bytes } from "../../lib/text.ts";
import type { Strand } from "./driven-tree.ts";
import { misfit } from "./tool-runner.ts";

/** What a requirement is made with, when a call has to ask people. */
export interface Asking {
  topRunId: string;
  /** The session's owner. */
  userId: string | null;
  nowMs: number;
  newId(): string;
  /** Takes the next position among the requirements of the run tree. */
  takePosition(): number;
}

/** Decides what is done about a call: by the answer that people gave for it, else by what its tool asks for. */
export function planCall(strand: Pick<Strand, "run" | "component">, pending: PendingCall, asking: Asking): CallPlan {
  const { call, nth } = pending;
  const asked = requirementOfCall(strand.run, nth);
  if (asked !== null) {
    return planAnswered(asked);
  }
  const reason = unusable(call);
  if (reason !== null) {
    return notRun(reason);
  }
  const tool = strand.component.tools?.find(({ name }) => name === call.name);
  if (tool === undefined) {
    return isSecondRoute(strand, pending)
      ? notRun("Not run: one member answers.")
      : { kind: "run", args: toolArguments(call) };
  }
  return planTool(strand, tool, pending, asking);
}

function planAnswered(asked: Requirement): CallPlan {
  if (asked.status === "open") {
    return { kind: "wait", requirement: asked, isNew: false };
  }
  const outcome = answerOutcome(asked);
  return outcome.kind === "execute" ? { kind: "run", args: outcome.args } : { ...outcome, kind: "answer" };
}

function planTool(
  { run: { head }, component }: Pick<Strand, "run" | "component">,
  tool: Tool,
  { call, nth }: PendingCall,
  { topRunId, userId, nowMs, newId, takePosition }: Asking,
): CallPlan {
  const args = toolArguments(call);
  const requirement = requirementOf(tool, call, {
    sessionId: head.sessionId,
    runId: topRunId,
    memberRunId: head.runId === topRunId ? null : head.runId,
    agentId: isTeam(component) ? null : component.id,
    teamId: isTeam(component) ? component.id : null,
    componentName: component.name,
    userId,
    position: -1,
    call: nth,
    nowMs,
    newId,
  });
  if (requirement === null) {
    return { kind: "run", args };
  }
  if (utf8Bytes(call.id) + Math.max(utf8Bytes(call.arguments), toolResultBytes(args, "")) > MAX_TOOL_RESULT_BYTES) {
    return notRun("Not run: its arguments are too long to be shown to a person.");
  }
  // No person is asked about a call whose arguments its tool would refuse.
  const wrong = requirement.kind === "user_input" ? null : misfit(tool, args);
  if (wrong !== null) {
    return notRun(wrong);
  }
  const position = takePosition();
  return position < MAX_REQUIREMENTS
    ? { kind: "wait", requirement: { ...requirement, position }, isNew: true }
    : notRun("Not run: the run has asked people too often.");
}

const notRun = (text: string): CallPlan => ({ kind: "answer", text, isError: true });

/** In a team that routes, only the first delegation of a round counts. */
function isSecondRoute({ run, component }: Pick<Strand, "run" | "component">, { call, nth }: PendingCall): boolean {
  if (!isTeam(component) || component.mode !== "route" || !isDelegation(component.mode, call.name)) {
    return false;
  }
  const last = run.messages.findLast((message) => message.role === "assistant" && message.toolCalls.length > 0);
  const calls = last?.role === "assistant" ? last.toolCalls : [];
  const first = calls.findIndex(({ name }) => isDelegation(component.mode, name));
  const firstOfRound = run.messages.flatMap((m) => (m.role === "assistant" ? m.toolCalls : [])).length - calls.length;
  return nth > firstOfRound + first;
}
