import type { JsonObject } from "../../domain/json.ts";
import type { RunError, RunErrorType, RunMetrics } from "../../domain/run.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS } from "../../domain/team.ts";
import { toolArguments } from "../../engine/run/calls.ts";
import {
  messageRecord,
  type PortableMessage,
  type PortableRequirement,
  type PortableRun,
  requirementRecord,
  runRecord,
} from "../record/run-record.ts";
import { agnoEvents } from "./events.ts";
import { agnoMessages } from "./messages.ts";
import { runMetrics } from "./metrics.ts";
import { agnoRequirements } from "./requirements.ts";
import { contentOf, filled, instantOf, objectOf, objectsOf, textOf } from "./values.ts";

/** A run of Agno's as one of ours. Its run index is not known yet. */
export interface AgnoRun {
  run: PortableRun;
  messages: PortableMessage[];
  requirements: PortableRequirement[];
  /** For each of its calls, which member run it made, as far as Agno says. */
  delegations: Delegation[];
}

/** A call of a run: the member run that it made, or the member that it went to, or whether it went to all members. */
export interface Delegation {
  runId: string | null;
  memberId: string | null;
  isForAll: boolean;
}

export type ReadRun = { ok: true; run: AgnoRun } | { ok: false; problem: string };

const INTERRUPTED: RunError = { type: "interrupted", message: "The run had not ended when it was taken out of Agno." };
const ERROR_TYPES: readonly RunErrorType[] = ["model_provider_error", "model_rate_limit_error"];

/** Reads a RunOutput or TeamRunOutput; null for a run of a workflow. `session` has what a run leaves out. */
export function agnoRun(data: JsonObject, session: { userId: string | null; createdAt: number }): ReadRun | null {
  const agentId = textOf(data.agent_id);
  const teamId = agentId === null ? textOf(data.team_id) : null;
  if (agentId === null && teamId === null) {
    return null;
  }
  const runId = textOf(data.run_id);
  if (runId === null) {
    return { ok: false, problem: "run_id: a run has no id" };
  }
  const createdAt = instantOf(data.created_at) ?? session.createdAt;
  const status = statusOf(data);
  const messages = agnoMessages({ ...data, status }, runId, createdAt);
  const firstProduced = messages.findIndex(({ role }) => role !== "system" && role !== "user");
  const inputMessages = firstProduced < 0 ? messages.length : firstProduced;
  const produced = messages.slice(inputMessages);
  const metrics = runMetrics(data.metrics);
  const settledAt = settledAtOf(createdAt, messages, metrics);
  const parentRunId = textOf(data.parent_run_id);
  const componentName = textOf(data.agent_name) ?? textOf(data.team_name);
  const isAskable = status === "PAUSED" && agentId !== null && parentRunId === null;
  const requirements = isAskable
    ? agnoRequirements(data, produced, { runId, agentId, componentName: componentName ?? "", at: settledAt })
    : [];
  const run: PortableRun = {
    runId,
    runIndex: 0,
    parentRunId,
    parentCall: null,
    memberSlots: 0,
    origin: null,
    agentId,
    teamId,
    componentName,
    userId: textOf(data.user_id) ?? session.userId,
    status,
    input: inputOf(data, messages),
    inputState: null,
    inputMessages,
    model: textOf(data.model),
    modelProvider: textOf(data.model_provider),
    sessionCache: null,
    sessionState: filled(data.session_state),
    metrics: Object.keys(metrics).length > 0 ? metrics : null,
    historyDropped: null,
    metadata: null,
    finishReason: status === "COMPLETED" || status === "REGENERATED" ? "stop" : null,
    error: status === "ERROR" ? errorOf(data) : null,
    events: agnoEvents(
      produced,
      status,
      createdAt,
      requirements.map(({ position }) => position),
    ),
    createdAt,
    startedAt: createdAt,
    settledAt,
  };
  return checked({ run, messages, requirements, delegations: delegationsOf(data, messages) });
}

/** When the run ended or paused: with its last message or after its duration, whichever is later. */
function settledAtOf(createdAt: number, messages: readonly PortableMessage[], { duration = 0 }: RunMetrics): number {
  const lastMessage = messages.at(-1)?.createdAt ?? createdAt;
  return Math.max(createdAt, lastMessage, createdAt + Math.round(duration * 1000));
}

/** Checks what comes from Agno as if it were lines of an export of ours. */
function checked({ run, messages, requirements, delegations }: AgnoRun): ReadRun {
  const again = (line: string): unknown => JSON.parse(line);
  const read = runRecord.read(again(runRecord.write(run)));
  if (!read.ok) return read;
  const readMessages: PortableMessage[] = [];
  for (const message of messages) {
    const one = messageRecord.read(again(messageRecord.write(message)));
    if (!one.ok) return { ok: false, problem: `messages.${message.messageIndex}.${one.problem}` };
    readMessages.push(one.row);
  }
  const readRequirements: PortableRequirement[] = [];
  for (const requirement of requirements) {
    const one = requirementRecord.read(again(requirementRecord.write(requirement)));
    if (!one.ok) return { ok: false, problem: `requirements.${requirement.position}.${one.problem}` };
    readRequirements.push(one.row);
  }
  return { ok: true, run: { run: read.row, messages: readMessages, requirements: readRequirements, delegations } };
}

/** A run that had not ended in Agno is an ERROR. An agent's introduction is a COMPLETED run without input. */
function statusOf(data: JsonObject): PortableRun["status"] {
  switch (data.status) {
    case "COMPLETED":
    case "PAUSED":
    case "CANCELLED":
    case "ERROR":
    case "REGENERATED":
      return data.status;
    default:
      return isIntroduction(data) || data.status === undefined ? "COMPLETED" : "ERROR";
  }
}

function isIntroduction(data: JsonObject): boolean {
  const messages = objectsOf(data.messages);
  return data.input === undefined && messages.length > 0 && messages.every(({ role }) => role === "assistant");
}

function errorOf(data: JsonObject): RunError {
  if (data.status !== "ERROR") return INTERRUPTED;
  const type = ERROR_TYPES.find((one) => one === data.error_type) ?? "internal";
  return { type, message: contentOf(data.content) };
}

function inputOf(data: JsonObject, messages: readonly PortableMessage[]): string {
  const asked = contentOf(objectOf(data.input)?.input_content ?? data.input);
  return asked === "" ? (messages.find(({ role }) => role === "user")?.content ?? "") : asked;
}

function delegationsOf(data: JsonObject, messages: readonly PortableMessage[]): Delegation[] {
  const made = new Map(
    objectsOf(data.tools).map((tool) => [textOf(tool.tool_call_id), textOf(tool.child_run_id)] as const),
  );
  const calls = messages.flatMap(({ toolCalls }) => toolCalls ?? []);
  return calls.map((call) => ({
    runId: made.get(call.id) ?? null,
    memberId: call.name === DELEGATE_TO_MEMBER ? textOf(toolArguments(call)?.member_id) : null,
    isForAll: call.name === DELEGATE_TO_MEMBERS,
  }));
}
