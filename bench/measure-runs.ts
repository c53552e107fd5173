import { type TimedRun, timedRelay, timedRun } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave, type Sample } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";
import { WarmSessions } from "./warm-sessions.ts";

const COLUMNS = ["first token", "whole run"];
const LENGTHS = [10, 1_000, 10_000];

/** Times warm runs in short and in long sessions, beside the Worker that only relays. */
export async function measureWarmRuns({ url, db }: Platform, effort: Effort): Promise<Section[]> {
  const sessions: { length: number; warm: WarmSessions }[] = [];
  for (const length of LENGTHS) {
    const ids = await seedSessions(db, `length-${length}`, effort.sessions, length);
    sessions.push({ length, warm: new WarmSessions(url, ids) });
  }
  const [shortest] = sessions;
  const relay = (message: string) => async () => sampleOf("floor", await timedRelay(url, message));
  const runs = sessions.map(
    ({ length, warm }) =>
      async () =>
        sampleOf(String(length), await warm.run("every=0")),
  );
  const fast = await interleave([relay("every=0"), ...runs], { rounds: effort.fast, warmUp: effort.warmUp });
  const slow = await interleave(
    [relay("every=20"), async () => sampleOf("10", (await shortest?.warm.run("every=20")) ?? never())],
    { rounds: effort.slow, warmUp: 1 },
  );
  return [
    section(
      "A warm run by the length of its session",
      COLUMNS,
      fast,
      LENGTHS.map((length) => ({
        name: `${length.toLocaleString("en")} messages`,
        samples: [`${length} first`, `${length} whole`],
        ...(length === LENGTHS.at(-1) && { aim: "≤ 1.1 ×" }),
      })),
    ),
    againstFloor("A warm run over the floor, model at 0 ms a delta", fast, "< 2 ×"),
    againstFloor("A warm run over the floor, model at 20 ms a delta", slow, "< 1.1 ×"),
    section("Where a warm run's time goes, model at 0 ms a delta", ["floor", "warm run"], fast, [
      { name: "request to first token", samples: ["floor first", "10 first"] },
      { name: "first to last token", samples: ["floor middle", "10 middle"] },
      { name: "last token to end", samples: ["floor tail", "10 tail"] },
    ]),
  ];
}

/** Times a run whose session its object has to load first. */
export async function measureColdRuns({ url, db, evict }: Platform, effort: Effort): Promise<Section> {
  const evicted = await seedSessions(db, "evicted", effort.cold + 5, 10);
  const untouched = await seedSessions(db, "untouched", effort.cold + 5, 10);
  const warm = new WarmSessions(url, await seedSessions(db, "beside", 20, 10));
  const samples = await interleave(
    [
      async () => sampleOf("warm", await warm.run("every=0")),
      async () => {
        const sessionId = evicted.pop() ?? never();
        await timedRun(url, sessionId, "every=0");
        await evict(sessionId);
        return sampleOf("evicted", missed(await timedRun(url, sessionId, "every=0")));
      },
      async () => sampleOf("untouched", missed(await timedRun(url, untouched.pop() ?? never(), "every=0"))),
    ],
    { rounds: effort.cold, warmUp: 5 },
  );
  return section("A cold run, session of 10 messages, model at 0 ms a delta", COLUMNS, samples, [
    { name: "warm", samples: ["warm first", "warm whole"] },
    { name: "its object was evicted", samples: ["evicted first", "evicted whole"] },
    { name: "its object never lived", samples: ["untouched first", "untouched whole"] },
  ]);
}

function againstFloor(title: string, samples: Map<string, number[]>, aim: string): Section {
  return section(title, COLUMNS, samples, [
    { name: "floor: a Worker that relays the stream", samples: ["floor first", "floor whole"] },
    { name: "warm run, session of 10 messages", samples: ["10 first", "10 whole"], aim },
  ]);
}

function sampleOf(name: string, { firstMs, lastMs, totalMs }: TimedRun): Sample {
  return {
    [`${name} first`]: firstMs,
    [`${name} middle`]: lastMs - firstMs,
    [`${name} tail`]: totalMs - lastMs,
    [`${name} whole`]: totalMs,
  };
}

function missed(run: TimedRun): TimedRun {
  if (run.cache !== "miss") throw new Error(`A cold run was a ${run.cache}.`);
  return run;
}

function never(): never {
  throw new Error("There are fewer seeded sessions than rounds.");
}
