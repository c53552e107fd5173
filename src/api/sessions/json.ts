import { etagOf } from "../../domain/etag.ts";
import type { Message } from "../../domain/message.ts";
import { displayName, type ListedFields, type Session } from "../../domain/session.ts";
import { shownComponentData, shownSaying, type View } from "../../domain/view.ts";
import { isoOrNull, isoSeconds, messagesJson } from "../shared/json.ts";
import { directoryJson } from "./fields.ts";

/** The newest part of a session's chat history, and how many messages it has in all. */
export interface ChatTail {
  messages: readonly Message[];
  total: number;
}

const times = (session: ListedFields) => ({
  created_at: isoSeconds(session.createdAt),
  updated_at: isoSeconds(session.updatedAt),
});

/** AgentOS keeps name, state and metrics in one object, which is null until one of them is set or a run has started. */
const hasData = (session: ListedFields) => session.name !== null || session.state !== null || session.nextRunIndex > 0;

const stateJson = (session: ListedFields) => session.state ?? (session.nextRunIndex > 0 ? {} : null);

const forkJson = (session: ListedFields) =>
  session.forkedFromSessionId === null ? {} : { forked_from_session_id: session.forkedFromSessionId };

/** The fields that AgentOS does not have. Those that are not the directory's spare a client a further request. */
function beyondAgentOs(session: ListedFields, openRequirements: number) {
  const { lastMessage } = session;
  return {
    ...directoryJson(session),
    name_source: session.nameSource,
    run_count: session.completedRuns,
    message_count: session.chatMessages,
    last_message: lastMessage && {
      role: lastMessage.role,
      text: lastMessage.text,
      created_at: isoSeconds(lastMessage.at),
    },
    open_requirements: openRequirements,
  };
}

/** A session in the list: AgentOS's SessionSchema. */
export function sessionItem(session: ListedFields & { openRequirements: number }) {
  return {
    session_id: session.sessionId,
    session_name: displayName(session),
    session_state: stateJson(session),
    ...times(session),
    session_type: session.sessionType,
    user_id: session.userId,
    agent_id: session.agentId,
    team_id: session.teamId,
    workflow_id: session.workflowId,
    session_summary: session.summary,
    metrics: session.metrics,
    total_tokens: session.metrics?.total_tokens ?? null,
    metadata: session.metadata,
    ...beyondAgentOs(session, session.openRequirements),
    ...forkJson(session),
  };
}

/** A session as its own routes answer it: AgentOS's detail schema of its type, with all keys. */
export function sessionDetail(session: Session, chat: ChatTail, openRequirements: number, view: View) {
  const common = {
    user_id: session.userId,
    session_id: session.sessionId,
    session_name: displayName(session),
    session_summary: session.summary,
    session_state: stateJson(session),
    total_tokens: session.metrics?.total_tokens ?? null,
    metrics: session.metrics ?? (hasData(session) ? {} : null),
    metadata: session.metadata,
    ...(session.nameDetails?.error !== undefined && { name_error: shownSaying(session.nameDetails.error, view) }),
  };
  const history = {
    chat_history: messagesJson(chat.messages, view),
    chat_history_total: chat.total,
    ...times(session),
    ...beyondAgentOs(session, openRequirements),
    ...forkJson(session),
  };
  switch (session.sessionType) {
    case "agent":
      return {
        agent_session_id: session.sessionId,
        ...common,
        agent_id: session.agentId,
        agent_data: shownComponentData(session.componentData, view),
        ...history,
      };
    case "team":
      return {
        ...common,
        team_id: session.teamId,
        team_data: shownComponentData(session.componentData, view),
        ...history,
      };
    case "workflow":
      return {
        ...common,
        workflow_id: session.workflowId,
        workflow_name: null,
        session_data: {
          ...(session.name !== null && { session_name: session.name }),
          ...(session.state !== null && { session_state: session.state }),
        },
        workflow_data: shownComponentData(session.componentData, view) ?? {},
        metadata: session.metadata ?? {},
        ...history,
      };
  }
}

/** A session's name, with where it came from. */
export function sessionNameJson(session: Session, view: View) {
  return {
    session_id: session.sessionId,
    session_name: session.name ?? "",
    display_name: displayName(session),
    source: session.nameSource,
    version: session.nameVersion,
    updated_at: isoOrNull(session.nameUpdatedAt),
    ...nameCostJson(session, view),
  };
}

/** What the name from a model, or the fallback in its place, cost. All values are null for a session without such a name. */
function nameCostJson({ nameSource, nameDetails, nameUpdatedAt }: Session, view: View) {
  const isAsked = nameSource === "generated" || nameSource === "fallback";
  return {
    model: nameDetails?.model ?? null,
    prompt_tokens: nameDetails?.promptTokens ?? null,
    completion_tokens: nameDetails?.completionTokens ?? null,
    total_tokens: nameDetails === null ? null : nameDetails.promptTokens + nameDetails.completionTokens,
    attempts: nameDetails?.attempts ?? null,
    job_id: nameDetails?.jobId ?? null,
    error: nameDetails?.error === undefined ? null : shownSaying(nameDetails.error, view),
    generated_at: isAsked && nameUpdatedAt !== null ? isoSeconds(nameUpdatedAt) : null,
  };
}

/** `no-transform` is needed: Cloudflare would compress the answer and make its ETag a weak one, which matches nothing. */
export const sessionHeaders = (session: Session) => ({
  ETag: etagOf(session),
  "Cache-Control": "no-store, no-transform",
});
