/** One conversation: its header, what was said, and where one says more. */
export function ConversationScreen({ sessionId }: { sessionId: string }) {
  return <h1>{sessionId}</h1>;
}
