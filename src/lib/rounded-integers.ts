import { endOfString, isKey } from "./json-keys.ts";

/** An integer of a JSON text that a number cannot hold: where it stands, and how it is written. */
export interface RoundedInteger {
  path: (string | number)[];
  source: string;
}

/** 2^53 has as many digits: below it every integer is exact. */
const LONG = /\d{16}/;
const INTEGER = /^-?\d{16,}$/;

/**
 * The integers of a JSON text that would not come back as they were written. Larger ones that do, as the server itself
 * writes them, are none. The text is one that was read; of a member that is there twice both are looked at.
 */
export function* roundedIntegers(text: string): Generator<RoundedInteger> {
  if (!LONG.test(text)) return;
  // One step for each open bracket: the index in a list, or where the name of the member stands in the text.
  const steps: (number | { from: number; to: number })[] = [];
  let at = 0;
  while (at < text.length) {
    const from = at;
    const unit = text.charAt(at);
    if (unit === '"') {
      const end = endOfString(text, at);
      at = end + 1;
      if (typeof steps.at(-1) === "object" && isKey(text, end)) steps[steps.length - 1] = { from, to: at };
      continue;
    }
    at += 1;
    if (unit === "{") steps.push({ from: 0, to: 0 });
    else if (unit === "[") steps.push(0);
    else if (unit === "}" || unit === "]") steps.pop();
    else if (unit === ",") {
      const step = steps.at(-1);
      if (typeof step === "number") steps[steps.length - 1] = step + 1;
    } else if (unit === "-" || isDigit(unit)) {
      while (at < text.length && NUMBER.test(text.charAt(at))) at += 1;
      const source = text.slice(from, at);
      if (INTEGER.test(source) && String(Number(source)) !== source) {
        yield { path: steps.map((step) => (typeof step === "number" ? step : nameAt(text, step))), source };
      }
    }
  }
}

const NUMBER = /[\d.eE+-]/;
const isDigit = (unit: string): boolean => unit >= "0" && unit <= "9";

const nameAt = (text: string, { from, to }: { from: number; to: number }): string =>
  String(JSON.parse(text.slice(from, to)));
