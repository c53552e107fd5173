import { expect, it } from "vitest";
import type { RunMetrics } from "../../../../src/domain/run.ts";
import { type LogEntry, longLog, readStoredLog, shortLog, storedLog } from "../../../../src/engine/run/event-log.ts";
import { storedMetrics, wholeMetrics } from "../../../../src/engine/run/metrics.ts";
import { addTokens, tokensOf } from "../../../../src/engine/run/tokens.ts";
import { generator } from "../../../support/history.ts";

/* What a run's row leaves out because it follows from the rest. */

/** A log of two answers, with pieces of any length, and what the answers said and thought. */
function anyLog(seed: number) {
  const { below, chance, one } = generator(seed);
  const log: LogEntry[] = [{ kind: "run_started", at: 0 }];
  const answers = [0, 1].map(() => ({ deltas: "", reasoning: "" }));
  for (const answer of answers) {
    log.push({ kind: "model_requested", at: 1 });
    for (let nth = 0; nth < below(6); nth++) {
      const kind = one<"deltas" | "reasoning">(["deltas", "deltas", "reasoning"]);
      const longest = one([2, 9, 12, 35, 36, 200]);
      const deltas = Array.from({ length: 1 + below(30) }, () => "x".repeat(below(longest + 1)));
      answer[kind] += deltas.join("");
      log.push({ kind, at: below(100_000), deltas });
    }
    if (chance(0.3)) log.push({ kind: "tool_started", at: 2, call: 0 }, { kind: "gap", nextIndex: 256 });
  }
  log.push({ kind: "run_completed", at: 3 });
  return { log, answers };
}

it("reads the short form of a log as it reads the long one, and makes the long one of it", () => {
  let isShorter = 0;
  for (let seed = 1; seed <= 500; seed++) {
    const { log, answers } = anyLog(seed);
    const [long, short] = [storedLog(log), shortLog(log)];
    expect(short.length).toBeLessThanOrEqual(long.length);
    isShorter += short.length < long.length ? 1 : 0;
    expect(readStoredLog(short, answers)).toEqual(log);
    expect(readStoredLog(long, answers)).toEqual(log);
    expect(JSON.stringify(longLog(short))).toBe(long);
    expect(JSON.stringify(longLog(long))).toBe(long);
  }
  expect(isShorter).toBeGreaterThan(200);
});

it("writes one character for each piece of a text", () => {
  const deltas = Array.from("a quiet sea", (letter, nth) => letter.repeat(nth + 1));
  const log: LogEntry[] = [{ kind: "deltas", at: 5, deltas }];
  expect(shortLog(log)).toBe('[["d",5,"123456789ab"]]');
  expect(shortLog([{ kind: "reasoning", at: 5, deltas }])).toBe('[["h",5,"123456789ab"]]');
  // Two digits more than three numbers would be.
  expect(shortLog([{ kind: "deltas", at: 5, deltas: ["a", "b"] }])).toBe('[["D",5,1,1]]');
});

const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120, reasoningTokens: 5, cacheReadTokens: 0 };
const OWN = { id: "m", provider: "OpenAI" };
const OTHER = { id: "other", provider: "OpenAI" };
const metricsOf = (tokens: ReturnType<typeof tokensOf>): RunMetrics => ({
  ...tokens,
  time_to_first_token: 0.2,
  duration: 1,
  timings: { model: 1 },
});
const own = tokensOf(usage, OWN);

it.each([
  { used: "its own model alone", metrics: metricsOf(own), isShort: true },
  { used: "its own model, twice", metrics: metricsOf(addTokens(own, own)), isShort: true },
  { used: "another model", metrics: metricsOf(tokensOf(usage, OTHER)), isShort: false },
  { used: "two models", metrics: metricsOf(addTokens(own, tokensOf(usage, OTHER))), isShort: false },
  { used: "a model that no provider has counted", metrics: metricsOf(null), isShort: false },
  { used: "what an import says without the models", metrics: { total_tokens: 5 }, isShort: false },
])("leaves out which model used the tokens where it follows from the row: $used", ({ metrics, isShort }) => {
  const stored = storedMetrics(metrics, OWN);
  expect(JSON.stringify(stored).length < JSON.stringify(metrics).length).toBe(isShort);
  // The same to the byte, because exports have it.
  const read = JSON.parse(JSON.stringify(stored)) as RunMetrics;
  expect(JSON.stringify(wholeMetrics(read, OWN))).toBe(JSON.stringify(metrics));
});
