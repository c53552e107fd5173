import { expect, it } from "vitest";
import { offlineModel } from "../../../src/model/offline.ts";
import { proposeSummary } from "../../../src/summaries/propose.ts";

const never = new AbortController().signal;
const lines = (...said: string[]) =>
  said.flatMap((content) => [
    { role: "user" as const, content },
    { role: "assistant" as const, content: "I see." },
  ]);

it("says what the user said first and last, behind what was known", async () => {
  const first = await proposeSummary(offlineModel(), null, lines("I am Ada", "I like tea"), never);
  expect(first).toEqual({
    summary: "The user said: “I am Ada” Last: “I like tea”",
    topics: ["I am Ada"],
  });
  const second = await proposeSummary(offlineModel(), first, lines("And cake"), never);
  expect(second?.summary).toBe(`${first?.summary} The user said: “And cake”`);
  expect(second?.topics).toEqual([...(first?.topics ?? []), "And cake"]);
});

it("stays short however often it is brought up to date", async () => {
  let summary = await proposeSummary(offlineModel(), null, lines("start"), never);
  for (let nth = 0; nth < 40; nth++) {
    summary = await proposeSummary(offlineModel(), summary, lines(`message ${nth} ${"x".repeat(99)}`), never);
  }
  expect([...(summary?.summary ?? "")].length).toBeLessThanOrEqual(1_200);
  expect(summary?.summary).toContain("message 39");
  expect(summary?.topics).toHaveLength(8);
});
