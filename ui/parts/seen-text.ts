/** Where joiners shape what is read: inside of emoji, and in words of scripts that join their letters. */
const JOINING = ["Arab", "Syrc", "Deva", "Beng", "Guru", "Gujr", "Taml", "Telu", "Knda", "Mlym", "Sinh", "Khmr", "Mymr"]
  .map((script) => `\\p{scx=${script}}`)
  .join("");
const SHAPES = [
  "(?<=[\\p{ExtPict}\\p{EMod}\\ufe0f])\\u200d(?=\\p{ExtPict})",
  `(?<=[${JOINING}])[\\u200c\\u200d](?=[${JOINING}])`,
  "(?<=\\p{ExtPict})[\\ufe0e\\ufe0f]",
  "(?<=[\\d#*])\\ufe0f(?=\\u20e3)",
].join("|");
/**
 * What nobody sees, what turns around or ends a line that it stands in, marks that pile up over what stands above, and empty lines
 * that put the rest out of sight.
 */
const DECEIVING = new RegExp(
  `(?!\\n|\\t|${SHAPES})(?:[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}\\p{Co}\\p{DI}\\u2800\\ufff9-\\ufffb]|(?<=\\p{M}{4})\\p{M})|(?<=(?:\\n[ \\t]*){3})\\n`,
  "gu",
);

/** A text with what would deceive its reader spelled out: who approves something must see what it is. */
export const seenText = (text: string): string =>
  text.replace(DECEIVING, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
