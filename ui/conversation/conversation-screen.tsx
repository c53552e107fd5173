import { SessionHeader } from "../sessions/session-header.tsx";

/** One conversation: its header, what was said, and where one says more. */
export function ConversationScreen({ sessionId }: { sessionId: string }) {
  return <SessionHeader sessionId={sessionId} />;
}
