import { describe, expect, it } from "vitest";
import { argumentsHint, SHOWN_CHARS, shownArguments, shownResult } from "../../../../ui/conversation/shown-value.ts";

describe("what is shown of a call", () => {
  it("spreads JSON over lines, and leaves all else as it is", () => {
    expect(shownResult('{"a":[1]}').text).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(shownResult("{not json").text).toBe("{not json");
    expect(shownResult("12").text).toBe("12");
    expect(shownArguments({ id: 7 })).toEqual({ text: '{\n  "id": 7\n}', cutFrom: null });
  });

  it("cuts what is long between two characters, and says how long it was", () => {
    const long = `${"x".repeat(SHOWN_CHARS - 1)}😀${"y".repeat(100)}`;
    expect(shownResult(long)).toEqual({ text: "x".repeat(SHOWN_CHARS - 1), cutFrom: long.length });
    expect(shownResult("x".repeat(SHOWN_CHARS)).cutFrom).toBeNull();
  });

  it("says in one line what a call was asked with, and of a long one its beginning", () => {
    expect(argumentsHint({ id: 7, with: ["a"], note: "two\nlines", none: null })).toBe(
      'id: 7, with: ["a"], note: two lines, none: null',
    );
    expect(argumentsHint(null)).toBe("");
    expect(argumentsHint({ text: "x".repeat(100_000), more: 1 }).length).toBeLessThan(300);
    expect(argumentsHint({ command: `ls${"\n".repeat(400)}rm -rf /` })).toBe("command: ls rm -rf /");
    expect(argumentsHint({ command: `ls${" ".repeat(5_000)}rm` })).toBe("command: ls …");
    expect(argumentsHint({ file: "photo\u202egpj.exe" })).toBe("file: photo\\u{202e}gpj.exe");
  });
});
