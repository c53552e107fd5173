import type { HistoryDropped } from "../../domain/run.ts";
import type { WindowRun } from "./window.ts";

/** What of a session's history the provider of a model has refused, by run index. Later runs go without it at once. */
export interface Refusal {
  /** The newest run that was left out; null when none was. */
  runsThrough: number | null;
  /** The newest run of which what providers said beside the text was left out; null when none was. */
  providerDataThrough: number | null;
  /** The provider's words. */
  reason: string;
}

type History = readonly Pick<WindowRun, "runIndex">[];

/** What a run that came to an answer without parts of its history has shown. */
export function refusalOf(dropped: HistoryDropped, history: History, ownRunIndex: number): Refusal {
  const { runs, withoutProviderData, reason } = dropped;
  const own = withoutProviderData > history.length ? ownRunIndex : null;
  return {
    runsThrough: history[runs - 1]?.runIndex ?? null,
    providerDataThrough: own ?? history[withoutProviderData - 1]?.runIndex ?? null,
    reason,
  };
}

/** What a new run with this history goes without; null where nothing of it was refused. */
export function refusedBefore(refusal: Refusal | null, history: History): HistoryDropped | null {
  if (refusal === null) return null;
  const upTo = (through: number | null) => history.filter(({ runIndex }) => runIndex <= (through ?? -1)).length;
  const runs = upTo(refusal.runsThrough);
  const withoutProviderData = upTo(refusal.providerDataThrough);
  return runs + withoutProviderData === 0 ? null : { runs, withoutProviderData, reason: refusal.reason };
}
