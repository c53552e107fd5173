import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { afterOneRun, EMPTY_DIRECTORY } from "../../support/directory.ts";
import { call, newId, run } from "../../support/http.ts";
import { seedSessions } from "../../support/rows.ts";
import { gate, hold, scriptModel } from "../../support/scripted-model.ts";

const model = scriptModel();
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
type Item = Record<string, string>;

async function list(query: Record<string, string | number>) {
  const answer = await call("GET", `/sessions?${new URLSearchParams(query as Record<string, string>)}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}
const ids = (body: { data: Item[] }) => body.data.map((item) => item.session_id);
const shownNames = (body: { data: Item[] }) => body.data.map((item) => item.session_name);
const create = (fields: Record<string, unknown>, type = "agent") => call("POST", `/sessions?type=${type}`, fields);

/** Follows the cursors from the first page to the end; `between` runs before each further page. */
async function allPages(query: Record<string, string | number>, between: () => Promise<unknown> = async () => {}) {
  let page = await list(query);
  const found = ids(page);
  while (page.meta.next_cursor !== null) {
    await between();
    page = await list({ ...query, cursor: page.meta.next_cursor });
    found.push(...ids(page));
  }
  return found;
}

describe("GET /sessions", () => {
  it("shows sessions as AgentOS does, without nulls", async () => {
    const [user_id, session_id] = [newId(), newId()];
    await run("hi", { session_id, user_id });
    const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15 };
    expect(await list({ type: "agent", component_id: "assistant", db_id: "d1", user_id })).toEqual({
      data: [
        {
          session_id,
          session_name: "hi",
          session_state: {},
          created_at: ISO,
          updated_at: ISO,
          session_type: "agent",
          user_id,
          agent_id: "assistant",
          metrics: { ...usage, details: { model: [{ ...usage, id: "gpt-5-mini", provider: "OpenAI" }] } },
          total_tokens: 15,
          ...afterOneRun("echo: hi"),
        },
      ],
      meta: { page: 1, limit: 20, total_pages: 1, total_count: 1, search_time_ms: 0, next_cursor: null },
    });
  });

  it("shows a session of nothing with an empty name", async () => {
    const user_id = newId();
    const { body } = await create({ user_id });
    expect((await list({ user_id })).data).toEqual([
      {
        session_id: body.session_id,
        session_name: "",
        session_type: "agent",
        user_id,
        ...EMPTY_DIRECTORY,
        created_at: ISO,
        updated_at: ISO,
      },
    ]);
  });

  it("shows a session as soon as its first run has started", async () => {
    const [user_id, session_id] = [newId(), newId()];
    const point = gate();
    model.next([hold(point)]);
    const answer = run("still thinking", { session_id, user_id });
    await point.reached();
    expect(shownNames(await list({ user_id }))).toEqual(["still thinking"]);
    point.release();
    await answer;
  });

  it("filters by type and by the component that fits the type", async () => {
    const user_id = newId();
    const component = newId();
    const agent = (await create({ user_id, agent_id: component })).body.session_id;
    const team = (await create({ user_id, team_id: component, agent_id: "member" }, "team")).body.session_id;
    const workflow = (await create({ user_id, workflow_id: component }, "workflow")).body.session_id;
    expect(ids(await list({ user_id, type: "agent" }))).toEqual([agent]);
    expect(ids(await list({ user_id, type: "team" }))).toEqual([team]);
    expect(ids(await list({ user_id, type: "workflow", component_id: component }))).toEqual([workflow]);
    expect(ids(await list({ component_id: component })).sort()).toEqual([agent, team, workflow].sort());
    expect(ids(await list({ user_id, component_id: "member" }))).toEqual([]);
    expect(ids(await list({ user_id, component_id: component, type: "team", session_name: "" }))).toEqual([team]);
  });

  it("finds a session under the agent that ran in it first, when it was created for none", async () => {
    const user_id = newId();
    const { body } = await create({ user_id });
    await run("hi", { session_id: body.session_id, user_id, agent: "operator" });
    expect(ids(await list({ user_id, type: "agent", component_id: "operator" }))).toEqual([body.session_id]);
    expect(ids(await list({ user_id, component_id: "assistant" }))).toEqual([]);
  });

  it("lists each user's sessions to that user, and all of them to who names none", async () => {
    const [one, other] = [newId(), newId()];
    const mine = (await create({ user_id: one })).body.session_id;
    const theirs = (await create({ user_id: other })).body.session_id;
    const nobodys = (await create({})).body.session_id;
    expect(ids(await list({ user_id: one }))).toEqual([mine]);
    expect(ids(await list({ user_id: other }))).toEqual([theirs]);
    expect(ids(await list({ limit: 1000 }))).toEqual(expect.arrayContaining([mine, theirs, nobodys]));
    expect(await list({ user_id: newId() })).toMatchObject({ data: [], meta: { total_count: 0, total_pages: 0 } });
  });

  it("sorts by creation, newest first, unless it is asked otherwise", async () => {
    const user_id = newId();
    for (const [nth, at] of [10, 30, 20].entries()) await seedSessions(`${user_id}-${nth}-`, user_id, 1, at * 1000);
    const [a, b, c] = [0, 1, 2].map((nth) => `${user_id}-${nth}-00000`);
    await env.DB.prepare("UPDATE sessions SET updated_at = 99000 WHERE session_id = ?").bind(a).run();
    expect(ids(await list({ user_id }))).toEqual([b, c, a]);
    expect(ids(await list({ user_id, sort_order: "asc" }))).toEqual([a, c, b]);
    expect(ids(await list({ user_id, sort_by: "updated_at" }))).toEqual([a, b, c]);
    expect(ids(await list({ user_id, sort_by: "updated_at", sort_order: "asc" }))).toEqual([c, b, a]);
  });

  it("moves a session that changed to the front of those sorted by change", async () => {
    const user_id = newId();
    await seedSessions(`${user_id}-`, user_id, 3);
    await call("PATCH", `/sessions/${user_id}-00001`, { metadata: { touched: true } });
    expect(ids(await list({ user_id, sort_by: "updated_at" }))[0]).toBe(`${user_id}-00001`);
    expect(ids(await list({ user_id }))[0]).toBe(`${user_id}-00002`);
  });

  it("counts and pages as AgentOS does", async () => {
    const user_id = newId();
    await seedSessions(`${user_id}-`, user_id, 45);
    const expected = Array.from({ length: 45 }, (_, nth) => `${user_id}-${String(44 - nth).padStart(5, "0")}`);
    const pages = await Promise.all([0, 1, 2, 3, 4].map((page) => list({ user_id, page })));
    expect(pages.map((page) => [page.meta.page, page.data.length])).toEqual([
      [0, 20],
      [1, 20],
      [2, 20],
      [3, 5],
      [4, 0],
    ]);
    expect(pages.slice(1).flatMap(ids)).toEqual(expected);
    expect(ids(pages[0])).toEqual(ids(pages[1]));
    for (const { meta } of pages) expect(meta).toMatchObject({ limit: 20, total_count: 45, total_pages: 3 });
    expect(await list({ user_id, limit: 1000 })).toMatchObject({ meta: { total_pages: 1, next_cursor: null } });
    expect((await list({ user_id, limit: 1 })).data).toHaveLength(1);
    expect((await list({ user_id, page: "9007199254740991", limit: 1000 })).data).toEqual([]);
  });

  it("stops counting at 10,000 and says so", async () => {
    const user_id = newId();
    await seedSessions(`${user_id}-`, user_id, 10_000);
    const whole = await list({ user_id, limit: 1000 });
    expect(whole.meta).toMatchObject({ total_count: 10_000, total_pages: 10 });
    expect(whole.meta).not.toHaveProperty("total_count_capped");
    await seedSessions(`${user_id}-more-`, user_id, 30);
    const capped = await list({ user_id, limit: 1000, page: 11 });
    expect(capped.meta).toMatchObject({ total_count: 10_000, total_count_capped: true, total_pages: 10 });
    expect(capped.data).toHaveLength(30);
  });
});

describe("a list read by cursor", () => {
  it.each([
    ["created_at", "desc"],
    ["created_at", "asc"],
    ["updated_at", "desc"],
    ["updated_at", "asc"],
  ])("has every session once, by %s %s, also where instants are equal", async (sort_by, sort_order) => {
    const user_id = newId();
    for (const at of [1, 2, 3]) await seedSessions(`${user_id}-${at}-`, user_id, 11, at * 1000);
    const query = { user_id, sort_by, sort_order, limit: 4 };
    const whole = ids(await list({ ...query, limit: 1000 }));
    expect(whole).toHaveLength(33);
    expect(await allPages(query)).toEqual(whole);
  });

  it("has no page, no pages and no count", async () => {
    const user_id = newId();
    await seedSessions(`${user_id}-`, user_id, 3);
    const { meta } = await list({ user_id, limit: 2 });
    const next = await list({ user_id, limit: 2, cursor: meta.next_cursor });
    expect(next.meta).toEqual({ limit: 2, search_time_ms: 0, next_cursor: null });
    expect(next.data).toHaveLength(1);
  });

  it("is not disturbed by sessions that come and go", async () => {
    const user_id = newId();
    await seedSessions(`${user_id}-`, user_id, 12);
    const before = ids(await list({ user_id, limit: 1000 }));
    let nth = 0;
    const found = await allPages({ user_id, limit: 5 }, async () => {
      await seedSessions(`${user_id}-new${nth}-`, user_id, 2, 5_000 + nth);
      nth += 1;
    });
    expect(found).toEqual(before);
    const first = await list({ user_id, limit: 3, sort_order: "asc" });
    await call("DELETE", `/sessions/${ids(first).at(-1)}`);
    const second = await list({ user_id, limit: 3, sort_order: "asc", cursor: first.meta.next_cursor });
    expect(ids(second)).toEqual(before.toReversed().slice(3, 6));
  });

  it("keeps its filters", async () => {
    const user_id = newId();
    for (const type of ["agent", "team", "agent", "agent"])
      await create({ user_id, session_name: `the ${type}` }, type);
    expect(await allPages({ user_id, type: "agent", session_name: "AGENT", limit: 1 })).toHaveLength(3);
  });

  it("goes on where ids are in any script", async () => {
    const user_id = newId();
    const made = ["я", "ё", "😀", 'a"b', "日"].map((id) => `${id}-${user_id}`);
    for (const session_id of made) await create({ session_id, user_id });
    expect((await allPages({ user_id, limit: 1 })).sort()).toEqual(made.sort());
  });

  it("refuses a page beside it, and what is no cursor of this list and order", async () => {
    const user_id = newId();
    await seedSessions(`${user_id}-`, user_id, 3);
    const { meta } = await list({ user_id, limit: 1 });
    const cursor: string = meta.next_cursor;
    const history = btoa(JSON.stringify([0, 1])).replaceAll("=", "");
    const refused: [string, string][] = [
      [`cursor=${cursor}&page=1`, "page"],
      [`cursor=${cursor}&sort_order=asc`, "cursor"],
      [`cursor=${cursor}&sort_by=updated_at`, "cursor"],
      [`cursor=${cursor.slice(0, -2)}`, "cursor"],
      [`cursor=${cursor}%3D`, "cursor"],
      ["cursor=garbage", "cursor"],
      ["cursor=%00", "cursor"],
      [`cursor=${history}`, "cursor"],
      [`cursor=${"A".repeat(5000)}`, "cursor"],
    ];
    for (const [query, field] of refused) {
      const answer = await call("GET", `/sessions?limit=1&user_id=${user_id}&${query}`);
      expect([query, answer.status, answer.body.detail]).toMatchObject([query, 422, [{ loc: ["query", field] }]]);
    }
    expect((await call("GET", `/sessions?cursor=&page=1&user_id=${user_id}`)).status).toBe(200);
  });
});

describe("a list narrowed by name", () => {
  it.each([
    ["Istanbul", ["İSTANBUL", "istanbul", "ıstanbul", "tanbul", "İ"]],
    ["İzmir gezisi", ["izmir", "IZMIR", "ızmır"]],
    ["Straße nach Gießen", ["STRASSE", "strasse", "straße", "GIESSEN", "STRAẞE"]],
    ["Ταξίδι στην Κόρινθος", ["ΚΌΡΙΝΘΟΣ", "κόρινθοσ", "ταξίδι", "ΣΤΗΝ"]],
    ["Поездка в Киев", ["ПОЕЗДКА", "киев", "в к"]],
    ["京都への旅", ["京都", "への"]],
    ["여행 계획", ["여행", "계획"]],
    ["100% done_now", ["100%", "%", "done_", "_", "% D"]],
    ["Crème brûlée", ["CRÈME", "cre\u0300me", "BRU\u0302LÉE"]],
    ["cafe\u0301 ole\u0301", ["café", "CAFÉ", "cafe\u0301"]],
    ["Ｆｕｌｌ width", ["full", "Ｗｉｄｔｈ"]],
    ["a 😀 day", ["😀", "A 😀"]],
    ["quote ' and \" and \\", ["'", '"', "\\", "' AND"]],
  ])("finds '%s' in any case and script", async (session_name, parts) => {
    const user_id = newId();
    const { body } = await create({ user_id, session_name });
    await create({ user_id, session_name: "zzz" });
    for (const part of parts) {
      const found = await list({ user_id, session_name: part });
      expect([part, ids(found), found.meta.total_count]).toEqual([part, [body.session_id], 1]);
    }
  });

  it("takes % and _ as they are", async () => {
    const user_id = newId();
    await create({ user_id, session_name: "plain" });
    for (const part of ["%", "_", "p_ain", "p%n", "*", "p?ain"]) {
      expect((await list({ user_id, session_name: part })).data).toEqual([]);
    }
  });

  it("looks at the name that shows and at nothing else", async () => {
    const [user_id, session_id] = [newId(), newId()];
    await run("Pelicans in winter", { session_id, user_id, session_state: { zebra: "walrus" } });
    expect(ids(await list({ user_id, session_name: "PELICANS" }))).toEqual([session_id]);
    for (const other of ["walrus", "zebra", "echo"])
      expect((await list({ user_id, session_name: other })).data).toEqual([]);
    await call("POST", `/sessions/${session_id}/rename`, { session_name: "Birds" });
    expect(ids(await list({ user_id, session_name: "birds" }))).toEqual([session_id]);
    expect((await list({ user_id, session_name: "pelicans" })).data).toEqual([]);
    await call("PATCH", `/sessions/${session_id}`, { session_name: "" });
    expect(ids(await list({ user_id, session_name: "pelicans" }))).toEqual([session_id]);
    expect((await list({ user_id, session_name: "birds" })).data).toEqual([]);
  });

  it("takes a part as long as a name may be, counted in code points", async () => {
    const user_id = newId();
    const session_name = "😀".repeat(200);
    const { body } = await create({ user_id, session_name });
    expect(ids(await list({ user_id, session_name }))).toEqual([body.session_id]);
    expect((await call("GET", `/sessions?session_name=${encodeURIComponent(`${session_name}x`)}`)).status).toBe(422);
  });
});
