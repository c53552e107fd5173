import type { Act, Finding, Reading, ReadRun, SessionRecord } from "../record.ts";
import { tokenIn, tokenOf } from "../words.ts";

/** A rule of the product. Its check returns a sentence for each thing in the record that breaks the rule. */
export interface Rule {
  rule: string;
  check(record: SessionRecord): string[];
}

export function findings(rules: readonly Rule[], record: SessionRecord): Finding[] {
  const { sessionId } = record;
  return rules.flatMap(({ rule, check }) => check(record).map((detail) => ({ rule, sessionId, detail })));
}

/** The last reading. There is nothing to check before the first. */
export const lastReading = ({ readings }: SessionRecord): Reading | null => readings.at(-1) ?? null;

const MAKERS = new Set(["run", "regenerate", "branch"]);

/** Whether the operation asks for a new run. */
export const makesRun = ({ operation }: Act): boolean => MAKERS.has(operation.action.kind);

export const isAcknowledged = ({ outcome }: Act): boolean => outcome === "acknowledged";

export const label = ({ client, operation, epoch }: Act): string =>
  `${operation.action.kind} ${operation.token} (epoch ${epoch}, client ${client})`;

/** The token of the operation that made the run; null if the run does not show it. */
export function tokenOfRun(run: ReadRun): string | null {
  if (run.messages.length > 0) return tokenOf(run.messages);
  // A run that has not started has no messages yet, but shows its input. A regenerated run has the input of the older run,
  // which does not say who made the new one.
  return run.from?.how === "regenerated" ? null : tokenIn(run.input);
}

/** Until when the act may still change something: until its end, or, if its outcome is unknown, until the next reading. */
export function happensUntil(act: Act, { readings }: SessionRecord): number {
  // The cron trigger may take the job up again, a minute later or more.
  if (act.operation.action.kind === "tag" && act.outcome === "unknown") return Number.POSITIVE_INFINITY;
  const settled = readings.find(({ startedAt }) => startedAt > act.invokedAt)?.startedAt ?? Number.POSITIVE_INFINITY;
  // A run goes on after it was acknowledged.
  const isOver = act.outcome === "refused" || (isAcknowledged(act) && (!makesRun(act) || act.told !== null));
  return isOver ? act.endedAt : settled;
}

/** How the run itself ended, even if it was regenerated later: the name of its last event that is an end. */
export const endOf = ({ events }: ReadRun): string | null =>
  events.findLast((event) => ["RunCompleted", "RunError", "RunCancelled", "RunPaused"].includes(event)) ?? null;

export const isCompleted = (run: ReadRun): boolean =>
  (run.status === "COMPLETED" || run.status === "REGENERATED") &&
  !run.events.includes("RunCancelled") &&
  endOf(run) === "RunCompleted";

export const isStarted = ({ messages }: ReadRun): boolean => messages.length > 0;
