/**
 * Tells a name from words about names. A label ("Title:", "标题：", "Titre de la discussion -") and an announcement ("Here
 * is a title:") say that a name follows, a placeholder ("New Chat") says that there is none. Words are listed in the
 * languages that are asked in most. In another one a label becomes part of the name.
 */

import { anyLineOf, fold } from "../../lib/text.ts";

const listed = (list: string) => new Set(fold(list).trim().split(/\s+/));

const TITLES = listed("title titles headline option");
const TOPICS = listed(`
  name topic subject theme heading label caption suggestion suggestions options choice answer output result response
  summary pick assistant final`);
/** What stands beside those, and beside what says that there is no name. */
const COMPANIONS = listed("a an the of with between and your my for not human me you user assistant ai history here");
/** What stands beside them in a label. */
const FILLERS = listed(`
  this that our its it it's is be would could might may will as in to here's are some few five one b c d suggested
  proposed generated recommended chosen possible max word words english or less short concise brief best good great
  clear simple descriptive suitable fitting perfect main better alternative three auto to`);
/** Words for a title in other languages, and for a name or a topic, which mean other things beside other words. */
const TITLES_ABROAD = listed(`
  titre titres intitulé título titulo titolo titoli titel tittel titlu tytuł tytułu název názvu názov название названия
  заголовок заголовка назва назви başlık başlığı judul đề otsikko cím címe τίτλος τίτλο عنوان عنوانًا العنوان כותרת
  शीर्षक gesprächstitel sitzungstitel chattitel gesprekstitel sessietitel`);
const TOPICS_ABROAD = listed(`
  nom sujet nombre tema asunto nome assunto oggetto thema betreff sitzungsname vorschlag onderwerp naam ämne emne temat
  nazwa nazwy тема темы имя konu isim topik tên موضوع الموضوع اسم الاسم נושא विषय नाम`);
/** How words for a session, or for what was suggested, begin. */
const SESSION = new RegExp(
  `^${anyLineOf`
    con[vw]ersa|konver[sz]a|chat|czat|session|sess[aãiy]|ses[ij]|sitzung|gespr|unterhaltung(?:en)?$|samtal|rozm
    sugg?[eé]r|propos|thread|discuss|dialog|бесед|диал|чат|сесс|разгов|розмов|sohbet|oturum|konuşma|percak|obrol|cuộc
    trò|chuyện|keskustelu|beszélget|συνομ|המוצע|שיחה|השיחה|المحاد|محاد|الدرد|دردش|الجلس|جلسة|المقترح|گفت|چت|هو$|대화|세션
    채팅|सत्र|चैट|बातची
  `}`,
);
/** What says that there is no name. */
const EMPTY = listed(`
  new untitled unnamed unknown unspecified undefined unavailable unclear null nil none nan n na empty blank tbd
  placeholder default no insert inquiry inquiries applicable available specified provided todo started general message
  names nouveau nouvelle sans aucun inconnu bonjour nuevo nueva sin ninguno ninguna ningún desconocido hola neuer neue
  neues unbenannt unbenannte unbenanntes ohne kein keine keiner unbekannt nicht verfügbar hallo novo nova sem nenhum
  nenhuma desconhecido olá nuova senza nessun nessuno sconosciuto ciao nieuwe nieuw naamloos zonder geen onbekend ny
  namnlös uden uten utan uusi új nouă fără nowy nowa bez brak nieznany nový nová новый новая новое без имени нет
  неизвестно указано определено привет здравствуйте новий нова νέα χωρίς yeni başlıksız adsız isimsiz yok bilinmiyor
  جديدة بدون بلا لا يوجد غير معروف محدد متوفر وگوی جدید חדשה ללא baru tanpa mới chưa có tiêu नई नया शीर्षकहीन बिना कोई
  नहीं अज्ञात 새 새로운 스레드 제목 없음 제목없음 무제 이름 알 수 안녕하세요`);
/** Answers, greetings and values that are no name alone, but may be part of one. */
const NO_NAMES = new Set(
  `not found|final answer|error|assistant|user|system|ai|chatbot|skip|keep|hello|hello there|hi|hi there|hey|thanks
  thank you|string|text|object|object object|true|false|ok|okay|done|yes|sure|certainly|of course|absolutely|sorry
  im sorry|instruction|instructions|noted|refused|secret|to be determined|lorem ipsum|start of conversation
  untitled document|general question|general questions|general assistance|general help`.split(/\s*[|\n]\s*/),
);
/** Labels and placeholders in scripts that put no spaces between words. */
const SPACELESS_LABEL =
  /^\S{0,12}(?:标题|標題|题目|題目|題名|件名|タイトル|名称|名稱|主题|主題|テーマ|セッション名|会話名|제목|이름|대화명|ชื่อ|หัวข้อ)\S{0,10}$/u;
const SPACELESS_EMPTY = new RegExp(
  `^${anyLineOf`
    新しい|新規|新建?|的|未|命名|设定|設定|無|无|没有|暂|默认|标题|標題|题目?|題名?|名称|主题|空|知|不明|会话|會話|对话框?|對話|聊天
    会話|チャット|セッション|スレッド|タイトル|なし|の|該当|定|你好|您好|对不起|抱歉|こんにちは|すみません|แชท|ใหม่|ไม่มี|ชื่อ
  `}+$`,
);
const SET_APART = /^[[(【（［「『《*]{1,3}([^\])】）」』》*:：]{1,40})[\])】）」』》*]{1,3}\s*[:：]?\s*(?=\S)/u;
const SEPARATED = /^(?:(.{1,80}?)(?:\s*([:：=;|→]|->|>>)\s*|\s+[-–—]+\s*|[-–—]+\s+)|([^"]{1,80}?)\s*(?=["“„«「『《]))/u;
/** How announcements begin: if nothing but a few words stand before the colon, the name follows. */
const ANNOUNCEMENT = new RegExp(
  String.raw`^${anyLineOf`
    (?:and |so )?here(?:['’]s| is| are| you go| it is)|below|based on|(?:perhaps|maybe)$|how about
    my (?:suggestion|pick)|in \w+ words|voici|aquí|aqui|hier (?:ist|is)|ecco|вот|oto|işte|segue
  `}(?![\p{L}\p{M}])`,
  "iu",
);

type Kind = "sure" | "likely" | null;

/** Whether the phrase is a label and nothing else: surely, or before a colon only ("Name", "Session"). */
function labelIn(phrase: string): Kind {
  // "Title (max 5 words)".
  const bare = phrase.replace(/[([（][^()[\]（）]{0,40}[)\]）]/g, " ").replace(/^[^\p{L}]+|[^\p{L}\p{M}\p{N}]+$/gu, "");
  if (SPACELESS_LABEL.test(bare.replace(/\s+/g, ""))) return "sure";
  const all = wordsOf(bare);
  if (!all.every((word) => isIn(word, TITLES, TOPICS, COMPANIONS, FILLERS))) return labelAbroad(all);
  const [isTitle, isTopic] = [TITLES, TOPICS].map((set) => all.some((word) => set.has(word)));
  const isAbout = all.some((word) => SESSION.test(word));
  if (isTitle || (isTopic && isAbout)) return "sure";
  return isTopic || isAbout ? "likely" : null;
}

export const isLabel = (phrase: string): boolean => labelIn(phrase) !== null;

/** Elsewhere a word for a title decides, and where it stands: "Titre de transport" is none. */
function labelAbroad(all: string[]): Kind {
  if (all.length > 8) return null;
  const isAlone = all.length === 1 || all.some((word) => SESSION.test(word));
  const at = all.findLastIndex((word) => TITLES_ABROAD.has(word));
  if (at > 0 || (at === 0 && isAlone)) return "sure";
  return isAlone && all.some((word) => TOPICS_ABROAD.has(word)) ? "likely" : null;
}

/** The line without a label that only brackets or emphasis set apart ("【标题】…", "**Title** …"). */
export function dropSetApart(line: string): string {
  const setApart = SET_APART.exec(line);
  return labelIn(setApart?.[1] ?? "") === "sure" ? line.slice(setApart?.[0].length) : line;
}

/** The line without its label or announcement; "" when that was all of it. */
export function dropLabel(line: string): string {
  const [whole = "", before, colon, beforeQuote] = SEPARATED.exec(line) ?? [];
  const label = before ?? beforeQuote ?? "";
  const kind = labelIn(label);
  // A dash also joins what belongs together ("Name - Calling"), a colon only announces.
  const isLabel = kind === "sure" || (colon !== undefined && (kind !== null || isAnnouncement(label)));
  return isLabel ? line.slice(whole.length) : line;
}

/** Whether the line has a label that says that it is the title. */
export function isTitled(line: string): boolean {
  const [, before, , beforeQuote] = SEPARATED.exec(line) ?? [];
  return labelIn(before ?? beforeQuote ?? "") === "sure";
}

/** Whether the phrase says that a name follows. */
const isAnnouncement = (phrase: string): boolean =>
  ANNOUNCEMENT.test(phrase) &&
  (phrase.split(/\s+/).length <= 4 || wordsOf(phrase).some((word) => isIn(word, TITLES, TOPICS, TITLES_ABROAD)));

/** Whether the name says nothing about its session, alone or before a number or date ("New Chat", "Untitled (2)"). */
export function isPlaceholder(name: string): boolean {
  const all = wordsOf(name.replace(/['’.]/g, "")).join(" ");
  const bare = all.replace(/(?: ?\d{1,4}){1,6}$/, "");
  if (NO_NAMES.has(all) || NO_NAMES.has(bare) || SPACELESS_EMPTY.test(bare.replaceAll(" ", ""))) return true;
  const words = bare.split(" ");
  const isEmpty = (word: string) => isIn(word, TITLES, TOPICS, TITLES_ABROAD, TOPICS_ABROAD, EMPTY);
  return words.some(isEmpty) && words.every((word) => isEmpty(word) || COMPANIONS.has(word));
}

/** Whether the word is in one of the sets. Words for a session, and numbers, are in each. */
const isIn = (word: string, ...sets: Set<string>[]): boolean =>
  SESSION.test(word) || /^\d\d?$/.test(word) || sets.some((set) => set.has(word));

const wordsOf = (phrase: string): string[] =>
  fold(phrase)
    .replace(/’/g, "'")
    .split(/[^\p{L}\p{M}\p{N}'\u200c]+/u)
    .filter(Boolean);
