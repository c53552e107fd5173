import { describe, expect, it } from "vitest";
import { requestDigests } from "../../../../src/session/drive/request-digests.ts";

describe("what a model is told of who asks", () => {
  it("is in digests of at most 64 characters, which hold neither name", async () => {
    expect(await requestDigests("s".repeat(128), "ada@example.com")).toEqual({
      promptCacheKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      safetyIdentifier: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("is the same of one session and one user, and something else of each other one", async () => {
    const ada = await requestDigests("one", "ada");
    expect(await requestDigests("one", "ada")).toEqual(ada);
    const bob = await requestDigests("two", "bob");
    expect(bob.promptCacheKey).not.toBe(ada.promptCacheKey);
    expect(bob.safetyIdentifier).not.toBe(ada.safetyIdentifier);
    const same = await requestDigests("ada", "ada");
    expect(same.promptCacheKey).not.toBe(same.safetyIdentifier);
  });

  it("is nothing of a user where there is none", async () => {
    expect(await requestDigests("one", null)).not.toHaveProperty("safetyIdentifier");
  });
});
