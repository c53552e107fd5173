import { SourceMap } from "node:module";
import { describe, expect, it } from "vitest";
import { busyMs, type CpuProfile, timeByOwner } from "../../../bench/profile/attribute.ts";

/** Each line of the bundle is of a file of its own. */
const FILES = ["../../src/session/recovery/journal.ts", "../node_modules/src/sql/sql.ts", "../../src/nowhere.ts"];
const map = new SourceMap({
  version: 3,
  file: "index.js",
  sources: FILES,
  sourcesContent: [],
  names: [],
  mappings: "AAAA;ACAA;ACAA",
  sourceRoot: "",
});

const node = (id: number, functionName: string, line = -1, children: number[] = []) => ({
  id,
  callFrame: { functionName, url: line < 0 ? "" : "index.js", lineNumber: line, columnNumber: 0 },
  children,
});

/** One sample a millisecond, of these nodes in this order. */
function profile(samples: number[]): CpuProfile {
  const nodes = [
    node(1, "(root)", -1, [2, 4, 5, 6, 7, 8]),
    node(2, "append", 0, [3]),
    node(3, "exec"),
    node(4, "sql", 1),
    node(5, "stranger", 2),
    node(6, "(idle)"),
    node(7, "(garbage collector)"),
    node(8, ""),
  ];
  return { nodes, samples, timeDeltas: samples.map(() => 1_000) };
}

describe("the isolate's time by owner", () => {
  it("is of the file that a function of the bundle comes from", () => {
    expect(timeByOwner(profile([2, 4, 4]), map)).toEqual(
      new Map([
        ["drizzle", 2],
        ["journal", 1],
      ]),
    );
  });

  it("gives what a builtin computes to its caller", () => {
    expect(timeByOwner(profile([3, 3]), map)).toEqual(new Map([["journal", 2]]));
  });

  it("calls a builtin that nobody called promises, and what V8 names by its name", () => {
    expect(timeByOwner(profile([8, 7, 7]), map)).toEqual(
      new Map([
        ["garbage collector", 2],
        ["promises", 1],
      ]),
    );
  });

  it("has a row for files that no owner has", () => {
    expect(timeByOwner(profile([5]), map)).toEqual(new Map([["other", 1]]));
  });

  it("has no idle time", () => {
    expect(timeByOwner(profile([6, 6, 2]), map)).toEqual(new Map([["journal", 1]]));
    expect(busyMs(profile([6, 6, 2]))).toBe(1);
  });

  it("counts samples, so that time in which another isolate had the thread is nobody's", () => {
    const taken = profile([2, 2, 2, 4]);
    expect(timeByOwner({ ...taken, timeDeltas: [1_000, 1_000, 1_000, 50_000] }, map).get("drizzle")).toBe(1);
  });
});
