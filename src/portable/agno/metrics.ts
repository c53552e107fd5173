import type { Usage } from "../../domain/model.ts";
import type { RunMetrics } from "../../domain/run.ts";
import type { TokenMetrics } from "../../domain/session.ts";
import { numberOf, objectOf, objectsOf, textOf } from "./values.ts";

const whole = (value: unknown): number => Math.round(numberOf(value) ?? 0);

/** The tokens that Agno counted for a session or a run; null if it counted none. */
export function tokenMetrics(value: unknown): TokenMetrics | null {
  const metrics = objectOf(value);
  if (metrics === null || whole(metrics.total_tokens) === 0) {
    return null;
  }
  const models = objectsOf(objectOf(metrics.details)?.model).map((model) => ({
    id: textOf(model.id) ?? "",
    provider: textOf(model.provider) ?? "",
    ...counts(model),
  }));
  const reasoning = whole(metrics.reasoning_tokens);
  const cached = whole(metrics.cache_read_tokens);
  return {
    ...counts(metrics),
    ...(reasoning > 0 && { reasoning_tokens: reasoning }),
    ...(cached > 0 && { cache_read_tokens: cached }),
    ...(models.length > 0 && { details: { model: models } }),
  };
}

export function runMetrics(value: unknown): RunMetrics {
  const metrics = objectOf(value);
  const first = numberOf(metrics?.time_to_first_token);
  const duration = numberOf(metrics?.duration);
  return {
    ...tokenMetrics(value),
    ...(first !== null && { time_to_first_token: first }),
    ...(duration !== null && { duration }),
  };
}

/** The tokens that Agno counted for a message; null if it counted none. */
export function usageOf(value: unknown): Usage | null {
  const metrics = objectOf(value);
  if (metrics === null || whole(metrics.total_tokens) === 0) {
    return null;
  }
  return {
    inputTokens: whole(metrics.input_tokens),
    outputTokens: whole(metrics.output_tokens),
    totalTokens: whole(metrics.total_tokens),
    reasoningTokens: whole(metrics.reasoning_tokens),
    cacheReadTokens: whole(metrics.cache_read_tokens),
  };
}

const counts = (metrics: Record<string, unknown>) => ({
  input_tokens: whole(metrics.input_tokens),
  output_tokens: whole(metrics.output_tokens),
  total_tokens: whole(metrics.total_tokens),
});
