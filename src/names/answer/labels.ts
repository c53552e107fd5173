/**
 * Takes a label ("Title:", "标题：", "Titre de la conversation -") or an announcement ("Here is a title:") off a line. In
 * English it is words for a name and words that go with them, and nothing else: "Title IX:" and "Q3 Plan:" have others.
 * Elsewhere a word for a title decides, and where it stands.
 */

import { fold } from "../../lib/text.ts";

const words = (list: string) => new Set(fold(list).trim().split(/\s+/));

const TITLES = words("title titles headline ttl");
const NAMES = words(`name topic subject theme heading label caption suggestion suggestions option options choice answer
  output result response final summary session chat conversation thread assistant pick`);
/** Words that may stand beside either. */
const COMPANIONS = words(`the a an this that our your my its it it's for of is be would could might may will as in one
  session session's chat chat's conversation conversation's thread discussion suggested proposed generated recommended
  final chosen auto or less fewer to here here's are some few three i suggest would possible max word words english`);
/** Beside a title they praise it, beside a name they may belong to the topic. */
const QUALITIES = words(`first second full short concise brief new best good great potential clear simple descriptive
  appropriate suitable fitting main perfect better alternative five`);
/** Words for a title in other languages, and for a name or a topic, which mean other things elsewhere. */
const TITLES_ABROAD = words(`titre titres título titulo titol títol titolo titoli titel tittel titill tytuł název názov
  naslov naziv titlu titlul titlu cím címe başlık başlığı otsikko τίτλος название заголовок назва заглавие наслов judul
  tajuk tiêu عنوان عنوانًا العنوان כותרת शीर्षक শিরোনাম தலைப்பு 제목 제목은 제목을 제목입니다 intitulé gesprächstitel
  sitzungstitel chattitel gesprekstitel sessietitel samtaletittel ชื่อ đề pamagat kichwa pealkiri virsraksts
  pavadinimas teitl teideal izenburua otsikkoehdotus శీర్షిక ಶೀರ್ಷಿಕೆ ശീർഷകം શીર્ષક`);
const NAMES_ABROAD =
  words(`nom sujet nombre tema asunto nome assunto oggetto thema betreff name onderwerp ämne emne temat
  nazwa subiect konu θέμα тема имя موضوع الموضوع שם נושא विषय chủ tên topik nama 이름 주제 대화명 sitzungsname vorschlag`);
/** How words for a session, or for what was suggested, begin. */
const ABOUT_SESSION =
  /^(?:con[vw]ers|con?fors|chat|czat|čat|k[oó]nver|sess|sesi|sesj|sitz|gespr|unterhalt|samtal|sugg?[eé]r|propos|vorgesch|бесед|диал|чат|сесс|разгов|розмов|sohbet|oturum|konu[sş]|cuộc|percak|perbual|mazung|razgov|rozm|phiên|gợi|συνομ|هو$|گفتگو|چت|obrol|المحاد|محاد|الدرد|الجلس|المقترح|השיחה|מוצע|대화|세션|채팅|추천|제안|सत्र|चैट|बातची|แชท|การสน)/;
/** A word for a name in a script without spaces, with few characters beside it. */
const SPACELESS =
  /^[^\s:：]{0,12}(?:标题|標題|题目|題目|題名|件名|タイトル|名称|名稱|主题|主題|テーマ|セッション名|会話名|หัวข้อ|ชื่อ)[^\s:：]{0,10}$/;
const LONE_SPACELESS = /标题|標題|题目|題名|タイトル/;
/** How long the answer was to be: "(5 words)", "max 5 words", "3-5 word". */
const BRIEF =
  /[([（][^()[\]（）]{0,40}[)\]）]|\b\d{1,2}(?:\s*[-–]\s*\d{1,2})?[- ]words?\b|\b(?:one|two|three|four|five)[- ]words?\b/gi;
const OPTION = /^(?:the )?(?:(?:option|suggestion|choice|title)\s+#?(?:[a-d]|\d{1,2})|first option)$/i;
const SEPARATOR = /\s*(?:[:：=;|]|→|->|=>|>>|»)\s*|\s+[-–—]+\s*|[-–—]+\s+/;
const SET_APART = /^[[(【（［「『「《*]{1,3}([^\])】）」』》*:：]{1,40})[\])】）」』》*]{1,3}\s*[:：]?\s*(?=\S)/u;
/** How announcements begin: where nothing but a few words stand before the colon, the name follows. */
const POINTER =
  /^(?:and |so |sure[,!]? )?(?:here(?:['’]s| is| are| you go| it is)|below|voici|aquí|aqui|hier (?:ist|is)|ecco|вот|ось|oto|işte|segue|her er|här är|(?:perhaps|maybe)$|my (?:suggestion|pick)|i(?:['’]d| would)? suggest|let['’]s go with|how about)(?![\p{L}\p{M}])/iu;
const BASED_ON =
  /^(?:based on|given|considering|after|from|for|in) (?:the|this|our|your) .*\b(?:titles?|names?)\b|\b(?:titles?|named?|called) (?:would be|could be|is|that)\b/i;
const MAX_LABEL_CHARS = 120;

type Strength = "title" | "name" | "none";

/** Whether the phrase is a label and nothing else. */
export const isLabel = (phrase: string): boolean => strengthOf(phrase) !== "none";

/** Whether the phrase is a label that says "title". */
export const isTitleLabel = (phrase: string): boolean => strengthOf(phrase) === "title";

/** The line without a label that only brackets or emphasis set apart ("【标题】…", "**Title** …"). */
export function dropSetApart(line: string): string {
  const setApart = SET_APART.exec(line);
  return setApart?.[1] !== undefined && isTitleLabel(setApart[1]) ? line.slice(setApart[0].length) : line;
}

/** The line without its label; "" when the label was all of it. */
export function dropLabel(line: string): string {
  const head = line.slice(0, MAX_LABEL_CHARS);
  const separator = SEPARATOR.exec(head);
  if (separator !== null && separator.index > 0) {
    const label = head.slice(0, separator.index);
    const rest = line.slice(separator.index + separator[0].length);
    const isColon = /[:：=>→|;]/.test(separator[0]);
    const strength = strengthOf(label);
    // A dash also joins what belongs together ("Name - calling"), a colon only announces.
    if (strength === "title" || (strength === "name" && (isColon || isSure(label)))) return rest;
    if (isColon && isAnnouncement(label)) return rest;
  }
  const quote = /\s*["“„«「『《]/.exec(head);
  const isBeforeQuote = quote !== null && quote.index > 0 && isTitleLabel(head.slice(0, quote.index));
  return isBeforeQuote ? line.slice(quote.index).trimStart() : line;
}

/** What a label that says "title" announces in this line; null when there is no such label. */
export function titleAfterLabel(line: string): string | null {
  const colon = /\s*[:：]\s*/.exec(line.slice(0, MAX_LABEL_CHARS));
  const rest = colon === null ? "" : line.slice(colon.index + colon[0].length);
  return colon !== null && rest !== "" && isTitleLabel(line.slice(0, colon.index)) ? rest : null;
}

/** Whether the phrase says that a name follows. */
export function isAnnouncement(phrase: string): boolean {
  return (POINTER.test(phrase) && (phrase.split(/\s+/).length <= 4 || isAboutTitle(phrase))) || BASED_ON.test(phrase);
}

const isAboutTitle = (phrase: string) =>
  wordsOf(phrase).some((word) => TITLES.has(word) || TITLES_ABROAD.has(word)) ||
  /\b(?:names?|suggestions?|options?)\b/i.test(phrase);

const isSure = (label: string) =>
  OPTION.test(label.trim()) || /\b(?:chat|conversation|session)\b.*\b(?:name|topic)\b/i.test(label);

function strengthOf(phrase: string): Strength {
  const bare = phrase.replace(BRIEF, " ").replace(/^[^\p{L}]+|[^\p{L}\p{M}\p{N}]+$/gu, "");
  if (OPTION.test(bare)) return "name";
  if (SPACELESS.test(bare.replace(/\s+/g, ""))) return LONE_SPACELESS.test(bare) ? "title" : "name";
  const all = wordsOf(bare);
  if (all.every((word) => COMPANIONS.has(word)) && /words?\b/i.test(phrase) && bare !== phrase) return "name";
  if (all.length > 10) return "none";
  const isTitle = all.some((word) => TITLES.has(word));
  if (
    all.every(
      (word) =>
        TITLES.has(word) ||
        NAMES.has(word) ||
        COMPANIONS.has(word) ||
        (isTitle && QUALITIES.has(word)) ||
        /^\d{1,2}$/.test(word),
    )
  )
    return isTitle ? "title" : all.some((word) => NAMES.has(word)) ? "name" : "none";
  return strengthAbroad(all);
}

function strengthAbroad(all: string[]): Strength {
  const isAbout = all.some((word) => ABOUT_SESSION.test(word));
  const at = all.findLastIndex((word) => TITLES_ABROAD.has(word));
  if (at > 0 || (at === 0 && (all.length === 1 || isAbout))) return "title";
  const isNamed = all.some((word) => NAMES_ABROAD.has(word));
  return isNamed && (all.length === 1 || isAbout) ? "name" : "none";
}

function wordsOf(phrase: string): string[] {
  return fold(phrase)
    .replace(/’/g, "'")
    .split(/[^\p{L}\p{M}\p{N}'\u200c]+/u)
    .filter(Boolean);
}
