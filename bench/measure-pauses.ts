import { timedContinue, timedPause } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave, type Sample } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";
import { WarmSessions } from "./warm-sessions.ts";

const AGENT = "operator";

/** Times a run whose tool a person confirms, beside the same run with a tool that needs nobody. */
export async function measurePauses({ url, db, evict }: Platform, effort: Effort): Promise<Section> {
  const sessionsOf = async (name: string) => {
    return new WarmSessions(url, await seedSessions(db, `paused-${name}`, effort.sessions, 10));
  };
  const ungated = await sessionsOf("ungated");
  const takePaused = async (name: string, between: (sessionId: string) => Promise<void>) => {
    const warm = await sessionsOf(name);
    return async (): Promise<Sample> => {
      const paused = await warm.run("every=0 use=delete_record", AGENT, timedPause);
      await between(paused.sessionId);
      const continued = await timedContinue(url, paused.sessionId, paused.runId, AGENT);
      return {
        [`${name} pause`]: paused.totalMs,
        [`${name} first`]: continued.firstMs,
        [`${name} continue`]: continued.totalMs,
        [`${name} both`]: paused.totalMs + continued.totalMs,
      };
    };
  };
  const samples = await interleave(
    [
      async () => ({ ungated: (await ungated.run("every=0 use=add", AGENT)).totalMs }),
      await takePaused("warm", async () => {}),
      await takePaused("evicted", evict),
    ],
    { rounds: effort.paused, warmUp: effort.warmUp },
  );
  return section("A run that pauses for a confirmation and goes on, model at 0 ms a delta", ["whole"], samples, [
    { name: "its tool runs at once", samples: ["ungated"] },
    { name: "until it pauses", samples: ["warm pause"] },
    { name: "its continue", samples: ["warm continue"] },
    { name: "both", samples: ["warm both"] },
    { name: "its continue, object evicted in between", samples: ["evicted continue"] },
    { name: "request of a continue to its first token", samples: ["warm first"] },
  ]);
}
