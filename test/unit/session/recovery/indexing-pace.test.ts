import { expect, it } from "vitest";
import { restAfter } from "../../../../src/session/recovery/indexing-pace.ts";

it("rests for ten times as long as a step took", () => {
  expect(restAfter(40)).toBe(400);
  expect(restAfter(120)).toBe(1_200);
});

it("lets runs in between also where D1 answers at once, or the clock stood still", () => {
  expect(restAfter(3)).toBe(250);
  expect(restAfter(0)).toBe(250);
});

it("goes on within the time for which an idle object stays in memory", () => {
  expect(restAfter(16_000)).toBe(5_000);
});

/** Objects with endless work ask one D1, which works for one at a time. Answers which share of its time they take. */
function shareOfD1(objects: number, stepMs: number): number {
  const next = Array.from({ length: objects }, () => 0);
  const end = 5 * 60_000;
  let freeAt = 0;
  let busyMs = 0;
  for (;;) {
    const at = Math.min(...next);
    if (at > end) return busyMs / end;
    freeAt = Math.max(freeAt, at) + stepMs;
    busyMs += stepMs;
    next[next.indexOf(at)] = freeAt + restAfter(freeAt - at);
  }
}

it.each([1, 5, 15, 60, 400])(
  "an object takes less than a tenth of the time of a D1 that takes %i ms for a step",
  (stepMs) => {
    expect(shareOfD1(1, stepMs)).toBeLessThan(0.1);
  },
);
