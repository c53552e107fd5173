import { describe, expect, it } from "vitest";
import type { Model, ModelRequest } from "../../../../src/domain/model.ts";
import { identifiedModel } from "../../../../src/session/drive/identified-model.ts";

const asked: ModelRequest[] = [];
const model: Model = {
  id: "test-1",
  name: "Test",
  provider: "Test",
  source: "chat test test-1",
  async *stream(request) {
    asked.push(request);
    yield { type: "finish", reason: "stop" };
  },
};

/** What a model is told of who asks, with two requests of one drive. */
async function toldOf(asker: { sessionId: string; userId: string | null }) {
  const identified = identifiedModel(model, asker);
  asked.length = 0;
  for (const _ of ["first", "second"]) {
    const request: ModelRequest = { messages: [], tools: [], toolChoice: "auto" };
    for await (const _chunk of identified.stream(request, new AbortController().signal)) {
      // Only the request matters.
    }
  }
  const told = asked.map(({ promptCacheKey, safetyIdentifier }) => ({ promptCacheKey, safetyIdentifier }));
  expect(told[1]).toEqual(told[0]);
  return told[0];
}

describe("a model that is told who asks", () => {
  it("gets digests of at most 64 characters, which hold neither name", async () => {
    const told = await toldOf({ sessionId: "s".repeat(128), userId: "ada@example.com" });
    expect(told?.promptCacheKey).toMatch(/^[0-9a-f]{64}$/);
    expect(told?.safetyIdentifier).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is told the same of one session and one user, and something else of each other one", async () => {
    const ada = await toldOf({ sessionId: "one", userId: "ada" });
    expect(await toldOf({ sessionId: "one", userId: "ada" })).toEqual(ada);
    const bob = await toldOf({ sessionId: "two", userId: "bob" });
    expect(bob?.promptCacheKey).not.toBe(ada?.promptCacheKey);
    expect(bob?.safetyIdentifier).not.toBe(ada?.safetyIdentifier);
  });

  it("is told of no user where there is none", async () => {
    expect((await toldOf({ sessionId: "one", userId: null }))?.safetyIdentifier).toBeUndefined();
  });

  it("is the same model in all else", () => {
    expect(identifiedModel(model, { sessionId: "one", userId: null })).toMatchObject({
      id: "test-1",
      source: "chat test test-1",
    });
  });
});
