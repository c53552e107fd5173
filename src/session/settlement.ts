import type { Message } from "../domain/message.ts";
import type { Session } from "../domain/session.ts";
import { storedLog } from "../engine/event-log.ts";
import { addRunTokens, runMetrics } from "../engine/metrics.ts";
import { applyFact, newRun, type Run, type RunEnd } from "../engine/run-state.ts";
import { cutUtf8 } from "../lib/text.ts";
import type { Settlement } from "../store/run-writes.ts";

/** What is written of an ended run. */
export function settlementOf(run: Run, end: RunEnd, session: Session | null): Settlement {
  const { head } = run;
  const answers = run.messages.filter((message) => message.role === "assistant").length;
  return {
    run: head,
    produced: run.messages,
    columns: {
      status: end.status,
      metrics: runMetrics(run),
      finishReason: end.status === "COMPLETED" ? end.finishReason : null,
      error: end.status === "ERROR" ? end.error : null,
      events: storedLog(run.log),
      settledAt: end.at,
    },
    session: {
      metrics: addRunTokens(session?.metrics ?? null, run),
      completedRuns: end.status === "COMPLETED" ? 1 : 0,
      chatMessages: answers,
      updatedAt: end.at,
    },
  };
}

/** The session's row after the settlement, as memory keeps it. */
export function settledSession(session: Session, settlement: Settlement): Session {
  return {
    ...session,
    metrics: settlement.session.metrics,
    completedRuns: session.completedRuns + settlement.session.completedRuns,
    chatMessages: session.chatMessages + settlement.session.chatMessages,
    updatedAt: Math.max(session.updatedAt, settlement.session.updatedAt),
  };
}

const STORAGE_ERROR = {
  type: "storage",
  message: "The database refused the run's result for its content; what fits was kept.",
} as const;

/** What is tried in turn when D1 refuses a run for its content: less and less of it, at last only that it failed. */
const KEPT_BYTES = [64 * 1024, 0];

/** The run as it is stored when D1 refuses it whole: ERROR `storage`, with what fits. */
export function refusedRuns(run: Run): Run[] {
  return KEPT_BYTES.map((bytes) => {
    const kept: Run = { ...newRun(run.head), usage: run.usage, firstTextAt: run.firstTextAt, modelMs: run.modelMs };
    const at = (run.end?.at ?? run.head.startedAt) - run.head.startedAt;
    applyFact(kept, { at: 0, fact: { type: "run_started" } });
    kept.messages.push(...(bytes === 0 ? [] : run.messages.map((message) => cutMessage(message, bytes))));
    applyFact(kept, { at, fact: { type: "failed", error: STORAGE_ERROR } });
    return kept;
  });
}

function cutMessage(message: Message, bytes: number): Message {
  const content = cutUtf8(message.content, bytes);
  return message.role === "assistant" ? { ...message, content, toolCalls: [] } : { ...message, content };
}
