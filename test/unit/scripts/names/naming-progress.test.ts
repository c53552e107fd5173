import { describe, expect, it } from "vitest";
import {
  isFine,
  type Job,
  jobLine,
  progressBar,
  requestOf,
  UsageError,
} from "../../../../scripts/names/naming-progress.ts";

const words = (line: string) => line.split(" ").filter(Boolean);

describe("npm run names", () => {
  it("asks for what its flags say", () => {
    expect(requestOf(words("--url x --unnamed"), null)).toEqual({ filter: { unnamed: true } });
    const all = "--unnamed --agent a --team=t --user ada --updated-after 2026-01-01T00:00:00Z --max-tokens 500";
    expect(requestOf(words(`${all} --overwrite generated --fallback Chat`), null)).toEqual({
      filter: { unnamed: false, agent_id: "a", team_id: "t", updated_after: "2026-01-01T00:00:00Z" },
      user_id: "ada",
      overwrite: "generated",
      fallback: "Chat",
      max_tokens: 500,
    });
    expect(requestOf(words("--ids - --user ada"), ["a", " b ", "", ""])).toEqual({
      session_ids: ["a", "b"],
      user_id: "ada",
    });
  });

  it.each<[string, string[] | null]>([
    ["", null],
    ["--unnamed --ids x", ["a"]],
    ["--ids x --agent a", ["a"]],
    ["--unnamed --max-tokens many", null],
    ["--unnamed --max-tokens 0", null],
  ])("refuses %s", (line, ids) => {
    expect(() => requestOf(words(line), ids)).toThrow(UsageError);
  });

  const job = (fields: Partial<Job>): Job => ({
    job_id: "j",
    status: "running",
    stop_reason: null,
    total: 300,
    done: 0,
    named: 0,
    fallback: 0,
    skipped: 0,
    failed: 0,
    remaining: 300,
    progress: 0,
    total_tokens: 0,
    ...fields,
  });

  it("shows how far the job is, within the terminal", () => {
    expect(progressBar(job({}))).toBe("[------------------------------]   0%  0 of 300");
    const half = job({ done: 150, named: 140, failed: 10, progress: 0.5 });
    expect(progressBar(half)).toBe("[###############---------------]  50%  150 of 300 · 140 named, 10 failed");
    expect(progressBar(half, 40)).toHaveLength(39);
  });

  it("says how it ended, and whether a script may go on", () => {
    const done = job({ status: "completed", done: 300, named: 300, remaining: 0, total_tokens: 900 });
    expect(jobLine(done)).toBe("The job is completed: 300 of 300 done · 300 named; 900 tokens.");
    const stopped = job({ status: "stopped", stop_reason: "max_tokens", done: 9, named: 9, remaining: 291 });
    expect(jobLine(stopped)).toContain("stopped (max_tokens): 9 of 300 done · 9 named, 291 not tried");
    expect([done, stopped, { ...done, failed: 1 }, { ...done, status: "cancelled" as const }].map(isFine)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
