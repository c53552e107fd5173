const DAY_MS = 86_400_000;

/** To make a format takes longer than all else of a row. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(date: Date, options: Intl.DateTimeFormatOptions, language: string | undefined): string {
  const key = JSON.stringify([language, options]);
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, options);
  formats.set(key, made);
  return made.format(date);
}

/** Today the time, this week the day, this year day and month, else the date: as lists of mail have it, in the browser's language. */
export function shortTime(date: Date, now: Date, language?: string): string {
  if (Number.isNaN(date.getTime())) return "";
  const as = (options: Intl.DateTimeFormatOptions) => format(date, options, language);
  if (date.toDateString() === now.toDateString()) return as({ hour: "numeric", minute: "2-digit" });
  const ageMs = now.getTime() - date.getTime();
  if (ageMs > 0 && ageMs < 6 * DAY_MS) return as({ weekday: "short" });
  if (date.getFullYear() === now.getFullYear()) return as({ day: "numeric", month: "short" });
  return as({ dateStyle: "short" });
}

/** Makes what a list needs, while there is nothing else to do: its first rows would wait for it. */
export function makeFormats(now: Date, language?: string): void {
  for (const days of [0, 1, 30, 400]) shortTime(new Date(now.getTime() - days * DAY_MS), now, language);
}

export const longTime = (date: Date, language?: string): string =>
  Number.isNaN(date.getTime()) ? "" : format(date, { dateStyle: "full", timeStyle: "medium" }, language);
