import type { UseChatHelpers } from "@ai-sdk/react";
import { useEffect, useRef, useState } from "react";
import { type EdgeUIMessage, readHistory } from "../messages.ts";
import type { Component } from "../server.ts";

const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 10_000;

/**
 * `useChat` leaves a stream that breaks. The run goes on at the server all the same, so the page takes what the server has,
 * and reads on if the run is still active. Says whether it is at that.
 */
export function useRecovery(component: Component, chat: UseChatHelpers<EdgeUIMessage>): boolean {
  const { status, messages, error, setMessages, resumeStream, regenerate, id } = chat;
  const isBroken = (status === "ready" || status === "error") && isUnfinished(messages, error);
  const tries = useRef(0);
  const [round, setRound] = useState(0);

  useEffect(() => {
    if (status === "streaming") tries.current = 0;
  }, [status]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `round` begins the next try; what the chat has is read then.
  useEffect(() => {
    if (!isBroken) return;
    const recover = async () => {
      tries.current += 1;
      const { messages: kept, active_run_id } = await readHistory(component, id);
      const said = messages.at(-1);
      // The request broke before it arrived. It is safe to send again what may have arrived all the same: a message is one run.
      if (said?.role === "user" && active_run_id === null && kept.length < messages.length) return regenerate();
      setMessages(kept);
      if (active_run_id !== null) await resumeStream();
    };
    const next = () => setRound((nth) => nth + 1);
    const timer = setTimeout(
      () => recover().then(next, next),
      Math.min(FIRST_WAIT_MS * 2 ** tries.current, LAST_WAIT_MS),
    );
    return () => clearTimeout(timer);
  }, [isBroken, round]);

  return isBroken;
}

/** An answer that neither ended nor waits for people, or a message whose request broke. */
function isUnfinished(messages: EdgeUIMessage[], error: Error | undefined): boolean {
  const last = messages.at(-1);
  if (last?.role === "user") return error instanceof TypeError;
  const runStatus = last?.metadata?.status;
  return runStatus === "RUNNING" || runStatus === "PENDING";
}
