import { describe, expect, it } from "vitest";
import {
  IMPORT_ABANDONED_MS,
  isOverdue,
  isPurging,
  isRestorable,
  isToBePurged,
  PURGE_BEGUN,
  purgeLimits,
  timeToLive,
} from "../../../src/domain/retention.ts";

describe("how long a session is kept", () => {
  it.each([
    [1, 2, 3, 1],
    [null, 2, 3, 2],
    [null, undefined, 3, 3],
    [null, undefined, null, null],
    [1, undefined, null, 1],
  ])("is what it says, else its agent, else the deployment: %s, %s, %s", (own, agents, deployments, expected) => {
    const agent = agents === undefined ? undefined : { sessionTtlSeconds: agents };
    expect(timeToLive({ ttlSeconds: own }, agent, deployments)).toBe(expected);
  });

  it("ends when that time has passed since its last change, to the millisecond", () => {
    expect(isOverdue({ updatedAt: 5_000 }, 2, 6_999)).toBe(false);
    expect(isOverdue({ updatedAt: 5_000 }, 2, 7_000)).toBe(true);
    expect(isOverdue({ updatedAt: 0 }, null, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe("a hidden session", () => {
  const limits = purgeLimits(60, 10_000_000);

  it.each([
    ["listed", null, false, false, false],
    ["archived", null, false, false, false],
    ["deleted", 9_940_000, true, true, false],
    ["deleted", 9_940_001, false, true, false],
    ["deleted", PURGE_BEGUN, true, false, true],
    ["importing", 10_000_000 - IMPORT_ABANDONED_MS, true, false, false],
    ["importing", 9_940_000, false, false, false],
  ] as const)(
    "%s since %s: purged %s, restorable %s, purging %s",
    (...[visibility, hiddenAt, purged, restorable, purging]) => {
      const session = { visibility, hiddenAt };
      expect([isToBePurged(session, limits), isRestorable(session), isPurging(session)]).toEqual([
        purged,
        restorable,
        purging,
      ]);
    },
  );
});
