import { firstMessageLine } from "../derived/clean-name.ts";
import type { Agent } from "../domain/agent.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Message } from "../domain/message.ts";
import type { Model } from "../domain/model.ts";
import type { RunRequest, RunRow, RunTimings, SessionCacheUse } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import { systemText } from "../engine/prompt.ts";
import type { RunHead } from "../engine/run-state.ts";
import { fold } from "../lib/text.ts";
import type { Withdrawal } from "../store/run-undo.ts";
import type { SessionChanges } from "../store/run-writes.ts";
import { componentId } from "../store/sessions.ts";

/** A run as it is stored before anybody is told of it; whether it starts or waits is written over it. */
export function acceptedRow(request: RunRequest, sessionId: string, fence: string): RunRow {
  return {
    runId: request.runId,
    sessionId,
    runIndex: null,
    waiting: false,
    position: 0,
    parentRunId: null,
    parentCall: null,
    memberSlots: 0,
    origin: request.origin,
    agentId: request.component.type === "agent" ? request.component.id : null,
    teamId: request.component.type === "team" ? request.component.id : null,
    componentName: null,
    userId: request.userId,
    status: "PENDING",
    fence,
    input: request.message,
    inputState: request.sessionState,
    inputMessages: 0,
    model: null,
    modelProvider: null,
    sessionCache: null,
    sessionState: null,
    metrics: null,
    finishReason: null,
    error: null,
    events: null,
    idempotencyCaller: request.idempotency?.caller ?? "",
    idempotencyUser: request.idempotency?.userId ?? "",
    idempotencyAgent: request.idempotency?.agentId ?? "",
    idempotencyKey: request.idempotency?.key ?? "",
    fieldsDigest: request.idempotency?.fieldsDigest ?? "",
    createdAt: request.createdAt,
    startedAt: null,
    settledAt: null,
  };
}

/** Everything that is decided when a run starts; what is written of it to D1 and to the journal follows from this. */
export interface RunStart {
  row: RunRow;
  input: Message[];
  head: RunHead;
  /** The session as it stands once the run has started. */
  session: Session;
  /** Set when the run starts the session. */
  isNewSession: boolean;
  changes: SessionChanges;
  withdrawal: Withdrawal;
}

export interface StartingPoint {
  accepted: RunRow;
  session: Session | null;
  agent: Agent;
  model: Model;
  cacheUse: SessionCacheUse;
  timings: RunTimings;
  nowMs: number;
  newId(): string;
}

/** Plans the start of a run in its session, or in a new one. */
export function planStart(from: StartingPoint): RunStart {
  const { accepted, agent, model, nowMs } = from;
  const before = from.session ?? newAgentSession(accepted, agent, model, nowMs, from.newId());
  const input = inputMessages(accepted.input, agent, nowMs, from.newId);
  const session = sessionAtStart(before, accepted, agent, model);
  const runIndex = before.nextRunIndex;
  const sessionState = session.state ?? {};
  const row: RunRow = {
    ...accepted,
    runIndex,
    status: "RUNNING",
    inputMessages: input.length,
    componentName: agent.name,
    model: model.id,
    modelProvider: model.provider,
    sessionCache: from.cacheUse,
    sessionState,
    startedAt: nowMs,
  };
  const head: RunHead = {
    runId: row.runId,
    sessionId: row.sessionId,
    runIndex,
    parentRunId: null,
    agentId: agent.id,
    agentName: agent.name,
    userId: row.userId,
    fence: row.fence,
    model: model.id,
    modelProvider: model.provider,
    sessionCache: from.cacheUse,
    sessionState,
    inputMessages: input.length,
    createdAt: row.createdAt,
    startedAt: nowMs,
    timings: from.timings,
  };
  const isNewSession = from.session === null;
  const { changes, previous } = isNewSession ? { changes: {}, previous: null } : changedColumns(before, session);
  const withdrawal: Withdrawal = {
    runId: row.runId,
    sessionId: row.sessionId,
    sessionFence: before.fence,
    runIndex,
    startedSession: isNewSession,
    previous,
  };
  return { row, input, head, session, isNewSession, changes, withdrawal };
}

/** The session's state once the run's argument is merged over it: key by key, as AgentOS does. */
export function mergedState(stored: JsonObject | null, argument: JsonObject | null): JsonObject | null {
  return argument === null ? stored : { ...stored, ...argument };
}

function inputMessages(text: string, agent: Agent, nowMs: number, newId: () => string): Message[] {
  const system = systemText(agent);
  const user: Message = { role: "user", messageId: newId(), content: text, createdAt: nowMs };
  return system === null ? [user] : [{ role: "system", messageId: newId(), content: system, createdAt: nowMs }, user];
}

function newAgentSession(accepted: RunRow, agent: Agent, model: Model, nowMs: number, fence: string): Session {
  return {
    sessionId: accepted.sessionId,
    sessionType: "agent",
    agentId: agent.id,
    teamId: null,
    workflowId: null,
    userId: accepted.userId,
    name: null,
    nameSource: null,
    nameVersion: 0,
    nameUpdatedAt: null,
    firstMessage: null,
    state: null,
    metadata: null,
    summary: null,
    componentData: agentData(agent, model),
    metrics: null,
    nextRunIndex: 0,
    completedRuns: 0,
    chatMessages: 0,
    version: 0,
    forkedFromSessionId: null,
    fence,
    createdAt: nowMs,
    updatedAt: nowMs,
  };
}

/** AgentOS's agent_data. */
function agentData(agent: Agent, model: Model) {
  return {
    name: agent.name,
    agent_id: agent.id,
    model: { name: model.name, provider: model.provider, id: model.id },
  };
}

/** An unowned session is claimed by its first user, and one without an agent by its first agent; nothing is erased. */
function sessionAtStart(before: Session, accepted: RunRow, agent: Agent, model: Model): Session {
  const agentId = before.agentId ?? (before.sessionType === "agent" ? agent.id : null);
  return {
    ...before,
    userId: before.userId ?? accepted.userId,
    agentId,
    componentData: before.componentData ?? (agentId === agent.id ? agentData(agent, model) : null),
    firstMessage: before.firstMessage ?? (firstMessageLine(accepted.input) || null),
    state: mergedState(before.state, accepted.inputState),
    nextRunIndex: before.nextRunIndex + 1,
    chatMessages: before.chatMessages + 1,
  };
}

/** What a start changes of the row as it is remembered; a name or state that was changed meanwhile stays. */
export function sessionStarted(now: Session, started: Session): Session {
  const { userId, agentId, componentData, firstMessage, state, nextRunIndex, chatMessages } = started;
  return { ...now, userId, agentId, componentData, firstMessage, state, nextRunIndex, chatMessages };
}

/** What differs, as columns to write and as they were. The run index is never given back, so a gap is all it leaves. */
function changedColumns(before: Session, after: Session): { changes: SessionChanges; previous: SessionChanges } {
  const changes: SessionChanges = { nextRunIndex: after.nextRunIndex, chatMessages: after.chatMessages };
  const previous: SessionChanges = { chatMessages: before.chatMessages };
  if (after.userId !== before.userId) {
    changes.userId = after.userId;
    previous.userId = before.userId;
  }
  if (after.agentId !== before.agentId) {
    Object.assign(changes, { agentId: after.agentId, componentId: componentId(after) });
    Object.assign(previous, { agentId: before.agentId, componentId: componentId(before) });
  }
  if (after.componentData !== before.componentData) {
    changes.componentData = after.componentData;
    previous.componentData = before.componentData;
  }
  if (after.firstMessage !== before.firstMessage && after.firstMessage !== null) {
    Object.assign(changes, { firstMessage: after.firstMessage, firstMessageFolded: fold(after.firstMessage) });
    Object.assign(previous, { firstMessage: null, firstMessageFolded: null });
  }
  if (after.state !== before.state) {
    changes.state = after.state;
    previous.state = before.state;
  }
  return { changes, previous };
}
