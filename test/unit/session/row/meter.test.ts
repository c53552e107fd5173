import { expect, it } from "vitest";
import { type Model, type ModelChunk, ModelError, type ModelRequest } from "../../../../src/domain/model.ts";
import { modelAnswer } from "../../../../src/model-answers/ask.ts";
import { Meter } from "../../../../src/session/row/meter.ts";

const counted: ModelChunk = {
  type: "usage",
  usage: { inputTokens: 30, outputTokens: 40, totalTokens: 70, reasoningTokens: 0, cacheReadTokens: 0 },
};
const says = (bytes: number): ModelChunk => ({ type: "text", delta: "x".repeat(bytes) });
const thinks = (bytes: number): ModelChunk => ({ type: "reasoning", delta: "z".repeat(bytes) });
const finished: ModelChunk = { type: "finish", reason: "stop" };
const away = new ModelError("model_provider_error", "away", { isAway: true });

/** Tells 40 bytes. */
const request: ModelRequest = {
  messages: [{ role: "user", content: "a".repeat(40) }],
  tools: [],
  toolChoice: "none",
  maxTokens: 10,
  maxRetries: 0,
};

/** "hangs": the model never goes on. */
const modelThat = (said: (ModelChunk | Error | "hangs")[], fallbacks: Model[] = []): Model => ({
  ...{ id: "m", name: "M", provider: "P", source: "chat here m", fallbacks },
  async *stream() {
    for (const one of said) {
      if (one === "hangs") await new Promise(() => {});
      else if (one instanceof Error) throw one;
      else yield [one];
    }
  },
});

async function usedBy(model: Model, signal?: AbortSignal): Promise<number> {
  const meter = new Meter(0);
  await modelAnswer(meter.on(model), request, { timeoutMs: 20, maxChars: 1_000, ...(signal && { signal }) });
  return meter.used.tokens;
}

it("counts what the provider counts", async () => {
  expect(await usedBy(modelThat([says(8), counted, finished]))).toBe(70);
});

it("counts by length what no provider has counted: thoughts, answers that broke off, and those that were given up as too long", async () => {
  expect(await usedBy(modelThat([thinks(8), says(8), finished]))).toBe(14);
  expect(await usedBy(modelThat([says(8), away]))).toBe(12);
  expect(await usedBy(modelThat([says(2_000), "hangs"]))).toBe(510);
});

it("counts what was asked of a model that does not answer in time, or that nobody waits for any more", async () => {
  expect(await usedBy(modelThat(["hangs"]))).toBe(10);
  expect(await usedBy(modelThat([says(8), "hangs"]))).toBe(12);
  const stop = new AbortController();
  const used = usedBy(modelThat(["hangs"]), stop.signal);
  stop.abort();
  expect(await used).toBe(10);
});

it("counts nothing of a provider that failed before it said anything, and what the model behind it used", async () => {
  expect(await usedBy(modelThat([away]))).toBe(0);
  expect(await usedBy(modelThat([counted, away]))).toBe(0);
  expect(await usedBy(modelThat([away], [modelThat([says(8), finished])]))).toBe(12);
});

it("adds up the requests of one name or summary", async () => {
  const meter = new Meter(0);
  const model = meter.on(modelThat([counted, finished]));
  const bounds = { timeoutMs: 20, maxChars: 10 };
  await modelAnswer(model, request, bounds);
  await modelAnswer(model, request, bounds);
  expect(meter.used.tokens).toBe(140);
});
