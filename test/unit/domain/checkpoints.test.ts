import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/domain/message.ts";
import { checkpointIndexes, wholeRounds } from "../../../src/domain/run-origin.ts";

/**
 * Makes a message of each letter: `s` system, `u` user, `t` a tool's result, `a` an answer, a digit an answer that calls so
 * many tools.
 */
function messagesOf(roles: string): Message[] {
  return [...roles].map((letter, nth): Message => {
    const base = { messageId: `m${nth}`, content: "", createdAt: 0 };
    if (letter === "s") return { ...base, role: "system" };
    if (letter === "u") return { ...base, role: "user" };
    if (letter === "t") {
      return { ...base, role: "tool", toolCallId: "", toolName: "", toolArgs: null, toolCallError: false };
    }
    const toolCalls = Array.from({ length: Number(letter) || 0 }, (_, call) => ({
      id: `${nth}-${call}`,
      name: "add",
      arguments: "{}",
    }));
    return {
      ...base,
      role: "assistant",
      toolCalls,
      reasoningContent: null,
      providerData: null,
      usage: null,
      timeToFirstTokenMs: null,
    };
  });
}

describe("checkpoints of a run", () => {
  it.each([
    ["of nothing there are none", "", []],
    ["an answer is one", "sua", [3]],
    ["without an answer the end is one", "su", [2]],
    ["a round is one behind its last result", "su2tta", [5, 6]],
    ["every round is one", "u1t1ta", [3, 5, 6]],
    ["none is between a call and its result", "u1t3tt", [3]],
    ["a call without any result has none", "u1", []],
    ["what was said behind an answer is one at the end only", "uauua", [2, 5]],
    ["the last word of a person is one", "uau", [2, 3]],
  ])("%s: %s → %j", (_rule, roles, expected) => {
    expect(checkpointIndexes(messagesOf(roles))).toEqual(expected);
  });

  it.each([
    ["u2tta", 5, 5],
    ["u2tta", 4, 4],
    ["u2tta", 3, 1],
    ["u2tta", 2, 1],
    ["u2tta", 1, 1],
    ["u2tta", 0, 0],
    ["u1t1", 4, 3],
    ["1", 1, 0],
  ])("the first messages of %s, %i of them, end in a whole round with %i", (roles, index, expected) => {
    expect(wholeRounds(messagesOf(roles), index)).toBe(expected);
  });
});
