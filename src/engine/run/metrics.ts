import type { ModelName } from "../../domain/model.ts";
import type { RunMetrics } from "../../domain/run.ts";
import type { TokenMetrics } from "../../domain/session.ts";
import type { Run } from "./state.ts";
import { addTokens, allTokens, usedSince } from "./tokens.ts";

/** Milliseconds as seconds. The clock is no finer than whole milliseconds. */
export const seconds = (ms: number): number => Math.round(ms) / 1000;

/**
 * What a run cost, with the tokens of its member runs, and where its time went, in AgentOS's form. A run without usage
 * has no token counts.
 */
export function runMetrics(run: Run): RunMetrics {
  if (run.stored.metrics !== null) {
    return run.stored.metrics;
  }
  const { head, end } = run;
  const metrics: RunMetrics = { ...treeTokens(run) };
  if (run.firstTokenAt !== null) {
    metrics.time_to_first_token = seconds(run.firstTokenAt - pausedMs(run, run.firstTokenAt));
  }
  if (end !== null) {
    metrics.duration = seconds(end.at - head.startedAt - pausedMs(run));
  }
  metrics.timings = { ...head.timings, model: seconds(run.modelMs) };
  return metrics;
}

type Details = NonNullable<RunMetrics["details"]>;

/** Stands in a run's row for the tokens by model, where the run's own model has used all of them. */
const OWN_MODEL = { own: true } as unknown as Details;
const isOwnModel = (details: Details | undefined): boolean => details !== undefined && "own" in details;

/** The metrics as a run's row has them: without the details that follow from the rest, and from the model that the row names. */
export function storedMetrics(metrics: RunMetrics, model: ModelName): RunMetrics {
  const { details } = metrics;
  const repeats = JSON.stringify(details) === JSON.stringify(detailsOf(metrics, model));
  return details !== undefined && repeats ? { ...metrics, details: OWN_MODEL } : metrics;
}

/** What a run's row has of its metrics, as they were before they were stored. */
export function wholeMetrics(stored: RunMetrics, model: ModelName): RunMetrics {
  return isOwnModel(stored.details) ? { ...stored, details: detailsOf(stored, model) } : stored;
}

/** The tokens of the metrics as those of one model. */
function detailsOf(metrics: RunMetrics, { id, provider }: ModelName): Details {
  const { details: _, time_to_first_token, duration, timings, ...counts } = metrics;
  return { model: [{ ...(counts as TokenMetrics), id, provider }] };
}

/** How long the run was paused, up to an instant of it. */
function pausedMs({ log }: Run, until = Number.POSITIVE_INFINITY): number {
  let sum = 0;
  let pausedAt: number | null = null;
  for (const entry of log) {
    if (entry.kind === "run_paused") {
      pausedAt ??= entry.at;
    } else if (entry.kind === "run_continued" && pausedAt !== null && entry.at <= until) {
      sum += entry.at - pausedAt;
      pausedAt = null;
    }
  }
  return sum;
}

/** The tokens of a run and of all its member runs; null when none were counted. */
function treeTokens(run: Run): TokenMetrics | null {
  return run.members.reduce<TokenMetrics | null>(
    (sum, member) => addTokens(sum, treeTokens(member)),
    allTokens(run.usage),
  );
}

/** How many tokens a run and all its member runs have used. */
export const totalTokens = (run: Run): number => treeTokens(run)?.total_tokens ?? 0;

/** How many of them since the run was stored last. */
export const newTokens = (run: Run): number => Math.max(0, totalTokens(run) - run.stored.tokens);

/** About how many tokens a run and all its member runs have used since then that no provider has counted. */
export const uncountedTokens = (run: Run): number =>
  run.members.reduce((sum, member) => sum + uncountedTokens(member), run.uncounted);

/** A session's tokens, with those that the run has used since it was stored last. Each member run adds its own tokens. */
export function addRunTokens(session: TokenMetrics | null, run: Run): TokenMetrics | null {
  return addTokens(session, allTokens(usedSince(run.usage, run.stored.usage)));
}
