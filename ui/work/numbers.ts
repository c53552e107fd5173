import { texts } from "../texts/index.ts";
import type { Work } from "./work.ts";

type Numbers = Pick<Work, "unit" | "done" | "total" | "pace" | "note" | "state">;

/** How far work is, how quick, and how much time is left, as one line. */
export function numbersOf({ unit, done, total, pace, note, state }: Numbers): string {
  if (state === "away") return texts.failures.away;
  if (state !== "running" && state !== "stopping") return note;
  const amount = unit === "bytes" ? bytesText : countText;
  const far = total === null ? amount(done) : texts.work.of(amount(done), amount(total));
  const parts = [done > 0 || total !== null ? far : "", note];
  if (pace !== null) {
    const isSlow = unit === "sessions" && pace.perSecond < 1;
    parts.push(
      isSlow ? texts.work.perMinute(countText(pace.perSecond * 60)) : texts.work.perSecond(amount(pace.perSecond)),
    );
    if (pace.leftSeconds !== null) parts.push(texts.work.left(secondsText(pace.leftSeconds)));
  }
  return parts.filter((part) => part !== "").join(" · ");
}

export const countText = (count: number): string =>
  new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 }).format(count);

/** In the unit in which a person would say it. */
export const bytesText = (bytes: number): string =>
  bytes < 1_000_000 ? inUnit("kilobyte", bytes / 1e3, 0) : inUnit("megabyte", bytes / 1e6, 1);

/** As roughly as it is known: what is left of an hour is not known to the second. */
export function secondsText(seconds: number): string {
  if (seconds < 60) return inUnit("second", Math.max(5, Math.ceil(seconds / 5) * 5), 0);
  if (seconds < 5400) return inUnit("minute", Math.ceil(seconds / 60), 0);
  return inUnit("hour", seconds / 3600, 1);
}

const inUnit = (unit: string, amount: number, maximumFractionDigits: number): string =>
  new Intl.NumberFormat(undefined, { style: "unit", unit, maximumFractionDigits }).format(amount);
