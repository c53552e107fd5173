import type { Act, Asked, ReadRun, SessionRecord } from "../record.ts";
import { isStarted, label, lastReading, makesRun, type Rule, tokenOfRun } from "./facts.ts";

/** Rules about the order of runs. They go one at a time. */
export const ORDER_RULES: readonly Rule[] = [
  { rule: "runs go in the order in which they were acknowledged", check: overtaken },
  { rule: "runs of a session do not overlap", check: overlapping },
];

const interrupts = ({ operation: { action } }: Act) => action.kind === "run" && action.onBusy === "interrupt";

function overtaken(record: SessionRecord): string[] {
  const started = (lastReading(record)?.runs ?? []).filter(isStarted);
  const places = new Map(started.map(({ runId }, place) => [runId, place]));
  // A request that is sent again names the same run, which may have been accepted long before. Only the first one counts.
  const makers = record.acts.filter((act) => makesRun(act) && act.acceptedAt !== null);
  const first = [...Map.groupBy(makers, ({ runId }) => runId).values()].flatMap(([act]) => act ?? []);
  const sentAgain = new Set(record.acts.filter((act) => isSentAgain(act, record)));
  const mayNotOvertake = first.filter((later) => !interrupts(later) && !sentAgain.has(later));
  return first.flatMap((earlier) =>
    mayNotOvertake
      .filter((later) => wentBefore(later, earlier, places))
      .map((later) => `${label(later)} was asked for when ${label(earlier)} was acknowledged, and went before it.`),
  );
}

/** Whether a run that was requested after another one was acknowledged went before it. */
function wentBefore(later: Act, earlier: Act, places: ReadonlyMap<string, number>): boolean {
  if (earlier.acceptedAt === null || earlier.acceptedAt >= later.invokedAt) return false;
  const [place, placeOfLater] = [places.get(earlier.runId ?? ""), places.get(later.runId ?? "")];
  return place !== undefined && placeOfLater !== undefined && place >= placeOfLater;
}

const isSentAgain = (act: Act, { acts }: SessionRecord) =>
  acts.some(({ operation, invokedAt }) => operation.token === act.operation.token && invokedAt < act.invokedAt);

/** Requests of one run to the model, without a request of another run between them. */
export interface Stretch {
  token: string;
  asked: Asked[];
}

export function stretches(asked: readonly Asked[]): Stretch[] {
  const all: Stretch[] = [];
  for (const one of asked.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const last = all.at(-1);
    if (last?.token === one.token) last.asked.push(one);
    else all.push({ token: one.token, asked: [one] });
  }
  return all;
}

function overlapping(record: SessionRecord): string[] {
  const runs = lastReading(record)?.runs ?? [];
  const all = stretches(record.asked);
  const wrong: string[] = [];
  for (const [token, some] of Map.groupBy(all, (stretch) => stretch.token)) {
    const run = runs.find((one) => tokenOfRun(one) === token);
    if (run !== undefined && some.length > 1 + continues(run)) {
      wrong.push(`${token} (run ${run.runId}) asked the model, then another run did, then it did again.`);
    }
  }
  all.forEach((stretch, at) => {
    const before = all[at - 1]?.asked.at(-1);
    const [first] = stretch.asked;
    if (before?.end === "whole" && first !== undefined && before.endedAt > first.startedAt) {
      wrong.push(`${stretch.token} asked the model while it answered ${before.token}.`);
    }
  });
  return wrong;
}

const continues = ({ events }: ReadRun) => events.filter((event) => event === "RunContinued").length;
