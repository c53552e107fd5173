import { timedEvents } from "./client.ts";
import type { Effort } from "./effort.ts";
import type { Platform } from "./platform.ts";
import { interleave } from "./rounds.ts";
import { type Section, section } from "./section.ts";
import { seedSessions } from "./seed.ts";

const EVENTS = 10_000;
/** RunStarted and ModelRequestStarted come before the text. Three events come after it. */
const BEFORE = 2;
const DELTAS = EVENTS - BEFORE - 3;
/** How many events a reader has got when the model rests after its last delta. */
const TOLD = BEFORE + DELTAS;
const LAST = 10;
/** Longer than a reader takes to read the events that are there. */
const REST_MS = 2_000;

/**
 * Times how a reader resumes a long run: while it goes on, after it has settled, and when its object has nothing in memory.
 */
export async function measureResumes({ url, db, evict }: Platform, effort: Effort): Promise<Section> {
  const sessions = await seedSessions(db, "resumed", effort.resumed + 5, 10);
  let settled = { sessionId: "", runId: "" };
  const resume = (last: number | null, upTo?: number, { sessionId, runId } = settled) => {
    const fields = { session_id: sessionId, ...(last !== null && { last_event_index: last }) };
    return timedEvents(`${url}/agents/assistant/runs/${runId}/resume`, fields, upTo);
  };
  const read = async (name: string, last: number | null) => {
    const { firstMs, lastMs, events } = await resume(last);
    const missed = EVENTS - (last ?? -1) - 1;
    if (events !== missed) throw new Error(`A resume told ${events} events instead of ${missed}.`);
    return { [`${name} first`]: firstMs, [`${name} all`]: lastMs };
  };

  const runAndFollow = async () => {
    const sessionId = sessions.pop() ?? "";
    const fields = { session_id: sessionId, message: `deltas=${DELTAS} every=0 rest=${REST_MS}` };
    const run = await timedEvents(`${url}/agents/assistant/runs`, fields, TOLD);
    const live = { sessionId, runId: run.runId };
    const fromStart = await resume(null, TOLD, live);
    const fromEnd = await resume(TOLD - LAST - 1, LAST, live);
    await Promise.all([run.rest, fromStart.rest, fromEnd.rest]);
    settled = live;
    return {
      "run first": run.firstMs,
      "run all": run.lastMs,
      "live first": fromStart.firstMs,
      "live all": fromStart.lastMs,
      "live end first": fromEnd.firstMs,
      "live end all": fromEnd.lastMs,
    };
  };
  await runAndFollow();
  const samples = await interleave(
    [
      runAndFollow,
      () => read("settled", null),
      () => read("settled end", EVENTS - LAST - 1),
      async () => evict(settled.sessionId).then(() => read("evicted", null)),
    ],
    { rounds: effort.resumed, warmUp: 1 },
  );
  return section("Resume of 10,000 events", ["first event", "all of them"], samples, [
    { name: "the run itself, model at 0 ms a delta", samples: ["run first", "run all"] },
    { name: "while it goes on, from its start", samples: ["live first", "live all"] },
    { name: `while it goes on, its last ${LAST}`, samples: ["live end first", "live end all"] },
    { name: "settled, from its start", samples: ["settled first", "settled all"] },
    { name: `settled, its last ${LAST}`, samples: ["settled end first", "settled end all"] },
    { name: "settled, object evicted, from its start", samples: ["evicted first", "evicted all"] },
  ]);
}
