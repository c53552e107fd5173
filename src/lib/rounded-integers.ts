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
 * The integers of a JSON text that would not come back as they were written. A larger integer that comes back the same,
 * as every integer does that the server wrote, is not among them. The text was parsed before; of a member that is there
 * twice, both values are looked at.
 */
export function* roundedIntegers(text: string): Generator<RoundedInteger> {
  if (!LONG.test(text)) return;
  const steps: Step[] = [];
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = tokenEnd(text, at);
    const first = text.charAt(at);
    if (first === '"') {
      if (typeof steps.at(-1) === "object" && isKey(text, end - 1)) steps[steps.length - 1] = { from: at, to: end };
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

/** One for each open bracket: the index in a list, or where the name of the member stands in the text. */
type Step = number | { from: number; to: number };

function followSign(steps: Step[], sign: string): void {
  if (sign === "{") steps.push({ from: 0, to: 0 });
  else if (sign === "[") steps.push(0);
  else if (sign === "}" || sign === "]") steps.pop();
  else if (sign === ",") {
    const step = steps.at(-1);
    if (typeof step === "number") steps[steps.length - 1] = step + 1;
  }
}

/** Behind the string or the number that begins here; any other character stands alone. */
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

const nameAt = (text: string, { from, to }: { from: number; to: number }): string =>
  String(JSON.parse(text.slice(from, to)));
