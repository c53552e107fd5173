import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grown, inParts, isContinued, type Part } from "../../../../ui/inbox/list-parts.ts";

const rows = (count: number, from = 0) => Array.from({ length: count }, (_, nth) => `row ${from + nth}`);
const idsOf = (parts: readonly Part[]) => parts.flatMap(({ ids }) => ids);

describe("a list in parts", () => {
  it("has a part for each page, and a further page changes no part that is there", () => {
    const one = inParts([], rows(50));
    const two = inParts(one, rows(100));
    expect(two.map(({ ids }) => ids.length)).toEqual([50, 50]);
    expect(two[0]).toBe(one[0]);
  });

  it("fills its last part before it begins another", () => {
    const one = inParts([], rows(13));
    const two = inParts(one, rows(26));
    expect(two.map(({ key, ids }) => [key, ids.length])).toEqual([[one[0]?.key, 26]]);
    expect(inParts(two, rows(63)).map(({ ids }) => ids.length)).toEqual([50, 13]);
  });

  it("changes the parts that a row leaves and comes to, when it moves to the head", () => {
    const before = inParts([], rows(200));
    const moved = ["row 120", ...rows(200).filter((id) => id !== "row 120")];
    const after = inParts(before, moved);
    expect(after.map((part, at) => part === before[at])).toEqual([false, true, false, true]);
    expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
    expect(idsOf(after)).toEqual(moved);
  });

  it("keeps the rows that are there in their part when the first part has grown too large", () => {
    const before = inParts([], rows(50));
    const after = inParts(before, [...rows(60, 1000), ...rows(50)]);
    expect(after.map(({ ids }) => ids.length)).toEqual([50, 10, 50]);
    expect(after[2]?.key).toBe(before[0]?.key);
  });

  it("has every row once, in order, under keys of their own, whatever comes, goes and moves", () => {
    const list = fc.shuffledSubarray(rows(300));
    fc.assert(
      fc.property(fc.array(list, { minLength: 1, maxLength: 5 }), (lists) => {
        let parts: readonly Part[] = [];
        for (const ids of lists) {
          parts = inParts(parts, ids);
          expect(idsOf(parts)).toEqual(ids);
          expect(new Set(parts.map(({ key }) => key)).size).toBe(parts.length);
          expect(parts.every((part) => part.ids.length > 0 && part.ids.length <= 100)).toBe(true);
        }
      }),
    );
  });
});

describe("a list that grows", () => {
  it("shows a step more each time, until all of it is there", () => {
    let shown: readonly string[] = [];
    const lengths = [1, 2, 3, 4, 5].map(() => {
      shown = grown(shown, rows(50));
      return shown.length;
    });
    expect(lengths).toEqual([13, 26, 39, 50, 50]);
  });

  it("keeps what it shows where the last row moves to its head, and where rows come above it", () => {
    const moved = ["row 49", ...rows(49), ...rows(50, 50)];
    expect(grown(rows(50), moved)).toEqual(moved.slice(0, 63));
    expect(grown(rows(50), [...rows(5, 1000), ...rows(50)])).toHaveLength(55);
  });

  it("moves nothing where rows come behind others only", () => {
    expect(isContinued(rows(13), rows(26))).toBe(true);
    expect(isContinued(rows(13), ["new", ...rows(26)])).toBe(false);
    expect(isContinued(rows(13), rows(12))).toBe(false);
  });
});
