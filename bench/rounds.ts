/** One sample: a number for each thing that was measured, by its name. */
export type Sample = Record<string, number>;

/**
 * Takes every sample once a round, in an order that rotates. What else the machine does then falls on all of them alike. The
 * first rounds are for warming up and are not kept.
 */
export async function interleave(
  takers: readonly (() => Promise<Sample>)[],
  { rounds, warmUp }: { rounds: number; warmUp: number },
): Promise<Map<string, number[]>> {
  const samples = new Map<string, number[]>();
  for (let round = -warmUp; round < rounds; round++) {
    for (const take of shuffled(takers)) {
      const sample = await take();
      if (round < 0) continue;
      for (const [name, value] of Object.entries(sample)) {
        samples.set(name, [...(samples.get(name) ?? []), value]);
      }
    }
  }
  return samples;
}

/** In an order that changes each time: in a fixed one, each would always pay for what the same other one has left behind. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

export function valuesOf(samples: ReadonlyMap<string, number[]>, name: string): number[] {
  const values = samples.get(name);
  if (values === undefined) throw new Error(`Nothing was measured as "${name}".`);
  return values;
}
