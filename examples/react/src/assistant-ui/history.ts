import { type ThreadHistoryAdapter, useAui } from "@assistant-ui/react";
import type { AssistantChatResumableOptions } from "@assistant-ui/react-ai-sdk";
import { useMemo } from "react";
import { readHistory } from "../messages.ts";
import { COMPONENT, chatApi } from "../server.ts";

/** The run that is active in a thread, as its history says: `<session id>/<run id>`, by the thread. */
const active = new Map<string, string>();
const listeners = new Set<() => void>();

function set(threadId: string, run: string | null): void {
  if (run === null) active.delete(threadId);
  else active.set(threadId, run);
  for (const listener of listeners) listener();
}

/** With this, assistant-ui reads on by itself what is active when a thread is opened. */
export const resumable: AssistantChatResumableOptions = {
  storage: {
    getStreamId: (threadId = "") => active.get(threadId) ?? null,
    setStreamId: (run, threadId = "") => set(threadId, run),
    clear: (threadId = "") => set(threadId, null),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  },
  resumeApi: (run) => `${chatApi(COMPONENT)}/${encodeURIComponent(run.split("/")[0] ?? "")}/stream`,
};

/** A thread's messages are what the server has; it also keeps them, so nothing is written here. */
export function useServersHistory(): { history: ThreadHistoryAdapter } {
  const aui = useAui();
  return useMemo(() => {
    const history: ThreadHistoryAdapter = {
      load: async () => ({ messages: [] }),
      append: async () => {},
      withFormat: <Message>() => ({
        async load() {
          const { id, remoteId } = aui.threadListItem().getState();
          if (remoteId === undefined) return { messages: [] };
          const { messages, active_run_id: runId } = await readHistory(COMPONENT, remoteId);
          if (runId !== null) set(id, `${remoteId}/${runId}`);
          return {
            headId: messages.at(-1)?.id ?? null,
            messages: messages.map((message, nth) => ({
              parentId: messages[nth - 1]?.id ?? null,
              message: message as Message,
            })),
          };
        },
        append: async () => {},
      }),
    };
    return { history };
  }, [aui]);
}
