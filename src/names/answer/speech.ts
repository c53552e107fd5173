/**
 * Tells speech from a name: a refusal, an answer to the user, or reasoning that no tag marked. A title may begin like a
 * sentence ("The User Interface Redesign", "I Can't Believe It's Butter"), so apart from set phrases it takes a verb
 * where a sentence has one, written small.
 */

import { isAnswer } from "./answers.ts";
import { opensWith } from "./phrases.ts";
import { isRefusal } from "./refusals.ts";

/** What a line turned out to be: after reasoning a name may still come, after an answer none does. */
export type Speech = "answer" | "reasoning" | "none";

const SUBJECT =
  "(?:[Tt]he|[Tt]his|[Oo]ur) (?:user|conversation|chat|discussion|session|assistant|dialogue|transcript|message|human|title|name|request|query|prompt|input|history)";
const NO_CAPITAL = "(?! [A-Z])";
const TOPIC = `(?:${[
  "I|we|let|it|this (?:conversation|chat|is)",
  "the (?:user|conversation|title|chat|messages?|context|given|provided|key|main|history|first|discussion)",
].join("|")})\\b${NO_CAPITAL}`;
/** What a naming prompt goes on with, in an answer that repeats it. */
const BRIEF = `(?:for|of|based on|that|in|to) (?:${[
  "this|(?:the|a|your|our) (?:conversation|chat|session|following|given|above|user)",
  "captur|summar|describ|under|fewer|less|\\d",
].join("|")})`;

const REASONING_BY_CASE = opensWith(
  String.raw`
  ${SUBJECT} (?:is|was|are|were|has|have|would|should|must|could|can|will|seems?|appears?)\b
  ${SUBJECT} (?:wants?|wanted|asks?|asked|asking|needs?|needed|said|says|sent|provided|wrote|requests?|requested|greets?|greeted)\b
  ${SUBJECT} (?:discusses|revolves|focuses|covers|contains|involves|mentions?|mentioned|starts?|started|consists?|begins?)\b
  ${SUBJECT} (?:only|just|simply|also|then|first|did|does|do|contains?|includes?|shared?|shares|says?)\b
  (?:[Tt]he )?[Uu]ser (?:greets|greeted|says|said|asks|asked|wants|wanted|shares|shared|sends|sent|provides|provided|is)\b${NO_CAPITAL}
  [Tt]he instructions? (?:says?|states?|asks?|requires?|is|are|tells?)\b|[Tt]hinking about (?:the|a) (?:title|name|conversation|chat)\b
  (?:[Ss]tep \d\s*[:.]\s*)?(?:[Ii]dentify|[Aa]nalyze|[Aa]nalyse|[Dd]etermine|[Uu]nderstand) the (?:conversation|request|user|input|prompt|chat|messages?|topic|main|core|key)\b
  [Tt]he user['’]s (?:message|request|question|query|first|last|intent|input|prompt|main)\b
  [Ww]e (?:need|have|should|must|are|can|want|could|might|will|just|may|know|see)\b${NO_CAPITAL}
  [Nn]eed (?:to )?(?:produce|output|create|generate|respond|give|write|a title|concise|title|come up)\b
  (?:[Ll]et me|[Ll]et['’]?s) (?:think|see|analy[sz]e|look|consider|start|break|come|create|craft|try|figure|find|make)\b
  (?:[Ll]et me|[Ll]et['’]?s) (?:summari[sz]e|generate|pick|choose|go with|produce|count|draft|check|read|first)\b
  (?:[Ff]irst|[Nn]ext|[Tt]hen|[Ff]inally|[Ss]o|[Mm]aybe|[Pp]erhaps|[Aa]lternatively|[Ss]ince|[Bb]ecause),? ${TOPIC}
  (?:[Ll]ooking at|[Rr]eading|[Bb]ased on|[Gg]iven|[Cc]onsidering|[Ff]rom|[Tt]o (?:create|generate|summari[sz]e|title)),? ${TOPIC}
  `,
  "u",
);

const REASONING = opensWith(String.raw`
  (?:hmm+|okay|ok|alright|so|now|well|right|wait)\s*[,.…]+\s*(?:so|the|let|let['’]s|i|i['’]m|we|this|what|that|user|need|hmm+|first)(?!\p{L})
  (?:here['’]?s|here is|this is) (?:a |my |the )?(?:thinking|thought|reasoning) process\b
  (?:thinking|thought|reasoning)(?: process)?\s*(?:[:：]|\.{2,}|…|$)|analysis\s*(?:$|[:：]\s*(?:the|this|user|we|i)\b)
  (?:thought|reasoned|thinking)\b.{0,24}\b(?:seconds?|minutes?|s)\b\s*[.…]?$
  (?:generate|create|write|provide|suggest|give|produce|come up with|output|return) (?:\p{L}+[ ,-]+){0,6}(?:title|name) ${BRIEF}
  (?:好的?[，,]|嗯[，,]?|首先[，,]?)?(?:用户|使用者|用戶)(?:想[要让]|想知道|想了解|询问|詢問|希望|提出了|发送了|正在|提到了|说了|要求我|让我|问的是|问我|请求?我|的问题是)
  (?:让我|讓我|我需要|我们需要|我們需要|我应该|我得)(?:想|分析|看|来|先|生成|为|總|总|考虑|根据)?
  (?:この会話|ユーザー)(?:は|が|の).{0,60}(?:です|ます|した|している|ようだ)。?$
  (?:사용자(?:가|는)|이 대화는).{0,80}[다요]\.?$
  (?:el usuario|la usuaria) (?:quiere|pregunta|pide|está|ha)|(?:o usuário|l['’]utente) (?:está|quer|pergunta|pediu|vuole|chiede|ha)
  l['’]utilisateur (?:veut|demande|souhaite|a|est)|der (?:be)?nutzer (?:ist|möchte|fragt|will|hat|bittet)
  пользователь (?:хочет|спрашивает|просит|спросил)|użytkownik (?:chce|pyta)|kullanıcı (?:istiyor|soruyor)
`);

/** What the line is when a model was asked for a name. */
export function speechIn(line: string): Speech {
  if (REASONING_BY_CASE.test(line) || REASONING.test(line)) return "reasoning";
  return isRefusal(line) || isAnswer(line) ? "answer" : "none";
}
