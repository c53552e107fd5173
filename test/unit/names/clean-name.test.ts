/// <reference types="vite/client" />
import { describe, expect, test } from "vitest";
import { graphemes } from "../../../src/lib/text.ts";
import { cleanName } from "../../../src/names/clean-name.ts";
import { countWords } from "../../../src/names/limits.ts";
import { firstMessageLine, manualName, shortenToName } from "../../../src/names/typed-name.ts";
// As text: a bundler refuses the lone surrogate that one of the cases has.
import casesJson from "../../naming/cases.json?raw";
import { BIDI, isWithinLimits } from "../../support/name-limits.ts";

const cases: { id: string; raw: string; note: string; expect: string }[] = JSON.parse(casesJson);
const FAMILY = "👩‍👩‍👧‍👦";

/** Whether every grapheme of the name is one of the text it was cut from. */
function isCutBetweenGraphemes(name: string, text: string): boolean {
  const whole = new Set(graphemes(text));
  return name.isWellFormed() && graphemes(name).every((grapheme) => whole.has(grapheme));
}

const EXPECTATIONS: Record<string, (name: string | null, raw: string) => boolean> = {
  FALLBACK: (name) => name === null,
  LE5: (name) => name !== null && name !== "" && countWords(name) <= 5,
  ONELINE: (name) => name !== null && !/[\r\n\u2028\u2029]/.test(name),
  SHORT: (name) => name !== null && name !== "" && isWithinLimits(name),
  WELLFORMED: (name, raw) => name !== null && isCutBetweenGraphemes(name, raw),
  NOBIDI: (name) => name !== null && !BIDI.test(name),
  NOCTRL: (name) => name !== null && !/\p{Cc}/u.test(name),
};

/** Without a schema the model answers as it likes; under one the same text may stand where the name is to be. */
const WAYS: [string, (raw: string) => string][] = [
  ["names", (raw) => raw],
  ["under the schema names", (raw) => JSON.stringify({ name: raw })],
];

describe.each(WAYS)("%s", (_way, answer) => {
  test.each(cases)("$id: $note", ({ raw, expect: expected }) => {
    const name = cleanName(answer(raw));
    const holds = EXPECTATIONS[expected];
    if (holds) expect(holds(name, raw), JSON.stringify(name)).toBe(true);
    else expect(name).toBe(expected);
  });
});

const LONG = [
  "A Comprehensive Guide To Planning Your Weekly Family Meals On A Budget",
  "one two three four five six",
  `${FAMILY.repeat(9)} Family Plans`,
  FAMILY.repeat(70),
  "🇫🇷".repeat(70),
  "👍🏽".repeat(70),
  "e\u0301".repeat(80),
  "a".repeat(300),
  `short ${"b".repeat(300)}`,
  `${"Donaudampfschifffahrtselektrizitäten".repeat(3)} Geschichte`,
  "关于如何在预算有限的情况下为四口之家规划每周健康膳食的全面指南",
  "京都旅行の計画と予算についての詳しいガイドと持ち物リスト",
  "プログラミング".repeat(10),
  "京".repeat(100),
  "あ".repeat(100),
  "한".repeat(100),
  "주간 식단 계획을 예산에 맞게 세우는 방법에 대한 종합적인 안내서",
  "คู่มือฉบับสมบูรณ์ในการวางแผนมื้ออาหารประจำสัปดาห์สำหรับครอบครัว",
  "ប្រទេសកម្ពុជា និងភាសាខ្មែរ ជាភាសាដែលគ្មានដកឃ្លា",
  "如何用Python处理CSV文件的方法大全",
  "Kubernetes 部署指南与最佳实践大全",
  "R & D Budget Planning For 2024",
];

describe("the limits", () => {
  test.each(LONG)("hold for %s", (raw) => {
    for (const name of [cleanName(raw), shortenToName(raw)]) {
      expect(name).not.toBe("");
      expect(isWithinLimits(name ?? "")).toBe(true);
      expect(isCutBetweenGraphemes(name ?? "", raw)).toBe(true);
    }
  });

  test("cut between two words where that leaves something", () => {
    expect(cleanName("Understanding Electroencephalographically Supercalifragilistic Phenomenon Types")).toBe(
      "Understanding Electroencephalographically",
    );
    expect(cleanName("京都旅行の計画と予算についての詳しいガイド")).toBe("京都旅行の計画");
    expect(cleanName("주간 식단 계획을 예산에 맞게 세우는 방법")).toBe("주간 식단 계획을 예산에 맞게");
    expect(cleanName("a".repeat(300))).toBe("a".repeat(60));
    expect(cleanName("한".repeat(100))).toBe("한".repeat(24));
  });

  test("leave no word behind that led on to the next", () => {
    expect(cleanName("How to Configure Nginx as a Reverse Proxy")).toBe("How to Configure Nginx");
    expect(cleanName("The Rise and Fall of the Roman Empire")).toBe("The Rise and Fall");
    expect(cleanName("What Are You Looking For")).toBe("What Are You Looking For");
  });

  test("count words between spaces, and in scripts without spaces as a dictionary does", () => {
    expect(cleanName("State-of-the-Art Real-Time End-to-End Encryption")).toBe(
      "State-of-the-Art Real-Time End-to-End Encryption",
    );
    expect(cleanName("每周膳食计划")).toBe("每周膳食计划");
  });

  test("drop a grapheme that is marks piled on marks", () => {
    expect(cleanName(`Z${"\u0301".repeat(500)}algo text`)).toBe("algo text");
  });
});

describe("a secret", () => {
  test("makes a name unusable", () => {
    const names = [
      "sk-abcdefghijklmnopqrstuvwxyz123456",
      "Fix auth with ghp_abcdefghijklmnop1234567890",
      "Key AKIAIOSFODNN7EXAMPLE Leak",
      "Title: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF",
      '{"title": "Rotate sk\\u002dabc123def456"}',
      "Rotate sk-\u200babc123def456",
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nx",
      `Token ${"a1".repeat(40)}`,
    ];
    expect(names.map(cleanName)).toEqual(names.map(() => null));
  });

  test("does no harm when it was masked before, or stands where the name is over", () => {
    expect(cleanName("API Key [secret] Rotation")).toBe("API Key [secret] Rotation");
    expect(cleanName("Rotating the Staging API Keys: sk-abcdefghijklmnopqrstuvwxyz123456")).toBe(
      "Rotating the Staging API Keys",
    );
    expect(cleanName("Session 550e8400-e29b-41d4-a716-446655440000")).toBe(
      "Session 550e8400-e29b-41d4-a716-446655440000",
    );
  });
});

describe("a first message", () => {
  test("is shortened to the limits of a name as it stands", () => {
    expect(shortenToName("How do I fix this import error, please?")).toBe("How do I fix this");
    expect(shortenToName("Help me please, now, or never again")).toBe("Help me please, now, or");
    expect(shortenToName("Plan my trip, to, Kyoto, and Osaka")).toBe("Plan my trip, to, Kyoto");
    expect(shortenToName("hello")).toBe("hello");
    expect(shortenToName("  two\n\nlines \t here ")).toBe("two lines here");
    expect(shortenToName("I'm sorry for the delay")).toBe("I'm sorry for the delay");
    expect(shortenToName("京都旅行の計画を立ててください")).toBe("京都旅行の計画を");
  });

  test("shows no secret, no control and no bidirectional character", () => {
    expect(shortenToName("use sk-abcdefghijklmnop1234 now")).toBe("use [secret] now");
    expect(firstMessageLine("use sk-\u200babcdefghijklmnop1234\u0000 \u202enow")).toBe("use [secret] now");
    expect(firstMessageLine("my key\n-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\nok?")).toBe(
      "my key [secret] ok?",
    );
  });

  test("is nothing when nothing of it can be shown", () => {
    for (const text of ["", "  \n", "\u0000\u200b", "\u202e\u202c", "\ud83d"]) {
      expect([shortenToName(text), firstMessageLine(text)]).toEqual(["", ""]);
    }
  });

  test("is one line of at most 200 code points, cut between graphemes", () => {
    expect(firstMessageLine("a\r\nb\u2028c")).toBe("a b c");
    expect(firstMessageLine("x".repeat(300))).toBe("x".repeat(200));
    expect(firstMessageLine(FAMILY.repeat(60))).toBe(FAMILY.repeat(28));
    expect(firstMessageLine(`${" ".repeat(300_000)}late`)).toBe("late");
    expect(firstMessageLine(`${"word ".repeat(39)}sk-abcdefghijklmnop1234`)).toBe(`${"word ".repeat(39)}[secr`);
  });
});

describe("a name given by hand", () => {
  test("is taken as it is, without the space around it", () => {
    for (const name of [
      "",
      "New Chat",
      '"Quoted"',
      "I'm sorry",
      "sk-abcdefghijklmnop1234",
      "می‌خواهم",
      "שלום\u200f",
      FAMILY,
      "x".repeat(200),
      "😀".repeat(200),
    ]) {
      expect(manualName(` \n${name}\t`)).toEqual({ ok: true, name });
    }
  });

  test("is refused over 200 code points", () => {
    for (const name of ["x".repeat(201), "😀".repeat(201), FAMILY.repeat(29), "x".repeat(1_000_000)]) {
      expect(manualName(name)).toEqual({ ok: false, reason: "A name has at most 200 characters." });
    }
  });

  test("is refused with control characters, line breaks or bidirectional overrides inside", () => {
    for (const character of "\u0000 \u0007 \t \n \r \u001b \u007f \u0085 \u2028 \u202a \u202e \u2066 \u2069".split(
      " ",
    )) {
      const given = manualName(`a${character || "\t"}b`);
      expect(given.ok).toBe(false);
    }
  });

  test("is stored as well-formed text", () => {
    const given = manualName("a\ud83db");
    expect(given.ok && given.name === "a\ufffdb").toBe(true);
  });
});
