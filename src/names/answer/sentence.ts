/**
 * Tells a sentence from a name: an answer to the user, reasoning that no tag marked, or words about a name. In English
 * small letters tell it, since titles have capitals: "This is live" is a sentence, "This Is Us" a name.
 */

import { MAX_NAME_WORDS } from "../../domain/limits.ts";
import { anyLineOf, uncapitalized } from "../../lib/text.ts";

const VERB = String.raw`${anyLineOf`
  is|are|was|were|can(?:not)?|could|should|would|will|must|may|might|has|have|had|do|does|did
  needs?|wants?|seems?|looks|appears?|means
`}\b`;
/** What is said of a user or a conversation besides. */
const TELLS =
  "(?:only|just|said|sent|wrote|(?:ask|say|greet|discuss|revolve|contain|cover|mention|provide|share)(?:e?[sd]|ing)?)";
const TASK =
  "(?:user|conversation|chat|discussion|session|assistant|message|title|name|request|instructions?|language)";
const ABOUT = String.raw`(?:(?:the|this|our|an?) (?:[a-z]+ )*)?${TASK}(?:['’]s \w+| name| title| (?:of|for) this \w+)*`;
const SUBJECT = "(?:we|you|they|s?he|it|this|that|these|the|there|here|an?|my|your|our|no|if)";
/**
 * How sentences begin, with a small letter first. The last three are polite endings in Japanese and Korean, and a
 * statement with its stop in Chinese.
 */
const SENTENCE = new RegExp(
  anyLineOf`
    ^${ABOUT} (?:${VERB}|${TELLS}\b)
    ^${SUBJECT}\b.*?(?<!\b(?:that|who|which|what|why|how|where|when|as)) ${VERB}(?! [A-Z])
    ^(?:hmm+|ok|okay|alright|so|now|well|wait|first|next|maybe)[,.…]* (?:so )?(?:I|we|they|this|the ${TASK})\b(?! [A-Z])
    ^(?:(?:okay, |so )?let(?: me|['’]?s)|need to|yes,|no,) [a-z]|^(?:looking at|based on|given) the ${TASK}\b(?! [A-Z])
    ^(?:it|that|this|here|there)['’]s [a-z]+ [a-z]|^(?:generate|create) (?:\p{L}+ ){0,6}(?:title|name) (?:for|of)\b
    ^(?:thinking|thought|reasoning)(?: [Pp]rocess)?\s*(?:[:：]|\.{2,}|…|$)|^th(?:ought for|inking about the)\b
    ^analysis\s*[:：]\s*(?:The|This|User|We|I)\b|^(?:step \d\s*[:.]\s*)?(?:[Ii]dentify|analy[sz]e|determine) the\b
    ^(?:el usuario|o usuário|l['’](?:utente|utilisateur)|der (?:Ben|N)utzer|пользователь) \p{Ll}
    ^(?:用户|使用者)(?:想|询问|希望|提出|正在|要求|让我|的问题是)|^(?:让我|我需要|我们需要|我应该)
    ^(?:この会話|ユーザー)[はがの]|^(?:사용자[가는]|이 대화는)
    (?<!thank) you(?!\p{L})|^(?:how about|what about|maybe|perhaps) ["“«]|^[a-z_.]*(?:title|name|rename)[a-z_]*\(
    (?:です|ます|ました|ません|でした|ください)(?:か|ね|よ)*[。！？!?]*$
    (?:니다|니까|까요|세요|해요|예요|어요|아요|네요|줘요)[.!?。]*$
    ^(?=.*(?:是|可以|需要|应该|[您你](?!好))).*[。！]$
  `,
  "u",
);
/** Between a whole word with its stop and the next sentence; "Dr. No" and "Yahoo! Mail" are none. */
const SENTENCE_END =
  /(?<=[\p{L}\p{M}]{2}\s?[!?！？。]|\p{Ll}{3}\.|[다요오]\.)\s+(?=[\p{Lu}\p{Lo}¿¡])|(?<=[！？。])(?=\p{L})/u;
/** A word that a title would capitalise; any word in scripts without capitals. */
const SMALL_WORD = / (?!(?:and|for|the|with|from|into|over|than|that|this|about|your)\b)[\p{Ll}\p{Lo}]\p{L}{2}/u;

/** Whether the line is said to somebody: by its words, in several sentences, or in one that is too long for a name. */
export function isSentence(line: string): boolean {
  if (SENTENCE.test(uncapitalized(line))) return true;
  const isStopped = /[.!?।؟;;。！？][”"»)]*$/u.test(line);
  if (isStopped && SENTENCE_END.test(line)) return true;
  const isLong = line.split(/\s+/).length > MAX_NAME_WORDS;
  return isStopped && isLong && !/[?？؟]/.test(line) && SMALL_WORD.test(line);
}
