import { expect, it } from "vitest";
import { type Model, type ModelBurst, type ModelChunk, ModelError } from "../../../../src/domain/model.ts";
import type { DriveDependencies } from "../../../../src/engine/drive/dependencies.ts";
import { driveRun } from "../../../../src/engine/drive/drive-run.ts";
import { buildPrompt } from "../../../../src/engine/prompt/prompt.ts";
import { applyFact } from "../../../../src/engine/run/apply-fact.ts";
import { factsOf, newRun, type Run, type RunFact, type RunHead } from "../../../../src/engine/run/state.ts";

const says = (delta: string): ModelChunk => ({ type: "text", delta });
const finished: ModelChunk = { type: "finish", reason: "stop" };

interface Rooms {
  output?: number;
  events?: number;
  /** Cancels the run once so many steps were taken. */
  cancelBehind?: number;
}

/** What is recorded of a run whose model answers this: the facts that are recorded together, in lists. */
async function steps(bursts: (ModelBurst | Error)[], { output = 1e6, events = 1e6, cancelBehind = 1e6 }: Rooms = {}) {
  const cancel = new AbortController();
  const asked: { signal?: AbortSignal } = {};
  const model: Model = {
    ...{ id: "m", name: "M", provider: "P", source: "chat here m" },
    async *stream(_request, signal) {
      asked.signal = signal;
      for (const burst of bursts) {
        if (burst instanceof Error) throw burst;
        yield burst;
      }
    },
  };
  const run: Run = newRun({ startedAt: 0, model: "m", modelProvider: "P", sessionState: {} } as unknown as RunHead);
  const deps = {
    ...{ model, tools: [], summary: null, signal: cancel.signal, dropsHistory: false, newId: () => "id" },
    ...{ eventRoom: () => events - run.eventBytes, reasoningRoom: () => 1e6, providerDataRoom: () => 1e6 },
    limits: { maxToolRounds: 3, maxOutputBytes: output },
  } as unknown as DriveDependencies;
  const taken: RunFact[][] = [];
  for await (const told of driveRun(run, buildPrompt([], {}), deps)) {
    const facts: RunFact[] = [];
    for (const fact of factsOf(told)) {
      applyFact(run, { at: 0, fact });
      facts.push(fact);
    }
    taken.push(facts);
    if (taken.length === cancelBehind) cancel.abort();
  }
  const deltas = taken.map((facts) => facts.flatMap((fact) => (fact.type === "content" ? [fact.delta] : [])));
  return { run, taken, told: deltas.filter((list) => list.length > 0), asked };
}

it("records the deltas of one burst together, each as a fact of its own", async () => {
  const { told, run } = await steps([[says("a"), says("b")], [says("c")], [says("d"), finished]]);
  expect(told).toEqual([["a", "b"], ["c"], ["d"]]);
  expect(run.end?.status).toBe("COMPLETED");
});

it("cuts in the middle of a burst where the run's output is full, and stops the provider", async () => {
  const { told, run, asked } = await steps([[says("ab"), says("cd"), says("ef"), says("gh"), finished]], { output: 5 });
  expect(told).toEqual([["ab", "cd", "e"]]);
  expect(run.end).toMatchObject({ status: "COMPLETED", finishReason: "length" });
  expect(asked.signal?.aborted).toBe(true);
});

it("cuts in the middle of a burst where the run's log is full", async () => {
  const burst = Array.from({ length: 200 }, () => says("x"));
  const { run } = await steps([[...burst, finished]], { events: 300 });
  expect(run.end).toMatchObject({ status: "COMPLETED", finishReason: "length" });
  expect(run.messages[0]?.content.length).toBeLessThan(200);
  expect(run.messages[0]?.content.length).toBeGreaterThan(0);
  expect(run.eventBytes).toBeLessThan(300 + 48 + 3 * 32);
});

it("keeps what was read before a cancel, and nothing that comes behind it", async () => {
  // The third step is the first burst: the first two tell that the run has started, and that the model is asked.
  const { told, run } = await steps(
    [
      [says("a"), says("b")],
      [says("c"), finished],
    ],
    { cancelBehind: 3 },
  );
  expect(told).toEqual([["a", "b"]]);
  expect(run.end?.status).toBe("CANCELLED");
  expect(run.messages[0]?.content).toBe("ab");
});

it("keeps what came with a failure", async () => {
  const { told, run } = await steps([[says("a"), says("b")], new ModelError("model_provider_error", "broken")]);
  expect(told).toEqual([["a", "b"]]);
  expect(run.end?.status).toBe("ERROR");
  expect(run.messages[0]?.content).toBe("ab");
});
