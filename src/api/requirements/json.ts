import { MAX_COUNTED_REQUIREMENTS } from "../../domain/limits.ts";
import type { Requirement } from "../../domain/requirement.ts";
import { requirementExecution } from "../../engine/people/requirement-json.ts";
import { isoOrNull, isoSeconds } from "../shared/json.ts";

/** A requirement in the inbox, with all keys. `run` names the agent or team whose run is to be continued. */
export function requirementJson(requirement: Requirement, run: { agentId: string | null; teamId: string | null }) {
  const { agentId, teamId, componentName, memberRunId, answer } = requirement;
  return {
    id: requirement.requirementId,
    status: requirement.status,
    kind: requirement.kind,
    session_id: requirement.sessionId,
    run_id: requirement.runId,
    run_agent_id: run.agentId,
    run_team_id: run.teamId,
    agent_id: agentId,
    team_id: teamId,
    component_name: componentName,
    user_id: requirement.userId,
    member_agent_id: memberRunId === null ? null : (agentId ?? teamId),
    member_agent_name: memberRunId === null ? null : componentName,
    member_run_id: memberRunId,
    tool_execution: requirementExecution(requirement, requirement.status === "open" ? "open" : "resolved"),
    approval_type: requirement.approvalType,
    note: requirement.note,
    answer: answer?.type ?? null,
    answer_note: requirement.answerNote,
    answered_by: requirement.answeredBy,
    actor: requirement.actor,
    answered_at: isoOrNull(requirement.answeredAt),
    expires_at: isoOrNull(requirement.expiresAt),
    on_expiry: requirement.onExpiry,
    created_at: isoSeconds(requirement.createdAt),
  };
}

/** How many there are in all, as a list of sessions says it: `total_count_capped` where there are more than were counted. */
export function countJson(counted: number | null) {
  if (counted === null) return {};
  return {
    total_count: Math.min(counted, MAX_COUNTED_REQUIREMENTS),
    ...(counted > MAX_COUNTED_REQUIREMENTS && { total_count_capped: true as const }),
  };
}
