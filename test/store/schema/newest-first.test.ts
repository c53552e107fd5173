/**
 * Ids of the search index counted up before this migration, and count down after it. A database that was filled before the
 * migration must keep its search.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";

const NAME = "0007_newest_first.sql";
const at = env.TEST_MIGRATIONS.findIndex(({ name }) => name === NAME);
const before = env.TEST_MIGRATIONS.slice(0, at);

async function empty(): Promise<void> {
  const { results } = await env.DB.prepare(
    `select type, name from sqlite_master where type in ('table', 'view') and name not like 'sqlite%' and name not like '\\_cf%' escape '\\'
       and name not like '%\\_search\\_%' escape '\\' order by type = 'view' desc, sql like 'create virtual%' desc`,
  ).all<{ type: string; name: string }>();
  for (const { type, name } of results) await env.DB.exec(`drop ${type} ${name}`);
}

/** Fails if an index differs from its docs. */
const check = () =>
  env.DB.batch(
    ["message_search", "name_search"].map((index) =>
      env.DB.prepare(`insert into ${index}(${index}, rank) values ('integrity-check', 1)`),
    ),
  );
const found = async (index: string, word: string) =>
  (
    await env.DB.prepare(`select rowid as id from ${index} where ${index} match ? order by rowid`)
      .bind(word)
      .all<{ id: number }>()
  ).results.map(({ id }) => id);

it("keeps the search whole, newest first, whatever is written or taken away then", async () => {
  await empty();
  await applyD1Migrations(env.DB, before);
  const numbers = "with recursive n(i) as (select 0 union all select i + 1 from n where i < 2999)";
  const session = (i: string, createdAt: string) =>
    `insert into sessions (session_id, session_type, fence, user_id, name_words, created_at, updated_at)
     ${numbers} select ${i}, 'agent', 'f', iif(i % 2, 'ada', null), 'trip n' || i, ${createdAt}, 1 from n`;
  await env.DB.batch([
    env.DB.prepare(session("'a' || i", "iif(i < 2500, 1700000000123, iif(i < 2600, 0, 32503680000000 + i))")),
    env.DB.prepare(`insert into message_docs (id, session_id, run_index, message_index, owner, words)
      ${numbers} select iif(i = 0, 0, 2048 * (1700000000000 + i)), 'a' || (i % 50), i / 50, 0, 'u616461', 'common w' || i from n`),
  ]);
  await check();
  const [said, named] = [await found("message_search", "common"), await found("name_search", "trip")];
  expect([said.length, named.length]).toEqual([3000, 3000]);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  await check();
  const mirrored = (ids: number[]) => ids.map((id) => 0 - id).toReversed();
  expect(await found("message_search", "common")).toEqual(mirrored(said));
  expect(await found("name_search", "trip")).toEqual(mirrored(named));

  await env.DB.batch([
    env.DB.prepare(session("'b' || i", "iif(i < 2500, 1700000000123, iif(i < 2600, 0, 32503680000000 + i))")),
    env.DB.prepare("delete from sessions where rowid % 3 = 0"),
    env.DB.prepare("update sessions set name_words = 'other' where rowid % 7 = 0"),
    env.DB.prepare("update sessions set name_words = null where rowid % 11 = 0"),
    env.DB.prepare("update sessions set user_id = 'bob' where rowid % 5 = 0"),
    env.DB.prepare("update sessions set name_words = 'again' where rowid % 22 = 0"),
    env.DB.prepare("delete from message_docs where abs(id / 2048) % 3 = 0"),
    env.DB.prepare("update message_docs set id = id - 1, words = 'moved' where abs(id / 2048) % 5 = 0"),
  ]);
  await check();
  const { results } = await env.DB.prepare(
    "select created_at as at from name_docs join sessions using (session_id) order by id",
  ).all<{ at: number }>();
  const times = results.map(({ at }) => Math.min(at, 4_398_046_500_000));
  expect(times.every((at, nth) => nth === 0 || at <= (times[nth - 1] ?? 0))).toBe(true);
  const secure = await env.DB.prepare("select v from message_search_config where k = 'secure-delete'").first("v");
  expect(secure).toBe(1);
});
