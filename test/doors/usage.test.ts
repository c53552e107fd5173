/** What the ledger tells, how long it is kept, and what an erase leaves of it. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { bearer, key, tokenFor } from "../support/credentials.ts";
import { watchD1 } from "../support/d1-faults.ts";
import {
  type EndUser,
  endUser,
  expectOver,
  ledgerOf,
  midnightAfter,
  openAs,
  runAs,
  settableClock,
  usageOf,
} from "../support/end-user.ts";
import { call, newId } from "../support/http.ts";
import { foundInD1, tick } from "../support/retention.ts";
import { gate, hold, scriptModel, text } from "../support/scripted-model.ts";

const model = scriptModel();
const d1 = watchD1();
const clock = settableClock();

const DAY_MS = 86_400_000;
const erase = ({ id }: Pick<EndUser, "id">, headers: Record<string, string>) =>
  call("DELETE", `/users/${id}/sessions`, undefined, headers);

describe("GET /users/{user_id}/usage", () => {
  it("tells what the user used today, what is active, the limits, and when the day ends", async () => {
    const ada = await endUser({ runs_per_day: 7 });
    await runAs(ada, "one");
    const point = gate();
    model.next([hold(point), text("two")]);
    const active = await openAs(ada, "two");
    const usage = {
      user_id: ada.id,
      runs: 2,
      tokens: 15,
      active: 1,
      limits: { concurrent_runs: 4, runs_per_day: 7, tokens_per_day: 2_000_000, max_sessions: 0 },
      resets_at: `${new Date(midnightAfter(Date.now())).toISOString().slice(0, 19)}Z`,
    };
    expect(await usageOf(ada)).toEqual(usage);
    // The key has no limits, and is told those of the deployment.
    const told = await call("GET", `/users/${ada.id}/usage`, undefined, key);
    expect(told.body).toEqual({ ...usage, limits: { ...usage.limits, runs_per_day: 500 } });
    point.release();
    await active.rest();
    expect(await usageOf(ada)).toMatchObject({ runs: 2, tokens: 30, active: 0 });
  });

  it("tells staff the deployment's limits, and not those of their own token, which hold for nobody", async () => {
    const ada = await endUser({ runs_per_day: 7 });
    const limits = { runs_per_day: 3, max_sessions: 9 };
    const staff = bearer(await tokenFor("root", { scopes: ["sessions:read", "users:act"], limits }));
    const told = await call("GET", `/users/${ada.id}/usage`, undefined, staff);
    const ofDeployment = { concurrent_runs: 4, runs_per_day: 500, tokens_per_day: 2_000_000, max_sessions: 0 };
    expect([told.status, told.body.limits]).toEqual([200, ofDeployment]);
  });

  // case 58
  it("answers an end user for itself only, whether or not another user exists", async () => {
    const [ada, bob] = [await endUser(), await endUser()];
    await runAs(ada, "hello");
    for (const other of [ada.id, newId()]) {
      const { status, body } = await call("GET", `/users/${other}/usage`, undefined, bob.headers);
      expect([status, body.detail]).toEqual([403, "Access denied to read this user"]);
    }
    const narrow = bearer(await tokenFor(bob.id, { scopes: ["agents:run"] }));
    expect((await call("GET", `/users/${bob.id}/usage`, undefined, narrow)).status).toBe(403);
  });
});

describe("an erase", () => {
  // case 65
  it("by the key leaves nothing of the ledger", async () => {
    const ada = await endUser();
    await runAs(ada, "hello");
    expect((await erase(ada, key)).status).toBe(204);
    expect(await foundInD1([ada.id])).toEqual([]);
  });

  // case 65
  it("of a user by itself keeps what was used today until the day is over, so that it resets no quota", async () => {
    const ada = await endUser({ runs_per_day: 1 });
    const now = Date.now();
    await runAs(ada, "hello");
    await env.DB.prepare("insert into run_usage values (?, ?, 'yesterday', 5, 1)")
      .bind(ada.id, now - DAY_MS)
      .run();
    expect((await erase(ada, ada.headers)).status).toBe(204);
    expect(await ledgerOf(ada)).toMatchObject([{ tokens: 15, settled: 1 }]);
    expect(await foundInD1([ada.id])).toEqual([`jobs: ${ada.id}`, `run_usage: ${ada.id}`]);
    expectOver(await runAs(ada, "again"), "runs-day");
    await tick();
    expect((await erase(ada, ada.headers)).status).toBe(204);
    expect(await ledgerOf(ada)).toHaveLength(1);

    clock.moveTo(midnightAfter(now) + 60_000);
    await tick();
    expect(await foundInD1([ada.id])).toEqual([]);
  });

  it("by itself does not touch what the user has done since", async () => {
    const ada = await endUser();
    const now = Date.now();
    await runAs(ada, "hello");
    expect((await erase(ada, ada.headers)).status).toBe(204);
    const session_id = newId();
    await runAs(ada, "anew", { session_id });
    await tick();
    clock.moveTo(midnightAfter(now) + 60_000);
    await tick();
    expect((await call("GET", `/sessions/${session_id}`, undefined, ada.headers)).status).toBe(200);
    expect(await ledgerOf(ada)).toHaveLength(1);
    expect(await foundInD1([ada.id])).not.toContain(`jobs: ${ada.id}`);
  });

  it("by the key takes what one by the user has kept", async () => {
    const ada = await endUser();
    await runAs(ada, "hello");
    await erase(ada, ada.headers);
    expect(await ledgerOf(ada)).toHaveLength(1);
    expect((await erase(ada, key)).status).toBe(204);
    expect(await foundInD1([ada.id])).toEqual([]);
  });
});

describe("the cron trigger", () => {
  it("removes rows that are older than 35 days, oldest first and bounded, and asks once where there is none", async () => {
    const [old, recent] = [newId(), newId()];
    const seed = (user: string, startedAt: number, count: number) =>
      env.DB.prepare(`insert into run_usage select ?1, ?2 + key, key, 1, 1 from json_each(?3) where true`)
        .bind(user, startedAt, JSON.stringify(Array(count).fill(0)))
        .run();
    await env.DB.prepare("delete from run_usage").run();
    await seed(old, Date.now() - 36 * DAY_MS, 2_500);
    await seed(recent, Date.now() - 34 * DAY_MS, 10);
    const left = async () => env.DB.prepare("select count(*) as n from run_usage").first<number>("n");
    await tick();
    expect(await left()).toBe(510);
    await tick();
    expect(await left()).toBe(10);
    d1.forget();
    await tick();
    const ofUsage = d1.operations.filter(({ statements }) => statements.some(({ sql }) => sql.includes("run_usage")));
    expect(ofUsage.flatMap(({ statements }) => statements.map(({ sql }) => sql))).toEqual([
      'select "started_at" from "run_usage" order by rowid limit ?',
    ]);
    expect(await left()).toBe(10);
  });
});
