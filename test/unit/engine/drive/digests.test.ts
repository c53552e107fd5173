import { expect, it } from "vitest";
import type { Model, ModelRequest } from "../../../../src/domain/model.ts";
import type { DriveDependencies } from "../../../../src/engine/drive/dependencies.ts";
import { driveRun } from "../../../../src/engine/drive/drive-run.ts";
import { buildPrompt } from "../../../../src/engine/prompt/prompt.ts";
import { factsOf, newRun, type RunHead } from "../../../../src/engine/run/state.ts";

const DIGESTS = { promptCacheKey: "of the session", safetyIdentifier: "of the user" };

/** Drives a run, and answers the requests that its models got. */
async function requestsOf(first: Partial<Model>): Promise<ModelRequest[]> {
  const requests: ModelRequest[] = [];
  const model: Model = {
    ...{ id: "m", name: "M", provider: "P", source: "chat here m" },
    async *stream(request) {
      requests.push(request);
      yield [{ type: "finish", reason: "stop" }];
    },
    ...first,
  };
  const run = newRun({ startedAt: 0, model: "m", modelProvider: "P", sessionState: {} } as unknown as RunHead);
  const deps = {
    ...{ model, tools: [], summary: null, signal: new AbortController().signal },
    ...{ eventRoom: () => 1e6, reasoningRoom: () => 1e6, providerDataRoom: () => 1e6, newId: () => "id" },
    requestDigests: async () => DIGESTS,
    limits: { maxToolRounds: 3, maxOutputBytes: 1e6 },
  } as unknown as DriveDependencies;
  for await (const told of driveRun(run, buildPrompt([], {}), deps)) [...factsOf(told)];
  return requests;
}

it("names session and user by digests to a model that takes them, and to no other", async () => {
  expect(await requestsOf({ takesDigests: true })).toEqual([expect.objectContaining(DIGESTS)]);
  const [other] = await requestsOf({ takesDigests: false });
  expect(other).toMatchObject({ messages: expect.any(Array) });
  expect(other).not.toHaveProperty("promptCacheKey");
  expect(other).not.toHaveProperty("safetyIdentifier");
});
