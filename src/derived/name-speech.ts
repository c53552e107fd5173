/**
 * Tells speech from a name: a refusal, an answer to the user, or reasoning that no tag marked. A title may begin like a
 * sentence ("The User Interface Redesign", "I Can't Believe It's Butter"), so apart from set phrases it takes a verb
 * where a sentence has one, written small.
 */

import { isRefusal } from "./name-refusals.ts";

/** What a line turned out to be: after reasoning a name may still come, after an answer none does. */
export type Speech = "answer" | "reasoning" | "none";

const REASONING = [
  /^(?:hmm+|okay|ok|alright|so|now|well|right|wait)\s*[,.…]+\s*(?:so\b|the\b|let\b|let['’]s\b|i\b|i['’]|we\b|this\b|what\b|that\b|user\b|need\b|hmm|first\b)/i,
  /^(?:[Tt]he|[Tt]his|[Oo]ur) (?:user|conversation|chat|discussion|session|assistant|dialogue|transcript|message|human|title|name|request|query|prompt|input|history)(?:['’]s (?:message|request|question|query|first|last|intent)\b)? (?:is|was|are|were|wants?|wanted|asks?|asked|asking|has|have|seems?|appears?|discusses|revolves|focuses|covers|contains|involves|needs?|needed|said|says|would|should|must|could|can|will|mentions?|mentioned|starts?|started|sent|provided|wrote|requests?|requested|greets?|greeted|consists?|begins?)\b/,
  /^[Tt]he user['’]s (?:message|request|question|query|first|last|intent|input|prompt|main)\b/,
  /^[Ww]e (?:need|have|should|must|are|can|want|could|might|will|just|may|know|see)\b(?! [A-Z])/,
  /^[Nn]eed (?:to )?(?:produce|output|create|generate|respond|give|write|a title|concise|title|come up)\b/,
  /^(?:[Ll]et me|[Ll]et['’]s|[Ll]ets) (?:think|see|analy[sz]e|look|consider|start|break|come|create|craft|try|figure|find|make|summari[sz]e|generate|pick|choose|go with|produce|count|draft|check|read|first)\b/,
  /^(?:[Ff]irst|[Nn]ext|[Tt]hen|[Ff]inally|[Ss]o|[Mm]aybe|[Pp]erhaps|[Aa]lternatively|[Ss]ince|[Bb]ecause|[Ll]ooking at|[Rr]eading|[Bb]ased on|[Gg]iven|[Cc]onsidering|[Ff]rom|[Tt]o (?:create|generate|summari[sz]e|title|come up))\b,? (?:I|we|let|the (?:user|conversation|title|chat|messages?|context|given|provided|key|main|history|first|discussion)|this (?:conversation|chat|is)|it)\b(?! [A-Z])/,
  /^(?:here['’]?s|here is|this is) (?:a |my |the )?(?:thinking|thought|reasoning) process\b/i,
  /^(?:thinking|thought|reasoning)(?: process)?\s*(?:[:：]|\.{2,}|…|$)|^analysis\s*(?:$|[:：]\s*(?:the|this|user|we|i)\b)/i,
  /^(?:thought|reasoned|thinking|thinking for|thought for)\b.{0,20}\b(?:seconds?|minutes?|s)\b\s*[.…]?$/i,
  /^(?:generate|create|write|provide|suggest|give|produce|come up with|output|return) (?:a |an |the |only |one )?(?:\p{L}+[ ,-]+){0,5}(?:title|name) (?:for|of|based on|that|in|to) (?:this|(?:the|a|your|our) (?:conversation|chat|session|following|given|above|user)|captur|summar|describ|under|fewer|less|\d)/iu,
  /^(?:好的?[，,]|嗯[，,]?|首先[，,]?)?(?:用户|使用者|用戶)(?:想要|想知道|想了解|想让|询问|詢問|希望|提出了|发送了|正在|提到了|说了|要求我|让我|问的是|问我|请我|请求我|的问题是)/u,
  /^(?:让我|讓我|我需要|我们需要|我們需要|我应该|我得)(?:想|分析|看|来|先|生成|为|總|总|考虑|根据)?/u,
  /^(?:この会話|ユーザー)(?:は|が|の).{0,60}(?:です|ます|した|している|ようだ)。?$/u,
  /^(?:사용자(?:가|는)|이 대화는).{0,80}[다요]\.?$/u,
  /^(?:el usuario|la usuaria|l['’]utilisateur|der (?:be)?nutzer|o usuário|l['’]utente|пользователь|użytkownik|kullanıcı) (?:quiere|pregunta|pide|está|ha|veut|demande|souhaite|a |est|möchte|fragt|will|hat|bittet|quer|pergunta|pediu|vuole|chiede|хочет|спрашивает|просит|спросил|chce|pyta|istiyor|soruyor)/iu,
];

const SUBJECT_AND_VERB =
  /^(?:[Yy]ou|[Tt]hey|[Hh]e|[Ss]he) (?:can|could|should|must|need|needs|may|might|will|would|are|is|have|has|want|wants|do|don['’]t|asked|seem|mentioned|also|just)\b(?! [A-Z])/;
const POINTING_AND_VERB =
  /^(?:[Ii]t|[Tt]his|[Tt]hat|[Tt]hese|[Tt]hose|[Tt]here|[Hh]ere)(?:['’]s| (?:is|are|was|were|looks|seems|appears|means|depends|happens|usually|typically|sounds|can be|could be|will be|would be|has been|have been|title|name))\b(?! [A-Z])/;
const YES_OR_NO = /^(?:[Yy]es|[Nn]o|[Yy]eah|[Yy]ep|[Nn]ope|[Cc]orrect|[Ee]xactly)\s*[,.!:]\s*(?:[a-z]|I\b|$)/;
const INSTRUCTION =
  /^(?:[Tt]o|[Ii]f|[Ii]n order to|[Ss]ince|[Ww]hen|[Oo]nce|[Ff]irst|[Bb]efore|[Aa]fter)\b[^,]{3,120}, (?:you|i|we|it|there|this|try|use|make|check|first|just|simply|follow|open|run|go|add|start|the)\b/;
const SET_ANSWER =
  /^(?:the (?:answer|result|solution|output|correct answer) (?:is|would be|to (?:this|your|the question))\b|the issue (?:is|lies)\b|in (?:summary|conclusion|short)\s*,|to summari[sz]e\s*,)/i;

const QUESTION_WORD =
  /^(?:how|what|why|when|where|who|whom|whose|which|whether|is|are|can|should|does|do|will|qué|cómo|por qué|cuándo|comment|pourquoi|qu['’]|que|was|wie|warum|wann|wer|o que|como|cosa|come|perché|wat|hoe|waarom|что|как|почему|где|зачем|jak|czym|dlaczego|co|vad|hur|ne|nasıl)(?!\p{L})/iu;
/** A finite verb, or a pronoun that is only said to somebody. */
const FINITE_ENGLISH =
  /\b(?:is|are|was|were|isn['’]t|aren['’]t|can|cannot|could|will|would|should|has|have|had|does|must|means|you)\b/;
const FINITE_OTHER =
  /(?<![\p{L}'’])(?:es|son|está|están|puede|puedes|debe|debes|tiene|tienes|fue|est|sont|peut|peux|pouvez|devez|c['’]est|vous|ist|sind|können|kannst|müssen|musst|sollten|haben|wird|werden|é|são|pode|você|deve|è|sono|puoi|può|devi|zijn|kunt|moet|jest|są|można|możesz|это|является|можно|нужно|вы|це|можна|är|måste|skal|adalah|anda|là|bạn|है|हैं|هو|هي|يمكنك)(?![\p{L}'’])/u;
const ADVICE =
  /^(?:Try|Make sure|Check|Use|Run|Install|Open|Click|Go to|Add|Remove|Set|Ensure|Consider|Remember|Start by|Follow|Just) [a-z].*[.!]$/;
const CHEERING = /\b(?:let['’]s|you|your)\b.*!$/;
const ASKING_BACK =
  /\b(?:would you (?:like|prefer|want)|do you (?:prefer|want|need|have any)|are you (?:looking|trying|interested|asking|referring)|did you mean)\b.*\?$/;
const COPULA = /(?<!\b(?:that|who|which|what|why|how|where|when|if|as)) (?:is|are|was|were|isn['’]t|aren['’]t) /;
const DETERMINER = /^(?:the|a|an|my|your|our)\s/i;
const MIN_SENTENCE_WORDS = 6;
/** Small words that titles leave uncapitalised. */
const SMALL_WORD =
  /^(?:with|from|into|over|under|your|than|that|this|about|between|without|after|before|during|through|onto|upon|when|while|and|for|the|versus|via)$/;

const CJK_STOP = /[。｡]\s*["”』」]?$/u;
const CJK_SAID =
  /是|可以|需要|应该|應該|必须|必須|您|你|(?<!自)我|建议|建議|因为|因為|首先|です|ます|ました|ません|でした|でしょう|ください|だった|である/u;
const CJK_QUESTION = /^(?:什么|什麼|如何|为什么|為什麼|怎么|怎麼|怎样|何|なぜ|どう|いつ|だれ|誰)/u;
const POLITE_JAPANESE =
  /(?:です|ます|ました|ません|でした|でしょう|ください|ませんか|ですか|ますか)(?:ね|よ|か)?[。！？!?]*$/u;
const POLITE_KOREAN =
  /(?:습니다|입니다|합니다|됩니다|습니까|입니까|까요|세요|해요|예요|이에요|어요|아요|네요|드려요|줘요)[.!?。]*$/u;

export function speechIn(line: string): Speech {
  if (REASONING.some((opening) => opening.test(line))) return "reasoning";
  return isRefusal(line) || isAnswer(line) ? "answer" : "none";
}

function isAnswer(line: string): boolean {
  if (SUBJECT_AND_VERB.test(line) || YES_OR_NO.test(line) || SET_ANSWER.test(line)) return true;
  if (POINTING_AND_VERB.test(line) || INSTRUCTION.test(line)) return isSentenceCase(line);
  return isSentence(line) || isPoliteSentence(line);
}

function isSentence(line: string): boolean {
  if (ASKING_BACK.test(line)) return true;
  if (QUESTION_WORD.test(line)) return false;
  if (CJK_STOP.test(line) && CJK_SAID.test(line) && !CJK_QUESTION.test(line)) return true;
  const words = line.split(/\s+/).length;
  const isStopped = /[.!।]["”»)]*$/u.test(line);
  if (isStopped && words >= MIN_SENTENCE_WORDS && FINITE_OTHER.test(line)) return true;
  if (!isSentenceCase(line)) return false;
  if (words >= MIN_SENTENCE_WORDS && ADVICE.test(line)) return true;
  if (CHEERING.test(line)) return true;
  if (isStopped && (COPULA.test(line) || (words >= MIN_SENTENCE_WORDS && FINITE_ENGLISH.test(line)))) return true;
  return words >= MIN_SENTENCE_WORDS && DETERMINER.test(line) && COPULA.test(line) && !/[:：]/.test(line);
}

/** Polite endings are said to somebody; names are written without them. */
function isPoliteSentence(line: string): boolean {
  return POLITE_KOREAN.test(line) || (POLITE_JAPANESE.test(line) && !CJK_QUESTION.test(line));
}

/** Whether a word that a title would capitalise is small; true for scripts without capitals. */
function isSentenceCase(line: string): boolean {
  const [, ...later] = line.split(/\s+/);
  const weighty = later.filter((word) => word.length >= 4 && !SMALL_WORD.test(word));
  return weighty.length === 0
    ? !later.some((word) => /^\p{Lu}/u.test(word))
    : weighty.some((word) => /^\p{Ll}|^[\p{Lo}]/u.test(word));
}
