import { describe, expect, it } from "vitest";
import { timeLeft } from "../../../../ui/approvals/time-left.ts";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

describe("The time that is left to answer", () => {
  it("is told in its two largest units, and never as less than none", () => {
    const told = [3 * 24 * HOUR_MS, 26 * HOUR_MS, HOUR_MS + 61 * SECOND_MS, 252 * SECOND_MS, 12 * SECOND_MS, 1, -5];
    expect(told.map((ms) => timeLeft(ms, "en"))).toEqual([
      "3 days",
      "1 day 2 hr",
      "1 hr 1 min",
      "4 min 12 sec",
      "12 sec",
      "1 sec",
      "0 sec",
    ]);
  });

  it("is told in the language of the browser", () => {
    expect(timeLeft(252 * SECOND_MS, "de")).toBe("4 Min. 12 Sek.");
  });
});
