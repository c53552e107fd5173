import {
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  type UIMessage,
} from "ai";
import { type Component, call, chatApi, Refused } from "./server.ts";

// The types are those of `edge-sessions-client/ai-sdk`, as far as these pages use them.

/** Of an answer: the run that it is. */
interface Metadata {
  runId: string;
  sessionId: string;
  status: "PENDING" | "RUNNING" | "COMPLETED" | "PAUSED" | "CANCELLED" | "ERROR" | "REGENERATED";
  error?: { type: string; message: string };
}

/** What a paused run waits for. */
export interface Requirement {
  id: string;
  kind: "confirmation" | "user_input" | "external_execution";
  toolCallId: string;
  toolName: string;
  /** Of user input: what there is to fill. */
  fields: { name: string; field_type: string; description: string | null; value: unknown }[] | null;
  /** The member of a team whose call it is. */
  memberName: string | null;
}

/** A team's member at work. */
export interface Member {
  name: string;
  status: "running" | "paused" | "completed" | "cancelled" | "error";
  text: string;
  error?: string;
}

type Data = { requirement: Requirement; member: Member; "member-delta": { id: string; delta: string } };

export type EdgeUIMessage = UIMessage<Metadata, Data>;

/** A chat as the server has it. */
export interface History {
  messages: EdgeUIMessage[];
  active_run_id: string | null;
}

/** A chat that has not begun has no history. */
export async function readHistory(component: Component, sessionId: string): Promise<History> {
  try {
    return await call("GET", `${chatApi(component)}/${encodeURIComponent(sessionId)}`);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return { messages: [], active_run_id: null };
    throw error;
  }
}

/** Ends the run that is active. `stop()` of `useChat` only leaves its stream. */
export const stopRun = (component: Component, sessionId: string): Promise<void> =>
  call("POST", `${chatApi(component)}/${encodeURIComponent(sessionId)}/stop`);

/** All that a paused run waits for is answered: approvals, and what was filled in or done here. Then the run goes on. */
export const isAnswered = (chat: { messages: EdgeUIMessage[] }): boolean =>
  chat.messages.at(-1)?.metadata?.status === "PAUSED" &&
  (lastAssistantMessageIsCompleteWithApprovalResponses(chat) || lastAssistantMessageIsCompleteWithToolCalls(chat));
