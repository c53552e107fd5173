/**
 * The names of a JSON object's members, in their order. A repeated name is there each time; JSON.parse shows its last
 * value only. `text` must be valid JSON.
 */
export function topLevelKeys(text: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === '"') {
      const end = endOfString(text, i);
      if (depth === 1 && isKey(text, end)) keys.push(String(JSON.parse(text.slice(i, end + 1))));
      i = end;
    }
  }
  return keys;
}

/** A quotation mark, as a code unit. */
export const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where the string that begins at `start` has its closing quotation mark. */
export function endOfString(text: string, start: number): number {
  let end = start + 1;
  for (let unit = text.charCodeAt(end); end < text.length && unit !== QUOTE; unit = text.charCodeAt(end)) {
    end += unit === BACKSLASH ? 2 : 1;
  }
  return end;
}

/** Whether the string that ends at `end` is a member's name: a colon follows it. */
export function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (/\s/.test(text.charAt(next))) next++;
  return text.charAt(next) === ":";
}
