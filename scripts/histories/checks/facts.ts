import type { Act, Finding, Reading, ReadRun, SessionRecord } from "../record.ts";
import { tokenIn, tokenOf } from "../words.ts";

/** A rule: what is wrong with what was seen, in sentences; nothing where it holds. */
export interface Rule {
  rule: string;
  check(record: SessionRecord): string[];
}

export function findings(rules: readonly Rule[], record: SessionRecord): Finding[] {
  const { sessionId } = record;
  return rules.flatMap(({ rule, check }) => check(record).map((detail) => ({ rule, sessionId, detail })));
}

/** What was read last; the checks are made when there is something. */
export const lastReading = ({ readings }: SessionRecord): Reading | null => readings.at(-1) ?? null;

const MAKERS = new Set(["run", "regenerate", "branch"]);

/** Operations that ask for a new run. */
export const makesRun = ({ operation }: Act): boolean => MAKERS.has(operation.action.kind);

export const isAcknowledged = ({ outcome }: Act): boolean => outcome === "acknowledged";

export const label = ({ client, operation, epoch }: Act): string =>
  `${operation.action.kind} ${operation.token} (epoch ${epoch}, client ${client})`;

/** The token of the operation that a run is of; null for one that does not say. */
export function tokenOfRun(run: ReadRun): string | null {
  if (run.messages.length > 0) return tokenOf(run.messages);
  // What has not started shows what it was asked: of one that answers again, what the older one was.
  return run.from?.how === "regenerated" ? null : tokenIn(run.input);
}

/** Until when something of the act may still happen: to its end, or while its outcome is not known to the next reading. */
export function happensUntil(act: Act, { readings }: SessionRecord): number {
  // A job is taken up again by the cron trigger, a minute later or more.
  if (act.operation.action.kind === "tag" && act.outcome === "unknown") return Number.POSITIVE_INFINITY;
  const settled = readings.find(({ startedAt }) => startedAt > act.invokedAt)?.startedAt ?? Number.POSITIVE_INFINITY;
  // A run goes on behind its acknowledgement.
  const isOver = act.outcome === "refused" || (isAcknowledged(act) && (!makesRun(act) || act.told !== null));
  return isOver ? act.endedAt : settled;
}

/** How a run ended, whatever answered it again later: the name of its last event that is an end. */
export const endOf = ({ events }: ReadRun): string | null =>
  events.findLast((event) => ["RunCompleted", "RunError", "RunCancelled", "RunPaused"].includes(event)) ?? null;

export const isCompleted = (run: ReadRun): boolean =>
  (run.status === "COMPLETED" || run.status === "REGENERATED") &&
  !run.events.includes("RunCancelled") &&
  endOf(run) === "RunCompleted";

export const isStarted = ({ messages }: ReadRun): boolean => messages.length > 0;
