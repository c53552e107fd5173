import { describe, expect, test } from "vitest";
import { cleanName } from "../../../src/names/clean-name.ts";
import { firstMessageLine, manualName, shortenToName } from "../../../src/names/typed-name.ts";
import { BIDI, isWithinLimits } from "../../support/name-limits.ts";

/** A small generator, so that the same texts are tried every time. */
function* scrambled(parts: string[], count: number): Generator<string> {
  let state = 42;
  const next = (limit: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * limit);
  };
  for (let made = 0; made < count; made += 1) {
    yield Array.from({ length: 1 + next(9) }, () => parts[next(parts.length)] ?? "").join("");
  }
}

const HOSTILE = [
  ...'a|a |京|"|\'|\' |" |`|*|_|**a|(|[|{|<|<a |- |# |\n|\n- a|: |you |\\"|is |e\u0301|\u0301|\u200d|\ud83d'.split("|"),
  ...[
    "<think>",
    "</think>",
    "<title>",
    "<script>",
    "```",
    '{"title":"',
    '{"a":',
    "Title: ",
    "标题：",
    "a. This is ",
    "&amp;",
  ],
];

describe("whatever a model answers", () => {
  const parts = [
    ..."\" ' “ ” „ « » 「 」 ` ``` * ** _ # - 1. ( ) [ ] { } < > : ： . 。 , \\ | ~ & $ = … \n \n\n \t".split(" "),
    ...[
      "<think>",
      "</think>",
      "<b>",
      "</b>",
      "<title>",
      "</title>",
      "<br>",
      '{"title": "',
      '"}',
      "Title: ",
      "标题：",
      "Sure! ",
    ],
    ...[
      "Here is a title: ",
      "Weekly ",
      "Meal ",
      "Planning ",
      "京都",
      "旅行",
      "의",
      "แผน",
      "👩‍👩‍👧‍👦",
      "e\u0301",
      "\u0301",
      "\u200d",
    ],
    ...[
      "\u200b",
      "\u202e",
      "\u0000",
      "\ud83d",
      "\ude00",
      "I'm sorry ",
      "the user ",
      "(4 words)",
      "null",
      "C#",
      "1.4.5 ",
      " ",
    ],
  ];

  test("the name is one visible line inside the limits, and cleaning it again changes nothing", () => {
    for (const raw of scrambled(parts, 3_000)) {
      const name = cleanName(raw);
      if (name === null) continue;
      const message = JSON.stringify([raw, name]);
      expect(isWithinLimits(name), message).toBe(true);
      expect(name.isWellFormed() && name === name.trim() && name !== "", message).toBe(true);
      expect(/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(name) || BIDI.test(name), message).toBe(false);
      expect(JSON.stringify(cleanName(name)), message).toBe(JSON.stringify(name));
    }
  }, 60_000);

  // Longer than a time-out is what grows with the square of its length.
  test("a megabyte of it is no more than a long text", () => {
    for (const part of HOSTILE) {
      const text = part.repeat(1_000_000 / part.length);
      cleanName(text);
      shortenToName(text);
      firstMessageLine(text);
      manualName(text);
    }
  }, 120_000);
});
