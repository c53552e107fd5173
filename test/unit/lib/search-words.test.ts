import { describe, expect, it } from "vitest";
import { firstPlace, searchQuery, termsIn } from "../../../src/lib/search-query.ts";
import { placedWords, searchWords } from "../../../src/lib/search-words.ts";

describe("the words of a text", () => {
  it.each([
    ["Crème BRÛLÉE", "creme brulee"],
    ["cafe\u0301", "cafe"],
    ["Ταξίδι στην ΚΌΡΙΝΘΟΣ", "ταξιδι στην κορινθοσ"],
    ["Ёлка", "елка"],
    ["Straße", "strasse"],
    ["İstanbul ısı", "istanbul isi"],
    ["Ｆｕｌｌ width", "full width"],
    ["京都への旅", "京 都 へ の 旅"],
    ["スーパー", "ス ー パ ー"],
    ["が", "が"],
    ["ｶﾞ", "ガ"],
    ["한국어 여행", "한 국 어 여 행"],
    ["\u1112\u1161\u11ab", "한"],
    ["ไทย น้ำ", "ไ ท ย น้ํ า"],
    ["हिन्दी में नमस्ते", "हिन्दी में नमस्ते"],
    ["مَرْحَبًا بالعـــالم أهلا", "مرحبا بالعالم اهلا"],
    ["שָׁלוֹם", "שלום"],
    ["iPhone15を買う", "iphone15 を 買 う"],
    ["C++ C# C++11 i++ a+b #5 +1", "c ＋＋ c ＃ c ＋＋ 11 i ＋＋ a b 5 1"],
    ["snake_case report-v2.final.pdf", "snake case report v2 final pdf"],
    ["https://example.com/a?b=c ada@example.com", "https example com a b c ada example com"],
    ["1,234.56 x² ½", "1 234 56 x2 1 2"],
    ["don't l’été", "don t l ete"],
    ["👍🏽 👨‍👩‍👧 ❤️ 🇩🇪🇫🇷", "👍 👨 👩 👧 ❤ 🇩🇪 🇫🇷"],
    ["Linux™ soft\u00adware", "linux software"],
  ])("'%s' are '%s'", (text, words) => {
    expect(searchWords(text)).toBe(words);
  });

  it("are none where there are only signs", () => {
    expect(searchWords("\ud800 \u0000 \u202e !?… — “ ”")).toBe("");
  });

  it("are letters and digits, and what is not ASCII: all that the index takes", () => {
    const text = "Ünïcödé 京都 น้ำ 한국 हिन्दी مَرْحَبًا 👍🏽 C++ C# ﷺ ㍿ a_b";
    expect(searchWords(text)).not.toBe("");
    for (const word of searchWords(text).split(" ")) expect(word).toMatch(/^(?:[a-z0-9]|[^\u0000-\u007f])+$/u);
  });

  it("know their places in the text", () => {
    const text = "Crème 京都 C++ 👍🏽 ok";
    expect(placedWords(text).map(({ word, from, to }) => [word, text.slice(from, to)])).toEqual([
      ["creme", "Crème"],
      ["京", "京"],
      ["都", "都"],
      ["c", "C"],
      ["＋＋", "++"],
      ["👍", "👍🏽"],
      ["ok", "ok"],
    ]);
  });

  it.each([
    "plain words, C++ C# i++ a+b #5 snake_case",
    `${"z".repeat(63)} ${"Z".repeat(64)} ${"z".repeat(65)}`,
    `long ${"z".repeat(63)}é ${"é".repeat(70)}`,
    "Straße ΚΌΡΙΝΘΟΣ İstanbul ﷺ ½ x² Linux™ soft\u00adware don’t — “quoted”",
    "京都へ C++ สวัสดี 한국 हिन्दी 👨‍👩‍👧 🇩🇪",
    "many one-word pieces, more than are folded at once: ".repeat(20) + "déjà vu ".repeat(40),
  ])("stand in it as the index has them: %s", (text) => {
    const placed = placedWords(text);
    expect(placed.map(({ word }) => word).join(" ")).toBe(searchWords(text));
    for (const { word, from, to } of placed.filter(({ word }) => word !== "＋＋" && word !== "＃")) {
      expect(searchWords(text.slice(from, to)).split(" ")).toContain(word);
    }
  });
});

describe("the first place of a query in a text", () => {
  const parts = ["red ", "green ", "C++ ", "crème ", "京都", "a-b ", "— ", "blue, ", "É", "\n"];
  const queries = ["red", '"red green"', "creme blue", "京都 red", '"green red green" green', "c++", "a-b", "nowhere"];
  it.each(queries)("is the first of all its places: %s", (q) => {
    const query = searchQuery(q) ?? { terms: [] };
    let found = 0;
    for (let nth = 0; nth < 300; nth++) {
      const text = Array.from(
        { length: nth % 90 },
        (_, at) => parts[(nth * 7 + at * at * (nth % 5) + at) % parts.length],
      ).join("");
      const words = placedWords(text);
      const [first] = termsIn(
        words.map(({ word }) => word),
        query,
      );
      expect(firstPlace(text, query), text).toBe(first === undefined ? null : words[first.at]?.from);
      if (first !== undefined) found += 1;
    }
    expect(found > 0).toBe(q !== "nowhere");
  });
});

describe("a query", () => {
  it.each([
    ["kyoto hotel", ["kyoto", "hotel"]],
    ['"cherry blossom" KYOTO', ["cherry blossom", "kyoto"]],
    ["“cherry blossom”", ["cherry blossom"]],
    ['unclosed "quote here', ["unclosed", "quote", "here"]],
    ["snake_case a@b.c", ["snake case", "a b c"]],
    ["京都旅行 旅", ["京 都 旅 行", "旅"]],
    ["one,two 1,234", ["one", "two", "1 234"]],
    ["a AND b OR NOT c NEAR(d)", ["a", "and", "b", "or", "not", "c", "near d"]],
    ["words:x owner:u61 -y z* ^w", ["words x", "owner u61", "y", "z", "w"]],
    ["same Same SAME", ["same"]],
    ["C++", ["c ＋＋"]],
  ])("'%s' looks for %j", (text, terms) => {
    expect(searchQuery(text)?.terms.map((term) => term.join(" "))).toEqual(terms);
  });

  it("without a word is none", () => {
    const wordless = ["", "   ", '"""', "!?", "()", "*", "-", "\u0000", "\ud800", "“”"];
    for (const text of wordless) expect(searchQuery(text)).toBeNull();
  });

  it("looks for a bounded number of words", () => {
    const many = Array.from({ length: 100 }, (_, nth) => `w${nth}`).join(" ");
    expect(searchQuery(many)?.terms).toHaveLength(32);
    expect(searchQuery("ﷺ".repeat(200))?.terms.flat().length).toBeLessThanOrEqual(200);
  });
});
