import { median, valuesOf } from "./rounds.ts";

/** One table of times: every row is told as a multiple of the first. */
export interface Section {
  title: string;
  /** What is timed in each row. */
  columns: string[];
  /** Of the numbers in the columns; left out, milliseconds. */
  unit?: string;
  rows: SectionRow[];
  samples: number;
}

export interface SectionRow {
  name: string;
  /** Medians in milliseconds, one for each column. */
  ms: number[];
  /** Multiples of the first row; empty in the first row itself, and where nothing is compared. */
  ratios: number[];
  aim: string;
}

/** The names under which a row's columns were sampled, and the aim for its ratio. */
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
