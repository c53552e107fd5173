/**
 * Recognises strings shaped like secrets, so that they reach neither a model that only names nor a list of sessions.
 * It looks at shapes, not at meaning: an unusual file name may be masked, a password that is a plain word is not.
 *
 * A text that fits no known shape is masked if it is a run of 24 or more letters and digits, mixed. So
 * `internationalization2024` is masked, and so is a commit's hash: a missed secret costs more than a false alarm. A run with
 * `-`, `_` or `+` between its parts is masked only if the parts themselves are mixed, because slugs in URLs
 * ("upgrade-from-node-18-to-20") and generated file names are everyday text. UUIDs are ids, not secrets.
 */

/** What stands in a secret's place; it may be part of a name. */
export const SECRET_MASK = "[secret]";

/** Replaces every string shaped like a secret by the mask. Linear in the length of the text; masking twice changes nothing. */
export function maskSecrets(text: string, mask: string = SECRET_MASK): string {
  const always = () => mask;
  const masked = maskPemBlocks(text, mask)
    .replace(JWT, always)
    .replace(PROVIDER_KEY, always)
    .replace(SK_KEY, (key) => (isKey(key) ? mask : key));
  if (!hasLongRun(masked)) return masked;
  return masked
    .replace(AWS_SECRET, (key) => (/[+/]/.test(key) && hasUpperLowerDigit(key) ? mask : key))
    .replace(RUN, (run) => (isRandom(run) ? mask : run));
}

/** Whether something in the text is shaped like a secret. */
export function hasSecret(text: string): boolean {
  return maskSecrets(text) !== text;
}

// Every pattern begins at a boundary or takes a whole run, so that no start is tried twice inside one run.
const JWT = /(?<![\w-])eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*){0,3}/g;
const PROVIDER_KEY = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    "gh[a-z]_[A-Za-z0-9]{8,}",
    "github_pat_\\w{8,}",
    "glpat-[\\w-]{8,}",
    "xox[a-z]-[\\w-]{8,}",
    "(?:sk|pk|rk)_(?:live|test)_\\w{6,}",
    "(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,}",
    "AIza[\\w-]{16,}",
    "hf_[A-Za-z0-9]{16,}",
    "npm_[A-Za-z0-9]{16,}",
  ].join("|")})`,
  "g",
);
const SK_KEY = /(?<![A-Za-z0-9])sk-[\w-]{6,}/g;
const AWS_SECRET = /(?<![\w+/.~:%-])[A-Za-z0-9+/]{40}(?![\w+/=])/g;
const RUN = /[\w+-]{24,}={0,2}/g;
const UUID = /(?<![A-Za-z0-9])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![A-Za-z0-9])/gi;

const MIN_RANDOM_CHARS = 24;
/** How many characters of a run with separators must be in parts that mix letters and digits. */
const MIN_MIXED_CHARS = 16;

/** Whether the text can have an AWS secret or a run. Everyday text has none, and the patterns for these cost the most. */
function hasLongRun(text: string): boolean {
  let length = 0;
  for (let unit = 0; unit < text.length && length < MIN_RANDOM_CHARS; unit += 1) {
    length = IN_RUN[text.charCodeAt(unit)] === 1 ? length + 1 : 0;
  }
  return length >= MIN_RANDOM_CHARS;
}

/** By ASCII code: 1 for what an AWS secret or a run is made of. */
const IN_RUN = Uint8Array.from({ length: 128 }, (_, code) => Number(/[\w+/-]/.test(String.fromCharCode(code))));

/** Whether a text that begins with `sk-` is a key: `sk-learn` and the locale `sk-SK` are not. */
function isKey(text: string): boolean {
  return /\d/.test(text) || text.length >= "sk-".length + 12;
}

function isRandom(run: string): boolean {
  let chars = 0;
  let mixedChars = 0;
  for (const part of run.replace(UUID, "-").split(/[-_+=]+/)) {
    chars += part.length;
    if (isMixed(part)) mixedChars += part.length;
  }
  return chars >= MIN_RANDOM_CHARS && mixedChars >= MIN_MIXED_CHARS;
}

function isMixed(text: string): boolean {
  return /\d/.test(text) && /[A-Za-z]/.test(text);
}

function hasUpperLowerDigit(text: string): boolean {
  return /[A-Z]/.test(text) && /[a-z]/.test(text) && /\d/.test(text);
}

/**
 * Masks PEM blocks. If a block has no END, all the text behind its beginning is masked: nobody can tell
 * where its data stops.
 */
function maskPemBlocks(text: string, mask: string): string {
  if (!text.includes("-----BEGIN ")) return text;
  const begin = /-----BEGIN [A-Z0-9 ]{1,40}-----/g;
  const end = /-----END [A-Z0-9 ]{1,40}-----/g;
  let masked = "";
  let rest = 0;
  for (let block = begin.exec(text); block; block = begin.exec(text)) {
    masked += text.slice(rest, block.index) + mask;
    end.lastIndex = begin.lastIndex;
    if (!end.test(text)) return masked;
    rest = end.lastIndex;
    begin.lastIndex = rest;
  }
  return masked + text.slice(rest);
}
