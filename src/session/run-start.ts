import { firstMessageLine } from "../derived/clean-name.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Message } from "../domain/message.ts";
import type { Model } from "../domain/model.ts";
import type { RunOrigin, RunRequest, RunRow, RunTimings, SessionCacheUse } from "../domain/run.ts";
import type { Session } from "../domain/session.ts";
import { type Component, type ComponentRef, componentRef, isTeam } from "../domain/team.ts";
import { systemText } from "../engine/prompt.ts";
import type { RunHead } from "../engine/run-state.ts";
import { headFromRow } from "../engine/stored-run.ts";
import { leaderText } from "../engine/team.ts";
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

/** The row of a member run, which starts at once. */
export function memberRow(given: {
  component: Component;
  parent: RunHead;
  parentCall: number;
  runId: string;
  fence: string;
  runIndex: number;
  input: string;
  inputMessages: number;
  model: Model;
  state: JsonObject;
  nowMs: number;
}): RunRow {
  const { component, parent, model, nowMs } = given;
  const request: RunRequest = {
    runId: given.runId,
    component: componentRef(component),
    userId: parent.userId,
    message: given.input,
    origin: null,
    sessionState: null,
    idempotency: null,
    createdAt: nowMs,
  };
  return {
    ...acceptedRow(request, parent.sessionId, given.fence),
    status: "RUNNING",
    runIndex: given.runIndex,
    parentRunId: parent.runId,
    parentCall: given.parentCall,
    componentName: component.name,
    inputMessages: given.inputMessages,
    model: model.id,
    modelProvider: model.provider,
    sessionCache: parent.sessionCache,
    sessionState: given.state,
    startedAt: nowMs,
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

/** What a run is made of: an agent, or a team with the members that its leader is told of. */
export interface Cast {
  component: Component;
  members: readonly Component[];
}

export interface StartingPoint {
  accepted: RunRow;
  session: Session | null;
  cast: Cast;
  model: Model;
  /** The messages that it takes over from another run; null for a run of its own. */
  prefix: readonly Message[] | null;
  /** How many member runs it may have. */
  memberSlots: number;
  cacheUse: SessionCacheUse;
  timings: RunTimings;
  nowMs: number;
  newId(): string;
}

/** Plans the start of a run in its session, or in a new one. */
export function planStart(from: StartingPoint): RunStart {
  const { accepted, cast, model, nowMs } = from;
  const { component } = cast;
  const before = from.session ?? newComponentSession(accepted, component, model, nowMs, from.newId());
  const input =
    from.prefix === null
      ? inputMessages(accepted.input, cast, nowMs, from.newId)
      : takenOver(from.prefix, accepted.origin, nowMs, from.newId);
  const isNewSession = from.session === null;
  const memberSlots = isTeam(component) ? from.memberSlots : 0;
  const runIndex = before.nextRunIndex + memberSlots;
  const session = sessionAtStart(before, accepted, component, model, { runIndex, input, isNewSession });
  const row: RunRow = {
    ...accepted,
    waiting: false,
    runIndex,
    memberSlots,
    status: "RUNNING",
    inputMessages: input.length,
    componentName: component.name,
    model: model.id,
    modelProvider: model.provider,
    sessionCache: from.cacheUse,
    sessionState: session.state ?? {},
    startedAt: nowMs,
  };
  const head: RunHead = { ...headOf(row, componentRef(component)), timings: from.timings };
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

/** What is fixed about a run that starts with this row. */
export function headOf(row: RunRow, component: ComponentRef): RunHead {
  return { ...headFromRow(row), component: { ...component, name: row.componentName ?? "" } };
}

/** The session's state when a run starts: its argument over what is stored over the agent's default, as AgentOS does. */
export function mergedState(
  stored: JsonObject | null,
  argument: JsonObject | null,
  byDefault: JsonObject | null = null,
): JsonObject | null {
  if (argument === null && byDefault === null) {
    return stored;
  }
  const merged = { ...byDefault, ...stored, ...argument };
  return stored !== null && JSON.stringify(merged) === JSON.stringify(stored) ? stored : merged;
}

/** The messages that a run begins with: what its agent, or its team's leader, is told, and what the user says. */
export function inputMessages(
  text: string,
  { component, members }: Cast,
  nowMs: number,
  newId: () => string,
): Message[] {
  const system = systemText(component, isTeam(component) ? leaderText(component, members) : null);
  const user: Message = { role: "user", messageId: newId(), content: text, createdAt: nowMs };
  return system === null ? [user] : [{ role: "system", messageId: newId(), content: system, createdAt: nowMs }, user];
}

/** The messages of another run, with what is said or ordered behind them. */
function takenOver(
  prefix: readonly Message[],
  origin: RunOrigin | null,
  nowMs: number,
  newId: () => string,
): Message[] {
  if (origin?.type === "continued" && origin.input !== null) {
    return [...prefix, { role: "user", messageId: newId(), content: origin.input, createdAt: nowMs }];
  }
  const { instructions } = origin?.type === "regenerated" ? origin : { instructions: null };
  if (instructions === null) {
    return [...prefix];
  }
  const [first, ...rest] = prefix;
  return first?.role === "system"
    ? [{ ...first, content: `${first.content}\n${instructions}` }, ...rest]
    : [{ role: "system", messageId: newId(), content: instructions, createdAt: nowMs }, ...prefix];
}

function newComponentSession(
  accepted: RunRow,
  component: Component,
  model: Model,
  nowMs: number,
  fence: string,
): Session {
  const { type } = componentRef(component);
  return {
    sessionId: accepted.sessionId,
    sessionType: type,
    agentId: type === "agent" ? component.id : null,
    teamId: type === "team" ? component.id : null,
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
    componentData: componentData(component, model),
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

/** AgentOS's agent_data or team_data. */
function componentData(component: Component, model: Model) {
  const { type, id } = componentRef(component);
  return {
    name: component.name,
    ...(type === "agent" ? { agent_id: id } : { team_id: id }),
    model: { name: model.name, provider: model.provider, id: model.id },
  };
}

function sessionAtStart(
  before: Session,
  accepted: RunRow,
  component: Component,
  model: Model,
  { runIndex, input, isNewSession }: { runIndex: number; input: readonly Message[]; isNewSession: boolean },
): Session {
  const { type, id } = componentRef(component);
  const agentId = type === "agent" ? id : before.agentId;
  const teamId = type === "team" ? id : before.teamId;
  const isItsOwn = before.sessionType === type && (type === "agent" ? agentId : teamId) === id;
  const state = mergedState(before.state, accepted.inputState, component.sessionState ?? null);
  const said = input.filter(({ role }) => role === "user" || role === "assistant").length;
  return {
    ...before,
    userId: before.userId ?? accepted.userId,
    agentId,
    teamId,
    componentData: before.componentData ?? (isItsOwn ? componentData(component, model) : null),
    firstMessage: before.firstMessage ?? (firstMessageLine(accepted.input) || null),
    state,
    version: before.version + (state !== before.state && !isNewSession ? 1 : 0),
    nextRunIndex: runIndex + 1,
    chatMessages: before.chatMessages + said,
  };
}

/** What a start changes of the row as it is remembered; a name or state that was changed meanwhile stays. */
export function sessionStarted(now: Session, started: Session): Session {
  const { userId, agentId, teamId, componentData, firstMessage, state, version, nextRunIndex, chatMessages } = started;
  return { ...now, userId, agentId, teamId, componentData, firstMessage, state, version, nextRunIndex, chatMessages };
}

/** What differs, as columns to write and as they were. The run index is never given back, so a gap is all it leaves. */
function changedColumns(before: Session, after: Session): { changes: SessionChanges; previous: SessionChanges } {
  const changes: SessionChanges = { nextRunIndex: after.nextRunIndex, chatMessages: after.chatMessages };
  const previous: SessionChanges = { chatMessages: before.chatMessages };
  if (after.userId !== before.userId) {
    changes.userId = after.userId;
    previous.userId = before.userId;
  }
  if (after.agentId !== before.agentId || after.teamId !== before.teamId) {
    Object.assign(changes, { agentId: after.agentId, teamId: after.teamId, componentId: componentId(after) });
    Object.assign(previous, { agentId: before.agentId, teamId: before.teamId, componentId: componentId(before) });
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
    Object.assign(changes, { state: after.state, version: after.version });
    // The version is not given back: whoever saw it must not take another state for the same one.
    previous.state = before.state;
  }
  return { changes, previous };
}
