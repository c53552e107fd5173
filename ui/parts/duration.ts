const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Below this a tenth of a second tells something. */
const SHORT_SECONDS = 9.95;

/** A length of time, in tenths of a second while those tell anything, then in its two largest units: `0.3s`, `4m 12s`. */
export function durationText(seconds: number, language?: string): string {
  if (seconds > 0 && seconds < 0.05) return `< ${inUnit("second", 0.1, language)}`;
  if (seconds < SHORT_SECONDS) return inUnit("second", Math.max(0, seconds), language);
  let left = Math.round(seconds);
  const parts: string[] = [];
  for (const [unit, inSeconds] of UNITS) {
    const count = Math.floor(left / inSeconds);
    left -= count * inSeconds;
    if (count === 0 && parts.length === 0) continue;
    parts.push(inUnit(unit, count, language));
    if (parts.length === 2 || left === 0) break;
  }
  return parts.join(" ");
}

const inUnit = (unit: string, amount: number, language: string | undefined): string =>
  new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "narrow",
    maximumFractionDigits: 1,
  }).format(amount);
