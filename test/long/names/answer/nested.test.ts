import { expect, test } from "vitest";
import { cleanName } from "../../../../src/names/clean-name.ts";

const NAMES = [
  ..."Weekly Meal Planning|C# vs F#|Node.js 20.1 Upgrade|京都旅行の計画|주간 식단 계획|แผนอาหาร|Недельный план питания".split(
    "|",
  ),
  ..."خطة الوجبات الأسبوعية|תכנון ארוחות שבועי|साप्ताहिक भोजन योजना|👨‍👩‍👧‍👦 Family Trip|Q&A Session Prep|Don't Panic Guide".split(
    "|",
  ),
  ..."Rock 'n' Roll|L'été à Paris|¿Qué es Docker?|Vec<T> in Rust|1984 Book Review|May 5, 2024 Notes|Paris (Texas)".split(
    "|",
  ),
  ..."snake_case vs camelCase|U.S. Tax Law|Budget 2024-2025|每周膳食计划".split("|"),
];

/** What a model puts around a name, each of which may stand in any other. */
const WRAPPERS: ((name: string) => string)[] = [
  (name) => `"${name}"`,
  (name) => `“${name}”`,
  (name) => `«${name}»`,
  (name) => `「${name}」`,
  (name) => `(${name})`,
  (name) => `**${name}**`,
  (name) => `*${name}*`,
  (name) => `\`${name}\``,
  (name) => `# ${name}`,
  (name) => `- ${name}`,
  (name) => `> ${name}`,
  (name) => `1. ${name}`,
  (name) => `Title: ${name}`,
  (name) => `**Title:** ${name}`,
  (name) => `标题：${name}`,
  (name) => `Titre : ${name}`,
  (name) => `Название: ${name}`,
  (name) => `العنوان: ${name}`,
  (name) => `제목: ${name}`,
  (name) => `タイトル：${name}`,
  (name) => `\`\`\`\n${name}\n\`\`\``,
  (name) => `\`\`\`json\n${JSON.stringify({ title: name })}\n\`\`\``,
  (name) => JSON.stringify({ title: name }),
  (name) => JSON.stringify([name]),
  (name) => `<title>${name}</title>`,
  (name) => `<answer>${name}</answer>`,
  (name) => `<think>hm, "${name}"?</think>\n${name}`,
  (name) => `Sure! Here's a title:\n\n${name}`,
  (name) => `Here is the title: ${name}`,
  (name) => `${name}.`,
  (name) => `${name} (3 words)`,
  (name) => `${name}\n\nLet me know if you'd like another!`,
  (name) => `${name}\n2. Something Else Entirely`,
  (name) => `  ${name}  \n`,
  (name) => `\u200f${name}\u200e`,
  (name) => `\u202b${name}\u202c`,
  (name) => `${name}\u0000`,
  (name) => `${name}\ud83d`,
];

test("takes the name out of any two wrappers, whichever stands in the other", () => {
  const wrong: string[] = [];
  WRAPPERS.forEach((inner, first) => {
    WRAPPERS.forEach((outer, second) => {
      const name = NAMES[(first * 7 + second) % NAMES.length] ?? "";
      const answer = outer(inner(name));
      // A single mark or bracket wraps one line.
      if (/^[*(](?!\*)[\s\S]*\n/.test(answer)) return;
      const cleaned = cleanName(answer);
      if (cleaned !== name) wrong.push(JSON.stringify([answer, cleaned]));
    });
  });
  expect(wrong).toEqual([]);
}, 60_000);
