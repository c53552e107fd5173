/** The fence of a block of code, with its language. */
const FENCE = /(?:```|~~~)[\w+-]*/g;
/** What a heading or a quote begins with: in one line with the rest, only where it cannot be anything else. */
const BEGINNING = /^(?:[#>]+ |[-*+] )+|(?<= )#{2,6} /g;
const TASK = /(?<=^|[ -] ?)\[[ xX]\] /g;
const LINK = /!?\[([^\][]{1,200})\]\([^()\s]{1,500}\)/g;
/** Marks that stand at an edge of a word, so not those of `2**3`, `a * b` or `snake_case`. */
const OPENING = /(?<![\w*_~`\\])(?:\*{1,3}|_{1,3}|~~|`)(?=[^\s*_~`])/g;
const CLOSING = /(?<=[^\s*_~`])(?:\*{1,3}|_{1,3}|~~|`)(?![\w*_~`])/g;
/** What stands between a table's head and its rows. */
const TABLE = /\|(?: ?:?-+:? ?\|)+/g;

/** What a message that is markdown says, in one line without its marks. For a glance: nothing else is made of it. */
export const plainWords = (line: string): string =>
  withoutCells(line)
    .replace(FENCE, " ")
    .replace(BEGINNING, "")
    .replace(TASK, "")
    .replace(LINK, "$1")
    .replace(OPENING, "")
    .replace(CLOSING, "")
    .replace(/\s+/g, " ")
    .trim();

const withoutCells = (line: string): string => {
  const rows = line.split(TABLE);
  return rows.length === 1 ? line : rows.join(" ").replaceAll("|", " ");
};
