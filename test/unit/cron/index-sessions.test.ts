import { expect, it } from "vitest";
import { handOut } from "../../../src/cron/index-sessions.ts";

const named = (count: number): string[] => Array.from({ length: count }, (_, nth) => `session-${nth}`);

/** Hands out steps on a clock that the test holds; answers when each session was told, and of how many steps. */
async function told(count: number): Promise<{ at: number; steps: number }[]> {
  const all: { at: number; steps: number }[] = [];
  let now = 0;
  await handOut(
    named(count),
    async (_id, steps) => all.push({ at: now, steps }),
    async (ms) => {
      now += ms;
    },
  );
  return all;
}

it.each([1, 7, 100, 199, 200])(
  "hands out 200 steps at most to %i sessions, and one at least to each",
  async (count) => {
    const all = await told(count);
    expect(all).toHaveLength(count);
    expect(all.reduce((sum, { steps }) => sum + steps, 0)).toBeLessThanOrEqual(200);
    expect(Math.min(...all.map(({ steps }) => steps))).toBeGreaterThanOrEqual(1);
  },
);

it("gives all steps to a session that is left alone", async () => {
  expect(await told(1)).toEqual([{ at: 0, steps: 200 }]);
});

it("wakes sessions a quarter of a second apart, the last one before the minute is over", async () => {
  const at = (await told(200)).map((one) => one.at);
  expect(at.slice(0, 3)).toEqual([0, 250, 500]);
  expect(at.at(-1)).toBeLessThan(60_000);
});

it("does nothing where nothing is missing", async () => {
  expect(await told(0)).toEqual([]);
});

it("is not held up by a session that does not answer", async () => {
  const reached: string[] = [];
  const everybody = Promise.withResolvers<void>();
  void handOut(
    named(3),
    (id) => {
      if (reached.push(id) === 3) everybody.resolve();
      return new Promise(() => {});
    },
    async () => {},
  );
  await everybody.promise;
  expect(reached).toEqual(named(3));
});
