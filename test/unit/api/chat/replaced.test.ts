import { describe, expect, it } from "vitest";
import { type Asked, replacedRun } from "../../../../src/api/chat/replaced.ts";
import type { RunStatus } from "../../../../src/domain/run.ts";

/** The newest run, with those that it answers again: `c:COMPLETED b:REGENERATED`. */
const line = (text: string) =>
  text.split(" ").flatMap((one) => {
    const [runId = "", status] = one.split(":");
    return runId === "" ? [] : [{ runId, status: status as RunStatus }];
  });
const replaced = (of: string, asked: Partial<Asked> & { runId: string }) => {
  const outcome = replacedRun(line(of), { isExact: false, wasAsked: false, ...asked });
  return outcome.ok ? outcome.value : outcome.failure.code;
};

describe("the run that is answered again", () => {
  it.each([
    ["a:COMPLETED", "a", "a"],
    ["a:ERROR", "a", "a"],
    ["a:CANCELLED", "a", "a"],
    ["b:COMPLETED a:REGENERATED", "a", "b"],
    ["b:COMPLETED a:REGENERATED", "b", "b"],
    // It is still running: what is asked for is under way, or there is nothing to replace yet.
    ["b:RUNNING a:COMPLETED", "a", "a"],
    ["b:PENDING a:COMPLETED", "b", "a"],
    ["a:RUNNING", "a", "a"],
    ["a:PAUSED", "a", "run_not_continuable"],
    ["b:PAUSED a:COMPLETED", "a", "run_not_continuable"],
    ["b:COMPLETED a:REGENERATED", "x", "run_not_continuable"],
    ["", "a", "run_not_found"],
  ])("is the newest, in %s after %s's message: %s", (of, runId, expected) => {
    expect(replaced(of, { runId })).toBe(expected);
  });

  it("is the one that is named, where that is the newest, or was asked for before", () => {
    const exact = (of: string, runId: string, wasAsked: boolean) => replaced(of, { runId, isExact: true, wasAsked });
    expect(exact("b:COMPLETED a:REGENERATED", "b", false)).toBe("b");
    expect(exact("b:RUNNING a:COMPLETED", "b", false)).toBe("b");
    for (const b of ["RUNNING", "COMPLETED", "PAUSED", "ERROR"]) {
      expect(exact(`b:${b} a:REGENERATED`, "a", true)).toBe("a");
      expect(exact(`b:${b} a:REGENERATED`, "a", false)).toBe("run_not_continuable");
    }
    expect(exact("b:PAUSED a:REGENERATED", "b", true)).toBe("run_not_continuable");
    expect(exact("b:COMPLETED", "a", true)).toBe("run_not_continuable");
  });
});
