import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { toModelMessage } from "../../../src/engine/prompt/prompt.ts";
import {
  type HistoryWindow,
  sentBytes,
  type WindowRun,
  windowRun,
  withinWindow,
} from "../../../src/engine/prompt/window.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { runsOfWindow, windowRuns, windowRunsQuery } from "../../../src/store/messages/window.ts";
import { run, type SessionRun } from "../../support/history.ts";
import { storeSession } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);
const KB = 1024;
const ALL = { lastNRuns: 99, maxBytes: 1024 * KB };

const mixed = () => [
  run(0, "sua"),
  run(1, "ua", { status: "ERROR" }),
  run(2, "ua", { parentRunId: "parent" }),
  run(4, "uata", { status: "RUNNING" }),
  run(5, "", { status: "PENDING" }),
  run(6, "ua", { agentId: "b" }),
];
const counting = (all: SessionRun[]) => all.filter((one) => [0, 4, 5, 6].includes(one.runIndex));

/** The run as memory holds it. */
const sent = (one: SessionRun): WindowRun => ({
  ...windowRun(one.runIndex, one.messages.map(toModelMessage)),
  isRunning: one.status === "RUNNING",
});

/** A run whose messages have contents of these lengths. */
function sized(runIndex: number, roles: string, bytes: readonly number[]): SessionRun {
  const made = run(runIndex, roles);
  const messages = made.messages.map((message, nth) => ({ ...message, content: "é".repeat((bytes[nth] ?? 0) / 2) }));
  return { ...made, messages };
}

describe("the window of a session", () => {
  test("holds whole runs, the newest that count, in order, without system messages", async () => {
    const all = mixed();
    const expected = counting(all).map(sent);
    const sessionId = await storeSession(all);
    expect(await windowRuns(db, sessionId, { ...ALL, lastNRuns: 3 })).toEqual(expected.slice(-3));
    expect(await windowRuns(db, sessionId, ALL)).toEqual(expected);
    expect(await windowRuns(db, sessionId, { ...ALL, lastNRuns: 2, beforeRunIndex: 5 })).toEqual(expected.slice(0, 2));
    expect(await windowRuns(db, sessionId, { ...ALL, lastNRuns: 0 })).toEqual([]);
  });

  test("is shaped alike when its query runs in a batch with others", async () => {
    const all = mixed();
    const sessionId = await storeSession(all);
    const [rows, others] = await db.batch([
      windowRunsQuery(db, sessionId, { ...ALL, lastNRuns: 2 }),
      windowRunsQuery(db, crypto.randomUUID(), { ...ALL, lastNRuns: 2 }),
    ]);
    expect(runsOfWindow(rows)).toEqual(counting(all).slice(-2).map(sent));
    expect(runsOfWindow(others)).toEqual([]);
  });

  test("ends before the run that does not fit, and shows none that is older", async () => {
    const all = [sized(0, "u", [10]), sized(1, "ua", [300, 300]), sized(2, "ua", [100, 100])];
    const sessionId = await storeSession(all);
    const runIndexes = async (maxBytes: number) =>
      (await windowRuns(db, sessionId, { lastNRuns: 9, maxBytes })).map(({ runIndex }) => runIndex);
    expect(await runIndexes(810)).toEqual([0, 1, 2]);
    expect(await runIndexes(809)).toEqual([1, 2]);
    expect(await runIndexes(799)).toEqual([2]);
    expect(await runIndexes(200)).toEqual([2]);
    expect(await runIndexes(199)).toEqual([]);
  });

  test("cuts the tool results of the newest run where only that makes it fit, with a note", async () => {
    const all = [sized(0, "u", [10]), sized(1, "uata", [10, 0, 300 * KB, 20])];
    const sessionId = await storeSession(all);
    const [only, ...more] = await windowRuns(db, sessionId, { lastNRuns: 3, maxBytes: 256 * KB });
    expect(more).toEqual([]);
    expect(only).toMatchObject({ runIndex: 1, isCut: true, bytes: 300 * KB + 30 });
    const result = only?.messages[2];
    expect(result?.content).toMatch(/é\n\[cut: the result was too long to be kept in the history\]$/);
    expect(result && sentBytes(result)).toBeLessThanOrEqual(16 * KB);
    // An older run is never cut: it is left out.
    const longer = await storeSession([
      sized(0, "u", [10]),
      sized(1, "uata", [10, 0, 300 * KB, 20]),
      sized(2, "ua", [10, 10]),
    ]);
    const found = await windowRuns(db, longer, { lastNRuns: 3, maxBytes: 256 * KB });
    expect(found.map(({ runIndex }) => runIndex)).toEqual([2]);
  });

  test("counts what providers said beside the text", async () => {
    const spoken = run(0, "ua");
    const messages = spoken.messages.map((message) =>
      message.role === "assistant" ? { ...message, providerData: { source: "s", data: "x".repeat(500) } } : message,
    );
    const sessionId = await storeSession([{ ...spoken, messages }]);
    // Only without it does the newest run fit.
    const [cut] = await windowRuns(db, sessionId, { lastNRuns: 1, maxBytes: 500 });
    expect(cut).toMatchObject({ isCut: true, messages: [{ role: "user" }, { role: "assistant", providerData: null }] });
    expect([cut]).toEqual(withinWindow([sent({ ...spoken, messages })], { lastNRuns: 1, maxBytes: 500 }));
    expect(await windowRuns(db, sessionId, { lastNRuns: 1, maxBytes: 600 })).toEqual([sent({ ...spoken, messages })]);
  });

  test("is the same from D1 and from memory, whatever the sizes", async () => {
    const sizes = [0, 2, 200, 14 * KB, 17 * KB, 40 * KB, 260 * KB];
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    for (let round = 0; round < 12; round += 1) {
      const all = Array.from({ length: 1 + next(5) }, (_, nth) =>
        sized(
          nth,
          "uata",
          Array.from({ length: 4 }, () => sizes[next(sizes.length)] ?? 0),
        ),
      );
      const sessionId = await storeSession(all);
      for (const maxBytes of [100, 20 * KB, 64 * KB, 256 * KB]) {
        const window: HistoryWindow = { lastNRuns: 1 + next(5), maxBytes };
        expect(await windowRuns(db, sessionId, window), JSON.stringify({ round, window })).toEqual(
          withinWindow(all.map(sent), window),
        );
      }
    }
  });
});
