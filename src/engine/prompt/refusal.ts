import type { HistoryDropped } from "../../domain/run.ts";
import type { WindowRun } from "./window.ts";

/** What of a session's history the provider of a model has refused, by run index. Later runs go without it at once. */
export interface Refusal {
  /** The newest run that was left out; null when none was. */
  runsThrough: number | null;
  /** The newest run whose provider data was left out; null if there is none. */
  providerDataThrough: number | null;
  /** The provider's words. */
  reason: string;
}

type History = readonly Pick<WindowRun, "runIndex">[];

/** What the provider has refused, as a run shows that was answered without parts of its history. */
export function refusalOf(dropped: HistoryDropped, history: History, ownRunIndex: number): Refusal {
  const { runs, withoutProviderData, reason } = dropped;
  const own = withoutProviderData > history.length ? ownRunIndex : null;
  return {
    runsThrough: history[runs - 1]?.runIndex ?? null,
    providerDataThrough: own ?? history[withoutProviderData - 1]?.runIndex ?? null,
    reason,
  };
}

/** What a new run with this history goes without; null if nothing of it was refused. */
export function refusedBefore(refusal: Refusal | null, history: History): HistoryDropped | null {
  if (refusal === null) return null;
  const upTo = (through: number | null) => history.filter(({ runIndex }) => runIndex <= (through ?? -1)).length;
  const runs = upTo(refusal.runsThrough);
  const withoutProviderData = upTo(refusal.providerDataThrough);
  return runs + withoutProviderData === 0 ? null : { runs, withoutProviderData, reason: refusal.reason };
}
