import { expect, it } from "vitest";
import type { SessionSummary } from "../../../src/domain/session.ts";
import { offlineModel } from "../../../src/model/offline.ts";
import { proposeSummary } from "../../../src/summaries/propose.ts";

const never = new AbortController().signal;
const lines = (...said: string[]) =>
  said.flatMap((content) => [
    { role: "user" as const, content },
    { role: "assistant" as const, content: "I see." },
  ]);

const proposed = async (before: SessionSummary | null, ...said: string[]) =>
  (await proposeSummary(offlineModel(), before, lines(...said), never)).summary;

it("says what the user said first and last, behind what was known", async () => {
  const first = await proposed(null, "I am Ada", "I like tea");
  expect(first).toEqual({
    summary: "The user said: “I am Ada” Last: “I like tea”",
    topics: ["I am Ada"],
  });
  const second = await proposed(first, "And cake");
  expect(second?.summary).toBe(`${first?.summary} The user said: “And cake”`);
  expect(second?.topics).toEqual([...(first?.topics ?? []), "And cake"]);
});

it("stays short however often it is brought up to date", async () => {
  let summary = await proposed(null, "start");
  for (let nth = 0; nth < 40; nth++) {
    summary = await proposed(summary, `message ${nth} ${"x".repeat(99)}`);
  }
  expect([...(summary?.summary ?? "")].length).toBeLessThanOrEqual(1_200);
  expect(summary?.summary).toContain("message 39");
  expect(summary?.topics).toHaveLength(8);
});
