import { describe, expect, it } from "vitest";
import { AcceptPace } from "../../../../src/session/lane/accept-pace.ts";
import { mayAskEarly } from "../../../../src/session/lane/early-ask.ts";

type Early = Parameters<typeof mayAskEarly>;

const RUN = { component: { id: "a", name: "A" }, quota: null, request: { idempotency: null, origin: null } };
const START = { start: { isNewSession: false, changes: {} }, loaded: { cacheUse: "hit" }, isRemembered: true };
const may = (run: object, start: object) =>
  mayAskEarly({ ...RUN, ...run } as Early[0], { ...START, ...start } as unknown as Early[1]);

describe("a run's model", () => {
  it("is asked early where nothing but an absent D1 can refuse the run", () => {
    expect(may({}, {})).toBe(true);
  });

  it.each<[string, object, object]>([
    ["has a key", { request: { idempotency: { key: "k" }, origin: null } }, {}],
    ["is made of another one", { request: { idempotency: null, origin: { type: "continued" } } }, {}],
    ["counts against a quota", { quota: { userId: "ada", limits: {} } }, {}],
    ["is a team's", { component: { id: "t", name: "T", mode: "route", members: [] } }, {}],
    ["claims its session", {}, { start: { isNewSession: false, changes: { userId: "ada" } } }],
    ["begins its session", {}, { start: { isNewSession: true, changes: {} } }],
    ["is of a session that was read from D1", {}, { loaded: { cacheUse: "miss" } }],
    ["is of a session that is always read", {}, { loaded: { cacheUse: "bypass" } }],
    ["is planned on a row that was read again", {}, { isRemembered: false }],
  ])("is asked behind the accept where the run %s", (_what, run, start) => {
    expect(may(run, start)).toBe(false);
  });
});

describe("the pace of accepts", () => {
  it.each([
    ["is not stored", false, 0],
    ["takes a second", true, 1_000],
  ])("is sound until an accept %s, and again a minute later", (_what, isStored, tookMs) => {
    const pace = new AcceptPace();
    expect(pace.isSound(0)).toBe(true);
    pace.answered(isStored, { sentAt: 5_000 - tookMs, answeredAt: 5_000 });
    expect([pace.isSound(64_999), pace.isSound(65_000)]).toEqual([false, true]);
  });

  it("stays sound with accepts that are quick, which end no trouble either", () => {
    const pace = new AcceptPace();
    pace.answered(true, { sentAt: 0, answeredAt: 999 });
    expect(pace.isSound(999)).toBe(true);
    pace.answered(false, { sentAt: 1_000, answeredAt: 1_001 });
    pace.answered(true, { sentAt: 1_002, answeredAt: 1_003 });
    expect(pace.isSound(1_003)).toBe(false);
  });
});
