import { expect, it } from "vitest";
import { MAX_TOKENS } from "../../../../src/domain/limits.ts";
import { NO_USAGE, type Usage } from "../../../../src/domain/model.ts";
import { addTokens, addUsage, subtractUsage, tokenDetails, tokensOf } from "../../../../src/engine/run/tokens.ts";

const MODEL = { id: "m", provider: "P" };
const FULL: Usage = {
  inputTokens: 10,
  outputTokens: 20,
  totalTokens: 30,
  reasoningTokens: 4,
  cacheReadTokens: 5,
  cacheWriteTokens: 6,
  audioInputTokens: 7,
  audioOutputTokens: 8,
  cost: 0.1,
};

it("tells all that a provider counted, in the sum and by model, and nothing that it did not", () => {
  const details = {
    audio_input_tokens: 7,
    audio_output_tokens: 8,
    cache_read_tokens: 5,
    cache_write_tokens: 6,
    reasoning_tokens: 4,
    cost: 0.1,
  };
  const counts = { input_tokens: 10, output_tokens: 20, total_tokens: 30, ...details };
  expect(tokensOf(FULL, MODEL)).toEqual({ ...counts, details: { model: [{ ...counts, ...MODEL }] } });
  expect(tokenDetails(FULL)).toEqual(details);
  expect(tokenDetails({ ...NO_USAGE, totalTokens: 3 })).toEqual({});
});

it("adds and subtracts every count; a cost has no digits that nobody told", () => {
  const twice = addUsage(FULL, { ...FULL, cost: 0.2 });
  expect(twice).toMatchObject({ totalTokens: 60, cacheWriteTokens: 12, audioOutputTokens: 16, cost: 0.3 });
  expect(subtractUsage(twice, FULL)).toEqual({ ...FULL, cost: 0.2 });
  expect(addUsage(NO_USAGE, NO_USAGE)).toEqual(NO_USAGE);
});

it("keeps the sums of models apart, and adds to rows from before these counts were told", () => {
  const earlier = { input_tokens: 1, output_tokens: 1, total_tokens: 2, details: { model: [] } };
  const old = { ...earlier, details: { model: [{ input_tokens: 1, output_tokens: 1, total_tokens: 2, ...MODEL }] } };
  const added = addTokens(old, tokensOf(FULL, MODEL));
  expect(added).toMatchObject({ total_tokens: 32, cost: 0.1, cache_write_tokens: 6 });
  expect(added?.details?.model).toEqual([
    expect.objectContaining({ total_tokens: 32, reasoning_tokens: 4, cache_read_tokens: 5, cost: 0.1, ...MODEL }),
  ]);
  const other = addTokens(added, tokensOf({ ...FULL, totalTokens: MAX_TOKENS }, { ...MODEL, id: "n" }));
  expect(other?.total_tokens).toBe(MAX_TOKENS);
  expect(other?.details?.model.map(({ id }) => id)).toEqual(["m", "n"]);
});

it("takes what is no number for none: an older version imported models' counts without looking", () => {
  const odd = { ...MODEL, input_tokens: 1, output_tokens: 1, total_tokens: 2, cost: "1" as unknown as number };
  const sum = addTokens(
    { input_tokens: 1, output_tokens: 1, total_tokens: 2, details: { model: [odd] } },
    tokensOf(FULL, MODEL),
  );
  expect(sum?.details?.model[0]?.cost).toBe(0.1);
});
