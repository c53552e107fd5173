/**
 * Takes a label ("Title:", "标题：", "Titre de la conversation -") off a line. A label is a phrase made of nothing but
 * words for a name and words that go with them, and a separator: "Title IX:" and "Q3 Plan:" have other words, so they
 * are no labels.
 */

import { fold } from "../../lib/text.ts";
import { alternatives } from "./phrases.ts";

const list = (words: string) => new Set(fold(words).split(/\s+/).filter(Boolean));

/** Words that mean the title of something and hardly anything else. */
const TITLE_WORDS = list(`
  title titles titre titres título titulo títulos títol titolo titoli titel titels titeln titlar titler tittel titill
  tytuł název titulek nadpis názov naslov naziv titlu titlul cím címe başlık başlığı başlik başlıq otsikko pealkiri
  virsraksts nosaukums pavadinimas antraštė titulli izenburua kichwa pamagat judul tajuk tiêu τίτλος
  sitzungstitel gesprächstitel chattitel konversationstitel unterhaltungstitel sessionstitel gesprekstitel sessietitel
  samtaletitel chatttitel название заголовок назва заглавие наслов гарчиг тақырып атауы վերնագիր სათაური
  عنوان العنوان כותרת הכותרת शीर्षक शिर्षक শিরোনাম தலைப்பு శీర్షిక ಶೀರ್ಷಿಕೆ ശീർഷകം തലക്കെട്ട് શીર્ષક
  ਸਿਰਲੇਖ මාතෘකාව ርዕስ 제목 제목은 타이틀 표제 headline headlines intitulé intitulés teitl teideal titulus titlar
  samtaletittel samtalstitel sessionstitel sesjonstittel otsikkoehdotus chatnavn sitzungsname chatname sessienaam
  judulnya tajuknya заголовки названия títuls ttl عناوين`);

/** Words that are a label before a colon, but mean other things elsewhere. */
const NAME_WORDS = list(`
  name names topic topics subject heading header label caption suggestion suggestions option options idea answer output
  result response final summary theme session chat conversation thread assistant
  nom noms sujet objet réponse résumé proposition nombre nombres tema asunto respuesta propuesta sugerencia opción
  nome nomes assunto resposta proposta sugestão opção oggetto argomento risposta suggerimento opzione
  thema betreff überschrift vorschlag antwort naam onderwerp voorstel antwoord namn ämne rubrik förslag navn emne
  overskrift forslag nimi aihe ehdotus nazwa temat odpowiedź propozycja jméno téma návrh odpověď meno nume subiect
  név téma javaslat ad adı isim konu konusu öneri nama topik subjek tên chủ όνομα θέμα
  имя тема ответ вариант предложение ім'я імя відповідь варіант име отговор اسم الاسم الموضوع موضوع نام שם השם נושא הנושא
  नाम विषय নাম বিষয় பெயர் పేరు 이름 주제 이름은 주제는 답변 요약 대화명 세션명 채팅명 variant variante choice`);

/** Words that may stand beside either. */
const COMPANIONS = list(`
  the a an this that our your my its it for of is be would could might may will as one session session's chat chat's
  conversation conversation's thread thread's discussion dialogue dialog suggested proposed generated recommended
  suggestion final chosen option choice auto
  la le les de du des cette ce l d pour est serait discussion conversation suggéré proposé suggérée proposée voici
  el los del para esta este conversación conversacion sesión sesion charla sugerido propuesto es sería seria
  o da do das dos desta deste conversa sessão sessao proposto é il lo della dello dell del di per questa questo
  conversazione sessione suggerito proposto è sarebbe un uno una un'
  der die das dem des ein eine einen dieser dieses diese diesen für sitzung gespräch gesprächs gespräches unterhaltung
  konversation chats vorgeschlagener vorgeschlagene vorgeschlagenes ist wäre lautet het van dit deze voor gesprek sessie
  voorgestelde voorgesteld är för samtalet samtale samtalen konversationen chatten föreslagen er den foreslått
  keskustelun istunnon rozmowy sesji czatu proponowany sugerowany to jest konverzace relace chatu navrhovaný je
  чата беседы диалога разговора сессии этого этой для предлагаемое предложенное предлагаемый это
  чату розмови бесіди діалогу сесії це sohbet sohbetin oturum oturumun konuşma konuşmanın önerilen percakapan sesi
  obrolan untuk yang disarankan adalah đề cuộc trò chuyện phiên hội thoại gợi ý là của conversației sesiunii este
  a az beszélgetés της συνομιλίας είναι المحادثة الجلسة الدردشة محادثة المقترح لهذه هو گفتگو گفت‌وگو جلسه چت پیشنهادی
  samtalens samtalen samtalet på om keskustelulle istunnolle razgovora razgovor sesije sjednice predloženi predlagani je
  konverzácie relácie navrhovaný konverzaci predlagan seansi vestluse sarunas pokalbio сесии разговор предложено
  пропонована пропоноване запропонована разговору розмови тема-название javasolt beszélgetéshez munkamenet
  perbualan perbualannya dicadangkan cha ya mazungumzo kikao propuesta sugerida proposta sugerida suggerito suggerita
  propusă propus sugerat elgarrizketaren converses conversa προτεινόμενος προτεινόμενο συζήτησης sohbetinin
  שיחה השיחה צ'אט המוצעת הוא מוצעת מוצע सत्र কথোপকথনের কথোপকথন চ্যাটের சுருக்கமான உரையாடல் உரையாடலின் సంభాషణ ಸಂಭಾಷಣೆಯ
  സംഭാഷണ વાતચીતનું بحث نشست المقترحة الجديد चैट बातचीत वार्तालाप का की के लिए है 대화 대화의 세션 세션의 채팅 채팅의 추천 제안`);

/** Praise and the like: beside a title it belongs to the label, beside a name it may belong to the topic. */
const QUALITIES = list(`
  first second full one-line word english alternate
  short concise brief new updated revised best good great possible potential clear simple catchy descriptive appropriate
  suitable fitting main perfect better alternative possible court concis approprié bon corto conciso posible adecuado
  apropiado buen curto possível adequado breve possibile adatto kurzer kurze passender passende möglicher guter neuer
  короткое подходящее возможное краткое`);

const LATIN_SEPARATOR = /\s*(?:[:：=;|]|→|->|=>|>>|»)\s*|\s+[-–—]+\s*|[-–—]+\s+|——/;
const MARKED_LABEL =
  /^[[(【（［「『《〈*]{1,3}([^\])】）］」』》〉*:：]{1,40})[\])】）］」』》〉*]{1,3}\s*[:：]?\s*(?=\S)/u;
/** How long the answer was to be, in which language: "5-word title", "Title in English". */
const BRIEF = new RegExp(
  `\\b(?:in )?(?:max(?:imum)?\\.? |at most |under |up to )?(?:${alternatives(`
    (?:\\d{1,2}|two|three|four|five|six)(?:\\s*(?:[-–]|to|or)\\s*(?:\\d{1,2}|three|four|five|six))?[- ]words?(?: or (?:less|fewer))?
    in (?:english|german|french|spanish|italian|portuguese|dutch|russian|chinese|japanese|korean|arabic|hindi|turkish|polish)
  `)})(?![\\p{L}\\p{N}])`,
  "iu",
);
/** One of several, which the list goes on with. */
const OPTION =
  /^(?:option|suggestion|choice|variant|title)\s+(?:[a-d]|\d{1,2})$|^(?:the )?(?:first|1st) (?:option|suggestion|choice|title)$/i;
/** What a name names here: with a word for a session the phrase is a label before a dash too. */
const OF_SESSION = /\b(?:chat|conversation|session|thread|discussion)(?:'s)?\b/i;
const NAMING = /\b(?:name|topic|subject|theme|summary|heading|label)\b/i;
/** A word for a name in a script without spaces, alone or between words that go with it. */
const SPACELESS_LABEL = new RegExp(
  `^(?:${alternatives(`
    会话|會話|对话|對話|聊天|话题|話題|本次|这次|這次|这个|這個|这段|這段|此|该次?|建议|建議|推荐|推薦|生成|最终|最終|简短|簡短|参考|的|为|為|是
    セッション|会話|チャット|スレッド|提案|推奨|の|は|新しい|เซสชัน|การสนทนา|บทสนทนา|แชท|ของ|ที่แนะนำ|คือ
  `)})*(?:${alternatives(`
    标题|標題|题目|題目|题名|題名|件名|タイトル|見出し|ชื่อเรื่อง|หัวข้อ|主题|主題|名称|名稱|名字|名前|名|テーマ|ชื่อ
    答案|回答|输出|結果|结果|总结
  `)})+(?:${alternatives(`
    如下|可以|可|应|應
    候補|案|建议|建議|推荐|是|为|為|は|の|候选|提案|คือ|แนะนำ|เซสชัน|การสนทนา|แชท|ของ
  `)})*$`,
);
const SPACELESS_TITLE = /标题|標題|题目|題目|題名|件名|タイトル|見出し|ชื่อเรื่อง|หัวข้อ|名称|名稱|제목[을은이]/;
const MAX_LABEL_CHARS = 90;
const MAX_LABEL_WORDS = 10;

/** Whether the phrase is a label and nothing else. */
export function isLabel(phrase: string): boolean {
  return labelStrength(phrase) !== "none";
}

/** Whether the phrase is a label that says "title". */
export function isTitleLabel(phrase: string): boolean {
  return labelStrength(phrase) === "title";
}

/** Whether the phrase has a word for a title in it, in any of the languages known here. */
export function mentionsTitle(phrase: string): boolean {
  return labelWords(phrase).some((word) => TITLE_WORDS.has(word)) || SPACELESS_TITLE.test(phrase);
}

/** Whether the phrase is a label that says what the session is called: "The session name". */
export function isNameLabel(phrase: string): boolean {
  return isTitleLabel(phrase) || (isLabel(phrase) && /^(?!.*\bmy\b).*\bname\b/i.test(phrase));
}

/** The line without a label that only brackets or emphasis set apart ("【标题】…", "**Title** …"). */
export function dropMarkedLabel(line: string): string {
  const marked = MARKED_LABEL.exec(line);
  return marked?.[1] !== undefined && isTitleLabel(marked[1]) ? line.slice(marked[0].length) : line;
}

/** The line without its label; "" when the label was all of it. */
export function dropLabel(line: string): string {
  const labelled = splitLabel(line);
  return labelled && labelled.strength !== "none" ? labelled.rest : line;
}

/** What a label that says "title" announces in this line; null when there is no such label. */
export function titleAfterLabel(line: string): string | null {
  const labelled = splitLabel(line);
  return labelled?.strength === "title" && labelled.rest !== "" ? labelled.rest : null;
}

type Strength = "title" | "name" | "none";

function splitLabel(line: string): { strength: Strength; rest: string } | null {
  const unmarked = dropMarkedLabel(line);
  if (unmarked !== line) return { strength: "title", rest: unmarked };
  const head = line.slice(0, MAX_LABEL_CHARS);
  const separator = LATIN_SEPARATOR.exec(head);
  if (separator && separator.index > 0) {
    const label = head.slice(0, separator.index);
    const strength = labelStrength(label);
    // A dash also joins what belongs together ("Name - calling"), a colon only announces.
    if (strength === "title" || (strength === "name" && (/[:：=>→]/.test(separator[0]) || isSure(label)))) {
      return { strength, rest: line.slice(separator.index + separator[0].length) };
    }
  }
  const quote = /\s*["“„«「『《【]/.exec(head);
  if (quote && quote.index > 0 && isTitleLabel(head.slice(0, quote.index))) {
    return { strength: "title", rest: line.slice(quote.index).trimStart() };
  }
  return null;
}

const isSure = (label: string) => OPTION.test(label.trim()) || (OF_SESSION.test(label) && NAMING.test(label));

function labelStrength(phrase: string): Strength {
  if (OPTION.test(phrase.trim())) return "name";
  const whole = phrase.replace(/\([^()]{0,40}\)|（[^（）]{0,40}）|\[[^[\]]{0,40}\]/g, " ");
  const bare = whole.replace(BRIEF, " ").replace(/^[^\p{L}]+|[^\p{L}\p{M}\p{N}]+$/gu, "");
  const spaceless = SPACELESS_LABEL.exec(bare.replace(/\s+/g, ""));
  if (spaceless) return SPACELESS_TITLE.test(bare) ? "title" : "name";
  const words = labelWords(bare);
  if (words.length === 0 && BRIEF.test(whole)) return "name";
  if (words.length === 0 || words.length > MAX_LABEL_WORDS) return "none";
  const isTitle = words.some((word) => TITLE_WORDS.has(word));
  const isKnown = words.every(
    (word) =>
      TITLE_WORDS.has(word) ||
      NAME_WORDS.has(word) ||
      COMPANIONS.has(word) ||
      (isTitle && QUALITIES.has(word)) ||
      /^\d{1,2}$/.test(word),
  );
  if (!isKnown) return "none";
  if (isTitle) return "title";
  return words.some((word) => NAME_WORDS.has(word)) ? "name" : "none";
}

function labelWords(phrase: string): string[] {
  return fold(phrase)
    .replace(/[’]/g, "'")
    .replace(/\b[ld]'/g, "")
    .split(/[^\p{L}\p{M}\p{N}'\u200c]+/u)
    .filter(Boolean);
}
