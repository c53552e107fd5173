const DAY_MS = 86_400_000;

/** Today the time, this week the day, this year day and month, else the date: as lists of mail have it, in the browser's language. */
export function shortTime(date: Date, now: Date, language?: string): string {
  if (Number.isNaN(date.getTime())) return "";
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options).format(date);
  if (date.toDateString() === now.toDateString()) return format({ hour: "numeric", minute: "2-digit" });
  const ageMs = now.getTime() - date.getTime();
  if (ageMs > 0 && ageMs < 6 * DAY_MS) return format({ weekday: "short" });
  if (date.getFullYear() === now.getFullYear()) return format({ day: "numeric", month: "short" });
  return format({ dateStyle: "short" });
}

export const longTime = (date: Date, language?: string): string =>
  Number.isNaN(date.getTime())
    ? ""
    : new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "medium" }).format(date);
