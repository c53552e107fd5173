import { beforeAll, describe, expect, it } from "vitest";
import { completedRunsSince, walkMessages } from "../../../src/store/messages/summary-messages.ts";
import { newId } from "../../support/http.ts";
import { seedRuns } from "../../support/rows.ts";
import { notingDatabase } from "../../support/stored-history.ts";

const sessionId = newId();
const BOUNDS = { limit: 200, maxChars: 3_000 };

beforeAll(() => seedRuns(sessionId, 2_500, "hex(zeroblob(5000))"));

describe("of a session of 5,000 messages", () => {
  it.each([0, 1_000, 2_400])("a page behind run %i reads a bounded number of rows, by their keys", async (runIndex) => {
    const { db, rowsRead, plan, bytesSent } = notingDatabase();
    const rows = await walkMessages(db, sessionId, { runIndex, messageIndex: Number.MAX_SAFE_INTEGER }, BOUNDS);
    expect(rows.map(({ runIndex, messageIndex }) => [runIndex, messageIndex]).slice(0, 3)).toEqual([
      [runIndex + 1, 0],
      [runIndex + 1, 1],
      [runIndex + 2, 0],
    ]);
    expect(rows.length).toBeLessThanOrEqual(200);
    expect(rows[1]).toEqual({
      runIndex: runIndex + 1,
      messageIndex: 1,
      role: "assistant",
      status: "COMPLETED",
      isMember: false,
      text: "0".repeat(3_000),
    });
    expect(await rowsRead()).toBeLessThanOrEqual(4 * 200);
    expect(await bytesSent()).toBeLessThan(400 * 1024);
    expect((await plan()).filter((step) => /TEMP B-TREE|^SCAN (?!walked|\(subquery|CONSTANT)/.test(step))).toEqual([]);
  });

  it("counting the runs since a summary looks at no more than it is told to", async () => {
    const { db, rowsRead, plan } = notingDatabase();
    expect(await completedRunsSince(db, sessionId, 99, 80)).toBe(80);
    expect(await completedRunsSince(db, sessionId, 2_489, 80)).toBe(10);
    expect(await rowsRead()).toBeLessThanOrEqual(400);
    expect((await plan()).filter((step) => step.startsWith("SEARCH"))).toEqual(
      Array(2).fill(expect.stringMatching(/^SEARCH runs USING INDEX runs_session_index/)),
    );
  });
});
