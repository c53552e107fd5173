import { timedCall } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";

const LENGTHS = [10, 1_000, 10_000];

/** Times a copy of a session, by the session's length. */
export async function measureForks({ url, db }: Platform, effort: Effort): Promise<Section> {
  const forks = [];
  for (const length of LENGTHS) {
    const [source] = await seedSessions(db, `forked-${length}`, 1, length);
    const fork = `${url}/agents/assistant/sessions/${source}/fork`;
    forks.push(async () => ({ [String(length)]: await timedCall(fork, "POST") }));
  }
  const samples = await interleave(forks, { rounds: effort.forked, warmUp: 1 });
  return section(
    "A fork by the length of its session",
    ["answer"],
    samples,
    LENGTHS.map((length) => ({ name: `${length.toLocaleString("en")} messages`, samples: [String(length)] })),
  );
}
