import { describe, expect, it } from "vitest";
import { check } from "../../../../scripts/histories/checks/all.ts";
import type { Write } from "../../../../scripts/histories/record.ts";
import { LivedSession, plainRun } from "./lived-session.ts";

const UNKNOWN = { outcome: "unknown", status: 0, acceptedAt: null, isServerUp: false } as const;
const SETS_A: Write = { clears: [], sets: { "state.a": '"2"' } };

/**
 * A session with one patch, which was answered. Each test adds a second one, of which the client does not know whether it
 * was done.
 */
function patchedTwice(): LivedSession {
  const lived = new LivedSession();
  lived.read();
  lived.patch(1, { clears: [], sets: { "state.a": '"1"' } });
  return lived;
}

describe("a run that is answered again", () => {
  it("is in no later prompt, from when the new one has an answer or waits", () => {
    for (const isPaused of [true, false]) {
      const lived = new LivedSession();
      const older = lived.completed(1);
      lived.completed(2);
      if (isPaused) lived.regeneratedPaused(3, older);
      else lived.regenerated(3, older);
      lived.completed(4);
      lived.close();
      expect(check(lived.record)).toEqual([]);
    }
  });
});

describe("what was under way when the server was killed", () => {
  it("may have happened, or not: a patch", () => {
    const happened = patchedTwice();
    Object.assign(happened.patch(2, SETS_A), { ...UNKNOWN, snapshot: null });
    happened.close();
    expect(check(happened.record)).toEqual([]);

    const lost = patchedTwice();
    lost.act(2, { kind: "patch", merge: true, condition: "none", fields: {} }, { ...UNKNOWN, write: SETS_A });
    lost.close();
    expect(check(lost.record)).toEqual([]);
  });

  it("may have happened, or not: a run", () => {
    const happened = new LivedSession();
    happened.completed(1);
    Object.assign(happened.record.acts[0] ?? {}, { ...UNKNOWN, runId: null, told: null, events: [] });
    happened.close();
    expect(check(happened.record)).toEqual([]);

    const lost = new LivedSession();
    lost.act(1, plainRun(), UNKNOWN);
    lost.close();
    expect(check(lost.record)).toEqual([]);
  });

  it("may have happened, or not: a delete", () => {
    for (const outcome of ["acknowledged", "refused"] as const) {
      const lived = new LivedSession();
      lived.act(1, { kind: "delete" }, UNKNOWN);
      const status = outcome === "refused" ? 404 : 200;
      lived.act(
        2,
        { kind: "read" },
        { outcome, status, ...(outcome === "acknowledged" && { snapshot: lived.snapshot() }) },
      );
      expect(check(lived.record)).toEqual([]);
    }
  });

  it("cannot happen any more once the session was read behind the restart", () => {
    const lived = patchedTwice();
    lived.act(2, { kind: "patch", merge: true, condition: "none", fields: {} }, { ...UNKNOWN, write: SETS_A });
    lived.close();
    lived.patch(3, { clears: [], sets: { "state.b": '"3"' } });
    const reading = lived.close(1);
    Object.assign(reading.snapshot.cells, { "state.a": '"2"' });
    Object.assign(reading.snapshot, { version: 3, etag: '"c-3"' });
    expect(check(lived.record).map(({ rule }) => rule)).toContain("what was written last is what is there");
  });

  it("explains only what it writes itself", () => {
    const lived = patchedTwice();
    Object.assign(lived.patch(2, SETS_A), { ...UNKNOWN, snapshot: null });
    const reading = lived.close();
    Object.assign(reading.snapshot.cells, { "state.a": '"3"' });
    expect(check(lived.record).map(({ rule }) => rule)).toContain("what was written last is what is there");
  });

  it("is over, where it is a run's own state, once the run has asked the model", () => {
    const lived = new LivedSession();
    lived.read();
    lived.completed(1);
    const [, run] = lived.record.acts;
    Object.assign(run ?? {}, { write: SETS_A, told: null });
    lived.patch(2, { clears: ["state."], sets: {} });
    const reading = lived.close();
    Object.assign(reading.snapshot.cells, { "state.a": '"2"' });
    Object.assign(reading.snapshot, { version: 3, etag: '"c-3"' });
    expect(check(lived.record).map(({ rule }) => rule)).toContain("what was written last is what is there");
  });

  it("leaves the order of runs open only for those that interrupt", () => {
    for (const [onBusy, expected] of [
      ["enqueue", ["runs go in the order in which they were acknowledged"]],
      ["interrupt", []],
    ] as const) {
      const lived = new LivedSession();
      lived.completed(1);
      lived.completed(2);
      const [, later] = lived.record.acts;
      if (later !== undefined) later.operation.action = { ...plainRun(), onBusy };
      const { runs } = lived.close();
      runs.reverse();
      const rules = check(lived.record).map(({ rule }) => rule);
      expect(rules.filter((rule) => rule.includes("order in which"))).toEqual(expected);
    }
  });
});
