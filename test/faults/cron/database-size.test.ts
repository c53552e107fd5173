import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { watchSize } from "../../../src/cron/watch-size.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { captureLogs } from "../../support/captured-logs.ts";
import { type Which, watchD1 } from "../../support/d1-faults.ts";
import { tick } from "../../support/retention.ts";

const d1 = watchD1();
const logs = captureLogs();
const db = openDatabase(env.DB);

const HOUR = 3_600_000;
const removesAudit: Which = ({ statements }) => statements.some(({ sql }) => sql.startsWith('delete from "audit"'));
const warnings = () =>
  logs.lines.map((line) => JSON.parse(line)).filter(({ event }) => event === "database.size_warning");
const kept = async () =>
  (await env.DB.prepare("select instant, session_id from walks where name like 'database size %' order by 1").all())
    .results;

it("warns by what D1 says of its size behind a write that the trigger makes anyway", async () => {
  const sent = async () => {
    d1.forget();
    await tick();
    return d1.operations.length;
  };
  const small = await sent();
  expect(await kept()).toEqual([]);
  d1.always(removesAudit, async (send) => {
    const results = (await send()) as { meta: { size_after: number } }[];
    for (const { meta } of results) meta.size_after = 7e9;
    return results;
  });
  expect(await sent()).toBe(small + 2);
  expect(warnings()).toEqual([
    { level: "warn", event: "database.size_warning", bytes: 7e9, limit_bytes: 1e10, share: 0.7, days_left: null },
  ]);
  // The same hour has been looked at.
  expect(await sent()).toBe(small + 1);
  expect(warnings()).toHaveLength(1);
  await env.DB.prepare("delete from walks").run();
});

it("warns once an hour, with the days that are left by the growth of a week, and keeps a sample a day", async () => {
  const start = 20_000 * 24 * HOUR;
  for (let hour = 0; hour <= 10 * 24; hour += 8) {
    const now = () => start + hour * HOUR;
    // 100 MB a day, and in the last three days 400 MB.
    const bytes = 1e9 + 1e8 * (hour / 24) + 3e8 * Math.max(0, hour / 24 - 7);
    await watchSize({ db, now }, bytes);
    await watchSize({ db, now: () => now() + HOUR / 2 }, bytes);
  }
  expect(await kept()).toHaveLength(8);
  expect(warnings()).toEqual([]);
  await watchSize({ db, now: () => start + (10 * 24 + 1) * HOUR }, 8e9);
  expect(warnings()).toMatchObject([{ bytes: 8e9, share: 0.8, days_left: 1 }]);
  await env.DB.prepare("delete from walks").run();
});

it("warns of a full database that does not take the sample", async () => {
  d1.fill();
  await watchSize({ db, now: () => Date.now() }, 9_999_998_976);
  expect(warnings()).toMatchObject([{ bytes: 9_999_998_976, share: 1 }]);
  expect(await kept()).toEqual([]);
});
