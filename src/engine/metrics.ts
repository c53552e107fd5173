import type { RunMetrics } from "../domain/run.ts";
import type { TokenMetrics } from "../domain/session.ts";
import type { Run } from "./run-state.ts";

/** Seconds of whole milliseconds: what the clock is good for. */
export const seconds = (ms: number): number => Math.round(ms) / 1000;

/** What a run cost and where its time went, in AgentOS's form; zero token counts of a run without usage are left out. */
export function runMetrics(run: Run): RunMetrics {
  const { head, end, usage } = run;
  const metrics: RunMetrics = usage.totalTokens > 0 ? tokenMetrics(run) : {};
  if (run.firstTextAt !== null) {
    metrics.time_to_first_token = seconds(run.firstTextAt);
  }
  if (end !== null) {
    metrics.duration = seconds(end.at - head.startedAt);
  }
  metrics.timings = { ...head.timings, model: seconds(run.modelMs) };
  return metrics;
}

function tokenMetrics({ head, usage }: Run): TokenMetrics {
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

/** A session's tokens with one more run's added, kept apart by model. */
export function addRunTokens(session: TokenMetrics | null, run: Run): TokenMetrics | null {
  if (run.usage.totalTokens === 0) {
    return session;
  }
  const added = tokenMetrics(run);
  if (session === null) {
    return added;
  }
  const models = [...(session.details?.model ?? [])];
  for (const model of added.details?.model ?? []) {
    const at = models.findIndex((known) => known.id === model.id && known.provider === model.provider);
    const known = models[at];
    if (known === undefined) {
      models.push(model);
    } else {
      models[at] = { ...known, ...sumCounts(known, model) };
    }
  }
  const reasoning = (session.reasoning_tokens ?? 0) + (added.reasoning_tokens ?? 0);
  const cacheRead = (session.cache_read_tokens ?? 0) + (added.cache_read_tokens ?? 0);
  return {
    ...sumCounts(session, added),
    ...(reasoning > 0 && { reasoning_tokens: reasoning }),
    ...(cacheRead > 0 && { cache_read_tokens: cacheRead }),
    details: { model: models },
  };
}

type Counts = Pick<TokenMetrics, "input_tokens" | "output_tokens" | "total_tokens">;

function sumCounts(a: Counts, b: Counts): Counts {
  return {
    input_tokens: a.input_tokens + b.input_tokens,
    output_tokens: a.output_tokens + b.output_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  };
}
