import type { JsonObject } from "../../domain/json.ts";
import { MAX_MESSAGE_BYTES } from "../../domain/limits.ts";
import type { ToolSpec } from "../../domain/model.ts";
import {
  type Component,
  DELEGATE_TO_MEMBER,
  DELEGATE_TO_MEMBERS,
  isTeam,
  type Team,
  type TeamMode,
} from "../../domain/team.ts";
import { utf8Bytes } from "../../lib/text.ts";

const TOOL_NAMES: Record<TeamMode, string> = {
  coordinate: DELEGATE_TO_MEMBER,
  route: DELEGATE_TO_MEMBER,
  broadcast: DELEGATE_TO_MEMBERS,
};

/** Whether the leader of such a team delegates by the tool of this name. */
export function isDelegation(mode: TeamMode, name: string): boolean {
  return name === TOOL_NAMES[mode];
}

/** The tool by which the leader of such a team delegates. */
export function delegateTool(mode: TeamMode, members: readonly Component[]): ToolSpec {
  const task = { type: "string", description: "What is to be done, with all that must be known for it." };
  if (mode === "broadcast") {
    return {
      name: TOOL_NAMES[mode],
      description: "Gives the same task to every member of the team, at once, and answers with what each of them said.",
      parameters: { type: "object", properties: { task }, required: ["task"] },
    };
  }
  const memberId = { type: "string", enum: members.map(({ id }) => id), description: "The member's id." };
  return {
    name: TOOL_NAMES[mode],
    description: "Gives a task to a member of the team and answers with what the member said.",
    parameters: { type: "object", properties: { member_id: memberId, task }, required: ["member_id", "task"] },
  };
}

const HOW_TO_LEAD: Record<TeamMode, string> = {
  coordinate:
    "Delegate what a member does better, one task a call, to several at once where tasks do not depend on each other. Then answer the user from what they said. Members see only the task that you write.",
  route:
    "Delegate the user's request to the one member who suits it best, in full: that member's answer is given to the user as it is.",
  broadcast:
    "Delegate the user's request to all members once. Then answer the user from what they said. Members see only the task that you write.",
};

/** What a team's leader is told of its members and its work, behind its own instructions. */
export function leaderText(team: Team, members: readonly Component[]): string {
  const lines = members.map((member) => {
    const role = member.role ?? member.description;
    const kind = isTeam(member) ? " (a team)" : "";
    return `- ${member.id}: ${member.name}${kind}${role === undefined ? "" : `. ${role}`}`;
  });
  return ["You lead a team. Its members:", ...lines, HOW_TO_LEAD[team.mode]].join("\n");
}

/** Which members get which task, or why the call cannot be followed. */
export type Delegation = { ok: true; members: Component[]; task: string } | { ok: false; reason: string };

export function readDelegation(name: string, args: JsonObject | null, members: readonly Component[]): Delegation {
  const task = args?.task;
  if (typeof task !== "string" || task.trim() === "") {
    return { ok: false, reason: "The arguments do not fit: task must be a text." };
  }
  if (utf8Bytes(task) > MAX_MESSAGE_BYTES) {
    return { ok: false, reason: `The arguments do not fit: task must not be larger than ${MAX_MESSAGE_BYTES} bytes.` };
  }
  if (name === DELEGATE_TO_MEMBERS) {
    return { ok: true, members: [...members], task };
  }
  const member = members.find(({ id }) => id === args?.member_id);
  if (member === undefined) {
    const ids = members.map(({ id }) => id).join(", ");
    return { ok: false, reason: `There is no member with this id. The members are: ${ids}.` };
  }
  return { ok: true, members: [member], task };
}

/** What one member made of its task. */
export interface MemberReport {
  name: string;
  /** Its answer, or why there is none. */
  text: string;
  failed: boolean;
}

/** What the leader reads of a delegation. It is an error only if all members failed: one that failed must not hide the others. */
export function delegationResult(reports: readonly MemberReport[]): { text: string; isError: boolean } {
  const isError = reports.length > 0 && reports.every(({ failed }) => failed);
  const [only] = reports;
  if (reports.length === 1 && only !== undefined) {
    return { text: only.failed ? `${only.name} failed: ${only.text}` : only.text, isError };
  }
  const parts = reports.map(({ name, text, failed }) => `${name}${failed ? " failed" : ""}: ${text}`);
  return { text: parts.join("\n\n"), isError };
}
