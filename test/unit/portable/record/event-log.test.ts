import { expect, it } from "vitest";
import { eventLog } from "../../../../src/portable/record/event-log.ts";

const read = (log: unknown) => eventLog.safeParse(log);

it("a log is read in the long form, also one that a Worker of the deploy before wrote out as it was stored", () => {
  const stored = [
    ["S", 0],
    ["h", 2, "12"],
    ["d", 5, "3z0"],
    ["X", 9],
  ];
  expect(read(stored).data).toEqual([
    ["S", 0],
    ["H", 2, 1, 2],
    ["D", 5, 3, 35, 0],
    ["X", 9],
  ]);
});

it("a short entry that is none is refused, and so are more digits than a log has deltas", () => {
  expect(read([["d", 5, "3-4"]]).success).toBe(false);
  expect(read([["d", 5, "3", 4]]).success).toBe(false);
  expect(read([["D", 5, "34"]]).success).toBe(false);
  expect(read([["d", 5, "1".repeat(400_000)]]).success).toBe(false);
  expect(read([["d", 5, "1".repeat(8_000_000)]]).success).toBe(false);
  expect(read([["d", 5, "1".repeat(10_000)]]).success).toBe(true);
});
