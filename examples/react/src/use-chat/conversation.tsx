import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport } from "ai";
import { useEffect, useState } from "react";
import { Composer } from "../composer.tsx";
import { type EdgeUIMessage, type History, isAnswered, stopRun } from "../messages.ts";
import { chatApi, detailOf, headers } from "../server.ts";
import { nameSession } from "../sessions.ts";
import { Message } from "./message.tsx";
import { keep, type Place } from "./place.ts";
import { useRecovery } from "./recovery.ts";

interface Props {
  place: Place;
  history: History;
  onChange: () => void;
}

export function Conversation({ place, history, onChange }: Props) {
  const { component, sessionId } = place;
  const [deltas, setDeltas] = useState<Record<string, string>>({});
  const chat = useChat<EdgeUIMessage>({
    id: sessionId,
    messages: history.messages,
    resume: history.active_run_id !== null,
    transport: new DefaultChatTransport({ api: chatApi(component), headers }),
    sendAutomaticallyWhen: isAnswered,
    // What a member says comes word by word here; its part of the message has all of it once the member's answer is whole.
    onData: ({ type, data }) => {
      if (type === "data-member-delta") setDeltas((all) => ({ ...all, [data.id]: (all[data.id] ?? "") + data.delta }));
    },
    onFinish: () => setDeltas({}),
  });
  const isRecovering = useRecovery(component, chat);
  const isBusy = isRecovering || chat.status === "submitted" || chat.status === "streaming";
  useNaming(sessionId, chat.messages, { isBusy, onChange });

  return (
    <>
      <ol className="messages" aria-label="Messages" aria-busy={isBusy}>
        {chat.messages.map((message, nth) => (
          <li key={message.id}>
            <Message
              message={message}
              deltas={deltas}
              isOpen={nth === chat.messages.length - 1 && !isBusy}
              onApproval={(id, approved, reason) => chat.addToolApprovalResponse({ id, approved, reason })}
              onOutput={(tool, toolCallId, output) => chat.addToolOutput({ tool, toolCallId, output })}
            />
          </li>
        ))}
      </ol>
      {chat.error !== undefined && !isRecovering && (
        <div role="alert" className="error">
          {detailOf(chat.error.message)}{" "}
          <button type="button" onClick={() => chat.regenerate()}>
            Try again
          </button>
        </div>
      )}
      <p role="status">{isRecovering ? "The connection broke. Reading on…" : isBusy ? "Answering…" : ""}</p>
      <Composer
        isBusy={isBusy}
        onSend={(text) => {
          keep(place);
          return chat.sendMessage({ text });
        }}
        onStop={() => stopRun(component, sessionId).catch((error) => alert(error.message))}
      />
    </>
  );
}

/** A session is named once it has its first answer; until then its name is what was said first. */
function useNaming(
  sessionId: string,
  messages: EdgeUIMessage[],
  { isBusy, onChange }: { isBusy: boolean; onChange: () => void },
) {
  const isNew = messages.length === 2 && messages[1]?.metadata?.status === "COMPLETED";
  const [wasNew] = useState(messages.length === 0);
  useEffect(() => {
    if (isBusy || messages.length === 0) return;
    const named = wasNew && isNew ? nameSession(sessionId, "A new chat") : Promise.resolve();
    // A name that could not be made leaves the one that the session has.
    named.then(onChange, onChange);
  }, [isBusy, isNew, wasNew, messages.length, sessionId, onChange]);
}
