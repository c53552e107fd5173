import type { Act, Reading, ReadRun, SessionReading, SessionRecord } from "../record.ts";
import { isCompleted, label, lastReading, type Rule } from "./facts.ts";

/** Rules about what copies of a session hold. */
export const FORK_RULES: readonly Rule[] = [
  { rule: "a fork has the runs that were settled when it was made, as they were", check: otherCopies },
];

function otherCopies(record: SessionRecord): string[] {
  const reading = lastReading(record);
  return (reading?.forks ?? []).flatMap((fork) => {
    const act = record.acts.find(({ forkId }) => forkId === fork.sessionId);
    return reading === null ? [] : compared(fork, act, reading, record);
  });
}

function compared(fork: SessionReading, act: Act | undefined, source: Reading, record: SessionRecord): string[] {
  const originals = new Map(source.runs.map((run) => [run.runId, run]));
  const copied = new Set<string>();
  const wrong = fork.runs.flatMap((copy) => {
    const original = originals.get(copy.from?.runId ?? "");
    if (original === undefined) return [`Run ${copy.runId} of fork ${fork.sessionId} is a copy of nothing.`];
    copied.add(original.runId);
    if (isSame(copy, original)) return [];
    return [`Run ${copy.runId} of fork ${fork.sessionId} is not as run ${original.runId}.`];
  });
  if (act === undefined) return wrong;
  for (const { told, runId, endedAt } of record.acts) {
    const isSettled = told?.status === "COMPLETED" && told.persisted && endedAt < act.invokedAt;
    if (isSettled && runId !== null && !copied.has(runId)) {
      wrong.push(`${label(act)} made fork ${fork.sessionId} without run ${runId}, which had completed.`);
    }
  }
  for (const made of record.acts) {
    const { runId, invokedAt, operation } = made;
    if (operation.action.kind === "run" && runId !== null && invokedAt > act.endedAt && copied.has(runId)) {
      const isFirst = !record.acts.some((one) => one.runId === runId && one.invokedAt < invokedAt);
      if (isFirst) wrong.push(`Fork ${fork.sessionId} has run ${runId}, which was asked for behind it.`);
    }
  }
  return wrong;
}

/**
 * Whether the copy is the same as the original. If the original had paused and has gone on since, the copy is its beginning.
 */
function isSame(copy: ReadRun, original: ReadRun): boolean {
  const began = original.messages.slice(0, copy.messages.length);
  const isBeginning = JSON.stringify(copy.messages) === JSON.stringify(began) && copy.input === original.input;
  return isBeginning && (!isCompleted(copy) || copy.content === original.content);
}
