import type { OpenRequirement, Requirement, RequirementKind, UserInputField } from "../../packages/client/src/index.ts";
import { seenText } from "../parts/seen-text.ts";

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

/** As a paused run or the list of requirements shows it. `asker` is who asks where it is no member. */
export function askedOf(open: OpenRequirement | Requirement, asker: string): Asked {
  const { id, kind, tool_execution: call, note = null, expires_at: expiresAt } = open;
  return {
    id,
    kind,
    toolName: seenText(call.tool_name),
    args: call.tool_args ?? {},
    fields: call.user_input_schema ?? [],
    asker: seenText(open.member_agent_name ?? asker),
    note: note && seenText(note),
    expiresAtMs: expiresAt ? Date.parse(expiresAt) : null,
    onExpiry: "on_expiry" in open ? open.on_expiry : null,
    isForStaff: call.approval_type === "required",
  };
}

/** The run that a row of the list is continued with. */
export function runOfRow({ run_id, session_id, run_agent_id, run_team_id, user_id }: Requirement): WaitingRun {
  const kind = run_team_id === null ? "agent" : "team";
  return { runId: run_id, sessionId: session_id, of: { kind, id: run_team_id ?? run_agent_id ?? "" }, userId: user_id };
}
