import { expect, it } from "vitest";
import { type Model, type ModelChunk, ModelError } from "../../../../src/domain/model.ts";
import type { DriveDependencies } from "../../../../src/engine/drive/dependencies.ts";
import { driveRun } from "../../../../src/engine/drive/drive-run.ts";
import { buildPrompt } from "../../../../src/engine/prompt/prompt.ts";
import { applyFact } from "../../../../src/engine/run/apply-fact.ts";
import { newTokens, uncountedTokens } from "../../../../src/engine/run/metrics.ts";
import { factsOf, newRun, type Run, type RunHead } from "../../../../src/engine/run/state.ts";

const counted: ModelChunk = {
  type: "usage",
  usage: { inputTokens: 30, outputTokens: 40, totalTokens: 70, reasoningTokens: 0, cacheReadTokens: 0 },
};
const says = (bytes: number): ModelChunk => ({ type: "text", delta: "x".repeat(bytes) });
const thinks = (bytes: number): ModelChunk => ({ type: "reasoning", delta: "z".repeat(bytes) });
const calls = (bytes: number): ModelChunk => ({ type: "tool_call", index: 0, arguments: "y".repeat(bytes) });
const finished: ModelChunk = { type: "finish", reason: "stop" };

/** A run that is asked 40 bytes, after its model has said this. */
async function after(...said: (ModelChunk | "cancel" | Error)[]): Promise<Run> {
  const stop = new AbortController();
  const model: Model = {
    ...{ id: "m", name: "M", provider: "P", source: "chat here m" },
    async *stream() {
      for (const one of said) {
        if (one === "cancel") stop.abort();
        else if (one instanceof Error) throw one;
        else yield [one];
      }
    },
  };
  const run = newRun({ startedAt: 0, model: "m", modelProvider: "P", sessionState: {} } as unknown as RunHead);
  const deps = {
    ...{ model, tools: [], summary: null, signal: stop.signal, dropsHistory: false },
    ...{ eventRoom: () => 1e6, reasoningRoom: () => 0, providerDataRoom: () => 0, newId: () => "id" },
    limits: { maxToolRounds: 3, maxOutputBytes: 1e6 },
  } as unknown as DriveDependencies;
  const prompt = buildPrompt([{ role: "user", messageId: "u", content: "a".repeat(40), createdAt: 0 }], {});
  for await (const told of driveRun(run, prompt, deps)) {
    for (const fact of factsOf(told)) applyFact(run, { at: 0, fact });
  }
  return run;
}

const tokensOf = (run: Run) => newTokens(run) + uncountedTokens(run);

it("counts a request once, as its provider does, also where the run is cancelled or fails behind the count", async () => {
  for (const said of [
    [counted, finished],
    [counted, finished, "cancel" as const],
    [counted, "cancel" as const],
    [counted],
  ]) {
    expect(tokensOf(await after(says(400), ...said))).toBe(70);
  }
});

it("counts a request that no provider has counted by what was asked and what came, shown or not", async () => {
  for (const end of [finished, "cancel" as const, new ModelError("model_provider_error", "broken")]) {
    expect(tokensOf(await after(says(100), thinks(200), calls(300), end))).toBe((40 + 600) / 4);
  }
});

it("counts what was asked where a run is cancelled before a word came, and nothing where the provider failed first", async () => {
  expect(tokensOf(await after("cancel"))).toBe(10);
  expect(tokensOf(await after(new ModelError("model_provider_error", "refused")))).toBe(0);
});
