import type { Act, SessionRecord } from "../record.ts";
import { happensUntil, isAcknowledged, label, type Rule } from "./facts.ts";

/** Rules about whether the session is there, and about what requests are refused for. */
export const PRESENCE_RULES: readonly Rule[] = [
  { rule: "a session is there unless it was deleted, and deleted until it is restored", check: wrongPresence },
  { rule: "nothing is refused without a reason", check: refusedForNothing },
  { rule: "a server that is alive answers", check: unanswered },
];

/** A delete or a restore. It may take effect at any time between the act's request and `until`. */
interface Change {
  act: Act;
  isThere: boolean;
  until: number;
}

function presenceChanges(record: SessionRecord): Change[] {
  return record.acts.flatMap((act) => {
    const { kind } = act.operation.action;
    if (act.outcome === "refused" || (kind !== "delete" && kind !== "restore")) return [];
    return [{ act, isThere: kind === "restore", until: happensUntil(act, record) }];
  });
}

function wrongPresence(record: SessionRecord): string[] {
  const changes = presenceChanges(record);
  return record.acts.flatMap((act) => {
    const shown = presenceShown(act);
    if (shown === null || possiblePresence(changes, act).has(shown)) return [];
    return [`${label(act)} answered ${act.status}: the session is ${shown ? "" : "not "}there, and was not to be so.`];
  });
}

/** Whether the session may have been gone at some time during this act. */
export const mayBeGone = (record: SessionRecord, act: Act): boolean =>
  possiblePresence(presenceChanges(record), act).has(false);

/** Whether the answer shows that the session was there; null if it shows neither. */
function presenceShown(act: Act): boolean | null {
  const { kind } = act.operation.action;
  if (kind === "restore" && act.status === 404) return true;
  if (kind === "delete" || kind === "restore" || kind === "list" || kind === "search") return null;
  // A cancel and a tag job answer alike whether the session is there or not. A resume says so only in its stream.
  if (kind === "cancel" || kind === "tag" || kind === "resume") return null;
  if (act.status === 404 || (act.status === 409 && act.detail.includes("was deleted"))) return false;
  return isAcknowledged(act) ? true : null;
}

/**
 * Whether the session may have been there, or gone, at some time during this act. A change counts unless a later one has
 * certainly undone it.
 */
function possiblePresence(changes: readonly Change[], { invokedAt, endedAt }: Act): Set<boolean> {
  const possible = new Set<boolean>();
  const before = changes.filter(({ act }) => isAcknowledged(act) && act.endedAt < invokedAt);
  const isGoneOver = (change: { until: number }) => before.some(({ act }) => act.invokedAt > change.until);
  if (before.length === 0) possible.add(true);
  for (const change of changes) {
    if (change.act.invokedAt < endedAt && !isGoneOver(change)) possible.add(change.isThere);
  }
  return possible;
}

/** The statuses that an operation may be refused with while the session is there. */
function mayBeRefusedWith({ operation: { action }, ifMatch }: Act): readonly number[] {
  switch (action.kind) {
    case "run":
      return action.onBusy === "reject" ? [409] : [];
    case "patch":
    case "rename":
      return ifMatch === null ? [] : [412];
    case "continue":
    case "regenerate":
    case "branch":
      return [400, 409];
    case "fork":
      return [400];
    default:
      return [];
  }
}

function refusedForNothing(record: SessionRecord): string[] {
  return record.acts
    .filter((act) => act.outcome === "refused" && !mayBeRefusedWith(act).includes(act.status))
    .filter((act) => presenceShown(act) === null)
    .map((act) => `${label(act)} was refused with ${act.status}: ${act.detail}`);
}

function unanswered(record: SessionRecord): string[] {
  return record.acts
    .filter(({ isServerUp, status, detail }) => {
      const isBroken = status === 0 || (status >= 500 && status !== 503);
      return isServerUp && (isBroken || detail.includes("TimeoutError"));
    })
    .map((act) => `${label(act)} got no answer, or one of a broken server: ${act.status} ${act.detail}`);
}
