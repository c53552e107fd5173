/** Takes off what stands around a name on its line: explanations, annotations about the name itself, loose punctuation. */

import { isProse, SENTENCE_BOUNDARY } from "./answers.ts";
import { MAX_NAME_WORDS } from "../../domain/limits.ts";
import { countWords } from "../limits.ts";
import { alternatives } from "./phrases.ts";

const NUMBER =
  "(?:[≤<~≈]?\\s?\\d{1,2}|[一二三四五六七八九十两兩]|one|two|three|four|five|six|seven|eight|nine|ten|un|deux|trois|quatre|cinq|dos|tres|cuatro|cinco)";
const UNIT = `(?:${alternatives(`
  words?|word title|characters?|chars?|letters?|tokens?|palabras?|mots?|wörter|worte?|parol[ae]|palavras?|слов[ао]?
  kelime|woorden|słów|słowa|slova|slov|cuvinte|szó|λέξεις|paraules|riječi|речи|думи|žodžiai|vārdi|sõna|patah perkataan
  ord|sanaa|từ|kata|maneno|शब्द|শব্দ|சொற்கள்|كلمات|کلمه|מילים|[个個]?[字词詞]|单词|語|文字|単語|단어|글자|자|คำ
`)})`;
const WORD_COUNT = `${NUMBER}\\s*(?:-|–|to|bis|à|a)?\\s*\\d{0,2}\\s*-?\\s*${UNIT}`;
const ANNOTATION = `(?:${alternatives(`
  (?:exactly |just |only |max(?:imum)?\\.? |about |under |约|共|total:? )?${WORD_COUNT}(?:[ ,;][^()]{0,40})?
  (?:word|character|token)s?(?: count)?\\s*[:=]\\s*\\d{1,3}|字数\\s*[:：]\\s*\\d+
  (?:in )?(?:the )?(?:user['’]?s|same) language|an? [^()]{0,40}\\b(?:title|name)\\b[^()]{0,60}
  (?:in )?(?:title case|sentence case|english|no quotes|no punctuation|concise|short|draft|(?:auto-?)?generated)
  title|(?:session|suggested|final) title|final(?: answer)?
  (?:note|nb|i |i['’]|this (?:title|name|is|captures)|as requested|since |because |based on |the title |per your )[^()]{0,200}
`)})`;
const ANNOTATION_AT_END = new RegExp(`\\s*[(（[【{]\\s*${ANNOTATION}\\s*[.。]?\\s*[)）\\]】}]\\s*[.。]?$`, "iu");
const COUNT_AT_END = new RegExp(
  `\\s*(?:\\s(?:[-–—|]+|//|#)|[,;|–—])\\s*(?:${WORD_COUNT}|word count\\s*[:=]\\s*\\d{1,2})\\s*[.。]?$`,
  "iu",
);
const COUNT_AT_START = new RegExp(`^[(（[]\\s*(?:${WORD_COUNT})\\s*[)）\\]]\\s*[:：-]?\\s*`, "iu");
const COMMENT_AT_END =
  /\s+(?:[-–—]+|→)\s+(?:this|it|the title|a title|i)\s(?:title|name|captures|reflects|is|summari[sz]es|chose|kept|covers|highlights)\b.*$/iu;
/** A second sentence that speaks of the first, or any second one in a script without spaces. */
const SECOND_SENTENCE = new RegExp(
  `(?<=[\\p{L}\\p{N})”"](?:[.]|[。](?!\\s*$)))(?:\\s+(?:${alternatives(`
    This|It|The title|I|Let|Here|That|These|You|Your|Hope|Feel|Would|Note|Please|Does|Do|Can|Could|How|Is|We
  `)})(?:['’]\\w+)?\\s|(?<=。)\\s*[^\\s"”』」]).*$`,
  "u",
);
const STOPS_AT_END = /[\s.。．｡।॥۔։…․‥,，、;；:：·]+$/u;
const LOOSE_END = /\s+[-–—|/&+~<>=→]+$/u;
const LOOSE_START = /^(?:[,，、;；:：。！!？?…]+\s*|[-–—.|=~]+\s+|\.{2,})/u;

/** The line without the sentences that follow a name; the name keeps its full stop, which tells a sentence from a name. */
export function dropExplanation(line: string): string {
  const named = line.replace(SECOND_SENTENCE, "");
  const [first, ...others] = named.split(SENTENCE_BOUNDARY);
  const isName = first !== undefined && others.length > 0 && countWords(first) <= MAX_NAME_WORDS;
  return isName && isProse(named) ? first : named;
}

/** The line without annotations, final stops and loose punctuation. */
export function dropEnds(line: string): string {
  return line
    .replace(COMMENT_AT_END, "")
    .replace(ANNOTATION_AT_END, "")
    .replace(COUNT_AT_END, "")
    .replace(COUNT_AT_START, "")
    .replace(STOPS_AT_END, "")
    .replace(LOOSE_END, "")
    .replace(LOOSE_START, "")
    .trim();
}
