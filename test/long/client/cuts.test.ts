import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EdgeSessions, type RunStream } from "../../../packages/client/src/index.ts";
import { collected } from "../../support/collected.ts";
import {
  body,
  bytesOf,
  EVENTS,
  eventsIn,
  RUN_ID,
  resumed,
  SESSION_ID,
  STREAMS,
  streamed,
  TEAM,
} from "../../support/recorded-run.ts";

/** Connections that are read at the same time, so that their waits are one wait. */
const AT_ONCE = 500;

/** The whole run is cut 20,000 times, which is many for one test on a busy machine. */
const PARTS = [1, 2, 3, 4, 5, 6, 7, 8];

interface Recorded {
  /** The whole stream. */
  whole: Uint8Array;
  /** The last event that there is while it is read. */
  upTo: number;
  read: (es: EdgeSessions) => RunStream;
}

/** A server whose first answer is cut, and that then goes on as the real one does: the same request is answered whole. */
function serving(cut: ReadableStream<Uint8Array>, { whole, upTo }: Recorded): EdgeSessions {
  let isFirst = true;
  const fetch = async (url: string, { headers }: RequestInit) => {
    const isCut = isFirst;
    isFirst = false;
    if (isCut) return streamed(cut);
    if (!url.endsWith("/resume")) return streamed(body([whole], "ends"));
    const rest = resumed(Number((headers as Record<string, string>)["last-event-id"]), upTo);
    return rest === null ? streamed(null, 204) : streamed(body([rest], "ends"));
  };
  return new EdgeSessions({ baseUrl: "http://sessions.test", fetch });
}

/** Cuts the stream at each of these bytes. Answers those at which its reader got anything but the recorded events, each once. */
async function wrongCuts(recorded: Recorded, cuts: number[], how: "ends" | "breaks"): Promise<number[]> {
  const { whole, read } = recorded;
  const expected = JSON.stringify(eventsIn(new TextDecoder().decode(whole)));
  const wrong: number[] = [];
  const one = async (cut: number) => {
    const got = await collected(read(serving(body([whole.subarray(0, cut)], how), recorded)));
    if (JSON.stringify(got) !== expected) wrong.push(cut);
  };
  for (let from = 0; from < cuts.length; from += AT_ONCE) await Promise.all(cuts.slice(from, from + AT_ONCE).map(one));
  return wrong;
}

const all = ({ whole }: Recorded): number[] => Array.from({ length: whole.length + 1 }, (_, nth) => nth);

/** The bytes around the end of each event. What a reader does at a clean end depends on the events before it only. */
const aroundEnds = (recorded: Recorded): number[] => {
  const isEnd = (at: number) => recorded.whole[at - 1] === 10 && recorded.whole[at - 2] === 10;
  return all(recorded).filter((at) => [at - 1, at, at + 1, at + 2].some(isEnd));
};

const START: Recorded = {
  whole: bytesOf(STREAMS.start),
  upTo: eventsIn(STREAMS.start).at(-1)?.event_index ?? 0,
  read: (es) => es.team(TEAM).run({ message: "Go", sessionId: SESSION_ID }),
};
const CONTINUED: Recorded = {
  whole: bytesOf(STREAMS.continued),
  upTo: Number.POSITIVE_INFINITY,
  read: (es) => es.team(TEAM).again(RUN_ID, { sessionId: SESSION_ID }),
};
const REPLAY: Recorded = {
  whole: bytesOf(STREAMS.replay),
  upTo: Number.POSITIVE_INFINITY,
  read: (es) => es.attach({ teamId: TEAM, runId: RUN_ID, sessionId: SESSION_ID }),
};

beforeEach(() => {
  // Waits before a try are random up to a limit: here they are nothing.
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => void vi.restoreAllMocks());

describe("The recorded run", () => {
  it("has three members, a pause, and text that is cut in the middle of a character", () => {
    const members = new Set(EVENTS.flatMap(({ run_id, parent_run_id }) => (parent_run_id === RUN_ID ? [run_id] : [])));
    expect(members.size).toBe(3);
    expect(EVENTS.filter(({ event }) => event === "TeamRunPaused")).toHaveLength(1);
    expect(STREAMS.replay).toContain("\\u2028");
    expect(JSON.stringify(EVENTS)).toContain("\u2028");
    expect(bytesOf(STREAMS.replay).length).toBeGreaterThan(STREAMS.replay.length);
    expect(EVENTS.map(({ event_index }) => event_index)).toEqual(EVENTS.map((_, nth) => nth));
  });
});

describe("A stream gives each event once, in order,", () => {
  it.each(PARTS)("when it breaks at any byte of part %i of the whole run", async (part) => {
    const bytes = Math.ceil(all(REPLAY).length / PARTS.length);
    const cuts = all(REPLAY).slice((part - 1) * bytes, part * bytes);
    expect(cuts.length).toBeGreaterThan(1_000);
    expect(await wrongCuts(REPLAY, cuts, "breaks")).toEqual([]);
  });

  it("when it breaks at any byte of a continue, also before its first event", async () => {
    expect(await wrongCuts(CONTINUED, all(CONTINUED), "breaks")).toEqual([]);
  });

  it("when it ends, as if it were over, before or behind any event", async () => {
    for (const recorded of [START, CONTINUED, REPLAY]) {
      expect(await wrongCuts(recorded, aroundEnds(recorded), "ends")).toEqual([]);
    }
  });

  it("when it breaks before or behind any event of the run up to its pause", async () => {
    expect(await wrongCuts(START, aroundEnds(START), "breaks")).toEqual([]);
  });
});
