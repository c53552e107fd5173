import { expect, it } from "vitest";
import { plainWords } from "../../../../ui/inbox/plain-words.ts";

it.each([
  ["Together **370**: 14 × 23.50 is *329*.", "Together 370: 14 × 23.50 is 329."],
  [
    "## What I found 1. The **lamp** is on, see [the manual](https://a.example/b).",
    "What I found 1. The lamp is on, see the manual.",
  ],
  ["Intro. ### Next - `D-40` and ~~this~~", "Intro. Next - D-40 and this"],
  ["> Quoted, ***much***", "Quoted, much"],
  ["- [x] measured - [ ] repaired", "measured - repaired"],
  ["Run ```js const a = 1; ``` now", "Run const a = 1; now"],
  ["| part | state | | --- | :-: | | lamp | on |", "part state lamp on"],
  ["![A lamp](lamp.png) is there", "A lamp is there"],
  ["**cut off where it w", "cut off where it w"],
])("of %j a row says %j", (written, said) => {
  expect(plainWords(written)).toBe(said);
});

it.each(["2**3 and a * b", "snake_case_name", "C# and #1", "a | b", "5 > 4", "[1] and (2)", "~/folder"])(
  "%j is left as it is",
  (text) => {
    expect(plainWords(text)).toBe(text);
  },
);

it("takes no longer for what is all marks", () => {
  const before = performance.now();
  for (const mark of ["*", "_", "`", "[", "| -", "[a](", "> ", "**a "]) plainWords(mark.repeat(20_000));
  expect(performance.now() - before).toBeLessThan(1_000);
});
