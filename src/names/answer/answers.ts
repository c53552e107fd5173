/** Tells an answer to the user from a name, by its shape: a sentence with its verb, advice, a question back, prose. */

import { alternatives, opensWith } from "./phrases.ts";

const NO_CAPITAL = "(?! [A-Z])";
const MIN_SENTENCE_WORDS = 6;
const MIN_PROSE_WORDS = 9;

const SUBJECT_AND_VERB = opensWith(
  String.raw`
  (?:[Yy]ou|[Tt]hey|[Hh]e|[Ss]he) (?:can|could|should|must|needs?|may|might|will|would|are|is|have|has)\b${NO_CAPITAL}
  (?:[Yy]ou|[Tt]hey|[Hh]e|[Ss]he) (?:wants?|do|don['’]t|asked|seem|mentioned|also|just)\b${NO_CAPITAL}
  (?:[Yy]es|[Nn]o|[Yy]eah|[Yy]ep|[Nn]ope|[Cc]orrect|[Ee]xactly)\s*[,.!:]\s*(?:[a-z]|I\b|$)
  `,
  "u",
);
const SET_ANSWER = opensWith(
  String.raw`[Tt]he (?:answer|result|solution|output|correct answer) (?:is|would be|to (?:this|your|the question))\b`,
  "u",
);
const SUMMING_UP = opensWith(String.raw`
  the issue (?:is|lies)\b|in (?:summary|conclusion|short)\s*,|to summari[sz]e\s*,
`);
/** Titles begin so too ("It's a Wonderful Life"): a word written small must tell that this is a sentence. */
const SENTENCE_OPENING = opensWith(
  String.raw`
  (?:[Ii]t|[Tt]his|[Tt]hat|[Tt]hese|[Tt]hose|[Tt]here|[Hh]ere)['’]s\b${NO_CAPITAL}
  (?:[Ii]t|[Tt]his|[Tt]hat|[Tt]hese|[Tt]hose|[Tt]here|[Hh]ere) (?:is|are|was|were|looks|seems|appears|means|depends)\b${NO_CAPITAL}
  (?:[Ii]t|[Tt]his|[Tt]hat|[Tt]hese|[Tt]here) (?:happens|usually|typically|sounds|(?:can|could|will|would|has|have) be|title|name)\b${NO_CAPITAL}
  (?:[Tt]o|[Ii]f|[Ii]n order to|[Ss]ince|[Ww]hen|[Oo]nce|[Ff]irst|[Bb]efore|[Aa]fter)\b[^,]{3,120}, (?:you|i|we|it|there|this|the)\b
  (?:[Tt]o|[Ii]f|[Ii]n order to)\b[^,]{3,120}, (?:try|use|make|check|first|just|simply|follow|open|run|go|add|start)\b
  `,
  "u",
);
const ADVICE =
  /^(?:Try|Make sure|Check|Use|Run|Install|Open|Click|Go to|Add|Remove|Set|Ensure|Consider|Remember|Start by|Follow|Just) [a-z].*[.!]$/;
const CHEERING = /\b(?:let['’]s|you|your)\b.*!$/;
const ASKING_BACK = new RegExp(
  String.raw`\b(?:${alternatives(`
    would you (?:like|prefer|want)|do you (?:prefer|want|need|have any)|did you mean
    are you (?:looking|trying|interested|asking|referring)
  `)})\b.*\?$`,
);

const QUESTION = opensWith(String.raw`
  (?:how|what|why|when|where|who|whom|whose|which|whether|is|are|can|should|does|do|will|qué|cómo|por qué|cuándo)(?!\p{L})
  (?:comment|pourquoi|qu['’]|que|was|wie|warum|wann|wer|o que|como|cosa|come|perché|wat|hoe|waarom)(?!\p{L})
  (?:что|как|почему|где|зачем|jak|czym|dlaczego|co|vad|hur|ne|nasıl)(?!\p{L})
`);
/** A finite verb, or a pronoun that is only said to somebody. */
const FINITE_ENGLISH =
  /\b(?:is|are|was|were|isn['’]t|aren['’]t|can|cannot|could|will|would|should|has|have|had|does|must|means|you)\b/;
const FINITE_ABROAD = new RegExp(
  `(?<![\\p{L}'’])(?:${alternatives(`
    es|son|está|están|puedes?|debes?|tienes?|fue|est|sont|peut|peux|pouvez|devez|c['’]est|vous|ist|sind|können|kannst
    müssen|musst|sollten|haben|wird|werden|é|são|pode|você|deve|è|sono|puoi|può|devi|zijn|kunt|moet|jest|są|można|możesz
    это|является|можно|нужно|вы|це|можна|är|måste|skal|adalah|anda|là|bạn|है|हैं|هو|هي|يمكنك
  `)})(?![\\p{L}'’])`,
  "u",
);
const COPULA = /(?<!\b(?:that|who|which|what|why|how|where|when|if|as)) (?:is|are|was|were|isn['’]t|aren['’]t) /;
const DETERMINER = /^(?:the|a|an|my|your|our)\s/i;
const FULL_STOP = /[.!।]["”»)]*$/u;
/** Between a whole word with its stop and a capital, so that "Dr. No" and "vs. Go" are no boundaries. */
export const SENTENCE_BOUNDARY = /(?<=\p{Ll}{3}[.!?])\s+(?=\p{Lu})/u;
/** Words that titles leave small. */
const SMALL_WORD =
  /^(?:with|from|into|over|under|your|than|that|this|about|between|without|after|before|during|through|onto|upon|when|while|versus)$/;

const CJK_STOP = /[。｡]\s*["”』」]?$/u;
const CJK_SAID =
  /是|可以|需要|应该|應該|必须|必須|您|你|(?<!自)我|建议|建議|因为|因為|首先|です|ます|ました|ません|でした|でしょう|ください|だった|である/u;
const CJK_QUESTION = /^(?:什么|什麼|如何|为什么|為什麼|怎么|怎麼|怎样|何|なぜ|どう|いつ|だれ|誰)/u;
const POLITE_JAPANESE =
  /(?:です|ます|ました|ません|でした|でしょう|ください|ませんか|ですか|ますか)(?:ね|よ|か)?[。！？!?]*$/u;
const POLITE_KOREAN =
  /(?:습니다|입니다|합니다|됩니다|습니까|입니까|까요|세요|해요|예요|이에요|어요|아요|네요|드려요|줘요)[.!?。]*$/u;

/** Whether the line is said to somebody who asked something. */
export function isAnswer(line: string): boolean {
  if (SUBJECT_AND_VERB.test(line) || SET_ANSWER.test(line) || SUMMING_UP.test(line) || ASKING_BACK.test(line))
    return true;
  if (SENTENCE_OPENING.test(line)) return isSentenceCase(line);
  return isSentence(line) || isPoliteSentence(line) || isProse(line);
}

/** Several sentences, closed by a full stop or more than two: nobody writes a name so. */
export function isProse(line: string): boolean {
  const sentences = line.split(SENTENCE_BOUNDARY).length;
  return sentences > 1 && (sentences > 2 || FULL_STOP.test(line)) && line.split(/\s+/).length >= MIN_PROSE_WORDS;
}

function isSentence(line: string): boolean {
  if (QUESTION.test(line)) return false;
  if (CJK_STOP.test(line) && CJK_SAID.test(line) && !CJK_QUESTION.test(line)) return true;
  const isLong = line.split(/\s+/).length >= MIN_SENTENCE_WORDS;
  const isStopped = FULL_STOP.test(line);
  if (isStopped && isLong && FINITE_ABROAD.test(line)) return true;
  if (!isSentenceCase(line)) return false;
  if (CHEERING.test(line) || (isStopped && COPULA.test(line))) return true;
  if (!isLong) return false;
  if (ADVICE.test(line) || (isStopped && FINITE_ENGLISH.test(line))) return true;
  return DETERMINER.test(line) && COPULA.test(line) && !/[:：]/.test(line);
}

/** Polite endings are said to somebody; names are written without them. */
function isPoliteSentence(line: string): boolean {
  return POLITE_KOREAN.test(line) || (POLITE_JAPANESE.test(line) && !CJK_QUESTION.test(line));
}

/** Whether a word that a title would capitalise is small; true for scripts without capitals. */
function isSentenceCase(line: string): boolean {
  const [, ...later] = line.split(/\s+/);
  const weighty = later.filter((word) => word.length >= 4 && !SMALL_WORD.test(word));
  if (weighty.length === 0) return !later.some((word) => /^\p{Lu}/u.test(word));
  return weighty.some((word) => /^[\p{Ll}\p{Lo}]/u.test(word));
}
