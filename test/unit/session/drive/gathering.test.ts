import { expect, it } from "vitest";
import { GATHER_MS, gatherMs, Load } from "../../../../src/session/drive/gathering.ts";

/** How long a delta waits once deltas have come at these instants. */
function waitsBehind(instants: readonly number[]): number {
  const load = new Load(1);
  for (const [nth, at] of instants.entries()) load.note(at, nth + 2);
  return gatherMs(load.lately);
}

const every = (ms: number) => Array.from({ length: 50 }, (_, nth) => 1_000 + Math.floor(nth * ms));

it("a delta waits a millisecond for each one that came in the last ten, and for ten at most", () => {
  expect([4, 5, 9, 10, 11, 500].map(gatherMs)).toEqual([4, 5, 9, 10, 10, 10]);
});

it("a delta waits for nothing where at this pace not one more would come meanwhile", () => {
  expect([0, 1, 2, 3].map(gatherMs)).toEqual([0, 0, 0, 0]);
  for (let lately = 0; lately < 100; lately += 1) {
    const meanwhile = (gatherMs(lately) * lately) / GATHER_MS;
    expect(meanwhile === 0 || meanwhile >= 1).toBe(true);
  }
});

it.each([
  [20, 0],
  [5, 0],
  [4, 0],
  [2, 5],
  [1, 10],
  [0.5, 10],
  [0, 10],
])("of a model that says something every %d ms, deltas wait %d ms", (ms, waits) => {
  expect(waitsBehind(every(ms))).toBe(waits);
});

it("what came longer ago does not count, nor what came before a clock was set back", () => {
  const load = new Load(0);
  load.note(1_000, 300);
  expect(load.lately).toBe(300);
  load.note(1_009, 301);
  expect(load.lately).toBe(301);
  load.note(1_010, 302);
  expect(load.lately).toBe(2);
  load.note(500, 305);
  expect(load.lately).toBe(3);
});
