import { describe, expect, it } from "vitest";
import { dayOf, endOfDay, usageKey, whyNoneBack, whyNoRun, whyNoSession } from "../../../src/domain/usage.ts";
import { developer } from "../../support/principals.ts";

const LIMITS = { concurrentRuns: 4, runsPerDay: 500, tokensPerDay: 1_000, maxSessions: 3 };
const NONE = { concurrentRuns: 0, runsPerDay: 0, tokensPerDay: 0, maxSessions: 0 };
const NOW = Date.UTC(2026, 10, 30, 23, 59, 30, 500);
const below = { runs: 499, tokens: 999, active: 3 };

describe("a day", () => {
  it("is one of UTC, and its midnight belongs to the day that begins", () => {
    expect(new Date(dayOf(NOW)).toISOString()).toBe("2026-11-30T00:00:00.000Z");
    expect(new Date(endOfDay(NOW)).toISOString()).toBe("2026-12-01T00:00:00.000Z");
    expect(dayOf(endOfDay(NOW))).toBe(endOfDay(NOW));
  });
});

describe("whether a user may run", () => {
  it("is so below every limit, and without limits always", () => {
    expect(whyNoRun(below, LIMITS, NOW)).toBeNull();
    expect(whyNoRun({ runs: 1e9, tokens: 1e12, active: 1e6 }, NONE, NOW)).toBeNull();
    expect(whyNoSession({ there: 2, stored: 5 }, LIMITS, NOW)).toBeNull();
    expect(whyNoSession({ there: 1e6, stored: 1e6 }, NONE, NOW)).toBeNull();
  });

  it.each([
    ["runs", { ...below, runs: 500 }, '"runs-day";q=500;w=86400', '"runs-day";r=0;t=30'],
    ["tokens", { ...below, tokens: 1_000 }, '"tokens-day";q=1000;qu="tokens";w=86400', '"tokens-day";r=0;t=30'],
    [
      "active runs",
      { ...below, active: 4 },
      '"concurrent-runs";q=4;qu="concurrent-requests"',
      '"concurrent-runs";r=0;t=5',
    ],
  ])("is not so at the limit of %s, and says when to come back", (_what, usage, policy, limit) => {
    const failure = whyNoRun(usage, LIMITS, NOW);
    expect(failure?.code).toBe("quota_exceeded");
    expect(failure?.headers).toEqual({ "RateLimit-Policy": policy, RateLimit: limit });
    expect(limit).toMatch(new RegExp(`t=${failure?.retryAfterSeconds}$`));
  });

  it("is refused for what ends latest, if there is more than one reason", () => {
    const all = { runs: 500, tokens: 1_000, active: 4 };
    expect(whyNoRun(all, LIMITS, NOW)?.detail).toBe(
      "This user has used the 500 runs of the day. The next day begins at 2026-12-01T00:00:00Z.",
    );
  });

  it("is so for sessions up to the limit, and up to twice as many with those that were deleted and can be restored", () => {
    expect(whyNoSession({ there: 3, stored: 3 }, LIMITS, NOW)?.detail).toContain("Delete one first");
    expect(whyNoSession({ there: 1, stored: 6 }, LIMITS, NOW)?.detail).toContain("as many deleted ones");
    expect(whyNoneBack(2, LIMITS, NOW)).toBeNull();
    expect(whyNoneBack(3, LIMITS, NOW)?.code).toBe("quota_exceeded");
  });

  it("is told a limit of one as one", () => {
    const one = { ...LIMITS, maxSessions: 1, runsPerDay: 1, tokensPerDay: 1, concurrentRuns: 1 };
    const none = { runs: 0, tokens: 0, active: 0 };
    const told = [
      whyNoSession({ there: 1, stored: 1 }, one, NOW),
      whyNoSession({ there: 0, stored: 2 }, one, NOW),
      whyNoRun({ ...none, runs: 1 }, one, NOW),
      whyNoRun({ ...none, tokens: 1 }, one, NOW),
      whyNoRun({ ...none, active: 1 }, one, NOW),
    ].map((failure) => String(failure?.detail).split(/[,.]/)[0]);
    expect(told).toEqual([
      "This user has 1 session",
      "This user may have 1 session",
      "This user has used the 1 run of the day",
      "This user has used the 1 token of the day",
      "This user has 1 run active or waiting",
    ]);
  });

  it("is never told to come back at once", () => {
    expect(whyNoRun({ ...below, runs: 500 }, LIMITS, endOfDay(NOW) - 1)?.retryAfterSeconds).toBe(1);
    expect(whyNoRun({ ...below, runs: 500 }, LIMITS, endOfDay(NOW))?.retryAfterSeconds).toBe(86_400);
  });
});

describe("the row of a run", () => {
  const run = { userId: developer("ada").ownerId, createdAt: 100, runId: "r" };
  const at = (answeredAt: number | null, actor: string | null = null, userId: string | null = "ada") => {
    return { answeredAt, actor, userId };
  };

  it("is that of its start, and of its last continue once it has gone on", () => {
    expect(usageKey(run, [])).toEqual({ userId: "ada", startedAt: 100, runId: "r" });
    expect(usageKey(run, [at(null)])?.startedAt).toBe(100);
    expect(usageKey(run, [at(300), at(200), at(null)])?.startedAt).toBe(300);
  });

  it("is none for a run without a user", () => {
    expect(usageKey({ ...run, userId: null }, [])).toBeNull();
  });

  it("is, for a run without a user, the session's owner's where the owner by itself has answered last, in person", () => {
    const whose = (...requirements: Parameters<typeof usageKey>[1]) => {
      return usageKey({ ...run, userId: null }, requirements)?.userId ?? null;
    };
    expect(whose(at(200, "user:ada"))).toBe("ada");
    expect(whose(at(200, "security_key"), at(300, "user:ada"), at(400))).toBe("ada");
    expect(whose(at(300, "security_key"), at(200, "user:ada"))).toBeNull();
    expect(whose(at(200, "user:eve"))).toBeNull();
    expect(whose(at(200, "sa:nightly", "sa:nightly"))).toBe("sa:nightly");
    expect(whose(at(200, "security_key", "security_key"))).toBeNull();
    expect(whose(at(200, "user:ada", null))).toBeNull();
  });
});
