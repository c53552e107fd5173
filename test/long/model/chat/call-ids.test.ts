import { describe, expect, it } from "vitest";
import { CallIds } from "../../../../src/model/openai/chat/call-ids.ts";

describe("an id of a call, sent as chat", () => {
  it("is no other call's", () => {
    const ids = new CallIds("chat model.test/v1 m");
    const sent = Array.from({ length: 100_000 }, (_, nth) => ids.of(`call_${nth}`));
    expect(new Set(sent).size).toBe(sent.length);
  });
});
