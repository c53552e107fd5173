import { describe, expect, it } from "vitest";
import { durationText } from "../../../../ui/parts/duration.ts";
import { roughDurationText } from "../../../../ui/parts/rough-duration.ts";

const HOUR = 3_600;

describe("a length of time", () => {
  it("has tenths of a second while they tell something, and never is less than none", () => {
    const said = [-5, 0, 0.004, 0.31, 3, 9.94].map((seconds) => durationText(seconds, "en"));
    expect(said).toEqual(["0s", "0s", "< 0.1s", "0.3s", "3s", "9.9s"]);
  });

  it("is told in its two largest units", () => {
    const said = [9.97, 12.4, 59.6, 125, HOUR + 61, 26 * HOUR, 72 * HOUR].map((seconds) => durationText(seconds, "en"));
    expect(said).toEqual(["10s", "12s", "1m", "2m 5s", "1h 1m", "1d 2h", "3d"]);
  });

  it("is told in the language of the browser", () => {
    expect(durationText(0.3, "de")).toBe("0,3 Sek.");
  });

  it("that is not known well is told in steps of five seconds, then in minutes", () => {
    const said = [1, 12, 58, 61, HOUR + 61].map((seconds) => roughDurationText(seconds, "en"));
    expect(said).toEqual(["5s", "15s", "1m", "2m", "1h 2m"]);
  });
});
