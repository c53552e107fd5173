/** What the cron trigger reads every minute, among many sessions that it has to pass over. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/store/database.ts";
import { overdueOfDeployment } from "../../../src/store/sessions/retention.ts";
import { STEP_ENTRIES, stepOf, walkOn } from "../../../src/store/walks.ts";
import { testAgent } from "../../support/agents.ts";
import { rowsReadBy } from "../../support/d1-cost.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId } from "../../support/http.ts";
import { jobOf, untilEnded } from "../../support/naming-jobs.ts";
import { rowOf, tick, tickWithUndo } from "../../support/retention.ts";
import { scriptModel } from "../../support/scripted-model.ts";

scriptModel();
const d1 = watchD1();
const db = openDatabase(env.DB);

const MANY = 10_000;
const HOUR = 3_600_000;
const SESSION_TTL_SECONDS = "1000";

/** Writes sessions straight to D1, each last changed a millisecond after the one before; answers their ids. */
async function seed(count: number, columns: Record<string, string | number | null>, since = Date.now() - HOUR) {
  const prefix = newId();
  const given = { session_type: "agent", visibility: "listed", fence: "f", chat_messages: 2, ...columns };
  const names = Object.keys(given);
  await env.DB.prepare(
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?1)
     insert into sessions (session_id, created_at, updated_at, ${names.join(", ")})
     select ?2 || '-' || i, ?3 + i, ?3 + i, ${names.map((_, nth) => `?${nth + 4}`).join(", ")} from n`,
  )
    .bind(count, prefix, since, ...Object.values(given))
    .run();
  return Array.from({ length: count }, (_, nth) => `${prefix}-${nth}`);
}

const exist = async (ids: string[]): Promise<number> =>
  (await env.DB.prepare("select count(*) as n from sessions where session_id in (select value from json_each(?))")
    .bind(JSON.stringify(ids))
    .first<number>("n")) ?? 0;

/** Rings the cron trigger until nothing of `ids` is left, and answers how many rows each minute read. */
async function minutesUntilGone(ids: string[], vars: object): Promise<number[]> {
  const read: number[] = [];
  while ((await exist(ids)) > 0 && read.length < 20) {
    d1.forget();
    await tick({ ...vars });
    read.push(rowsReadBy(d1.operations));
  }
  return read;
}

beforeEach(() => env.DB.batch([env.DB.prepare("delete from sessions"), env.DB.prepare("delete from walks")]));

describe("a minute of the cron trigger", () => {
  it("reads a bounded number of sessions that are kept longer by their own time to live, and finds all others", async () => {
    const kept = await seed(MANY, { agent_id: "a", component_id: "a", ttl_seconds: 1e6 });
    const gone = await seed(3, { agent_id: "a", component_id: "a" }, Date.now() - HOUR / 2);
    const read = await minutesUntilGone(gone, { SESSION_TTL_SECONDS });
    expect(read.length).toBe(Math.floor(MANY / STEP_ENTRIES) + 1);
    expect(Math.max(...read)).toBeLessThan(5 * STEP_ENTRIES);
    expect(await exist(kept)).toBe(MANY);
  });

  it("reads a bounded number of sessions whose agent or team keeps them longer, and finds all others", async () => {
    const lasting = testAgent({ sessionTtlSeconds: 100_000 });
    const kept = await seed(MANY, { agent_id: lasting, component_id: lasting });
    const gone = [
      ...(await seed(2, { agent_id: "a", component_id: "a" }, Date.now() - HOUR / 2)),
      ...(await seed(1, { visibility: "archived" })),
      ...(await seed(1, { session_type: "team", team_id: lasting, component_id: lasting })),
    ];
    const read = await minutesUntilGone(gone, { SESSION_TTL_SECONDS });
    expect(Math.max(...read)).toBeLessThan(5 * STEP_ENTRIES);
    expect(await exist([...gone, ...kept])).toBe(MANY);
  });

  it("reads a bounded number of sessions of an agent that are kept longer than it says", async () => {
    const brief = testAgent({ sessionTtlSeconds: 100 });
    const kept = await seed(MANY, { agent_id: brief, component_id: brief, ttl_seconds: 1e6 });
    const gone = await seed(1, { agent_id: brief, component_id: brief }, Date.now() - HOUR / 2);
    expect(Math.max(...(await minutesUntilGone(gone, {})))).toBeLessThan(5 * STEP_ENTRIES);
    expect(await exist(kept)).toBe(MANY);
  });

  it("reads nothing of sessions that are deleted already, until they are to be purged", async () => {
    await seed(MANY, { visibility: "deleted", hidden_at: Date.now(), ttl_seconds: 1, unindexed_from: 0 });
    d1.forget();
    await tickWithUndo();
    expect(rowsReadBy(d1.operations)).toBeLessThan(100);
  });

  it("looks for as many as it may delete at once, and passes over none", async () => {
    const gone = await seed(10, { agent_id: "a", component_id: "a" });
    const [listed] = overdueOfDeployment([], Date.now());
    if (listed === undefined) throw new Error("there is a walk of what is listed");
    const steps: string[][] = [];
    do {
      const step = await stepOf(db, listed, 4);
      await walkOn(db, listed, step);
      steps.push(step.ids);
    } while (steps.flat().length < gone.length);
    expect(steps).toEqual([gone.slice(0, 4), gone.slice(4, 8), gone.slice(8)]);
  });

  it("begins anew behind the end, and keeps nothing of where it stood", async () => {
    await seed(STEP_ENTRIES, { ttl_seconds: 1e6 });
    const places = () => env.DB.prepare("select name from walks").all();
    await tick({ SESSION_TTL_SECONDS });
    expect((await places()).results).toEqual([{ name: "expire of deployment listed" }]);
    await tick({ SESSION_TTL_SECONDS });
    expect((await places()).results).toEqual([]);
  });

  it("reads a bounded number of sessions that were named in vain of late, and names all others", async () => {
    const tried = await seed(MANY, {});
    const [fresh = ""] = await seed(1, {}, Date.now() - HOUR / 2);
    await env.DB.batch([
      env.DB.prepare(
        `insert into jobs (job_id, kind, params, status, total, created_at, ended_at, swept_at)
         values ('j', 'names', '{}', 'completed', ?1, ?2, ?2, ?2)`,
      ).bind(MANY, Date.now()),
      env.DB.prepare(
        `insert into job_items (job_id, position, session_id, status, outcome, touched_at)
         select 'j', key, value, 'done', 'failed', ?2 from json_each(?1)`,
      ).bind(JSON.stringify(tried), Date.now()),
    ]);
    const made = () => env.DB.prepare("select job_id from job_items where session_id = ?").bind(fresh).first("job_id");
    const read: number[] = [];
    while ((await made()) === null && read.length < 20) {
      d1.forget();
      await tick({ NAME_UNNAMED_AFTER_SECONDS: "60" });
      read.push(rowsReadBy(d1.operations));
    }
    expect(read.length).toBe(Math.floor(MANY / STEP_ENTRIES) + 1);
    expect(Math.max(...read)).toBeLessThan(6 * STEP_ENTRIES);
    const jobId = String(await made());
    await untilEnded(jobId);
    expect(await jobOf(jobId)).toMatchObject({ total: 1 });
  });

  it("goes by indexes, sorts nothing, and has no place of an erased user's session", async () => {
    testAgent({ sessionTtlSeconds: 100 });
    const [mine = ""] = await seed(1, { user_id: "ada", ttl_seconds: 1e6 });
    const place = (name: string) =>
      env.DB.prepare("insert into walks (name, instant, session_id) values (?, 1, ?)").bind(name, mine);
    await env.DB.batch(["expire", "unnamed", "expire of deployment listed"].map(place));
    d1.forget();
    await tickWithUndo({ SESSION_TTL_SECONDS, NAME_UNNAMED_AFTER_SECONDS: "60" });
    const reads = d1.operations
      .flatMap(({ statements }) => statements)
      .filter(({ sql }) => /^select .* from "sessions"/s.test(sql));
    // Five of these look for what is to expire, one for what has no name, two for what is to be purged and two for what
    // is not indexed. Three of them begin at a place that their walk has reached.
    expect(reads.length).toBe(10);
    for (const { sql, params } of reads) {
      const { results } = await env.DB.prepare(`explain query plan ${sql}`)
        .bind(...params)
        .all<{ detail: string }>();
      const plan = results.map(({ detail }) => detail).join("; ");
      expect(plan, sql).not.toContain("TEMP B-TREE");
      expect(plan, sql).toMatch(
        /SEARCH sessions USING (COVERING )?INDEX sessions_(ttl|component_updated|updated|hidden|unindexed|unnamed) /,
      );
      if (sql.includes(") > (?, ?)")) expect(plan, sql).toMatch(/,session_id\)>\(\?,\?\) AND |\(<expr>>\? AND /);
    }
    await env.DB.batch([place("other")]);
    expect((await call("DELETE", "/users/ada/sessions")).status).toBe(204);
    expect(await env.DB.prepare("select * from walks where session_id = ?").bind(mine).first()).toBeNull();
    expect(await rowOf(mine)).toBeNull();
  });
});
