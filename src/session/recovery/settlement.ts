import type { Message } from "../../domain/message.ts";
import type { RunModel } from "../../domain/model.ts";
import type { Session } from "../../domain/session.ts";
import { usageKey } from "../../domain/usage.ts";
import { applyFact } from "../../engine/run/apply-fact.ts";
import { pendingCalls } from "../../engine/run/calls.ts";
import { shortLog, storedLog } from "../../engine/run/event-log.ts";
import { addRunTokens, newTokens, runMetrics, storedMetrics, uncountedTokens } from "../../engine/run/metrics.ts";
import { newRun, type Run, type RunEnd } from "../../engine/run/state.ts";
import { sameJson } from "../../lib/same-json.ts";
import { cutUtf8 } from "../../lib/text.ts";
import { lastPreview } from "../../names/preview.ts";
import type { Settlement } from "../../store/runs/settle.ts";

/** What a settle writes of a run that has paused or ended: all that the run did since it was stored last. */
export function settlementOf(run: Run, end: RunEnd, session: Session | null): Settlement {
  const { head, stored } = run;
  const produced = run.messages.slice(stored.messages);
  const isTop = head.parentRunId === null;
  const own = run.requirements.filter((one) => (one.memberRunId ?? one.runId) === head.runId);
  const isPaused = end.status === "PAUSED";
  return {
    run: head,
    produced,
    firstMessage: head.inputMessages + stored.messages,
    isSearched: isTop,
    columns: {
      status: end.status,
      // A run that paused, with calls to run and nobody to ask, waits to continue by itself.
      waiting: isTop && isPaused && pendingCalls(run).length > 0 && run.requirements.every(isAnswered),
      metrics: storedMetrics(runMetrics(run), run.model),
      historyDropped: run.historyDropped,
      finishReason: end.status === "COMPLETED" ? end.finishReason : null,
      error: end.status === "ERROR" ? end.error : null,
      events: isPaused ? storedLog(run.log) : shortLog(run.log),
      settledAt: end.at,
      ...(hasChangedModel(run) && modelColumns(run.model)),
      ...(run.isStateChanged && { sessionState: run.state }),
    },
    // Requirements that are answered were stored as such before, and stay as they are.
    requirements: isPaused ? own.filter((one) => !isAnswered(one)) : [],
    closes: isTop && !isPaused && (run.members.length > 0 || run.requirements.length > 0),
    replaces: replacedBy(run, end),
    usage: isTop ? usageOf(run) : null,
    session: {
      metrics: addRunTokens(session?.metrics ?? null, run),
      updatedAt: end.at,
      ...(isTop ? conversationAfter(run, end, produced) : NOTHING_SAID),
      changed: isTop && session !== null ? changedState(run, session) : null,
    },
  };
}

/** What a top-level run has used since it was stored last; null for a run without a user. */
export function usageOf(run: Run): Settlement["usage"] {
  const key = usageKey(run.head, run.requirements);
  return key && { key, tokens: newTokens(run) + uncountedTokens(run) };
}

/** Whether another model was asked than the one that the run's row names. */
const hasChangedModel = ({ head, model }: Run): boolean =>
  head.model !== model.id || head.modelProvider !== model.provider;

const modelColumns = ({ id, provider, name }: RunModel) => ({ model: id, modelProvider: provider, modelName: name });

type Said = Pick<Settlement["session"], "completedRuns" | "rereadsFrom" | "chatMessages" | "lastMessage">;

/** A member run adds nothing to the conversation of people and agents. */
const NOTHING_SAID: Said = { completedRuns: 0, rereadsFrom: null, chatMessages: 0, lastMessage: null };

/** What a top-level run adds to the session's conversation. */
function conversationAfter(run: Run, end: RunEnd, produced: readonly Message[]): Said {
  const isCompleted = end.status === "COMPLETED";
  return {
    completedRuns: isCompleted ? 1 : 0,
    rereadsFrom: isCompleted && !hasSummary(run) ? run.head.runIndex : null,
    chatMessages: produced.filter((message) => message.role === "assistant").length,
    lastMessage: lastPreview(produced),
  };
}

/** Whether a summary was made before the run ended. That summary covers the run's own messages. */
const hasSummary = ({ log }: Run): boolean =>
  log.some((entry) => entry.kind === "summary_completed" && entry.summary !== null);

const isAnswered = ({ status }: { status: string }): boolean => status !== "open";

/** The older run that this one replaces. A run that failed or was cancelled replaces none. */
function replacedBy({ head: { origin } }: Run, end: RunEnd): string | null {
  const hasAnswer = end.status === "COMPLETED" || end.status === "PAUSED";
  return hasAnswer && origin?.type === "regenerated" && origin.replace ? origin.runId : null;
}

function changedState({ isStateChanged, state }: Run, session: Session): Settlement["session"]["changed"] {
  return !isStateChanged || sameJson(state, session.state ?? {}) ? null : { state, version: session.version + 1 };
}

/** The session's row after the settlement, as memory keeps it. */
export function settledSession(session: Session, settlement: Settlement): Session {
  const { rereadsFrom } = settlement.session;
  const { summarizedThrough: through } = session;
  return {
    ...session,
    ...settlement.session.changed,
    summarizedThrough: through === null || rereadsFrom === null ? through : Math.min(through, rereadsFrom - 1),
    metrics: settlement.session.metrics,
    completedRuns: session.completedRuns + settlement.session.completedRuns,
    chatMessages: session.chatMessages + settlement.session.chatMessages,
    lastMessage: settlement.session.lastMessage ?? session.lastMessage,
    updatedAt: Math.max(session.updatedAt, settlement.session.updatedAt),
  };
}

const STORAGE_ERROR = {
  type: "storage",
  message: "The database refused the run's result for its content; what fits was kept.",
} as const;

/** How much of each message is kept when D1 refuses a run for its content: tried in turn, at last no message at all. */
const KEPT_BYTES = [64 * 1024, 0];

/** The run as it is stored when D1 refuses it whole: ERROR `storage`, with what fits. */
export function refusedRuns(run: Run): Run[] {
  return KEPT_BYTES.map((bytes) => {
    const { historyDropped, model, usage, uncounted, firstTokenAt, modelMs, stored } = run;
    const known = { historyDropped, model, usage, uncounted, firstTokenAt, modelMs, stored };
    const kept: Run = { ...newRun(run.head, run.requirements), ...known };
    const at = (run.end?.at ?? run.head.startedAt) - run.head.startedAt;
    applyFact(kept, { at: 0, fact: { type: "run_started" } });
    const produced = run.messages.slice(stored.messages);
    kept.members.push(...run.members);
    kept.messages.push(...run.messages.slice(0, stored.messages));
    kept.messages.push(...(bytes === 0 ? [] : produced.map((message) => cutMessage(message, bytes))));
    // The end gets the event index under which readers are shown it, above all events that they have seen.
    const nextIndex = run.eventCount - (run.end?.status === "CANCELLED" ? 2 : 1);
    applyFact(kept, { at, fact: { type: "gap", nextIndex } });
    applyFact(kept, { at, fact: { type: "failed", error: STORAGE_ERROR } });
    return kept;
  });
}

function cutMessage(message: Message, bytes: number): Message {
  const content = cutUtf8(message.content, bytes);
  if (message.role !== "assistant") {
    return { ...message, content };
  }
  const { reasoningContent, providerData } = message;
  return {
    ...message,
    content,
    toolCalls: [],
    reasoningContent: reasoningContent === null ? null : cutUtf8(reasoningContent, bytes),
    // It tells of calls that are not kept.
    providerData: providerData === null ? null : { ...providerData, data: null },
  };
}
