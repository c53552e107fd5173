import { describe, expect, it } from "vitest";
import { keyOf, pressedKeys } from "../../../../ui/app/key-press.ts";

const press = (key: string, code: string, isShifted = false) => keyOf({ key, code, isShifted });

describe("a key that is pressed", () => {
  it("is the same one with Caps Lock, and another one with Shift", () => {
    expect(press("J", "KeyJ")).toBe("j");
    expect(press("J", "KeyJ", true)).toBe("J");
  });

  it("is the one at its place on a keyboard without Latin letters", () => {
    expect(press("о", "KeyJ")).toBe("j");
    expect(press("ξ", "KeyJ")).toBe("j");
  });

  it("is what it types, wherever a layout has it", () => {
    expect(press("#", "Digit3", true)).toBe("#");
    expect(press("#", "Backslash")).toBe("#");
    expect(press("ö", "Semicolon")).toBe("ö");
    expect(press("Escape", "Escape")).toBe("Escape");
  });
});

describe("two keys one after the other", () => {
  const all = ["g a", "a", "e"];

  it("are one shortcut where there is one of both", () => {
    expect(pressedKeys("a", { key: "g", atMs: 0 }, 900, all)).toBe("g a");
  });

  it("are two where there is none of both, or where the second one comes late", () => {
    expect(pressedKeys("e", { key: "g", atMs: 0 }, 900, all)).toBe("e");
    expect(pressedKeys("a", { key: "g", atMs: 0 }, 1_600, all)).toBe("a");
    expect(pressedKeys("a", null, 0, all)).toBe("a");
  });
});
