import type { Usage } from "../../domain/model.ts";
import type { RunMetrics } from "../../domain/run.ts";
import type { TokenMetrics } from "../../domain/session.ts";
import { numberOf, objectOf, objectsOf, textOf } from "./values.ts";

const whole = (value: unknown): number => Math.round(numberOf(value) ?? 0);

/** Tokens that are shown only if there are some. */
const DETAILS = [
  "reasoning_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "audio_input_tokens",
  "audio_output_tokens",
] as const;

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
  return { ...counts(metrics), ...(models.length > 0 && { details: { model: models } }) };
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
  const { cache_write_tokens, audio_input_tokens, audio_output_tokens, cost } = counts(metrics);
  return {
    inputTokens: whole(metrics.input_tokens),
    outputTokens: whole(metrics.output_tokens),
    totalTokens: whole(metrics.total_tokens),
    reasoningTokens: whole(metrics.reasoning_tokens),
    cacheReadTokens: whole(metrics.cache_read_tokens),
    ...(cache_write_tokens !== undefined && { cacheWriteTokens: cache_write_tokens }),
    ...(audio_input_tokens !== undefined && { audioInputTokens: audio_input_tokens }),
    ...(audio_output_tokens !== undefined && { audioOutputTokens: audio_output_tokens }),
    ...(cost !== undefined && { cost }),
  };
}

function counts(metrics: Record<string, unknown>): Omit<TokenMetrics, "details"> {
  const details = DETAILS.map((name): [string, number] => [name, whole(metrics[name])]).filter(
    ([, count]) => count > 0,
  );
  const cost = numberOf(metrics.cost) ?? 0;
  return {
    input_tokens: whole(metrics.input_tokens),
    output_tokens: whole(metrics.output_tokens),
    total_tokens: whole(metrics.total_tokens),
    ...Object.fromEntries(details),
    ...(cost > 0 && { cost }),
  };
}
