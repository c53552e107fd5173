import { describe, expect, it } from "vitest";
import { mayFollow } from "../../../src/cron/name-unnamed.ts";
import { decideNaming } from "../../../src/domain/decide-naming.ts";
import { isOutOfTokens, type Job, jobIdAt } from "../../../src/domain/job.ts";
import type { Session } from "../../../src/domain/session.ts";
import { sliceStarts } from "../../../src/jobs/send-slices.ts";
import { backoffSeconds } from "../../../src/jobs/work-slice.ts";

const details = (jobId: string | null) => ({ model: "m", promptTokens: 7, completionTokens: 3, attempts: 1, jobId });
type Row = Pick<Session, "nameSource" | "nameDetails" | "chatMessages">;
const row = (fields: Partial<Row>): Row => ({ nameSource: null, nameDetails: null, chatMessages: 2, ...fields });

describe("what a session's row says to a naming job", () => {
  it.each<[string, Partial<Row>, string | null]>([
    ["has no name", {}, null],
    ["has a fallback", { nameSource: "fallback", nameDetails: details("other") }, null],
    ["has no messages", { chatMessages: 0 }, "skipped no_messages"],
    ["was named by hand", { nameSource: "manual" }, "skipped named_by_hand"],
    ["has a generated name", { nameSource: "generated", nameDetails: details("other") }, "skipped already_named"],
    ["was named by this job", { nameSource: "generated", nameDetails: details("job") }, "succeeded null"],
    ["got this job's fallback", { nameSource: "fallback", nameDetails: details("job") }, "fallback null"],
  ])("that %s", (_how, fields, expected) => {
    const decided = decideNaming(row(fields), "job", "never");
    expect(decided && `${decided.outcome} ${decided.reason}`).toBe(expected);
  });

  it("asks for another name where generated ones may be replaced, but not twice", () => {
    const named = (jobId: string) => row({ nameSource: "generated", nameDetails: details(jobId) });
    expect(decideNaming(named("other"), "job", "generated")).toBeNull();
    expect(decideNaming(named("job"), "job", "generated")).toEqual({
      outcome: "succeeded",
      reason: null,
      error: null,
      promptTokens: 7,
      completionTokens: 3,
    });
    expect(decideNaming(row({ nameSource: "manual" }), "job", "generated")).toMatchObject({ reason: "named_by_hand" });
  });
});

const job = (fields: Partial<Job>) => ({ params: {}, promptTokens: 0, completionTokens: 0, ...fields }) as Job;

describe("a job", () => {
  it("is out of tokens when it has spent them, and never where it may spend any number", () => {
    const spent = { promptTokens: 60, completionTokens: 40 };
    expect(isOutOfTokens(job({ ...spent, params: { maxTokens: 101 } }))).toBe(false);
    expect(isOutOfTokens(job({ ...spent, params: { maxTokens: 100 } }))).toBe(true);
    expect(isOutOfTokens(job({ ...spent, params: { maxTokens: null } }))).toBe(false);
    expect(isOutOfTokens(job(spent))).toBe(false);
  });

  it("has an id that sorts by time and is a UUID", () => {
    const ids = [0, 1, 4_095, 4_096, 1_700_000_000_000, 1_800_000_000_000].map((now) =>
      jobIdAt(now, crypto.randomUUID()),
    );
    expect(ids.toSorted()).toEqual(ids);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("is cut into slices of 50", () => {
    expect([0, 1, 50, 51].map(sliceStarts)).toEqual([[], [0], [0], [0, 50]]);
  });

  it("of the server's own is followed when it has ended, after an hour if it named nothing", () => {
    const ended = (fields: object) =>
      ({ status: "completed", succeeded: 0, fallback: 0, failed: 0, endedAt: 0, ...fields }) as Job;
    expect(mayFollow(ended({ status: "running", endedAt: null }), 1e12)).toBe(false);
    expect(mayFollow(ended({ succeeded: 1, failed: 9 }), 1)).toBe(true);
    expect(mayFollow(ended({}), 1)).toBe(true);
    expect(mayFollow(ended({ failed: 1 }), 3_599_999)).toBe(false);
    expect(mayFollow(ended({ failed: 1 }), 3_600_000)).toBe(true);
  });

  it("waits longer after each attempt, and ten minutes at most", () => {
    expect([0, 1, 2, 3, 4, 5, 100].map(backoffSeconds)).toEqual([5, 5, 20, 80, 320, 600, 600]);
  });
});
