import { describe, expect, it } from "vitest";
import { seenText } from "../../../ui/parts/seen-text.ts";

describe("A text that somebody is to judge by", () => {
  it.each([
    ["turns around", "photo\u202egpj.exe", "photo\\u{202e}gpj.exe"],
    ["marks a direction", "a\u200e\u200f\u061cb", "a\\u{200e}\\u{200f}\\u{61c}b"],
    ["has no width", "ad\u200bmin\u2060\ufeff", "ad\\u{200b}min\\u{2060}\\u{feff}"],
    ["joins what nothing joins", "ad\u200dmin ad\u200cmin", "ad\\u{200d}min ad\\u{200c}min"],
    ["is a soft hyphen", "pay\u00adpal", "pay\\u{ad}pal"],
    ["fills a place with nothing", "a\u3164b\u115f\uffa0\u2800", "a\\u{3164}b\\u{115f}\\u{ffa0}\\u{2800}"],
    ["smuggles letters as tags or variations", "x\u{e0041}\u{e0101}\ufe00", "x\\u{e0041}\\u{e0101}\\u{fe00}"],
    ["ends a line and is no line break", "ls\r rm\u2028-rf\u2029\u0085", "ls\\u{d} rm\\u{2028}-rf\\u{2029}\\u{85}"],
    ["controls a terminal", "\u001b[2K\u0000\u0007", "\\u{1b}[2K\\u{0}\\u{7}"],
    ["is half of a character", "\ud83d", "\\u{d83d}"],
    ["piles up over what stands above", `e${"\u0301".repeat(6)}`, `e${"\u0301".repeat(4)}\\u{301}\\u{301}`],
    ["puts the rest out of sight", `ls${"\n".repeat(5)}rm \n \n \n \n.`, "ls\n\n\n\\u{a}\\u{a}rm \n \n \n \\u{a}."],
  ])("spells out what %s", (_, text, seen) => {
    expect(seenText(text)).toBe(seen);
  });

  it("stays as it is where all of it is read", () => {
    for (const text of [
      "two\n\tlines",
      "👩\u200d💻 ❤\ufe0f 👩🏽\u200d🚀 1\ufe0f\u20e3",
      "می\u200cخواهم",
      "क्\u200dष",
      "é e\u0301 Việt",
      "مرحبا",
    ]) {
      expect(seenText(text)).toBe(text);
    }
  });

  it("is spelled out as quickly as it is long", () => {
    const began = performance.now();
    seenText("\u0301".repeat(200_000) + "\u200d".repeat(200_000) + " \n".repeat(200_000));
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
