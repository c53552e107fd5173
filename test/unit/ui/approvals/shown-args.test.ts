import { describe, expect, it } from "vitest";
import { copiedArgs, shownArgs } from "../../../../ui/approvals/shown-args.ts";

describe("The arguments of a call that a person is asked about", () => {
  it("are all shown up to 2 KB", () => {
    const args = { id: "x".repeat(1_000), more: { a: "y".repeat(900) } };
    expect(shownArgs(args, false).every(({ hidden }) => hidden === 0)).toBe(true);
    expect(shownArgs(args, false)).toEqual(shownArgs(args, true));
  });

  it("show the short ones in full and the beginnings of the long ones where they are longer", () => {
    const shown = shownArgs({ a: "x".repeat(5_000), b: "short", c: "y".repeat(3_000) }, false);
    expect(shown.map(({ hidden }) => hidden > 0)).toEqual([true, false, true]);
    expect(shown.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(2_048);
    expect(shown.map(({ text, hidden }) => text.length + hidden)).toEqual([5_000, 5, 3_000]);
    expect(shownArgs({ a: "x".repeat(5_000) }, true)[0]).toMatchObject({ hidden: 0 });
  });

  it("show what would turn text around, or cannot be seen", () => {
    const [arg] = shownArgs({ file: "photo\u202egpj.exe\u200b\u{e0041}\n\tok 👩\u200d💻" }, false);
    expect(arg?.text).toBe("photo\\u{202e}gpj.exe\\u{200b}\\u{e0041}\n\tok 👩\u200d💻");
  });

  it("spell out what is not seen of their names, and end with a whole character", () => {
    expect(shownArgs({ "id\u200b": "1" }, false)[0]?.name).toBe("id\\u{200b}");
    expect(shownArgs({ a: "😀".repeat(2_000) }, false)[0]?.text).not.toContain("\\u{d83d}");
  });

  it("are copied as they are where they are one text, and as JSON else", () => {
    expect(copiedArgs({ command: "ls -la" })).toBe("ls -la");
    expect(copiedArgs({ a: 1 })).toBe('{\n  "a": 1\n}');
    expect(copiedArgs({ a: "1", b: "2" })).toContain('"b": "2"');
  });
});
