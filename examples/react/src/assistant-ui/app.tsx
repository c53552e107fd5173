import {
  AssistantRuntimeProvider,
  ThreadListItemPrimitive,
  ThreadListPrimitive,
  useRemoteThreadListRuntime,
} from "@assistant-ui/react";
import { AssistantChatTransport, useChatRuntime } from "@assistant-ui/react-ai-sdk";
import { useMemo } from "react";
import { type EdgeUIMessage, isAnswered } from "../messages.ts";
import { COMPONENT, chatApi, headers } from "../server.ts";
import { resumable } from "./history.ts";
import { Thread } from "./thread.tsx";
import { threads } from "./threads.ts";

function useThread() {
  const transport = useMemo(
    () => new AssistantChatTransport<EdgeUIMessage>({ api: chatApi(COMPONENT), headers, resumable }),
    [],
  );
  return useChatRuntime<EdgeUIMessage>({ transport, sendAutomaticallyWhen: isAnswered });
}

/** The thread that a reload comes back to stands in the address: `#<session id>`. */
const keep = (sessionId: string | undefined) => history.replaceState(null, "", `#${sessionId ?? ""}`);
const kept = location.hash.slice(1);

export function App() {
  const runtime = useRemoteThreadListRuntime({
    runtimeHook: useThread,
    adapter: threads,
    ...(kept !== "" && { initialThreadId: kept }),
    onThreadIdChange: keep,
  });
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      <div className="app">
        <nav aria-label="Threads">
          <h1>Edge Sessions</h1>
          <ThreadListPrimitive.Root>
            <ThreadListPrimitive.New>New chat</ThreadListPrimitive.New>
            <div className="sessions">
              <ThreadListPrimitive.Items components={{ ThreadListItem }} />
            </div>
          </ThreadListPrimitive.Root>
        </nav>
        <main>
          <Thread />
        </main>
      </div>
    </AssistantRuntimeProvider>
  );
}

function ThreadListItem() {
  return (
    <ThreadListItemPrimitive.Root className="thread">
      <ThreadListItemPrimitive.Trigger>
        <ThreadListItemPrimitive.Title fallback="New chat" />
      </ThreadListItemPrimitive.Trigger>
      <ThreadListItemPrimitive.Archive aria-label="Archive">✓</ThreadListItemPrimitive.Archive>
      <ThreadListItemPrimitive.Delete aria-label="Delete">✕</ThreadListItemPrimitive.Delete>
    </ThreadListItemPrimitive.Root>
  );
}
