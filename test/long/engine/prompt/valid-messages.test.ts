import { expect, it } from "vitest";
import type { ModelMessage } from "../../../../src/domain/model.ts";
import { validMessages } from "../../../../src/engine/prompt/valid-messages.ts";

const TOOLS = [{ name: "weather", description: "weather", parameters: {} }];

const round = (): ModelMessage[] => [
  { role: "user", content: "Hi" },
  {
    role: "assistant",
    content: "",
    toolCalls: [{ id: "call_0", name: "weather", arguments: "{}" }],
    providerData: null,
  },
  { role: "tool", toolCallId: "call_0", toolName: "weather", content: "Sunny" },
  { role: "assistant", content: "Sunny.", toolCalls: [], providerData: null },
];

it("a history of 160,000 messages is made valid, for which no step may look at each message again for each message", () => {
  const rounds = 40_000;
  const history = Array.from({ length: rounds }, round).flat();
  expect(validMessages(history, TOOLS).at(-2)).toEqual(history.at(-1));
});
