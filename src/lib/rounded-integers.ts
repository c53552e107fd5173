import { endOfString, isKey } from "./json-keys.ts";

/** An integer of a JSON text that a number cannot hold: where it stands, and how it is written. */
export interface RoundedInteger {
  path: (string | number)[];
  source: string;
}

/** 2^53 has 16 digits. Every integer below it is exact. */
const LONG = /\d{16}/;
const INTEGER = /^-?\d{16,}$/;

/**
 * The integers of a JSON text that reading and writing it again would change. An integer above 2^53 that stays the same is
 * not among them; the server writes no other ones. `text` must be valid JSON. If an object has a member twice, both values
 * are checked.
 */
export function* roundedIntegers(text: string): Generator<RoundedInteger> {
  if (!LONG.test(text)) return;
  const steps: Step[] = [];
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = tokenEnd(text, at);
    const first = text.charAt(at);
    if (first === '"') {
      if (typeof steps.at(-1) === "object" && isKey(text, end - 1))
        steps[steps.length - 1] = { from: at, to: end, name: null };
    } else if (isNumberStart(first)) {
      const source = text.slice(at, end);
      if (isRounded(source)) {
        yield { path: steps.map((step) => (typeof step === "number" ? step : nameAt(text, step))), source };
      }
    } else {
      followSign(steps, first);
    }
  }
}

/** The place within one open bracket: the index in a list, or where the member's name stands in the text. */
type Step = number | Member;

/** The name is read once, and only where an integer is named: thousands of them may stand below a hundred names. */
interface Member {
  from: number;
  to: number;
  name: string | null;
}

function followSign(steps: Step[], sign: string): void {
  if (sign === "{") steps.push({ from: 0, to: 0, name: "" });
  else if (sign === "[") steps.push(0);
  else if (sign === "}" || sign === "]") steps.pop();
  else if (sign === ",") {
    const step = steps.at(-1);
    if (typeof step === "number") steps[steps.length - 1] = step + 1;
  }
}

/** The end of the token that begins at `at`: a string, a number, or a single character. */
function tokenEnd(text: string, at: number): number {
  const first = text.charAt(at);
  if (first === '"') return endOfString(text, at) + 1;
  let end = at + 1;
  if (isNumberStart(first)) while (end < text.length && NUMBER.test(text.charAt(end))) end += 1;
  return end;
}

const NUMBER = /[\d.eE+-]/;
const isNumberStart = (unit: string): boolean => unit === "-" || (unit >= "0" && unit <= "9");
const isRounded = (source: string): boolean => INTEGER.test(source) && String(Number(source)) !== source;

function nameAt(text: string, member: Member): string {
  member.name ??= String(JSON.parse(text.slice(member.from, member.to)));
  return member.name;
}
