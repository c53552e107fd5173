import { describe, expect, it } from "vitest";
import { placeBeside } from "../../../ui/parts/placing.ts";

const WINDOW = { width: 1000, height: 600 };
const LIST = { width: 200, height: 150 };
const button = (left: number, top: number) => ({ left, right: left + 32, top, bottom: top + 32 });

describe("what a button opens", () => {
  it("is below it, and ends where it ends", () => {
    expect(placeBeside(button(500, 100), LIST, WINDOW, false)).toEqual({ top: 136, left: 332 });
    expect(placeBeside(button(500, 100), LIST, WINDOW, true)).toEqual({ top: 136, left: 500 });
  });

  it("is above it where there is no room below", () => {
    expect(placeBeside(button(500, 560), LIST, WINDOW, false).top).toBe(406);
  });

  it("is inside the window, however small that is", () => {
    expect(placeBeside(button(0, 100), LIST, WINDOW, false).left).toBe(8);
    expect(placeBeside(button(960, 100), LIST, WINDOW, true).left).toBe(792);
    expect(placeBeside(button(10, 80), LIST, { width: 180, height: 140 }, false)).toEqual({ top: 8, left: 8 });
  });
});
