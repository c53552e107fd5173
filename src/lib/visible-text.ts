/**
 * Which characters a name may hold. What no reader can see goes, because it hides, reorders or fakes text: control and
 * bidirectional characters, zero-width and filler characters, tags, private use, broken surrogates. Joiners stay where
 * they shape what is read: inside emoji, and inside words of scripts that join their letters.
 */

const LINE_BREAK = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;
const TERMINAL_SEQUENCE = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;
const BLANK = /[\t\u2800]/g;
const HIDDEN = new RegExp(
  [
    "[\\0-\\t\\u000b-\\u001f\\u007f-\\u009f]",
    "[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]",
    "[\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u2060-\\u2065\\u206a-\\u206f\\u3164\\ufeff\\uffa0]",
    "[\\ufff0-\\uffff]",
    "[\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}]",
  ].join("|"),
  "gu",
);
/** Tags spell the flags of Scotland and the like; anywhere else they smuggle text. */
const TAGS = /(\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f})|[\u{e0000}-\u{e007f}]/gu;
const VARIATIONS =
  /(?<![\p{Emoji}\p{S}])[\ufe0e\ufe0f]|(?<!\p{Ideographic})(?:[\ufe00-\ufe0d]|[\u{e0100}-\u{e01ef}])/gu;
const JOINING_SCRIPTS = "Arab Syrc Nkoo Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Khmr Mymr Tibt"
  .split(" ")
  .map((script) => `\\p{scx=${script}}`)
  .join("");
const JOINERS = new RegExp(
  "((?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f])\\u200d(?=\\p{Extended_Pictographic})|" +
    `(?<=[${JOINING_SCRIPTS}])[\\u200c\\u200d](?=[${JOINING_SCRIPTS}]))|[\\u200c\\u200d]`,
  "gu",
);

/** Drops what a name may not hold; line breaks of every kind stay as "\n". */
export function visibleText(text: string): string {
  return text
    .replace(LINE_BREAK, "\n")
    .replace(TERMINAL_SEQUENCE, "")
    .replace(BLANK, " ")
    .replace(HIDDEN, "")
    .replace(TAGS, "$1")
    .replace(JOINERS, "$1")
    .replace(VARIATIONS, "");
}

/** Whether something is left to read: a letter, a digit or an emoji. */
export function hasContent(text: string): boolean {
  return /[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u.test(text);
}
