/**
 * Takes off what a model says before the name: an acknowledgement ("Sure!"), an announcement ("Here's a title for
 * this chat:"), or a sentence around the name ("I would call it \"…\"").
 */

import { isNameLabel, isTitleLabel, mentionsTitle } from "./labels.ts";
import { alternatives } from "./phrases.ts";

const AGREEMENTS = alternatives(`
  sure|sure thing|certainly|of course|absolutely|definitely|okay|ok|alright|all right|got it|understood|no problem|gladly
  bien sûr|certainement|d['’]accord|avec plaisir|entendu|claro|claro que sí|por supuesto|de acuerdo|entendido|con gusto
  natürlich|gerne|klar|selbstverständlich|sicher|alles klar|com certeza|claro que sim|certo|certamente|va bene
  конечно|хорошо|разумеется|понял|понятно|звичайно|добре|oczywiście|jasne|pewnie|natuurlijk|zeker|uiteraard
  tabii|tabii ki|elbette|självklart|visst|selvfølgelig|tietenkin|totta kai|samozřejmě|jistě|desigur|sigur|természetesen
  φυσικά|βεβαίως|بالتأكيد|بالطبع|حسنا|حسنًا|طبعا|طبعًا|البته|حتماً|בטח|כמובן|בוודאי|ज़रूर|जरूर|बिल्कुल|ठीक है
  chắc chắn|chắc chắn rồi|được rồi|vâng|dạ|tentu|tentu saja|baik|แน่นอน|ได้เลย|ครับ|ค่ะ
  好的|好|好吧|当然|當然|当然可以|没问题|沒問題|可以|明白|明白了|了解|收到|是的
  はい|もちろん|もちろんです|承知しました|承知いたしました|わかりました|分かりました|かしこまりました|了解しました|了解です
  네|예|물론|물론입니다|물론이죠|물론이에요|알겠습니다|좋습니다|좋아요`);
const CHEERS = alternatives(
  "great|perfect|yes|yep|thanks|thank you|happy to help|my pleasure|parfait|perfecto|perfekt|super",
);
const ACKNOWLEDGEMENT = new RegExp(
  `^¡?(?:(?:${AGREEMENTS})(?:\\s*(?:[!！。]+|\\.+(?=\\s|$)|[,，、،:：;…]+)|\\s+[-–—]+\\s)|(?:${CHEERS})\\s*[!！]+)[!！.。…\\s]*`,
  "iu",
);
const BARE_AGREEMENT = /^(?:sure|certainly|okay|ok|alright|absolutely)\s+(?=(?:here|i)['’ ])/iu;

/** How announcements begin. Titles begin so too, hence more must follow: a word for a title, or almost nothing at all. */
const POINTERS = alternatives(`
  here['’]?s|here (?:is|are|you go|it is)|below (?:is|are)|the following|voici|voilà|aquí (?:está|tienes|hay|te|tiene)
  hier (?:ist|sind|is|zijn|kommt)|ecco|aqui (?:está|vai|estão)|вот|ось|oto|zde je|iată|íme|ορίστε|işte|İşte|här är|her er|tässä
  berikut|dưới đây|đây là|यहाँ|यह रहा|ये रहा|إليك|הנה|در اینجا|segue|seguem`);
const SPACELESS_POINTERS = alternatives("这是|這是|以下|下面|こちら|다음은|여기|นี่คือ");
const SUGGESTERS = alternatives(`
  this (?:is|could|would)|my (?:suggestion|suggested|proposed|title)|(?:a|an|one|another) (?:\\p{L}+,? ){0,4}title
  i(?:['’]d| would|['’]ll| will)? (?:suggest|propose|recommend|call|name|title|go with|choose|pick)
  i (?:think|believe|feel)|i(?:['’]ve| have) (?:created|chosen|come up with|generated)|(?:how|what) about|you (?:could|can|might) (?:call|name|title|use)
  let['’]s (?:call|name|title|go with|use)|(?:this|the) (?:chat|conversation|session|discussion|thread)|perhaps|maybe
  (?:some |a few |two |three |four |five )?(?:possible|potential|suggested)
  based on|given (?:the|this|our|your)|considering|after (?:reading|reviewing)|from (?:the|this|our)
  for (?:this|the|our) (?:chat|conversation|session)|je (?:propose|suggère|vous propose|recommande)
  te (?:propongo|sugiero)|sugiero|propongo|ich schlage|mein vorschlag|sugiro|proponho|suggerisco
  предлагаю|могу предложить|пропоную|proponuję`);
const SPACELESS_SUGGESTERS = alternatives("根据|根據|我建议|我建議|建议|提案|추천|다음과");
const WORD_END = "(?![\\p{L}\\p{M}])";
const POINTER = new RegExp(`^(?:(?:and |so )?(?:${POINTERS})${WORD_END}|${SPACELESS_POINTERS})`, "iu");
const OPENER = new RegExp(`${POINTER.source}|^(?:(?:${SUGGESTERS})${WORD_END}|${SPACELESS_SUGGESTERS})`, "iu");
const SUGGESTION_NOUN =
  /\b(?:titles?|names?|suggestions?|options?|headlines?|sugerencias?|opciones|vorschläge?)\b|建议|选项|候補|案[はがで：:]|제안/iu;
const SMALL_TALK = /^here (?:you (?:go|are)|it is)\s*[.!]*$/i;
const SMALL_TALK_MAX_WORDS = 4;
const ANNOUNCEMENT_MAX_CHARS = 240;

const IT = "(?: (?:it|this|that|the|chat|conversation|session|title|name|something like|simply))*";
/** Words that lead to a name: one in quotes after them is the answer. */
const NAMING_WORDS = new RegExp(
  String.raw`(?:${alternatives(String.raw`
    \b(?:suggest|propose|recommend|call|name|title|entitle|go with|choose|use|(?:how|what) about|(?:would|could|might) be|be)(?:e?d|s)?${IT}
    je propose|je suggère|propongo|sugiero|sugiro|proponho|schlage(?: ich)?|perhaps|maybe|vorschlag|предлагаю
    建议|建議|提案|おすすめ|추천
  `)})\s*[:,：]?\s*$`,
  "iu",
);
const SPEAKER = /^(?:i|you|we|my|perhaps|maybe|(?:how|what) about|let['’]s)\b/iu;
const QUOTED = /["“«「『„]([^"“”«»「」『』„]{2,120})["”»」』“]/u;
const ABOUT_THE_QUOTED =
  /^[\s,—–-]*(?:(?:would|could|might|should) (?:be|make|work|fit)|is|as|seems|sounds|works|fits|makes|captures)\b.*\b(?:titles?|names?|conversation|chat|session|choice|fit|well)\b/iu;
/** A sentence about the title that ends in it: "A good title would be Weekly Meal Planning". */
const ENDS_IN_NAME =
  /^(.{1,80}?)\s(?:is|would be|could be|might be|es|est|ist|è|é|sería|serait|wäre|sarebbe|seria)\s+(?=[\p{Lu}\p{Lo}])/u;
const CALLS_IT =
  /^(?:Let['’]s|I)(?:['’]d| would|['’]ll| will)? (?:suggest|propose|recommend|call|name|title|go with|choose)(?: (?:it|this|that|the|a|chat|conversation|session|title|name|calling|naming|titling))*\s+(?=[\p{Lu}\p{Lo}])/u;

/** "This conversation could be titled Weekly Meal Planning". */
const IS_CALLED =
  /^(?:This|The) (?:chat|conversation|session|discussion|thread)(?: (?:could|can|might|should|would|may))?(?: be| is)(?: best| simply| aptly)? (?:titled|called|named|entitled)\s*[:：]?\s+(?=[\p{Lu}\p{Lo}])/u;
/** All of what is said before a name: "I'd suggest: …", "Perhaps: …". */
const SUGGESTS = new RegExp(
  `^(?:(?:i|let)(?:['’](?:d|ll|s)| would| will)? (?:suggest|propose|recommend|go with|call|name|choose|pick|use)${IT}|perhaps|maybe|(?:how|what) about|my (?:pick|choice|answer))$`,
  "iu",
);

/** The line without acknowledgement and announcement; "" when it was nothing else. */
export function dropPreamble(line: string): string {
  return dropAnnouncement(line.replace(ACKNOWLEDGEMENT, "").replace(BARE_AGREEMENT, ""));
}

function dropAnnouncement(line: string): string {
  const quoted = quotedName(line);
  if (quoted !== null) return quoted;
  if (CALLS_IT.test(line)) return line.replace(CALLS_IT, "");
  if (IS_CALLED.test(line)) return line.replace(IS_CALLED, "");
  const sentence = ENDS_IN_NAME.exec(line);
  if (sentence?.[1] !== undefined && isNameLabel(sentence[1])) return line.slice(sentence[0].length);
  if (!OPENER.test(line)) return line;
  const separator = /\s*[:：]\s*|\s+[-–—]+\s+/u.exec(line.slice(0, ANNOUNCEMENT_MAX_CHARS));
  if (separator) {
    const isSaid = isAnnouncement(line.slice(0, separator.index));
    return isSaid ? line.slice(separator.index + separator[0].length) : line;
  }
  // Without a colon the name is on the next line, or was cut off. "Here Is …" is how a title is written.
  if (SMALL_TALK.test(line)) return "";
  return POINTER.test(line) && !/\s(?:Is|Are)\s/.test(line) && namesTitle(line) ? "" : line;
}

function isAnnouncement(head: string): boolean {
  return (
    namesTitle(head) || SUGGESTS.test(head) || (POINTER.test(head) && head.split(/\s+/).length <= SMALL_TALK_MAX_WORDS)
  );
}

function namesTitle(text: string): boolean {
  return mentionsTitle(text) || SUGGESTION_NOUN.test(text);
}

function quotedName(line: string): string | null {
  const quoted = QUOTED.exec(line);
  if (quoted?.[1] === undefined) return null;
  const before = line.slice(0, quoted.index);
  if (before.trim() === "") return ABOUT_THE_QUOTED.test(line.slice(quoted[0].length)) ? quoted[1] : null;
  const isSuggested = NAMING_WORDS.test(before) && (SPEAKER.test(before) || OPENER.test(before));
  return isSuggested || isTitleLabel(before) || (OPENER.test(before) && mentionsTitle(before)) ? quoted[1] : null;
}
