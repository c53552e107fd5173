import type { RunError } from "../../domain/run.ts";
import { agnoEvents } from "../agno/events.ts";
import type { AgnoRun } from "../agno/runs.ts";
import { messageRecord, type PortableMessage, type PortableRun, runRecord } from "../record/run-record.ts";
import type { Said } from "./said.ts";

/** Where the runs of a conversation belong. `idOf` makes the id of the n-th. */
interface Place {
  agentId: string | null;
  createdAt: number;
  idOf(nth: number): Promise<string>;
}

type ReadRuns = { ok: true; runs: AgnoRun[] } | { ok: false; problem: string };

const UNANSWERED: RunError = { type: "interrupted", message: "The conversation ended before this was answered." };

/** Makes a run of each question and all that was said until the next one. */
export async function conversationRuns(messages: readonly Said[], place: Place): Promise<ReadRuns> {
  const runs: AgnoRun[] = [];
  let at = place.createdAt;
  const questions = questionsOf(messages);
  for (const [nth, some] of questions.entries()) {
    const runId = await place.idOf(nth);
    const isLast = nth === questions.length - 1;
    const read = runOf(some, { runId, runIndex: nth, agentId: place.agentId, at, isLast });
    if (!read.ok) return read;
    runs.push(read.run);
    at = read.run.run.settledAt ?? at;
  }
  return { ok: true, runs };
}

const isInput = ({ role }: Said): boolean => role === "system" || role === "user";

/** The messages from each question, or what the system says before it, to the next one. */
function questionsOf(messages: readonly Said[]): Said[][] {
  const questions: Said[][] = [];
  for (const message of messages) {
    const last = questions.at(-1);
    const before = last?.at(-1);
    if (last === undefined || before === undefined || (isInput(message) && !isInput(before))) questions.push([message]);
    else last.push(message);
  }
  return questions;
}

/**
 * `at` is used for the first message if that has no time. Any later message without one takes the time of the message before
 * it.
 */
function runOf(
  some: readonly Said[],
  {
    runId,
    runIndex,
    agentId,
    at,
    isLast,
  }: { runId: string; runIndex: number; agentId: string | null; at: number; isLast: boolean },
): { ok: true; run: AgnoRun } | { ok: false; problem: string } {
  const messages = messagesOf(some, runId, at);
  const inputMessages = some.filter(isInput).length;
  const produced = messages.slice(inputMessages);
  const createdAt = messages[0]?.createdAt ?? at;
  const status = isAnswered(some, isLast) ? "COMPLETED" : "ERROR";
  const model = some.findLast((one) => one.model !== null)?.model ?? null;
  const run: PortableRun = {
    runId,
    runIndex,
    parentRunId: null,
    parentCall: null,
    memberSlots: 0,
    origin: null,
    agentId,
    teamId: null,
    componentName: null,
    userId: null,
    status,
    input: some.flatMap(({ role, content }) => (role === "user" ? [content] : [])).join("\n"),
    inputState: null,
    inputMessages,
    model,
    modelProvider: model === null ? null : "OpenAI",
    modelName: null,
    sessionCache: null,
    sessionState: null,
    historyDropped: null,
    metadata: null,
    metrics: null,
    finishReason: status === "COMPLETED" ? "stop" : null,
    error: status === "ERROR" ? UNANSWERED : null,
    events: agnoEvents(produced, status, createdAt, []),
    createdAt,
    startedAt: createdAt,
    settledAt: Math.max(createdAt, ...messages.slice(-1).map((one) => one.createdAt)),
  };
  return checked(run, messages);
}

/**
 * An earlier question counts as answered if an assistant said anything. The last one counts only if the last message is an
 * answer without calls.
 */
function isAnswered(some: readonly Said[], isLast: boolean): boolean {
  const last = some.at(-1);
  return isLast ? last?.role === "assistant" && last.calls.length === 0 : some.some(({ role }) => role === "assistant");
}

function messagesOf(some: readonly Said[], runId: string, from: number): PortableMessage[] {
  let at = from;
  return some.map((one, messageIndex) => {
    at = one.at ?? at;
    return {
      runId,
      messageIndex,
      messageId: `${runId}-${messageIndex}`,
      role: one.role,
      content: one.content,
      toolCalls: one.calls.length > 0 ? one.calls : null,
      toolCallId: one.answers?.id ?? null,
      toolName: one.answers?.name ?? null,
      toolArgs: null,
      toolCallError: one.role === "tool" ? false : null,
      usage: null,
      timeToFirstTokenMs: null,
      reasoningContent: null,
      providerSource: null,
      providerData: null,
      createdAt: at,
    };
  });
}

/** Checks what comes from elsewhere as if it were lines of an export of ours. */
function checked(run: PortableRun, messages: readonly PortableMessage[]): ReturnType<typeof runOf> {
  const read = runRecord.read(JSON.parse(runRecord.write(run)));
  if (!read.ok) return read;
  const readMessages: PortableMessage[] = [];
  for (const message of messages) {
    const one = messageRecord.read(JSON.parse(messageRecord.write(message)));
    if (!one.ok)
      return { ok: false, problem: `message ${message.messageIndex} of run ${run.runIndex}: ${one.problem}` };
    readMessages.push(one.row);
  }
  return { ok: true, run: { run: read.row, messages: readMessages, requirements: [], delegations: [] } };
}
