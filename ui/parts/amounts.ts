// Amounts as people of the browser's language write them.

export const countText = (count: number): string =>
  new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 }).format(count);

/** In the unit in which a person would say it. */
export const bytesText = (bytes: number): string =>
  bytes < 1e6 ? inUnit("kilobyte", Math.ceil(bytes / 1e3), 0) : inUnit("megabyte", bytes / 1e6, 1);

const inUnit = (unit: string, amount: number, maximumFractionDigits: number): string =>
  new Intl.NumberFormat(undefined, { style: "unit", unit, maximumFractionDigits }).format(amount);
