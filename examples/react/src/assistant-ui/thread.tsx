import {
  ComposerPrimitive,
  ErrorPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
  type ToolCallMessagePartProps,
  useAuiState,
} from "@assistant-ui/react";
import { CallCard } from "../call-card.tsx";
import { type Requirement, stopRun } from "../messages.ts";
import { COMPONENT } from "../server.ts";

export function Thread() {
  const isRunning = useAuiState((state) => state.thread.isRunning);
  const sessionId = useAuiState((state) => state.threadListItem.remoteId);
  return (
    <ThreadPrimitive.Root className="thread-root">
      <ThreadPrimitive.Viewport className="messages" aria-label="Messages" aria-busy={isRunning}>
        <ThreadPrimitive.Messages components={{ UserMessage, AssistantMessage }} />
      </ThreadPrimitive.Viewport>
      <p role="status">{isRunning ? "Answering…" : ""}</p>
      <ComposerPrimitive.Root className="composer">
        <ComposerPrimitive.Input aria-label="Message" placeholder='Try: /tool delete_record {"id": "7"}' />
        {isRunning && sessionId !== undefined ? (
          // assistant-ui's own Cancel only leaves the stream: this ends the run.
          <button type="button" onClick={() => stopRun(COMPONENT, sessionId).catch((error) => alert(error.message))}>
            Stop
          </button>
        ) : (
          <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        )}
      </ComposerPrimitive.Root>
    </ThreadPrimitive.Root>
  );
}

const Text = ({ text }: { text: string }) => <p>{text}</p>;

function UserMessage() {
  return (
    <MessagePrimitive.Root className="message user" role="article" aria-label="You">
      <MessagePrimitive.Parts components={{ Text }} />
    </MessagePrimitive.Root>
  );
}

function AssistantMessage() {
  return (
    <MessagePrimitive.Root className="message" role="article" aria-label="Answer">
      <MessagePrimitive.Parts components={{ Text, tools: { Fallback: Call } }} />
      <MessagePrimitive.Error>
        <ErrorPrimitive.Root className="error" role="alert">
          <ErrorPrimitive.Message />
        </ErrorPrimitive.Root>
      </MessagePrimitive.Error>
    </MessagePrimitive.Root>
  );
}

function Call({
  toolCallId,
  toolName,
  args,
  result,
  isError,
  approval,
  respondToApproval,
  addResult,
}: ToolCallMessagePartProps) {
  const requirement = useAuiState((state) => {
    const part = state.message.content.find(
      (one) => one.type === "data" && one.name === "requirement" && one.data.toolCallId === toolCallId,
    );
    return part?.type === "data" ? (part.data as Requirement) : undefined;
  });
  const isRunning = useAuiState((state) => state.thread.isRunning);
  return (
    <CallCard
      name={toolName}
      input={args}
      state={stateOf({ result, isError, approved: approval?.approved, isAsked: approval !== undefined })}
      output={result}
      requirement={requirement}
      isOpen={!isRunning}
      onApproval={(approved, reason) => respondToApproval({ approved, ...(reason !== undefined && { reason }) })}
      onOutput={addResult}
    />
  );
}

interface Standing {
  result: unknown;
  isError: boolean | undefined;
  approved: boolean | undefined;
  isAsked: boolean;
}

function stateOf({ result, isError, approved, isAsked }: Standing): string {
  if (approved === false) return "output-denied";
  if (result !== undefined) return isError === true ? "output-error" : "output-available";
  if (!isAsked) return "input-available";
  return approved === undefined ? "approval-requested" : "approval-responded";
}
