import { describe, expect, it } from "vitest";
import { counted, progressLine } from "../../../../scripts/portable/progress.ts";
import { type Report, Tally } from "../../../../scripts/portable/tally.ts";

const report = (sessions: Report["sessions"], errors: Report["errors"] = []): Report => ({
  sessions,
  errors,
  complete: true,
  next_line: null,
});
const session = (line: number, status: Report["sessions"][number]["status"], more: object = {}) => ({
  session_id: `s${line}`,
  status,
  line,
  ...more,
});

describe("the reports of one file", () => {
  it("are added up by the lines of the file", () => {
    const tally = new Tally();
    tally.add(report([session(1, "imported"), session(5, "skipped", { reason: "There is one." })]), 1);
    tally.settle(11);
    const reason = "Line 3: role: is none";
    tally.add(report([session(1, "failed", { reason })], [{ line: 3, message: "role: is none" }]), 11);
    tally.settle(21);
    expect(tally.counts).toMatchObject({ imported: 1, skipped: 1, failed: 1 });
    expect(tally.counts.problems).toEqual([{ line: 11, text: "session s1: Line 13: role: is none" }]);
  });

  it("count what is sent again once, and as imported where it once was", () => {
    const tally = new Tally();
    tally.add(report([session(1, "imported"), session(5, "failed"), session(9, "imported")]), 1);
    tally.settle(5);
    tally.add(report([session(1, "imported"), session(5, "skipped")]), 5);
    tally.settle(20);
    expect(tally.counts).toMatchObject({ imported: 3, skipped: 0, failed: 0, problems: [] });
  });

  it("name the first session that another import writes, which counts as failed if it stays so", () => {
    const tally = new Tally();
    const busy = { busy: true, reason: "Another import is writing it." };
    tally.add(report([session(1, "imported"), session(5, "skipped", busy), session(9, "imported")]), 1);
    expect(tally.firstBusy).toBe(5);
    tally.settle(5);
    tally.add(report([session(1, "imported"), session(5, "skipped")]), 5);
    expect(tally.firstBusy).toBeNull();
    tally.settle(20);
    expect(tally.counts).toMatchObject({ imported: 3, failed: 0 });
    tally.add(report([session(1, "skipped", busy)]), 20);
    tally.settle(30);
    expect(tally.counts).toMatchObject({ imported: 3, skipped: 0, failed: 1 });
  });

  it("tell lines that belong to no session as failed, and changed values as notes", () => {
    const tally = new Tally();
    const errors = [
      { line: 1, message: "The line is no JSON." },
      { line: 2, message: "n: an integer above 2^53 was rounded.", note: true },
    ];
    tally.add(report([session(2, "imported", { reason: "Left out: 1 × image." })], errors), 1);
    tally.settle(4);
    expect(tally.counts.problems).toEqual([{ line: 1, text: "The line is no JSON." }]);
    expect(tally.counts.notes.map(({ line }) => line)).toEqual([2, 2]);
  });
});

describe("the line of a long command", () => {
  it("has a bar where the whole is known", () => {
    expect(progressLine(1, 3, "one of three")).toBe("[##########--------------------]  33%  one of three");
    expect(progressLine(4, 3, "x")).toMatch(/^\[#{30}] 100% {2}x$/);
    expect(progressLine(0, 0, "x")).toContain("100%");
    expect(progressLine(5, null, "5 sessions")).toBe("5 sessions");
    expect(counted({ imported: 2, skipped: 0, failed: 1 })).toBe("2 imported, 1 failed");
  });
});
