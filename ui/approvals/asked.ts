import type { OpenRequirement, Requirement, RequirementKind, UserInputField } from "../../packages/client/src/index.ts";

/** One thing that a run waits for people to do, as a card shows it. */
export interface Asked {
  id: string;
  kind: RequirementKind;
  toolName: string;
  args: Record<string, unknown>;
  /** Of user input: all parameters of the call. */
  fields: readonly UserInputField[];
  /** The agent or team whose call it is. */
  asker: string;
  note: string | null;
  expiresAtMs: number | null;
  /** What happens when nobody answers in time; null where the server has not said it. */
  onExpiry: "reject" | "cancel" | null;
  /** Whether only who may approve answers it. */
  isForStaff: boolean;
}

/** The run that is continued with the answers. */
export interface WaitingRun {
  runId: string;
  sessionId: string;
  of: { kind: "agent" | "team"; id: string };
  /** The session's owner; null where it has none. */
  userId: string | null;
}

/** What a paused run shows of it. `runName` is the agent or team that runs. */
export function askedOfRun(requirement: OpenRequirement, runName: string): Asked {
  const { id, kind, tool_execution: call, user_input_schema: fields, note, expires_at: expiresAt } = requirement;
  return {
    id,
    kind,
    toolName: call.tool_name,
    args: call.tool_args ?? {},
    fields: fields ?? call.user_input_schema ?? [],
    asker: requirement.member_agent_name ?? runName,
    note: note ?? null,
    expiresAtMs: expiresAt === undefined ? null : Date.parse(expiresAt),
    onExpiry: null,
    isForStaff: call.approval_type === "required",
  };
}

/** What the list of all sessions' requirements shows of it. */
export function askedOfRow(row: Requirement): Asked {
  const { id, kind, tool_execution: call, component_name: asker, note, expires_at: expiresAt } = row;
  return {
    id,
    kind,
    toolName: call.tool_name,
    args: call.tool_args ?? {},
    fields: call.user_input_schema ?? [],
    asker,
    note,
    expiresAtMs: expiresAt === null ? null : Date.parse(expiresAt),
    onExpiry: row.on_expiry,
    isForStaff: row.approval_type === "required",
  };
}

export function runOfRow({ run_id, session_id, run_agent_id, run_team_id, user_id }: Requirement): WaitingRun {
  const of = run_team_id === null ? { kind: "agent" as const, id: run_agent_id ?? "" } : null;
  return {
    runId: run_id,
    sessionId: session_id,
    of: of ?? { kind: "team", id: run_team_id ?? "" },
    userId: user_id,
  };
}
