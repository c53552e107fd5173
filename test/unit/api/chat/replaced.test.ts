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
  const outcome = replacedRun(line(of), { isExact: false, ...asked });
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

  it("is the one that is named, where that is the newest", () => {
    const exact = (of: string, runId: string) => replaced(of, { runId, isExact: true });
    expect(exact("b:COMPLETED a:REGENERATED", "b")).toBe("b");
    expect(exact("b:RUNNING a:COMPLETED", "b")).toBe("b");
    for (const b of ["RUNNING", "COMPLETED", "PAUSED", "ERROR"]) {
      expect(exact(`b:${b} a:REGENERATED`, "a")).toBe("run_not_continuable");
    }
    expect(exact("b:PAUSED a:REGENERATED", "b")).toBe("run_not_continuable");
    expect(exact("b:COMPLETED", "a")).toBe("run_not_continuable");
  });
});
