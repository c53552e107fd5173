import { expect, it } from "vitest";
import { durationText } from "../../../../ui/conversation/duration.ts";

it("a duration has tenths while they tell something, and minutes where there are some", () => {
  const said = [0.01, 0.31, 3, 9.94, 9.97, 12.4, 59.6, 125].map(durationText);
  expect(said).toEqual(["a moment", "0.3 s", "3 s", "9.9 s", "10 s", "12 s", "1 min 0 s", "2 min 5 s"]);
});
