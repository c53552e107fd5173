import { describe, expect, test } from "vitest";
import {
  codePoints,
  cutUtf8,
  firstCodePoints,
  fold,
  graphemes,
  isOfSingleUnits,
  oneLine,
  utf8Bytes,
  wellFormed,
  words,
} from "../../../src/lib/text.ts";

const FAMILY = "👩‍👩‍👧‍👦";

describe("isOfSingleUnits", () => {
  test("says so of what graphemes would be one by one, whatever stands beside it", () => {
    const units = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code));
    const single = units.filter(isOfSingleUnits);
    for (const text of ["plain", "déjà — “vu”…", "мир", "京都へ", "한국"]) expect(isOfSingleUnits(text)).toBe(true);
    for (const order of [single, single.toReversed()]) expect(graphemes(order.join(""))).toHaveLength(single.length);
    for (const text of [FAMILY, "e\u0301", "a\r\nb", "\u1112\u1161"]) expect(isOfSingleUnits(text)).toBe(false);
  });
});

describe("firstCodePoints", () => {
  test("leaves a text alone that is short enough", () => {
    for (const text of ["", "abc", FAMILY, "é", "京都"]) expect(firstCodePoints(text, 200)).toBe(text);
  });

  test("cuts to the number of code points, not of code units", () => {
    expect(firstCodePoints("abcdef", 3)).toBe("abc");
    expect(firstCodePoints("😀😀😀", 2)).toBe("😀😀");
    expect(firstCodePoints("𝒳𝒴𝒵", 1)).toBe("𝒳");
    expect(firstCodePoints("abc", 0)).toBe("");
  });

  test("takes less where the cut would break a grapheme", () => {
    expect(firstCodePoints(`ab${FAMILY}`, 4)).toBe("ab");
    expect(firstCodePoints("abe\u0301", 3)).toBe("ab");
    expect(firstCodePoints("abe\u0301x", 4)).toBe("abe\u0301");
    expect(firstCodePoints("a🇫🇷🇩🇪", 4)).toBe("a🇫🇷");
    expect(firstCodePoints("a\r\nb", 2)).toBe("a");
  });

  test("cuts a grapheme that alone is larger", () => {
    expect(codePoints(firstCodePoints(`e${"\u0301".repeat(500)}`, 200))).toBe(200);
  });
});

test("codePoints counts a surrogate pair once and a lone surrogate once", () => {
  expect(["", "abc", "😀", "\ud83d", "a\ud83d\ude00b", FAMILY].map(codePoints)).toEqual([0, 3, 1, 1, 3, 7]);
});

test("oneLine makes every run of white space one space and drops control characters", () => {
  const lines = [
    "  a\r\n\t b  ",
    "a\u2028b",
    "a\u2029b",
    "a\u0085b",
    "a\u00a0\u3000b",
    "a\vb\fc",
    "a \u0000 b",
    "\u001ba\u007f b",
  ];
  expect(lines.map(oneLine)).toEqual(["a b", "a b", "a b", "a b", "a b", "a b c", "a b", "a b"]);
});

test("graphemes are what a reader counts", () => {
  expect(graphemes(`a${FAMILY}e\u0301🇫🇷각`)).toEqual(["a", FAMILY, "e\u0301", "🇫🇷", "각"]);
});

test("words are found also where a script has no spaces", () => {
  expect(words("Plan a trip, now!")).toEqual(["Plan", "a", "trip", "now"]);
  expect(words("京都旅行の計画")).toEqual(["京都", "旅行", "の", "計画"]);
  expect(words("每周膳食计划")).toEqual(["每周", "膳食", "计划"]);
});

describe("fold", () => {
  test.each([
    ["MIXED Case", "mixed case"],
    ["Straße", "STRASSE"],
    ["STRAẞE", "strasse"],
    ["ΟΔΥΣΣΕΥΣ", "οδυσσευς"],
    ["ΣΑΣ", "σας"],
    ["İstanbul", "istanbul"],
    ["ISPARTA", "ısparta"],
    ["DİYARBAKIR", "diyarbakır"],
    ["ПРИВЕТ", "привет"],
    ["ÉCOLE", "e\u0301cole"],
    ["Ｆｕｌｌ", "full"],
    ["ﬁne", "FINE"],
    ["ﾃｽﾄ", "テスト"],
    ["Ǆ", "ǆ"],
    ["ԱՐԵՎ", "արեվ"],
    ["ᲥᲐᲠᲗᲣᲚᲘ", "ქართული"],
    ["𐐀", "𐐨"],
    ["Å", "å"],
  ])("finds %s and %s the same", (one, other) => {
    expect(fold(one)).toBe(fold(other));
  });

  test("keeps apart what differs by more than case", () => {
    expect(fold("resume")).not.toBe(fold("résumé"));
    expect(fold("か")).not.toBe(fold("カ"));
  });

  test("changes nothing the second time", () => {
    for (const text of ["İıSTRAẞE", "ΌΔΟΣ ΐ", "ŉ ǰ ẖ", "\u0130\u0307", "ﬃ Ⅷ ①"])
      expect(fold(fold(text))).toBe(fold(text));
  });
});

describe("utf8Bytes", () => {
  const texts = [
    "",
    "plain",
    "é",
    "京都",
    "😀",
    FAMILY,
    "a\ud83d",
    "\ude00b",
    "\ude00\ud83d",
    "\u07ff\u0800\uffff",
    "🇫🇷x",
  ];

  test("counts what an encoder writes, a lone surrogate as U+FFFD", () => {
    for (const text of texts) expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
  });

  test("cutUtf8 takes as much as fits and ends between two code points", () => {
    for (const text of texts) {
      const cuts = Array.from(
        { length: utf8Bytes(text) + 2 },
        (_, maxBytes) => [maxBytes, cutUtf8(text, maxBytes)] as const,
      );
      for (const [maxBytes, cut] of cuts) {
        const next = String.fromCodePoint(text.codePointAt(cut.length) ?? 0);
        expect(text.startsWith(cut)).toBe(true);
        expect(utf8Bytes(cut)).toBeLessThanOrEqual(maxBytes);
        if (cut !== text) expect(utf8Bytes(cut + next)).toBeGreaterThan(maxBytes);
      }
    }
  });
});

test("wellFormed replaces lone surrogates and nothing else", () => {
  expect(wellFormed("a\ud83d😀\ude00") === "a\ufffd😀\ufffd").toBe(true);
});
