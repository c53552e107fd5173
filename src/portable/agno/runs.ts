import type { JsonObject } from "../../domain/json.ts";
import { MAX_RUN_REASONING_BYTES } from "../../domain/limits.ts";
import type { RunError, RunErrorType, RunMetrics } from "../../domain/run.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS } from "../../domain/team.ts";
import { toolArguments } from "../../engine/run/calls.ts";
import { utf8Bytes } from "../../lib/text.ts";
import {
  messageRecord,
  type PortableMessage,
  type PortableRequirement,
  type PortableRun,
  requirementRecord,
  runRecord,
} from "../record/run-record.ts";
import { agnoEvents } from "./events.ts";
import { type AgnoMessages, agnoMessages, wrongMessageInstant } from "./messages.ts";
import { runMetrics } from "./metrics.ts";
import { agnoRequirements } from "./requirements.ts";
import { inputLength, runInput } from "./run-input.ts";
import { contentOf, filled, instantOf, instantProblem, objectsOf, textOf } from "./values.ts";

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
  const wrongInstant = instantProblem(data, ["created_at"]) ?? wrongMessageInstant(data);
  if (wrongInstant !== null) {
    return { ok: false, problem: wrongInstant };
  }
  const createdAt = instantOf(data.created_at) ?? session.createdAt;
  const status = statusOf(data);
  const read = agnoMessages({ ...data, status }, runId, createdAt);
  const inputMessages = inputLength(data, read.messages);
  const messages = withReasoning(read.messages, inputMessages, textOf(data.reasoning_content));
  const produced = messages.slice(inputMessages);
  const metrics = runMetrics(data.metrics);
  const settledAt = settledAtOf(createdAt, messages, metrics);
  const parentRunId = textOf(data.parent_run_id);
  const componentName = textOf(data.agent_name) ?? textOf(data.team_name);
  const requirements = agnoRequirements(
    data,
    { produced, callOf: read.callOf },
    {
      runId,
      memberRunId: parentRunId === null ? null : runId,
      agentId,
      teamId,
      componentName: componentName ?? "",
      at: settledAt,
      isPaused: status === "PAUSED",
    },
  );
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
    input: runInput(data, messages.slice(0, inputMessages)),
    inputState: null,
    inputMessages,
    model: textOf(data.model),
    modelProvider: textOf(data.model_provider),
    modelName: null,
    sessionCache: null,
    sessionState: filled(data.session_state),
    metrics: Object.keys(metrics).length > 0 ? metrics : null,
    historyDropped: null,
    metadata: filled(data.metadata),
    finishReason: status === "COMPLETED" || status === "REGENERATED" ? "stop" : null,
    error: status === "ERROR" ? errorOf(data) : null,
    events: agnoEvents(produced, status, createdAt, requirements),
    createdAt,
    startedAt: createdAt,
    settledAt,
  };
  return checked({ run, messages, requirements, delegations: delegationsOf(produced, read.callOf) });
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

/**
 * Agno keeps what an agent thought with its run, and with its messages only what their model thought. The first answer gets
 * what the run has if no message has its own.
 */
function withReasoning(messages: PortableMessage[], inputMessages: number, thought: string | null): PortableMessage[] {
  const isThere = messages.some(({ reasoningContent }) => reasoningContent !== null);
  const first = messages.findIndex(({ role }, nth) => nth >= inputMessages && role === "assistant");
  if (thought === null || isThere || utf8Bytes(thought) > MAX_RUN_REASONING_BYTES) return messages;
  return messages.map((message, nth) => (nth === first ? { ...message, reasoningContent: thought } : message));
}

function delegationsOf(produced: readonly PortableMessage[], callOf: AgnoMessages["callOf"]): Delegation[] {
  const calls = produced.flatMap(({ toolCalls }) => toolCalls ?? []);
  return calls.map((call) => ({
    runId: textOf(callOf.get(call)?.tool?.child_run_id),
    memberId: call.name === DELEGATE_TO_MEMBER ? textOf(toolArguments(call)?.member_id) : null,
    isForAll: call.name === DELEGATE_TO_MEMBERS,
  }));
}
