import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { testAgent, testTeam } from "../../support/agents.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run } from "../../support/http.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();
watchD1();

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

const queryOf = (fields: Record<string, unknown>) =>
  new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)])).toString();

async function search(fields: Record<string, unknown>): Promise<Json> {
  const { status, body } = await call("GET", `/search?${queryOf(fields)}`);
  expect([status, body.detail]).toEqual([200, undefined]);
  return body;
}

const snippets = (body: Json): string[] => body.data.map((hit: Json) => hit.snippet);
const marked = (hit: Json): string[] =>
  hit.highlights.map(([from, to]: [number, number]) => hit.snippet.slice(from, to));

describe("GET /search", () => {
  it("finds what a user and an agent said, newest first, with where it stands", async () => {
    const [session_id, user_id] = [newId(), newId()];
    model.next("There are puffins on the cliffs.");
    const { body } = await run("Where do puffins live?", { session_id, user_id });
    const found = await search({ q: "PUFFINS", user_id });
    expect(found.data).toEqual([
      {
        session_id,
        session_name: "Where do puffins live?",
        session_type: "agent",
        agent_id: "assistant",
        team_id: null,
        user_id,
        run_id: body.run_id,
        message_id: expect.any(String),
        run_index: 0,
        message_index: 2,
        role: "assistant",
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        snippet: "There are puffins on the cliffs.",
        highlights: [[10, 17]],
      },
      expect.objectContaining({ role: "user", snippet: "Where do puffins live?", message_index: 1 }),
    ]);
    expect(found.meta).toEqual({ limit: 20, next_cursor: null });
  });

  it.each([
    ["明日は京都へ行きます", ["京", "京都", "明日は京都"], ["東京", "都京"]],
    ["我想去北京旅行", ["北京", "我"], ["京北"]],
    ["อยากไปเที่ยวเชียงใหม่", ["เชียง", "เที่ยว", "ไป"], ["กรุงเทพ"]],
    ["내일 서울에 갑니다", ["서울", "내일 서울에"], ["부산"]],
    ["أُريدُ السَّفَر إلى القاهرة", ["اريد", "السفر القاهرة", "إلى"], ["دبي"]],
    ["मुझे दिल्ली जाना है", ["दिल्ली", "मुझे है"], ["मुंबई"]],
    ["Trip 🏔️ with 👩‍👧 and 🇯🇵", ["🏔", "👩 trip", "🇯🇵", "👩‍👧"], ["🇩🇪", "👨"]],
    [
      "Crème brûlée für Zoë in C++ und snake_case",
      ["creme", "CRÈME zoe", "c++", "c", "snake_case", "case"],
      ["c#", "cas"],
    ],
    [
      "See report-v2.pdf at https://ex.org/a_b",
      ["report-v2.pdf", "ex.org", "https://ex.org/a_b", "pdf see"],
      ["v2 report.pdf.x"],
    ],
  ])("finds words of any script, however short: %s", async (message, finds, misses) => {
    const user_id = newId();
    model.next("-");
    await run(message, { user_id, session_id: newId() });
    for (const q of finds) expect([q, (await search({ q, user_id })).data.length]).toEqual([q, 1]);
    for (const q of misses) expect([q, (await search({ q, user_id })).data]).toEqual([q, []]);
  });

  it("takes words in quotes as they stand together, and all others wherever they stand", async () => {
    const user_id = newId();
    model.next("-");
    await run("red apples and green pears", { user_id, session_id: newId() });
    for (const q of ["pears red", '"green pears"', '"red apples" pears']) {
      expect([q, (await search({ q, user_id })).data.length]).toEqual([q, 1]);
    }
    for (const q of ['"red pears"', '"apples red"', "red blue"])
      expect((await search({ q, user_id })).data).toEqual([]);
  });

  it("answers whatever it is asked, and never with a syntax error", { timeout: 60_000 }, async () => {
    const user_id = newId();
    model.next("-");
    await run("near the AND gate, NOT or", { user_id, session_id: newId() });
    const hostile = [
      "",
      " ",
      '"',
      '""',
      '"""',
      "'",
      "\\",
      "%",
      "*",
      "a*",
      "^a",
      "-",
      "--",
      "(",
      ")",
      "((((",
      "a)",
      "NEAR",
      "NEAR(a b)",
      "NEAR(a, 5)",
      "AND",
      "OR",
      "NOT",
      "a AND",
      "OR b",
      "a NOT",
      "AND AND AND",
      "owner:u61",
      "words:a",
      "{owner words}:a",
      "- {words}:a",
      "a:b:c",
      "a + b",
      "+",
      "++",
      "#",
      "c+",
      "\u0000",
      "\u0000a",
      "\ud800",
      "\udc00x",
      "\u202e",
      ";drop table runs",
      "/* */",
      "a--",
      '" OR owner:"',
      'a" OR "b',
      '"a" OR words:"b',
      "x'00'",
      "é\u0301\u0301",
      "＋＋",
      "\uffff",
      "\u{10ffff}",
      "🇩",
      "a".repeat(200),
      "a ".repeat(100),
      "ﷺ".repeat(200),
      "京".repeat(200),
      "(".repeat(200),
      '"a'.repeat(100),
      "NOT ".repeat(50),
      "\u0301".repeat(200),
    ];
    for (const q of hostile) {
      for (const rank of ["newest", "relevance"]) {
        const { status } = await call("GET", `/search?${queryOf({ q, rank, user_id })}`);
        expect([q, status]).toEqual([q, 200]);
        expect([q, (await call("GET", `/sessions?${queryOf({ q: q || "!", rank, user_id })}`)).status]).toEqual([
          q,
          200,
        ]);
      }
    }
    // What is an operator to SQLite's full-text search is a word like any other here.
    for (const q of ["AND", "NOT or", "near"]) expect((await search({ q, user_id })).data).toHaveLength(1);
    const letters = [..."\"'()*^-+:{}ANDORT 京é\u0301😀#\\"];
    for (let nth = 0; nth < 100; nth++) {
      const q = Array.from({ length: nth % 23 }, (_, at) => letters[(nth * 7 + at * at * 3) % letters.length]).join("");
      expect([q, (await call("GET", `/search?${queryOf({ q, user_id })}`)).status]).toEqual([q, 200]);
    }
  });

  it("refuses what it cannot take", async () => {
    const wrong = ["", `q=${"a".repeat(201)}`, "q=a&rank=best", "q=a&cursor=x", "q=a&limit=0", "q=a&limit=101"];
    for (const query of wrong) expect([query, (await call("GET", `/search?${query}`)).status]).toEqual([query, 422]);
    for (const query of [
      "q=a&sort_by=updated_at",
      "q=a&sort_order=asc",
      "q=a&page=2",
      "rank=relevance",
      "q=a&cursor=x",
    ]) {
      expect([query, (await call("GET", `/sessions?${query}`)).status]).toEqual([query, 422]);
    }
  });

  it("shows nobody what is somebody else's, hidden or gone", async () => {
    const [ada, bob, session_id] = [newId(), newId(), newId()];
    const word = `w${newId().slice(0, 8)}`;
    model.next("-");
    await run(`about ${word}`, { user_id: ada, session_id });
    expect((await search({ q: word, user_id: ada })).data).toHaveLength(1);
    expect((await search({ q: word })).data).toHaveLength(1);
    expect((await search({ q: word, user_id: bob })).data).toEqual([]);
    expect((await search({ q: word, user_id: bob, session_id })).data).toEqual([]);
    for (const [visibility, count] of [
      ["archived", 1],
      ["deleted", 0],
      ["importing", 0],
      ["listed", 1],
    ] as const) {
      await env.DB.prepare("update sessions set visibility = ? where session_id = ?")
        .bind(visibility, session_id)
        .run();
      expect([visibility, (await search({ q: word, user_id: ada })).data.length]).toEqual([visibility, count]);
      expect([visibility, (await search({ q: word })).data.length]).toEqual([visibility, count]);
    }
    // Bob owns the session now, and the index does not know it yet.
    await env.DB.prepare("update sessions set user_id = ? where session_id = ?").bind(bob, session_id).run();
    expect((await search({ q: word, user_id: ada })).data).toEqual([]);
    await call("DELETE", `/sessions/${session_id}`);
    expect((await search({ q: word })).data).toEqual([]);
  });

  it("is narrowed by session, agent and team", async () => {
    const user_id = newId();
    const team = testTeam({ mode: "coordinate", members: [testAgent({})] });
    const [one, two, three] = [newId(), newId(), newId()];
    for (const session_id of [one, two]) {
      model.next("-");
      await run("narrow", { user_id, session_id });
    }
    model.next("-");
    await call("POST", `/teams/${team}/runs`, { message: "narrow", session_id: three, user_id, stream: false });
    const sessionsOf = async (fields: object) =>
      (await search({ q: "narrow", user_id, ...fields })).data.map((hit: Json) => hit.session_id);
    expect(await sessionsOf({})).toEqual([three, two, one]);
    expect(await sessionsOf({ session_id: one })).toEqual([one]);
    expect(await sessionsOf({ agent_id: "assistant" })).toEqual([two, one]);
    expect(await sessionsOf({ team_id: team })).toEqual([three]);
    expect(await sessionsOf({ agent_id: team })).toEqual([]);
    expect(await sessionsOf({ session_id: newId() })).toEqual([]);
  });

  it("has no tool results, instructions, or what members did for their team", async () => {
    const user_id = newId();
    const member = testAgent({ instructions: "zebra" });
    const team = testTeam({ instructions: "zebra", mode: "coordinate", members: [member] });
    model.next(
      [toolCall("delegate_task_to_member", { member_id: member, task: "zebra" })],
      "zebra of the member",
      "done",
    );
    await call("POST", `/teams/${team}/runs`, { message: "zebra asked", session_id: newId(), user_id, stream: false });
    expect(snippets(await search({ q: "zebra", user_id }))).toEqual(["zebra asked"]);
  });

  it("shows the part around what was found, marked, on one line, without secrets", async () => {
    const user_id = newId();
    const far = `${"lorem ipsum ".repeat(3000)}\n\n the\tneedle 👩‍👧 sk-abcdefghijklmnop1234567890 ${"dolor sit ".repeat(50)}`;
    model.next(far);
    await run("-", { user_id, session_id: newId() });
    const [hit] = (await search({ q: "NEEDLE", user_id })).data;
    expect(hit.snippet).toMatch(/^…(lorem ipsum |ipsum |sum |m |psum )*.*the needle 👩‍👧 \[secret\] dolor.*…$/);
    expect(hit.snippet.length).toBeLessThanOrEqual(200);
    expect(marked(hit)).toEqual(["needle"]);
    expect(marked((await search({ q: '"the needle"', user_id })).data[0])).toEqual(["the needle"]);
    const [secret] = (await search({ q: "abcdefghijklmnop1234567890", user_id })).data;
    expect([secret.snippet.startsWith("lorem"), secret.highlights]).toEqual([true, []]);
  });

  it("goes on behind its last hit while messages arrive", async () => {
    const user_id = newId();
    const session_id = newId();
    for (let nth = 0; nth < 6; nth++) {
      model.next("-");
      await run(`tide ${nth}`, { user_id, session_id });
    }
    const first = await search({ q: "tide", user_id, limit: 2 });
    model.next("-");
    await run("tide new", { user_id, session_id });
    const second = await search({ q: "tide", user_id, limit: 2, cursor: first.meta.next_cursor });
    const third = await search({ q: "tide", user_id, limit: 2, cursor: second.meta.next_cursor });
    expect([first, second, third].flatMap(snippets)).toEqual([
      "tide 5",
      "tide 4",
      "tide 3",
      "tide 2",
      "tide 1",
      "tide 0",
    ]);
    expect(third.meta.next_cursor).toBeNull();
  });

  it("orders by relevance: more often, in less text, together; in pages that stay as they are", async () => {
    const user_id = newId();
    const session_id = newId();
    const texts = [
      "coral reef",
      `coral ${"and much else ".repeat(80)} reef`,
      "reef of coral",
      "coral coral, a reef is coral",
      "coral only",
    ];
    for (const text of texts) {
      model.next("-");
      await run(text, { user_id, session_id });
    }
    const all = await search({ q: "coral reef", user_id, rank: "relevance" });
    expect(all.meta).toEqual({ limit: 20, next_cursor: null, ranked: 4 });
    expect(snippets(all)[0]).toBe("coral reef");
    expect(snippets(all).at(-1)).toMatch(/^coral and much/);
    const first = await search({ q: "coral reef", user_id, rank: "relevance", limit: 3 });
    model.next("-");
    await run("coral reef!", { user_id, session_id });
    const second = await search({
      q: "coral reef",
      user_id,
      rank: "relevance",
      limit: 3,
      cursor: first.meta.next_cursor,
    });
    expect([...snippets(first), ...snippets(second)]).toEqual(snippets(all));
    expect(second.meta.next_cursor).toBeNull();
    const other = await call("GET", `/search?${queryOf({ q: "coral", user_id, cursor: first.meta.next_cursor })}`);
    expect(other.status).toBe(422);
  });
});

describe("GET /sessions?q=", () => {
  const list = async (fields: Record<string, unknown>) => (await call("GET", `/sessions?${queryOf(fields)}`)).body;

  it("finds sessions by the words of the name that shows", async () => {
    const user_id = newId();
    const session_id = newId();
    await run("Pelicans in winter", { session_id, user_id });
    const other = await call("POST", "/sessions", { user_id, session_name: "Winter 京都 plans" });
    const ids = (body: Json) => body.data.map((one: Json) => one.session_id);
    const found = await list({ q: "WINTER", user_id });
    expect(ids(found)).toEqual([other.body.session_id, session_id]);
    expect(found.data[0]).toMatchObject({ session_name: "Winter 京都 plans", highlights: [[0, 6]] });
    expect(found.meta).toEqual({ limit: 20, search_time_ms: 0, next_cursor: null });
    expect(ids(await list({ q: "京都", user_id }))).toEqual([other.body.session_id]);
    expect(ids(await list({ q: "winter", user_id, component_id: "assistant" }))).toEqual([session_id]);
    expect(ids(await list({ q: "winter", user_id, session_name: "pelic" }))).toEqual([session_id]);
    expect(ids(await list({ q: "winter", user_id: newId() }))).toEqual([]);
    await call("POST", `/sessions/${session_id}/rename`, { session_name: "Birds" });
    expect(ids(await list({ q: "pelicans", user_id }))).toEqual([]);
    expect(ids(await list({ q: "birds", user_id }))).toEqual([session_id]);
    await call("DELETE", `/sessions/${session_id}`);
    expect(ids(await list({ q: "birds", user_id }))).toEqual([]);
  });

  it("finds a session that was created without a name by its first message", async () => {
    const user_id = newId();
    const { body } = await call("POST", "/sessions", { agent_id: "assistant" });
    expect((await list({ q: "otters", user_id })).data).toEqual([]);
    await run("Otters at play", { session_id: body.session_id, user_id });
    expect((await list({ q: "otters", user_id })).data).toHaveLength(1);
  });

  it("goes by cursor, and by relevance when asked", async () => {
    const user_id = newId();
    for (const session_name of ["one lake", "lake lake", "the lake and far more words than others have", "two lake"]) {
      await call("POST", "/sessions", { user_id, session_name });
    }
    const names = (body: Json) => body.data.map((one: Json) => one.session_name);
    const first = await list({ q: "lake", user_id, limit: 3 });
    const second = await list({ q: "lake", user_id, limit: 3, cursor: first.meta.next_cursor });
    expect([...names(first), ...names(second)]).toEqual([
      "two lake",
      "the lake and far more words than others have",
      "lake lake",
      "one lake",
    ]);
    expect(second.meta.next_cursor).toBeNull();
    const ranked = await list({ q: "lake", user_id, rank: "relevance" });
    expect([names(ranked).at(-1), ranked.meta.ranked]).toEqual(["the lake and far more words than others have", 4]);
  });
});
