import { median, valuesOf } from "./rounds.ts";

/** A table of times. Each row is shown as a multiple of the first. */
export interface Section {
  title: string;
  /** What each column times. */
  columns: string[];
  /** The unit of the numbers; milliseconds if left out. */
  unit?: string;
  rows: SectionRow[];
  samples: number;
}

export interface SectionRow {
  name: string;
  /** Medians in milliseconds, one for each column. */
  ms: number[];
  /** The multiples of the first row. Empty in the first row, and where nothing is compared. */
  ratios: number[];
  aim: string;
}

/** Where a row comes from: the names of its columns' samples, and the aim for its ratio. */
export interface RowSource {
  name: string;
  samples: string[];
  aim?: string;
}

export function section(
  title: string,
  columns: string[],
  samples: ReadonlyMap<string, number[]>,
  sources: readonly RowSource[],
): Section {
  const rows = sources.map((source) => ({
    ...source,
    ms: source.samples.map((name) => median(valuesOf(samples, name))),
  }));
  const base = rows[0]?.ms ?? [];
  return {
    title,
    columns,
    samples: valuesOf(samples, sources[0]?.samples[0] ?? "").length,
    rows: rows.map(({ name, ms, aim }, nth) => ({
      name,
      ms,
      ratios: nth === 0 ? [] : ms.map((value, column) => value / (base[column] ?? Number.NaN)),
      aim: aim ?? "",
    })),
  };
}
