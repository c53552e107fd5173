// Amounts as people of the browser's language write them.

export const countText = (count: number): string =>
  new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 }).format(count);

/** In the unit in which a person would say it. */
export const bytesText = (bytes: number): string =>
  bytes < 1e6 ? inUnit("kilobyte", Math.ceil(bytes / 1e3), 0) : inUnit("megabyte", bytes / 1e6, 1);

export function secondsText(seconds: number, digits = 1): string {
  if (seconds < 60) return inUnit("second", seconds, digits);
  return seconds < 5400 ? inUnit("minute", seconds / 60, digits) : inUnit("hour", seconds / 3600, digits);
}

/** As roughly as it is known: what is left of an hour is not known to the second. */
export const leftText = (seconds: number): string =>
  secondsText(seconds < 60 ? Math.max(5, Math.ceil(seconds / 5) * 5) : seconds + 30, 0);

const inUnit = (unit: string, amount: number, maximumFractionDigits: number): string =>
  new Intl.NumberFormat(undefined, { style: "unit", unit, maximumFractionDigits }).format(amount);
