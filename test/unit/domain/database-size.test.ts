import { expect, it } from "vitest";
import {
  isSampleDue,
  isWatched,
  MAX_DATABASE_BYTES,
  SAMPLES_KEPT_MS,
  sampleSlot,
  sizeWarning,
} from "../../../src/domain/database-size.ts";

const DAY = 86_400_000;
const GB = 1e9;
const now = (bytes: number) => ({ at: 100 * DAY, bytes });
const ago = (days: number, bytes: number) => ({ at: (100 - days) * DAY, bytes });

it("warns above 60 % of the limit, however slowly the database grows", () => {
  expect(MAX_DATABASE_BYTES).toBe(10 * GB);
  expect(sizeWarning(now(6 * GB), [])).toBeNull();
  expect(sizeWarning(now(6.1 * GB), [])).toEqual({ share: 0.61, daysLeft: null });
  expect(sizeWarning(now(6.1 * GB), [ago(7, 6.2 * GB)])).toEqual({ share: 0.61, daysLeft: null });
});

it("warns of a smaller database that will be full within 14 days, by how it grew since the oldest sample", () => {
  const samples = [ago(1, 2.9 * GB), ago(4, 1 * GB)];
  expect(sizeWarning(now(3 * GB), samples)).toEqual({ share: 0.3, daysLeft: 14 });
  expect(sizeWarning(now(3 * GB), [ago(5, 1 * GB)])).toBeNull();
});

it("says no days for one that is full", () => {
  expect(sizeWarning(now(9_999_998_976), [ago(1, 9 * GB)])?.daysLeft).toBeLessThan(1e-3);
  expect(sizeWarning(now(10.1 * GB), [ago(1, 9 * GB)])?.daysLeft).toBe(0);
});

it("takes a sample an hour, of databases that are not small, and keeps one of each day of a week", () => {
  expect([isWatched(0.49 * GB), isWatched(0.5 * GB)]).toEqual([false, true]);
  const at = 100 * DAY;
  expect(isSampleDue([], at)).toBe(true);
  expect(isSampleDue([ago(1, GB), { at: at - 3_599_999, bytes: GB }], at)).toBe(false);
  expect(isSampleDue([ago(1, GB), { at: at - 3_600_000, bytes: GB }], at)).toBe(true);
  expect(new Set(Array.from({ length: 8 }, (_, day) => sampleSlot(day * DAY))).size).toBe(8);
  expect(SAMPLES_KEPT_MS).toBe(8 * DAY);
});
