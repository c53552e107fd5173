import type { RemoteThreadListAdapter } from "@assistant-ui/react";
import { createAssistantStream } from "assistant-stream";
import { COMPONENT, call } from "../server.ts";
import { listSessions, nameSession, type Session } from "../sessions.ts";
import { useServersHistory } from "./history.ts";

const path = (sessionId: string): string => `/sessions/${encodeURIComponent(sessionId)}`;

const threadOf = ({ session_id, session_name, archived, updated_at }: Session) => ({
  remoteId: session_id,
  title: session_name,
  status: archived ? ("archived" as const) : ("regular" as const),
  lastMessageAt: new Date(updated_at),
});

/** The list of threads, which are sessions. */
export const threads: RemoteThreadListAdapter = {
  async list({ after } = {}) {
    const query = {
      limit: "30",
      component_id: COMPONENT.split("/")[1] ?? "",
      ...(after !== undefined && { cursor: after }),
    };
    const { data, meta } = await listSessions(query);
    return { threads: data.map(threadOf), nextCursor: meta.next_cursor ?? undefined };
  },

  /** A session begins with its first run, under this id. */
  async initialize() {
    return { remoteId: crypto.randomUUID(), externalId: undefined };
  },

  async fetch(sessionId) {
    return threadOf(await call<Session>("GET", path(sessionId)));
  },

  async rename(sessionId, name) {
    await call("POST", `${path(sessionId)}/rename`, { session_name: name });
  },

  /** Asked for when the first message was sent, and, as that gave no title, once it was answered. */
  async generateTitle(sessionId, messages) {
    const isAnswered = messages.some(({ role, status }) => role === "assistant" && status?.type !== "running");
    const title = isAnswered ? (await nameSession(sessionId, "A new chat")).session_name : "";
    return createAssistantStream((stream) => stream.appendText(title));
  },

  async archive(sessionId) {
    await call("PATCH", path(sessionId), { archived: true });
  },

  async unarchive(sessionId) {
    await call("PATCH", path(sessionId), { archived: false });
  },

  async delete(sessionId) {
    await call("DELETE", path(sessionId));
  },

  unstable_useAdapters: useServersHistory,
};
