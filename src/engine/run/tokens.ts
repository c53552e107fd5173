import { MAX_TOKEN_MODELS, MAX_TOKENS } from "../../domain/limits.ts";
import { type ModelName, NO_USAGE, type Usage } from "../../domain/model.ts";
import type { TokenMetrics } from "../../domain/session.ts";

// A model's usage, and sums of it in AgentOS's words.

type Names<Key extends keyof Usage> = Record<Key, Exclude<keyof TokenMetrics, "details">>;
type CountKey = "inputTokens" | "outputTokens" | "totalTokens";

/** What AgentOS calls the counts that metrics always have. */
const COUNTS = {
  inputTokens: "input_tokens",
  outputTokens: "output_tokens",
  totalTokens: "total_tokens",
} as const satisfies Names<CountKey>;

/** What AgentOS calls all else that a provider may tell, in its order; left out if it is 0 or was not told. */
const DETAILS = {
  audioInputTokens: "audio_input_tokens",
  audioOutputTokens: "audio_output_tokens",
  cacheReadTokens: "cache_read_tokens",
  cacheWriteTokens: "cache_write_tokens",
  reasoningTokens: "reasoning_tokens",
  cost: "cost",
} as const satisfies Names<Exclude<keyof Usage, CountKey>>;

/** The names of these in metrics. */
export const TOKEN_DETAILS: readonly (keyof TokenDetails)[] = Object.values(DETAILS);

const keysOf = <Key extends string>(names: Record<Key, unknown>) => Object.keys(names) as Key[];
const COUNT_KEYS = keysOf(COUNTS);
const DETAIL_KEYS = keysOf(DETAILS);

/** What a provider counted, beside a count of all tokens: each part that it told, by AgentOS's name. */
export type TokenDetails = Partial<Record<(typeof DETAILS)[keyof typeof DETAILS], number>>;

/** The parts of a usage that are not 0. */
export function tokenDetails(usage: Usage): TokenDetails {
  const details: TokenDetails = {};
  for (const key of DETAIL_KEYS) {
    const value = usage[key] ?? 0;
    if (value > 0) details[DETAILS[key]] = value;
  }
  return details;
}

/** What one model has used. */
export interface ModelUsage {
  model: ModelName;
  usage: Usage;
}

const isSame = (one: ModelName, other: ModelName): boolean => one.id === other.id && one.provider === other.provider;

/** What each model has used, with this on top of it. */
export function withUsage(used: readonly ModelUsage[], { model, usage }: ModelUsage): readonly ModelUsage[] {
  const at = used.findIndex((one) => isSame(one.model, model));
  const known = used[at];
  return known === undefined
    ? [...used, { model, usage }]
    : used.with(at, { model, usage: addUsage(known.usage, usage) });
}

/** What each model has used since it had used this. */
export function usedSince(used: readonly ModelUsage[], before: readonly ModelUsage[]): readonly ModelUsage[] {
  return used.map(({ model, usage }) => {
    const known = before.find((one) => isSame(one.model, model));
    return { model, usage: known === undefined ? usage : subtractUsage(usage, known.usage) };
  });
}

/** The tokens of all models; null when none were counted. */
export const allTokens = (used: readonly ModelUsage[]): TokenMetrics | null =>
  used.reduce<TokenMetrics | null>((sum, { model, usage }) => addTokens(sum, tokensOf(usage, model)), null);

/** The tokens of one model; null when none were counted. */
export function tokensOf(usage: Usage, { id, provider }: ModelName): TokenMetrics | null {
  if (usage.totalTokens === 0) {
    return null;
  }
  const counts = {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    ...tokenDetails(usage),
  };
  return { ...counts, details: { model: [{ ...counts, id, provider }] } };
}

/** Two sums of tokens as one, kept apart by model. */
export function addTokens(sum: TokenMetrics | null, added: TokenMetrics | null): TokenMetrics | null {
  if (sum === null || added === null) {
    return sum ?? added;
  }
  const details = { model: addModels(sum.details?.model ?? [], added.details?.model ?? []) };
  return { ...sumCounts(sum, added), details };
}

/** Tokens by model. A model that comes after the first `MAX_TOKEN_MODELS` counts in the sum only. */
function addModels(sum: readonly ModelTokens[], added: readonly ModelTokens[]): ModelTokens[] {
  const models = [...sum];
  for (const model of added) {
    const at = models.findIndex((one) => isSame(one, model));
    const known = models[at];
    if (known !== undefined) models[at] = { ...known, ...sumCounts(known, model) };
    else if (models.length < MAX_TOKEN_MODELS) models.push(model);
  }
  return models;
}

type ModelTokens = NonNullable<TokenMetrics["details"]>["model"][number];
type Counts = Omit<TokenMetrics, "details">;

function sumCounts(a: Counts, b: Counts): Counts {
  const sum: Counts = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  for (const key of COUNT_KEYS) {
    sum[COUNTS[key]] = tokenSum(a[COUNTS[key]], b[COUNTS[key]]);
  }
  for (const key of DETAIL_KEYS) {
    const value = tokenSum(a[DETAILS[key]], b[DETAILS[key]]);
    if (value > 0) sum[DETAILS[key]] = value;
  }
  return sum;
}

/**
 * Never more than an import takes, so that what is exported can come in again. A row that an older version imported may hold
 * anything in fields which that version did not check.
 */
const tokenSum = (a: unknown, b: unknown): number => Math.min(exact(numberOf(a) + numberOf(b)), MAX_TOKENS);

const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The sum of two costs such as 0.1 and 0.2, without the digits that only its binary form has. */
const exact = (value: number): number => (Number.isInteger(value) ? value : Number(value.toPrecision(15)));

export const addUsage = (a: Usage, b: Usage): Usage => combined(a, b, (one, other) => one + other);

export const subtractUsage = (a: Usage, b: Usage): Usage => combined(a, b, (one, other) => one - other);

function combined(a: Usage, b: Usage, combine: (a: number, b: number) => number): Usage {
  const usage: Usage = { ...NO_USAGE };
  for (const key of [...COUNT_KEYS, ...DETAIL_KEYS]) {
    const value = exact(combine(a[key] ?? 0, b[key] ?? 0));
    // What no provider told stays untold.
    if (value !== 0) usage[key] = value;
  }
  return usage;
}

/** How many bytes of text a token has, about. */
const TOKEN_BYTES = 4;

/** About how many tokens a text of this length has: what is counted where a provider has not. */
export const tokensOfBytes = (bytes: number): number => Math.ceil(bytes / TOKEN_BYTES);
