import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import type { RunRequest, RunRow, RunTimings, SessionCacheUse } from "../../domain/run.ts";
import type { Session, SessionSummary } from "../../domain/session.ts";
import { type Component, type ComponentRef, componentRef, isTeam } from "../../domain/team.ts";
import { usageKey } from "../../domain/usage.ts";
import { summaryText, systemText } from "../../engine/prompt/prompt.ts";
import { leaderText } from "../../engine/prompt/team.ts";
import type { RunHead } from "../../engine/run/state.ts";
import { headFromRow } from "../../engine/run/stored-run.ts";
import type { Withdrawal } from "../../store/runs/undo.ts";
import type { ChangedSessionColumns } from "../../store/runs/writes.ts";
import { inputBehindPrefix, type Prefix } from "./prefix.ts";
import { changedColumns, newComponentSession, sessionAtStart } from "./session-start.ts";

/** The row of an accepted run, so far neither started nor waiting. The accept sets what follows from the one or the other. */
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
    modelName: null,
    sessionCache: null,
    sessionState: null,
    metrics: null,
    historyDropped: null,
    metadata: null,
    // A Worker of an older deployment does not send them.
    claims: request.claims ?? null,
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
    claims: parent.claims ?? null,
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
    modelName: model.name,
    sessionCache: parent.sessionCache,
    sessionState: given.state,
    startedAt: nowMs,
  };
}

/** Everything that is decided when a run starts. What is written to D1 and to the journal follows from this. */
export interface RunStart {
  row: RunRow;
  input: Message[];
  head: RunHead;
  /** The session as it stands once the run has started. */
  session: Session;
  /** Whether the run begins the session. */
  isNewSession: boolean;
  changes: ChangedSessionColumns;
  withdrawal: Withdrawal;
}

/** Who runs: an agent, or a team with the members that its leader is told of. */
export interface Cast {
  component: Component;
  members: readonly Component[];
}

export interface StartingPoint {
  accepted: RunRow;
  session: Session | null;
  cast: Cast;
  model: Model;
  /** Null for a run that is not made from another one. */
  prefix: Prefix | null;
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
  const before =
    from.session ?? newComponentSession(accepted, { component, model, createdAt: nowMs, fence: from.newId() });
  const input =
    from.prefix === null
      ? inputMessages(accepted.input, cast, { nowMs, newId: from.newId, summary: before.summary })
      : inputBehindPrefix(from.prefix, accepted.origin, nowMs, from.newId);
  const isNewSession = from.session === null;
  const memberSlots = isTeam(component) ? from.memberSlots : 0;
  const runIndex = before.nextRunIndex + memberSlots;
  const session = sessionAtStart(before, { accepted, component, model, runIndex, input, isNewSession });
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
    modelName: model.name,
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
    usage: usageKey(row, []),
  };
  return { row, input, head, session, isNewSession, changes, withdrawal };
}

/** What is fixed about a run that starts with this row. */
export function headOf(row: RunRow, component: ComponentRef): RunHead {
  return { ...headFromRow(row), component: { ...component, name: row.componentName ?? "" } };
}

interface SaidAtStart {
  nowMs: number;
  newId(): string;
  /** The session's summary. The model sees it if the component's `summaries` say so; members never do. */
  summary?: SessionSummary | null;
}

/** The messages that a run begins with: what its agent, or its team's leader, is told, and what the user says. */
export function inputMessages(
  text: string,
  { component, members }: Cast,
  { nowMs, newId, summary = null }: SaidAtStart,
): Message[] {
  const isShown = component.summaries?.addToContext === true && summary !== null && summary.summary.trim() !== "";
  const more = [isTeam(component) ? leaderText(component, members) : "", isShown ? summaryText(summary) : ""];
  const system = systemText(component, more.filter((text) => text !== "").join("\n\n"));
  const user: Message = { role: "user", messageId: newId(), content: text, createdAt: nowMs };
  return system === null ? [user] : [{ role: "system", messageId: newId(), content: system, createdAt: nowMs }, user];
}
