/**
 * Tells speech from a name: a refusal, a greeting, an answer to the user, or reasoning that no tag marked. In English small
 * letters decide, since titles have capitals ("I Can't Dance"). Elsewhere it takes words that apologise, refuse or offer.
 */

import { MAX_NAME_WORDS } from "../../domain/limits.ts";
import { anyLineOf } from "../../lib/text.ts";
import { isRefusal } from "../../model-answers/refusal.ts";

/** Sentences: in English small letters stand where a title has capitals, elsewhere they speak of the user or the task. */
const SENTENCE = new RegExp(
  anyLineOf(String.raw`
  ^(?:(?:[Tt]he|[Tt]his|[Oo]ur|An?) (?:[a-z]+ ){0,2})?(?:[Uu]ser|[Cc]onversation|chat|discussion|[Ss]ession|assistant|message|title|name|request|instructions?|language)(?:['’]s \w+| name| title)?(?: (?:of|for) this \w+)? (?:is|was|are|has|have|would|could|should|must|only|just|does|did|wants?|ask(?:s|ed|ing)?|needs?|said|says?|sent|wrote|discusses|revolves|contains|covers|mentions?|appears?|seems?|greet(?:s|ed)|provided|shares?)\b
  ^(?:[Hh]mm+|[Oo]k(?:ay)?|[Aa]lright|[Ss]o|[Nn]ow|[Ww]ell|[Ww]ait|[Ff]irst|[Nn]ext|[Mm]aybe|[Ll]ooking at|[Bb]ased on|[Gg]iven)[,.…]* (?:so |let )?(?:I|we|they|this|the (?:user|conversation|title|chat|messages?))\b(?! [A-Z])
  ^(?:[Nn]eed to|[Ll]et(?: me|['’]?s)|[Pp]lease|[Yy]es,|[Nn]o,) [a-z]|^(?:[Ii]t|[Tt]hat|[Tt]his|[Hh]ere|[Tt]here)['’]s [a-z]+ [a-z]
  ^(?:[Gg]enerate|[Cc]reate|[Ww]rite|[Pp]rovide) (?:\p{L}+ ){0,6}(?:title|name) (?:for|of|based on|that)\b
  ^(?:[Tt]hinking|[Tt]hought|[Rr]easoning)(?: [Pp]rocess)?\s*(?:[:：]|\.{2,}|…|$)|^[Tt]h(?:ought for|inking about the)\b|^[Aa]nalysis\s*[:：]\s*(?:The|This|User|We|I)\b|^(?:Step \d\s*[:.]\s*)?(?:Identify|Analy[sz]e|Determine|Understand) the\b
  ^(?:[Ww]e|[Yy]ou|[Tt]hey|[Hh]e|[Ss]he|[Ii]t|[Tt]h(?:is|at|ese|e)|[Tt]here|[Hh]ere|An?|[Mm]y|[Yy]our|[Oo]ur|[Nn]o|If)\b.*?(?<!\b(?:that|who|which|what|why|how|where|when|as)) (?:is|are|was|were|can(?:not)?|could|should|would|will|have|has|had|do|does|needs?|wants?|seems|looks|appears|means|must|may|might)\b(?! [A-Z])
  ^(?:[Ee]l usuario|[Oo] usuário|[Ll]['’](?:utente|utilisateur)|[Dd]er (?:Ben|N)utzer|[Пп]ользователь) \p{Ll}
  ^(?:用户|使用者)(?:想|询问|希望|提出|正在|要求|让我|的问题是)|^(?:让我|我需要|我们需要|我应该)|^(?:この会話|ユーザー)[はがの]|^(?:사용자[가는]|이 대화는)
  (?<![Tt]hank) you(?!\p{L})
`),
  "u",
);
/** Polite endings in Japanese and Korean, and a statement with its stop in Chinese. */
const SAID_IN_CJK =
  /(?:です|ます|ました|ません|でした|ください)(?:か|ね|よ)*[。！？!?]*$|(?:니다|니까|까요|세요|해요|예요|어요|아요|네요|줘요)[.!?。]*$|^(?=.*(?:是|可以|需要|应该|[您你](?!好))).*[。！]$/u;
/** Between a whole word with its stop and the next sentence; "Dr. No" and "Yahoo! Mail" are none. */
const SENTENCE_END =
  /(?<=[\p{L}\p{M}]{2}\s?[!?！？。]|\p{Ll}{3}\.|[다요오]\.)\s+(?=[\p{Lu}\p{Lo}¿¡])|(?<=[！？。])(?=\p{L})/u;
/** A word that a title would capitalise; any word in scripts without capitals. */
const SMALL_WORD = / (?!(?:and|for|the|with|from|into|over|than|that|this|about|your)\b)[\p{Ll}\p{Lo}]\p{L}{2}/u;

/** Whether the line is said to somebody: by its words, in several sentences, or in one that is too long for a name. */
export function isSpeech(line: string): boolean {
  if (isRefusal(line) || SENTENCE.test(line) || SAID_IN_CJK.test(line)) return true;
  const isStopped = /[.!?।؟;;。！？][”"»)]*$/u.test(line);
  if (isStopped && SENTENCE_END.test(line)) return true;
  const isLong = line.split(/\s+/).length > MAX_NAME_WORDS;
  return isStopped && isLong && !/[?？؟]/.test(line) && SMALL_WORD.test(line);
}
