const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A time that passes, in its two largest units: `4 min 12 sec`. In the browser's language. */
export function timeLeft(leftMs: number, language?: string): string {
  let left = Math.max(0, Math.ceil(leftMs / 1000));
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count === 0 && parts.length === 0 && unit !== "second") continue;
    const format = new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" });
    parts.push(format.format(count));
    if (parts.length === 2 || left === 0) break;
  }
  return parts.join(" ");
}
