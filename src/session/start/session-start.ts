import type { JsonObject } from "../../domain/json.ts";
import type { Message } from "../../domain/message.ts";
import type { Model } from "../../domain/model.ts";
import type { RunRow } from "../../domain/run.ts";
import { blankSession, type Session } from "../../domain/session.ts";
import { type Component, componentRef } from "../../domain/team.ts";
import { sameJson } from "../../lib/same-json.ts";
import { fold, utf8Bytes } from "../../lib/text.ts";
import { lastPreview } from "../../names/preview.ts";
import { firstMessageLine } from "../../names/typed-name.ts";
import type { ChangedSessionColumns } from "../../store/runs/writes.ts";
import { componentId, nameWords } from "../../store/sessions/sessions.ts";

/** The session's state when a run starts: its argument over what is stored, over the agent's default, as AgentOS does. */
export function mergedState(
  stored: JsonObject | null,
  argument: JsonObject | null,
  byDefault: JsonObject | null = null,
): JsonObject | null {
  if (argument === null && byDefault === null) {
    return stored;
  }
  const merged = { ...byDefault, ...stored, ...argument };
  return stored !== null && sameJson(merged, stored) ? stored : merged;
}

/** How many bytes a state takes; 0 if there is none. */
export const stateBytes = (state: object | null): number => (state === null ? 0 : utf8Bytes(JSON.stringify(state)));

/** The session that a run begins. */
export function newComponentSession(
  accepted: RunRow,
  by: { component: Component; model: Model; createdAt: number; fence: string },
): Session {
  const { component, model, createdAt, fence } = by;
  const { type } = componentRef(component);
  const session = blankSession({
    sessionId: accepted.sessionId,
    sessionType: type,
    agentId: type === "agent" ? component.id : null,
    teamId: type === "team" ? component.id : null,
    workflowId: null,
    userId: accepted.userId,
    fence,
    createdAt,
  });
  return { ...session, componentData: componentData(component, model) };
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

export interface StartInSession {
  accepted: RunRow;
  component: Component;
  model: Model;
  runIndex: number;
  input: readonly Message[];
  isNewSession: boolean;
}

/** The session once the run has started in it. */
export function sessionAtStart(before: Session, start: StartInSession): Session {
  const { accepted, component, runIndex, input, isNewSession } = start;
  const state = mergedState(before.state, accepted.inputState, component.sessionState ?? null);
  const said = input.filter(({ role }) => role === "user" || role === "assistant").length;
  const isClaimed = before.userId === null && accepted.userId !== null && before.nextRunIndex > 0;
  return {
    ...before,
    ...componentAtStart(before, start),
    userId: before.userId ?? accepted.userId,
    // The search index has earlier messages without an owner, so they are indexed again.
    unindexedFrom: isClaimed ? 0 : before.unindexedFrom,
    firstMessage: before.firstMessage ?? (firstMessageLine(accepted.input) || null),
    lastMessage: lastPreview(input) ?? before.lastMessage,
    state,
    version: before.version + (state !== before.state && !isNewSession ? 1 : 0),
    nextRunIndex: runIndex + 1,
    chatMessages: before.chatMessages + said,
    systemKnown: true,
  };
}

/** The session's agent or team. The first one of the session's type stays its own; others only run in it. */
function componentAtStart(
  before: Session,
  { component, model }: StartInSession,
): Pick<Session, "agentId" | "teamId" | "componentData"> {
  const { type, id } = componentRef(component);
  const mayBeItsOwn = before.sessionType === type;
  const agentId = before.agentId ?? (mayBeItsOwn && type === "agent" ? id : null);
  const teamId = before.teamId ?? (mayBeItsOwn && type === "team" ? id : null);
  const isItsOwn = mayBeItsOwn && (type === "agent" ? agentId : teamId) === id;
  const data = before.componentData ?? (isItsOwn ? componentData(component, model) : null);
  return { agentId, teamId, componentData: data };
}

/** The remembered row with the fields that a start changes. The other fields stay as they are now. */
export function sessionStarted(now: Session, started: Session): Session {
  const { userId, agentId, teamId, componentData, firstMessage, lastMessage, state, version } = started;
  const { nextRunIndex, chatMessages } = started;
  const said = { firstMessage, lastMessage, nextRunIndex, chatMessages, systemKnown: started.systemKnown };
  const unindexedFrom = now.userId === userId ? now.unindexedFrom : started.unindexedFrom;
  return { ...now, userId, agentId, teamId, componentData, state, version, ...said, unindexedFrom };
}

/**
 * The columns that differ, with their new and with their previous values. The run index has no previous value: a start
 * that is taken back leaves a gap there.
 */
export function changedColumns(
  before: Session,
  after: Session,
): { changes: ChangedSessionColumns; previous: ChangedSessionColumns } {
  const changes: ChangedSessionColumns = { nextRunIndex: after.nextRunIndex, chatMessages: after.chatMessages };
  const previous: ChangedSessionColumns = { chatMessages: before.chatMessages };
  if (after.systemKnown !== before.systemKnown) {
    // It has no previous value either: what was found stays so.
    changes.systemKnown = after.systemKnown;
  }
  if (after.userId !== before.userId) {
    changes.userId = after.userId;
    previous.userId = before.userId;
    if (after.unindexedFrom !== before.unindexedFrom) {
      changes.unindexedFrom = after.unindexedFrom;
      previous.unindexedFrom = before.unindexedFrom;
    }
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
    const [words, wordsBefore] = [nameWords(after), nameWords(before)];
    const named = words !== wordsBefore;
    Object.assign(changes, { firstMessage: after.firstMessage, firstMessageFolded: fold(after.firstMessage) });
    Object.assign(previous, { firstMessage: null, firstMessageFolded: null });
    Object.assign(changes, named && { nameWords: words });
    Object.assign(previous, named && { nameWords: wordsBefore });
  }
  if (after.lastMessage !== before.lastMessage) {
    changes.lastMessage = after.lastMessage;
    previous.lastMessage = before.lastMessage;
  }
  if (after.state !== before.state) {
    Object.assign(changes, { state: after.state, version: after.version });
    // The version keeps its new value. Else a caller who saw that value could later meet it with another state.
    previous.state = before.state;
  }
  return { changes, previous };
}
