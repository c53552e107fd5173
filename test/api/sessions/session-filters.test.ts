import { env } from "cloudflare:workers";
import { describe, expect, it, onTestFinished } from "vitest";
import { call, newId, run } from "../../support/http.ts";
import { pausedRun } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();

type Item = { session_id: string; session_name: string };

async function answerTo(query: string) {
  const { status, body } = await call("GET", `/sessions?${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return body;
}
/**
 * The ids that a query finds, in order. All ways to them must agree: with and without a user, by page and by cursor.
 */
async function found(query: string, user_id: string): Promise<string[]> {
  const mine = await answerTo(`${query}&user_id=${user_id}&limit=1000`);
  const ids = mine.data.map((item: Item) => item.session_id);
  expect(mine.meta.total_count).toBe(ids.length);
  const all = await answerTo(`${query}&limit=1000`);
  const owned = all.data.filter((item: { user_id?: string }) => item.user_id === user_id);
  expect(owned.map((item: Item) => item.session_id)).toEqual(ids);
  for (const scope of [`&user_id=${user_id}&limit=2`, "&limit=25"]) {
    const walked: string[] = [];
    let page = await answerTo(`${query}${scope}`);
    for (;;) {
      walked.push(
        ...page.data
          .filter((item: { user_id?: string }) => item.user_id === user_id)
          .map((item: Item) => item.session_id),
      );
      if (page.meta.next_cursor === null) break;
      page = await answerTo(`${query}${scope}&cursor=${page.meta.next_cursor}`);
    }
    expect(walked).toEqual(ids);
  }
  return ids;
}

async function created(fields: object, at?: number): Promise<string> {
  const { status, body } = await call("POST", "/sessions", fields);
  expect(status, JSON.stringify(body)).toBe(201);
  if (at !== undefined) {
    await env.DB.prepare("update sessions set created_at = ?2, updated_at = ?2 where session_id = ?1")
      .bind(body.session_id, at)
      .run();
  }
  return body.session_id;
}

describe("a list narrowed by tags and metadata", () => {
  it("has the sessions that have all that is named, exactly as it was typed", async () => {
    const user_id = newId();
    const tag = `t-${user_id}`;
    const both = await created({ user_id, tags: [tag, "two"], metadata: { plan: "pro", seats: 3 } });
    const one = await created({ user_id, tags: [tag], metadata: { plan: "pro", note: "a:b" } });
    await created({ user_id, tags: [`${tag}x`], metadata: { plan: ["pro"] } });
    expect(await found(`tag=${tag}`, user_id)).toEqual([one, both]);
    expect(await found(`tag=${tag}&tag=two`, user_id)).toEqual([both]);
    expect(await found(`tag=%20${tag}%20`, user_id)).toEqual([one, both]);
    expect(await found(`tag=${tag.toUpperCase()}`, user_id)).toEqual([]);
    expect(await found("metadata=plan:pro", user_id)).toEqual([one, both]);
    expect(await found("metadata=plan:pro&metadata=seats:3", user_id)).toEqual([both]);
    expect(await found("metadata=note:a:b", user_id)).toEqual([one]);
    expect(await found(`tag=${tag}&metadata=seats:3`, user_id)).toEqual([both]);
    expect(await found(`tag=${tag}&metadata=seats:4`, user_id)).toEqual([]);
    expect(await found(`metadata=${encodeURIComponent(`#${tag}`)}:`, user_id)).toEqual([]);
    expect(await found("tag=", user_id)).toHaveLength(3);
  });

  it("takes as many of them as a filter may name, together with all others", async () => {
    const user_id = newId();
    const names = Array.from({ length: 10 }, (_, nth) => `n${nth}`);
    const metadata = Object.fromEntries(names.map((name) => [name, user_id]));
    const made = await call("POST", "/sessions", { user_id, tags: names, metadata, pinned: true });
    expect(made.status).toBe(201);
    const named = names.map((name) => `tag=${name}&metadata=${name}:${user_id}`).join("&");
    const others = "pinned=true&has_open_requirements=false&updated_after=1&created_after=1&archived=all";
    expect(await found(`${named}&${others}`, user_id)).toEqual([made.body.session_id]);
    expect(await found(`${named}&tag=n10`.replace("tag=n0&", ""), user_id)).toEqual([]);
    expect(await found(`${named}&${others}&unnamed=true&has_open_requirements=true`, user_id)).toEqual([]);
  });

  it("has what reads the same, however its accents were typed", async () => {
    const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"];
    const user_id = newId();
    const long = "\u00e9".repeat(60);
    const sessions = [
      await created({ user_id, tags: [composed], metadata: { [composed]: decomposed }, session_name: decomposed }, 1),
      await created(
        { user_id, tags: [decomposed, composed], metadata: { [decomposed]: composed, long }, session_name: composed },
        2,
      ),
    ].reverse();
    for (const typed of [composed, decomposed]) {
      const word = encodeURIComponent(typed);
      expect(await found(`tag=${word}`, user_id)).toEqual(sessions);
      expect(await found(`metadata=${word}:${word}`, user_id)).toEqual(sessions);
      expect(await found(`session_name=${word}`, user_id)).toEqual(sessions);
      expect((await answerTo(`q=${word}&user_id=${user_id}`)).data).toHaveLength(2);
    }
    expect(await found(`metadata=long:${encodeURIComponent(long.normalize("NFD"))}`, user_id)).toEqual([sessions[0]]);
    const { body } = await call("GET", `/sessions/${sessions[0]}`);
    expect([body.tags, body.metadata]).toEqual([[composed], { [decomposed]: composed, long }]);
    const untagged = { action: "tag", filter: { tag: decomposed }, user_id, remove_tags: [decomposed] };
    expect((await call("POST", "/sessions/bulk", untagged)).body).toMatchObject({ total: 2, succeeded: 2 });
    expect(await found(`tag=${encodeURIComponent(composed)}`, user_id)).toEqual([]);
  });

  it("shows nobody else's", async () => {
    const [ada, bob] = [newId(), newId()];
    await created({ user_id: ada, tags: [ada] });
    expect((await answerTo(`tag=${ada}&user_id=${bob}`)).data).toEqual([]);
  });

  it("follows what is changed at once", async () => {
    const user_id = newId();
    const session_id = await created({ user_id, tags: ["old"], metadata: { plan: "free" } });
    await call("PATCH", `/sessions/${session_id}`, { tags: ["new"], metadata: { plan: "pro" } });
    expect(await found("tag=new&metadata=plan:pro", user_id)).toEqual([session_id]);
    expect(await found("tag=old", user_id)).toEqual([]);
    expect(await found("metadata=plan:free", user_id)).toEqual([]);
  });

  it("is the same list where many sessions have the tag", async () => {
    const [user_id, tag] = [newId(), newId()];
    const session_id = await created({ user_id, tags: [tag] }, 1);
    // These are more sessions than the list sorts (`MAX_SORTED`), so it walks by date.
    await env.DB.batch([
      env.DB.prepare(
        `with recursive n(i) as (select 0 union all select i + 1 from n where i < 1499)
         insert into sessions (session_id, session_type, fence, created_at, updated_at)
         select ?1 || '-' || i, 'agent', 'f', 2 + i, 9000 - i from n`,
      ).bind(tag),
      env.DB.prepare(
        "insert into session_labels select session_id, '#' || ?1 from sessions where session_id like ?1 || '-%'",
      ).bind(tag),
    ]);
    onTestFinished(async () => {
      await env.DB.prepare("delete from sessions where session_id like ?1 || '-%'").bind(tag).run();
    });
    const first = await answerTo(`tag=${tag}&type=agent&sort_order=asc&limit=1`);
    expect(first.data[0].session_id).toBe(session_id);
    const { data, meta } = await answerTo(`tag=${tag}&limit=3`);
    expect(data.map((item: Item) => item.session_id)).toEqual([1499, 1498, 1497].map((nth) => `${tag}-${nth}`));
    expect(meta.total_count).toBe(1501);
    const byChange = await answerTo(`tag=${tag}&limit=2&page=2&sort_by=updated_at`);
    expect(byChange.data.map((item: Item) => item.session_id)).toEqual([2, 3].map((nth) => `${tag}-${nth}`));
  });
});

describe("a list narrowed by what a session is like", () => {
  it("leaves archived sessions out unless it asks for them, or for them alone", async () => {
    const user_id = newId();
    const [a, b, c, d] = [
      await created({ user_id }, 1_000),
      await created({ user_id, archived: true }, 2_000),
      await created({ user_id }, 3_000),
      await created({ user_id, archived: true }, 4_000),
    ];
    expect(await found("", user_id)).toEqual([c, a]);
    expect(await found("archived=false", user_id)).toEqual([c, a]);
    expect(await found("archived=true", user_id)).toEqual([d, b]);
    expect(await found("archived=all", user_id)).toEqual([d, c, b, a]);
    expect(await found("archived=all&sort_by=updated_at&sort_order=asc", user_id)).toEqual([a, b, c, d]);
    const second = await answerTo(`archived=all&user_id=${user_id}&limit=3&page=2`);
    expect([second.data.map((item: Item) => item.session_id), second.meta.total_count]).toEqual([[a], 4]);
  });

  it("finds what is pinned, and what is not", async () => {
    const user_id = newId();
    const [pinned, other] = [await created({ user_id, pinned: true }), await created({ user_id })];
    expect(await found("pinned=true", user_id)).toEqual([pinned]);
    expect(await found("pinned=false", user_id)).toEqual([other]);
  });

  it("finds where something was said and no name is set, and where one is", async () => {
    const user_id = newId();
    const [unnamed, named] = [newId(), newId()];
    for (const session_id of [unnamed, named]) await run("hi", { session_id, user_id });
    await call("POST", `/sessions/${named}/rename`, { session_name: "Named" });
    await created({ user_id });
    expect(await found("unnamed=true", user_id)).toEqual([unnamed]);
    expect(await found("unnamed=false", user_id)).toEqual([named]);
  });

  it("finds where a run waits for people, until it does no more", async () => {
    const user_id = newId();
    const { agent } = peopleAgent();
    const [asking, other] = [newId(), newId()];
    await run("hi", { session_id: other, user_id });
    model.next([toolCall("wipe", { disk: 1 }), toolCall("wipe", { disk: 2 })]);
    const paused = await pausedRun("wipe it", { agent, session_id: asking, user_id });
    expect(await found("has_open_requirements=true", user_id)).toEqual([asking]);
    expect(await found("has_open_requirements=false", user_id)).toEqual([other]);
    const { data } = await answerTo(`user_id=${user_id}&has_open_requirements=1`);
    expect(data).toMatchObject([{ open_requirements: 2, last_message: { role: "user", text: "wipe it" } }]);
    await call("POST", `/agents/${agent}/runs/${paused.run_id}/cancel`);
    expect(await found("has_open_requirements=true", user_id)).toEqual([]);
  });

  it("finds what was created and changed between two instants, both inclusive", async () => {
    const user_id = newId();
    const [a, b, c] = [
      await created({ user_id }, 1_700_000_000_000),
      await created({ user_id }, 1_700_000_001_500),
      await created({ user_id }, 1_700_000_002_000),
    ];
    expect(await found("created_after=2023-11-14T22:13:21Z&created_before=2023-11-14T22:13:21Z", user_id)).toEqual([b]);
    expect(await found("created_after=1700000001&created_before=1700000002", user_id)).toEqual([c, b]);
    expect(await found("created_after=2023-11-14T22:13:21.600Z&created_before=1800000000", user_id)).toEqual([c]);
    expect(await found("created_before=2023-11-14T22:13:21.400Z", user_id)).toEqual([a]);
    expect(await found(`created_before=${encodeURIComponent("2023-11-14T23:13:20+01:00")}`, user_id)).toEqual([a]);
    await env.DB.prepare("update sessions set updated_at = 1750000000000 where session_id = ?").bind(a).run();
    expect(await found("updated_after=1750000000", user_id)).toContain(a);
    expect(await found("updated_after=1750000000&updated_before=1750000000", user_id)).toEqual([a]);
    expect(await found("updated_before=1749999999&sort_by=updated_at", user_id)).toEqual([c, b]);
  });

  it("takes all filters together", async () => {
    const user_id = newId();
    const all = {
      tags: ["t"],
      metadata: { k: "v" },
      pinned: true,
      archived: true,
      agent_id: "assistant",
      session_name: "Kyoto",
    };
    const session_id = await created({ user_id, ...all });
    await created({ user_id, ...all, session_name: "Osaka" });
    const query = "tag=t&metadata=k:v&pinned=true&archived=true&component_id=assistant&session_name=KYO&type=agent";
    expect(await found(`${query}&unnamed=false&has_open_requirements=false&created_after=1`, user_id)).toEqual([
      session_id,
    ]);
  });

  it.each([
    ["archived=maybe", "archived"],
    ["pinned=maybe", "pinned"],
    ["unnamed=2", "unnamed"],
    ["metadata=plan", "metadata"],
    [`metadata=k:${"x".repeat(127)}`, "metadata"],
    ["created_after=yesterday", "created_after"],
    ["created_after=2026-11-22", "created_after"],
    ["updated_before=2026-11-22T10:00:00", "updated_before"],
    ["updated_before=2026-13-22T10:00:00Z", "updated_before"],
    [[...Array(11).keys()].map((nth) => `tag=${nth}`).join("&"), "tag"],
    [[...Array(11).keys()].map((nth) => `metadata=a:${nth}`).join("&"), "metadata"],
  ])("refuses %s", async (query, field) => {
    const { status, body } = await call("GET", `/sessions?${query}`);
    expect([status, body.detail[0].loc.slice(0, 2)]).toEqual([422, ["query", field]]);
  });
});

describe("a page of large sessions", () => {
  it("ends before it is too large, and the next one goes on behind it", async () => {
    const user_id = newId();
    await env.DB.prepare(
      `with recursive n(i) as (select 0 union all select i + 1 from n where i < 99)
       insert into sessions (session_id, session_type, user_id, session_state, metadata, fence, created_at, updated_at)
       select ?1 || '-' || printf('%03d', i), 'agent', ?1, ?2, ?2, 'f', i, i from n`,
    )
      .bind(user_id, JSON.stringify({ text: "é".repeat(50_000) }))
      .run();
    const ids: string[] = [];
    const sizes: number[] = [];
    for (let query: string | null = "page=1"; query !== null; ) {
      const { data, meta } = await answerTo(`user_id=${user_id}&limit=1000&${query}`);
      ids.push(...data.map((item: Item) => item.session_id));
      sizes.push(data.length);
      query = meta.next_cursor && `cursor=${meta.next_cursor}`;
    }
    expect(ids).toEqual([...Array(100).keys()].toReversed().map((nth) => `${user_id}-${String(nth).padStart(3, "0")}`));
    // A page ends once it has 8 MB. Each session has 200 KB, so 41 of them fill a page.
    expect(sizes).toEqual([41, 41, 18]);
  });
});
