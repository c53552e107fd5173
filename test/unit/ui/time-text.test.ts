import { describe, expect, it } from "vitest";
import { longTime, shortTime } from "../../../ui/parts/time-text.ts";

describe("A time", () => {
  it("is nothing where what came is none: a row of a list is shown without it", () => {
    expect(shortTime(new Date("never"), new Date(0))).toBe("");
    expect(longTime(new Date("never"))).toBe("");
  });
});
