import { MAX_TOKEN_MODELS, MAX_TOKENS } from "../../domain/limits.ts";
import type { Usage } from "../../domain/model.ts";
import type { RunMetrics } from "../../domain/run.ts";
import type { TokenMetrics } from "../../domain/session.ts";
import type { Run } from "./state.ts";

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
  if (run.firstTextAt !== null) {
    metrics.time_to_first_token = seconds(run.firstTextAt - pausedMs(run, run.firstTextAt));
  }
  if (end !== null) {
    metrics.duration = seconds(end.at - head.startedAt - pausedMs(run));
  }
  metrics.timings = { ...head.timings, model: seconds(run.modelMs) };
  return metrics;
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
    usageTokens(run, run.usage),
  );
}

function usageTokens({ head }: Run, usage: Usage): TokenMetrics | null {
  if (usage.totalTokens === 0) {
    return null;
  }
  const counts = {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  };
  return {
    ...counts,
    ...(usage.reasoningTokens > 0 && { reasoning_tokens: usage.reasoningTokens }),
    ...(usage.cacheReadTokens > 0 && { cache_read_tokens: usage.cacheReadTokens }),
    details: { model: [{ ...counts, id: head.model, provider: head.modelProvider }] },
  };
}

/** A session's tokens, with those that the run has used since it was stored last. Each member run adds its own tokens. */
export function addRunTokens(session: TokenMetrics | null, run: Run): TokenMetrics | null {
  return addTokens(session, usageTokens(run, subtractUsage(run.usage, run.stored.usage)));
}

/** Two sums of tokens as one, kept apart by model. */
function addTokens(sum: TokenMetrics | null, added: TokenMetrics | null): TokenMetrics | null {
  if (sum === null || added === null) {
    return sum ?? added;
  }
  const reasoning = tokenSum(sum.reasoning_tokens ?? 0, added.reasoning_tokens ?? 0);
  const cacheRead = tokenSum(sum.cache_read_tokens ?? 0, added.cache_read_tokens ?? 0);
  return {
    ...sumCounts(sum, added),
    ...(reasoning > 0 && { reasoning_tokens: reasoning }),
    ...(cacheRead > 0 && { cache_read_tokens: cacheRead }),
    details: { model: addModels(sum.details?.model ?? [], added.details?.model ?? []) },
  };
}

/** Tokens by model. A model that comes after the first `MAX_TOKEN_MODELS` counts in the sum only. */
function addModels(sum: readonly ModelTokens[], added: readonly ModelTokens[]): ModelTokens[] {
  const models = [...sum];
  for (const model of added) {
    const at = models.findIndex(({ id, provider }) => id === model.id && provider === model.provider);
    const known = models[at];
    if (known !== undefined) models[at] = { ...known, ...sumCounts(known, model) };
    else if (models.length < MAX_TOKEN_MODELS) models.push(model);
  }
  return models;
}

type ModelTokens = NonNullable<TokenMetrics["details"]>["model"][number];
type Counts = Pick<TokenMetrics, "input_tokens" | "output_tokens" | "total_tokens">;

function sumCounts(a: Counts, b: Counts): Counts {
  return {
    input_tokens: tokenSum(a.input_tokens, b.input_tokens),
    output_tokens: tokenSum(a.output_tokens, b.output_tokens),
    total_tokens: tokenSum(a.total_tokens, b.total_tokens),
  };
}

/** Never more than an import takes, so that what is exported can come in again. */
const tokenSum = (a: number, b: number): number => Math.min(a + b, MAX_TOKENS);

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  };
}

function subtractUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens - b.inputTokens,
    outputTokens: a.outputTokens - b.outputTokens,
    totalTokens: a.totalTokens - b.totalTokens,
    reasoningTokens: a.reasoningTokens - b.reasoningTokens,
    cacheReadTokens: a.cacheReadTokens - b.cacheReadTokens,
  };
}
