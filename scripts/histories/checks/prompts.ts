import type { Asked, PromptMessage, ReadRun, SessionRecord } from "../record.ts";
import { endOf, isCompleted, isStarted, lastReading, type Rule, tokenOfRun } from "./facts.ts";
import { type Stretch, stretches } from "./order.ts";

/** The default of `src/domain/agent.ts`. */
const HISTORY_RUNS = 3;

/** Rules about what the model is sent, and about what is stored of its answers. */
export const PROMPT_RULES: readonly Rule[] = [
  { rule: "the model is sent the history window and the run's own messages", check: otherPrompts },
  { rule: "what the model answered last is what a completed run says", check: otherAnswers },
  { rule: "the model is asked for runs that are stored", check: askedForNothing },
];

interface Placed {
  run: ReadRun;
  place: number;
}

function otherPrompts(record: SessionRecord): string[] {
  const runs = (lastReading(record)?.runs ?? []).filter(isStarted).map((run, place) => ({ run, place }));
  const byToken = new Map(runs.map((placed) => [tokenOfRun(placed.run), placed]));
  return stretches(record.asked).flatMap((stretch) => {
    const placed = byToken.get(stretch.token);
    return placed === undefined ? [] : wrongPrompts(stretch, placed, runs, record);
  });
}

function wrongPrompts(
  stretch: Stretch,
  { run, place }: Placed,
  runs: readonly Placed[],
  record: SessionRecord,
): string[] {
  const since = stretch.asked[0]?.startedAt ?? 0;
  const before = runs.find((one) => one.run.runId === run.from?.runId)?.place ?? place;
  const window = runs
    .filter((one) => one.place < before && isInHistory(one.run, since, runs, record))
    .slice(-HISTORY_RUNS)
    .flatMap((one) => one.run.messages.filter(({ role }) => role !== "system"));
  const system = run.messages.filter(({ role }) => role === "system");
  const own = run.messages.filter(({ role }) => role !== "system");
  return stretch.asked.flatMap(({ prompt }) => {
    const expected = [...system, ...window];
    // A kill may lose the last messages of a run. The model was then sent more than is stored, and only the stored part is
    // compared.
    const count = Math.max(0, prompt.length - expected.length);
    const isLost = count > own.length && endOf(run) !== "RunCompleted";
    expected.push(...own.slice(0, count));
    const sent = isLost ? prompt.slice(0, expected.length) : prompt;
    const hasOwn = count >= 1;
    return hasOwn && same(withoutIds(sent), withoutIds(expected)) && isAnswerable(prompt)
      ? []
      : [`Run ${run.runId} (${stretch.token}) was to be sent ${texts(expected)}, and was sent ${texts(prompt)}.`];
  });
}

/** Whether the run was part of the history at that time: it had completed, and no other run had taken its place. */
function isInHistory(run: ReadRun, then: number, runs: readonly Placed[], { acts, asked }: SessionRecord): boolean {
  if (!isCompletedBy(run, then, asked)) return false;
  const replaces = (newer: ReadRun) => {
    const token = tokenOfRun(newer);
    const action = acts.find(({ operation }) => operation.token === token)?.operation.action;
    return action?.kind === "regenerate" && action.replace && newer.from?.runId === run.runId;
  };
  return !runs.some(({ run: newer }) => replaces(newer) && hasStoppedBy(newer, then, asked));
}

/**
 * Whether a regenerated run had taken the older run's place. It does so once it has something to show: an answer or a pause.
 */
function hasStoppedBy(run: ReadRun, then: number, asked: readonly Asked[]): boolean {
  const token = tokenOfRun(run);
  const first = asked.find((one) => one.token === token && one.end === "whole");
  return (run.events.includes("RunPaused") || isCompleted(run)) && first !== undefined && first.endedAt < then;
}

function isCompletedBy(run: ReadRun, then: number, asked: readonly Asked[]): boolean {
  const token = tokenOfRun(run);
  const last = asked.findLast((one) => one.token === token);
  return isCompleted(run) && last !== undefined && last.endedAt < then;
}

const same = (one: readonly PromptMessage[], other: readonly PromptMessage[]) =>
  JSON.stringify(one) === JSON.stringify(other);

/** Whether there is something for the model to answer: the last message is a user's or a tool's. */
const isAnswerable = (prompt: readonly PromptMessage[]) => ["user", "tool"].includes(prompt.at(-1)?.role ?? "");

/** The messages with the place of each call in place of its id: the model is sent other ids than those that are stored. */
function withoutIds(messages: readonly PromptMessage[]): PromptMessage[] {
  const places = new Map<string, string>();
  let calls = 0;
  return messages.map((message) => ({
    ...message,
    calls: message.calls.map((call) => {
      calls += 1;
      places.set(call.id, String(calls));
      return { ...call, id: String(calls) };
    }),
    callId: message.callId === null ? null : (places.get(message.callId) ?? "of no call"),
  }));
}

const texts = (messages: readonly PromptMessage[]) =>
  JSON.stringify(
    messages.map(({ role, content, calls }) => `${role}: ${content}${calls.map(({ name }) => ` ${name}()`).join("")}`),
  );

function otherAnswers(record: SessionRecord): string[] {
  return (lastReading(record)?.runs ?? []).filter(isCompleted).flatMap((run) => {
    const token = tokenOfRun(run);
    const last = record.asked.findLast((one) => one.token === token);
    if (last === undefined) return [`Run ${run.runId} completed, and the model was not asked.`];
    const said = run.messages.at(-1);
    return last.end === "whole" && said?.role === "assistant" && said.content === last.text && run.content === last.text
      ? []
      : [`Run ${run.runId} completed with "${run.content}"; the model said "${last.text}" (${last.end}).`];
  });
}

function askedForNothing(record: SessionRecord): string[] {
  const reading = lastReading(record);
  if (reading === null) return [];
  const tokens = new Set(reading.runs.map(tokenOfRun));
  const missing = record.asked.filter(({ token, startedAt }) => startedAt < reading.startedAt && !tokens.has(token));
  return [...new Set(missing.map(({ token }) => `The model was asked for ${token}, and there is no such run.`))];
}
