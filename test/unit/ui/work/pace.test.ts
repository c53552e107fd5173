import { expect, test } from "vitest";
import { paceOf, type Sample, withSample } from "../../../../ui/work/pace.ts";

const after = (...samples: [atMs: number, done: number][]): readonly Sample[] =>
  samples.reduce<readonly Sample[]>((known, [atMs, done]) => withSample(known, { atMs, done }), []);

test("nothing is said of the pace before two seconds are over, nor while nothing happens", () => {
  expect(paceOf(after([0, 0], [1_999, 50]), 100)).toBeNull();
  expect(paceOf(after([0, 5], [10_000, 5]), 100)).toBeNull();
});

test("the time left follows from the pace of the last twenty seconds", () => {
  expect(paceOf(after([0, 0], [10_000, 1_000], [20_000, 1_100], [40_000, 1_300]), 1_500)).toEqual({
    perSecond: 10,
    leftSeconds: 20,
  });
});

test("where the end is not known no time is left to tell", () => {
  expect(paceOf(after([0, 0], [4_000, 8]), null)).toEqual({ perSecond: 2, leftSeconds: null });
});

test("what goes back is measured anew", () => {
  expect(paceOf(after([0, 0], [5_000, 100], [6_000, 20], [9_000, 50]), null)).toEqual({
    perSecond: 10,
    leftSeconds: null,
  });
});
