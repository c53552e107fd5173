/** Which chat is shown. It stands in the address, so a reload and a link come back to it: `#agents/operator/<session id>`. */
export interface Place {
  component: readonly ["agents" | "teams", string];
  sessionId: string;
  /** Whether the server may have it. A new one begins there with its first message, and then comes into the address. */
  isNew: boolean;
}

export function placeOf(hash: string): Place {
  const [kind, id = "assistant", sessionId] = hash.slice(1).split("/");
  const component = [kind === "teams" ? "teams" : "agents", id] as const;
  return sessionId
    ? { component, sessionId: decodeURIComponent(sessionId), isNew: false }
    : { component, sessionId: crypto.randomUUID(), isNew: true };
}

/** Has the address name a chat that has begun. */
export function keep({ component, sessionId, isNew }: Place): void {
  if (isNew) history.replaceState(null, "", `#${component.join("/")}/${encodeURIComponent(sessionId)}`);
}
