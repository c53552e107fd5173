import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_TAG_CODE_POINTS, MAX_TAGS } from "../../../src/domain/limits.ts";
import { type Operation, unanswered, unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, run, send } from "../../support/http.ts";
import { bytesOf, exportOf, importing, importingPieces, NOTHING, rowCounts } from "../../support/portable.ts";
import { asText, type Line, linesOf, message, sessionLines } from "../../support/portable-lines.ts";
import { gate, scriptModel } from "../../support/scripted-model.ts";
import { detailOf, eventually, saidIn } from "../../support/session-story.ts";

scriptModel();
const d1 = watchD1();

const KB = 1024;
const MB = 1024 * KB;
const inserts = ({ isBatch, statements }: Operation) =>
  isBatch && statements.some(({ sql }) => sql.startsWith('insert into "messages"'));
const shows = ({ statements }: Operation) =>
  statements.some(({ sql }) => /^update "sessions" set .*"name_words"/.test(sql));

/** One session's lines with one of them changed. */
function changed(lines: Line[], nth: number, fields: object): Line[] {
  return lines.map((line, at) => (at === nth ? { ...line, ...fields } : line));
}

async function hiddenSession(sessionId: string, hiddenAt: number): Promise<void> {
  await env.DB.prepare(
    "insert into sessions (session_id, session_type, fence, created_at, updated_at, visibility, hidden_at) values (?, 'agent', 'dead', 1, 1, 'importing', ?)",
  )
    .bind(sessionId, hiddenAt)
    .run();
  await env.DB.prepare(
    "insert into runs (run_id, session_id, run_index, position, status, fence, input, created_at) values (?, ?, 0, 0, 'COMPLETED', 'dead', 'old', 1)",
  )
    .bind(`${sessionId}-old`, sessionId)
    .run();
}

describe("what is sent", () => {
  it("is read in pieces of any size, with a byte order mark, CRLF and blank lines", async () => {
    const sessionId = newId();
    const lines = sessionLines(sessionId);
    lines[2] = { ...lines[2], content: "é \u{1f600} \u2028 end" };
    const text = `\ufeff${lines.map((line) => JSON.stringify(line)).join("\r\n\r\n  \n")}`;
    const bytes = bytesOf(text);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, nth) => bytes.slice(3 * nth, 3 * nth + 3));
    expect(await importingPieces(pieces)).toMatchObject({ imported: 1, errors: [], complete: true });
    expect(await saidIn(sessionId)).toEqual(["user: é \u{1f600} \u2028 end", "assistant: answer 0"]);
  });

  it("may be nothing at all", async () => {
    const nothing = { imported: 0, skipped: 0, failed: 0, sessions: [], errors: [], complete: true, next_line: null };
    expect(await importing("")).toEqual(nothing);
    expect((await call("POST", "/import")).body).toEqual(nothing);
    expect((await call("POST", "/import/", "\n\n")).body).toEqual(nothing);
  });

  it("may be larger than 1 MB on this route alone", async () => {
    const sessionId = newId();
    const lines = sessionLines(sessionId, { runs: 3 });
    for (const nth of [3, 6, 9]) lines[nth] = { ...lines[nth], content: "x".repeat(700_000) };
    expect(await importing(asText(lines))).toMatchObject({ imported: 1 });
    expect((await call("POST", "/sessions", asText(lines))).status).toBe(413);
  });

  it("has lines of 8 MB, and longer ones are reported without being held", async () => {
    const [first, second, third] = [newId(), newId(), newId()];
    const padded = (line: Line, size: number) => {
      const bare = JSON.stringify({ ...line, unknown: "" }).length;
      return JSON.stringify({ ...line, unknown: "x".repeat(size - bare) });
    };
    const lines = (id: string, size: number) => {
      const [session, ...rest] = sessionLines(id);
      return `${padded(session, size)}\n${asText(rest)}`;
    };
    const text = lines(first, 8 * MB) + lines(second, 8 * MB + 1) + lines(third, 100_000);
    const report = await importing(text);
    expect(report.errors).toEqual([{ line: 6, message: "The line is longer than 8388608 bytes." }]);
    expect(report).toMatchObject({ imported: 2, failed: 0, complete: true });
    expect(await rowCounts(second)).toEqual(NOTHING);
  });

  it.each<[string, object]>([
    ["tags", { tags: ["a", " "] }],
    ["tags", { tags: ["x".repeat(MAX_TAG_CODE_POINTS + 1)] }],
    ["tags", { tags: ["two\nlines"] }],
    ["tags", { tags: ["\u202e"] }],
    ["tags", { tags: Array.from({ length: MAX_TAGS + 1 }, (_, nth) => `t${nth}`) }],
    ["tags", { tags: [1] }],
    ["metadata", { metadata: { a: "é".repeat(64 * KB) } }],
    ["metadata", { metadata: ["a"] }],
    ["session_state", { session_state: { a: "é".repeat(64 * KB) } }],
    ["summary", { summary: { summary: "é".repeat(64 * KB) } }],
    ["ttl_seconds", { ttl_seconds: 0 }],
  ])("has no %s that nobody may give a session (%#)", async (field, given) => {
    const [sessionId, other] = [newId(), newId()];
    await call("POST", "/sessions", { session_id: other });
    const report = await importing(asText([...changed(sessionLines(sessionId), 0, given), ...sessionLines(newId())]));
    expect(report).toMatchObject({ imported: 1, failed: 1, complete: true });
    expect(report.errors).toEqual([{ line: 1, message: expect.stringMatching(new RegExp(`^${field}[.0-9]*: `)) }]);
    expect(await rowCounts(sessionId)).toEqual(NOTHING);
    expect([413, 422]).toContain((await call("PATCH", `/sessions/${other}`, given)).status);
  });

  it("has tags as a person may type them, and 128 KB of metadata and state", async () => {
    const [sessionId, other] = [newId(), newId()];
    const tags = [
      " a ",
      "a",
      "x".repeat(MAX_TAG_CODE_POINTS),
      ...Array.from({ length: MAX_TAGS - 2 }, (_, nth) => `t${nth}`),
    ];
    const given = { tags, metadata: { a: "x".repeat(128 * KB - 8) } };
    expect(await importing(asText(changed(sessionLines(sessionId), 0, given)))).toMatchObject({ imported: 1 });
    await call("POST", "/sessions", { session_id: other });
    const typed = (await call("PATCH", `/sessions/${other}`, given)).body;
    const taken = (await call("GET", `/sessions/${sessionId}`)).body;
    expect([taken.tags, taken.metadata]).toEqual([typed.tags, typed.metadata]);
    expect(taken.tags).toHaveLength(MAX_TAGS);
  });

  it.each([
    ["no JSON", "{", "The line is no JSON: Expecting value at character 1."],
    ["no object", "[1]", "The line is no JSON object."],
    ["of no kind", '{"type":"sesion"}', "type: there is no such kind of line."],
    ["nobody's", '{"a":1}', "The line is neither one of an export nor a row of Agno's, nor a conversation."],
    [
      "too deep",
      `${"[".repeat(501)}${"]".repeat(501)}`,
      "The line is no JSON: Nested deeper than 500 levels at character 500.",
    ],
    ["not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "The line is not UTF-8."],
  ])("fails the session in which a line is %s, and no other", async (_, line, problem) => {
    const [first, second] = [newId(), newId()];
    const lines = sessionLines(first);
    const bytes = [
      bytesOf(asText(lines.slice(0, 2))),
      typeof line === "string" ? bytesOf(line) : line,
      bytesOf(`\n${asText(lines.slice(2))}${asText(sessionLines(second))}`),
    ];
    const report = await importingPieces(bytes);
    expect(report).toMatchObject({ imported: 1, failed: 1, errors: [{ line: 3, message: problem }] });
    expect(report.sessions[0]).toEqual({ session_id: first, status: "failed", reason: `Line 3: ${problem}`, line: 1 });
    expect(await rowCounts(first)).toEqual(NOTHING);
    expect(await saidIn(second)).toHaveLength(2);
  });

  it.each<[string, number, object, string]>([
    ["a session without its id", 0, { session_id: undefined }, "session_id"],
    ["a session of no type", 0, { session_type: "group" }, "session_type"],
    ["a state that is no object", 0, { session_state: [] }, "session_state"],
    ["a state that is too large", 0, { session_state: { x: "y".repeat(140_000) } }, "session_state"],
    ["metrics that cannot be summed", 0, { metrics: { total_tokens: "many" } }, "metrics.input_tokens"],
    ["an instant that is none", 0, { created_at: 1e300 }, "created_at"],
    // Every later change of the session needs a later instant, and lists show both, so there must be one.
    ["an instant that nothing can come behind", 0, { updated_at: 8_640_000_000_000_000 }, "updated_at"],
    ["an instant before all calendars", 0, { created_at: -8_640_000_000_000_000 }, "created_at"],
    ["a time to live that nobody could give it", 0, { ttl_seconds: 0 }, "ttl_seconds"],
    ["a run that runs", 1, { status: "RUNNING" }, "status"],
    ["a run index below zero", 1, { run_index: -1 }, "run_index"],
    ["a run without a place that completed", 1, { run_index: null }, "run_index"],
    ["events of another kind", 1, { events: [["S", "0"]] }, "events.0.1"],
    ["the event of a summary that is none", 1, { events: [["E", 0, { summary: 1 }]] }, "events.0.2.summary"],
    ["an origin that is none", 1, { origin: { type: "found" } }, "origin.type"],
    ["a message of another run", 2, { run_id: "other" }, "A message must come behind its run"],
    ["a message out of order", 2, { message_index: 1 }, "message_index"],
    ["a role that nobody has", 2, { role: "poet" }, "role"],
    ["a row that D1 cannot hold", 2, { content: "x".repeat(1_950_000) }, "It is 195"],
    ["a call without arguments", 3, { tool_calls: [{ id: "1", name: "add" }] }, "tool_calls.0.arguments"],
    [
      "fewer messages than there were",
      4,
      { counts: { messages: 3 } },
      "counts: 3 messages were written out, and 2 came.",
    ],
    ["the end of another session", 4, { session_id: "other" }, "It ends another session."],
  ])("fails %s", async (_, nth, fields, problem) => {
    const sessionId = newId();
    const report = await importing(asText(changed(sessionLines(sessionId), nth, fields)));
    expect(report).toMatchObject({ imported: 0, failed: 1, errors: [{ line: nth + 1 }] });
    expect(report.errors[0].message).toContain(problem);
    expect(await rowCounts(sessionId)).toEqual(NOTHING);
  });

  it("passes over fields that a later version may have", async () => {
    const sessionId = newId();
    const lines = sessionLines(sessionId).map((line) => ({ ...line, later: { x: 1 } }));
    expect(await importing(asText(lines))).toMatchObject({ imported: 1 });
    expect(await exportOf(sessionId)).not.toContain("later");
  });

  it("has runs in order, and requirements behind the messages of their own run", async () => {
    const twice = sessionLines(newId(), { runs: 2 });
    const [session, one, , , two, ...rest] = twice;
    const orders = [
      [session, { ...two, run_index: 1 }, { ...one, run_index: 1 }],
      [session, { ...one, run_index: 4 }, two],
      [session, one, { type: "requirement", ...requirementOf("another") }],
      [session, one, { type: "requirement", ...requirementOf(one.run_id) }, message(one.run_id, 0, "user", "late")],
      [session, message(one.run_id, 0, "user", "early"), one],
    ];
    for (const lines of orders) {
      expect(await importing(asText([...lines, ...rest]))).toMatchObject({ imported: 0, failed: 1 });
      expect(await rowCounts(session.session_id)).toEqual(NOTHING);
    }
  });

  it("that breaks off shows nothing of the session that it broke off in", async () => {
    const [first, second] = [newId(), newId()];
    async function* cut() {
      yield bytesOf(asText(sessionLines(first)));
      yield bytesOf(asText(sessionLines(second).slice(0, 3)));
      throw new Error("gone");
    }
    const report = await importingPieces(cut());
    expect(report).toMatchObject({ imported: 1, failed: 1, complete: false, next_line: 6 });
    expect(await rowCounts(second)).toEqual(NOTHING);
    const ended = await importing(asText(sessionLines(second).slice(0, 4)));
    expect(ended.sessions).toMatchObject([{ status: "failed", reason: "The file ends before the session does." }]);
    expect(await rowCounts(second)).toEqual(NOTHING);
  });
});

const requirementOf = (run_id: string) => ({
  requirement_id: newId(),
  run_id,
  position: 0,
  component_name: "",
  kind: "confirmation",
  status: "open",
  tool_call_id: "c",
  call: 0,
  tool_name: "wipe",
  tool_args: {},
  on_expiry: "reject",
  created_at: 1,
});

describe("a session that is there already", () => {
  it("is left alone, and said so", async () => {
    const sessionId = newId();
    await run("mine", { session_id: sessionId, user_id: "ada" });
    const report = await importing(asText(sessionLines(sessionId)), "?user_id=bob");
    expect(report).toMatchObject({ imported: 0, skipped: 1, failed: 0, errors: [] });
    expect(report.sessions).toEqual([
      { session_id: sessionId, status: "skipped", reason: "There is a session with this id.", line: 1 },
    ]);
    expect(await saidIn(sessionId)).toEqual(["user: mine", "assistant: echo: mine"]);
  });

  it("is left alone where it is deleted and can be brought back", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId)));
    await env.DB.prepare("update sessions set visibility = 'deleted', hidden_at = 1 where session_id = ?")
      .bind(sessionId)
      .run();
    const report = await importing(asText(sessionLines(sessionId)));
    expect(report.sessions[0].reason).toContain("can still be brought back");
  });

  it("comes in with new ids, which name each other as the old ones did", async () => {
    const sessionId = newId();
    const lines = sessionLines(sessionId, { runs: 3, user_id: "ada" });
    const [one, two, three] = [1, 4, 7] as const;
    lines[one] = { ...lines[one], parent_run_id: `${sessionId}-run-1`, parent_call: 0 };
    lines[two] = {
      ...lines[two],
      member_slots: 1,
      events: [
        ["S", 0],
        ["P", 0, 0],
      ],
      status: "PAUSED",
    };
    lines[three] = {
      ...lines[three],
      origin: { type: "continued", run_id: `${sessionId}-run-1`, message_index: 1, history_before: 0, input: null },
    };
    lines.splice(7, 0, {
      type: "requirement",
      ...requirementOf(`${sessionId}-run-1`),
      member_run_id: `${sessionId}-run-0`,
    });
    lines[lines.length - 1].counts = { runs: 3, messages: 6, requirements: 1 };
    const fork = sessionLines(newId(), { user_id: "ada" });
    fork[0] = { ...fork[0], forked_from_session_id: sessionId };
    fork[1] = {
      ...fork[1],
      origin: { type: "copied", run_id: `${sessionId}-run-1`, session_id: sessionId, history_before: null },
    };
    const text = asText([...lines, ...fork]);
    expect(await importing(text)).toMatchObject({ imported: 2, errors: [] });
    const report = await importing(text, "?on_conflict=new&user_id=eve");
    expect(report).toMatchObject({ imported: 2, failed: 0, errors: [] });
    const [copy, forkCopy] = report.sessions.map(({ new_session_id }: Line) => new_session_id);
    const copied = linesOf(await exportOf(copy));
    const ids = copied.filter(({ type }) => type === "run").map(({ run_id }) => run_id);
    expect(new Set(ids).size).toBe(3);
    expect(copied.find(({ run_id }) => run_id === ids[0]).parent_run_id).toBe(ids[1]);
    expect(copied.find(({ run_id }) => run_id === ids[2]).origin.run_id).toBe(ids[1]);
    const requirement = copied.find(({ type }) => type === "requirement");
    expect(requirement).toMatchObject({ run_id: ids[1], member_run_id: ids[0], status: "open" });
    expect(copied[0].user_id).toBe("eve");
    const [forkSession, forkRun] = linesOf(await exportOf(forkCopy));
    expect(forkSession.forked_from_session_id).toBe(copy);
    expect(forkRun.origin).toMatchObject({ run_id: ids[1], session_id: copy });
    expect(JSON.stringify(copied)).not.toContain(sessionId.concat('-run-1",'));
    // The session that was there before is unchanged.
    expect(linesOf(await exportOf(sessionId))[0].user_id).toBe("ada");
  });

  it("comes twice in one file: once, or twice with new ids", async () => {
    const sessionId = newId();
    const text = asText([...sessionLines(sessionId), ...sessionLines(sessionId)]);
    expect(await importing(text)).toMatchObject({ imported: 1, skipped: 1 });
    expect(await importing(text, "?on_conflict=new")).toMatchObject({ imported: 2, skipped: 0 });
  });

  it("keeps its runs: another session with one of their ids fails as a whole", async () => {
    const [first, second] = [newId(), newId()];
    await importing(asText(sessionLines(first)));
    const lines = sessionLines(first).map((line) => (line.session_id ? { ...line, session_id: second } : line));
    const report = await importing(asText(lines));
    expect(report).toMatchObject({ imported: 0, failed: 1 });
    expect(report.sessions[0].reason).toContain("is there already");
    expect(await rowCounts(second)).toEqual(NOTHING);
    expect(await rowCounts(first)).toMatchObject({ runs: 1, messages: 2 });
  });
});

describe("a session on its way in", () => {
  it("is nobody's until it is whole", async () => {
    const sessionId = newId();
    const userId = newId();
    const point = gate();
    const lines = sessionLines(sessionId, { user_id: userId, runs: 2_000 });
    async function* slowly() {
      yield bytesOf(asText(lines.slice(0, 5_000)));
      point.arrivals += 1;
      while (!point.released) await new Promise((resolve) => setTimeout(resolve, 5));
      yield bytesOf(asText(lines.slice(5_000)));
    }
    const report = importingPieces(slowly());
    await point.reached();
    const seen = async () => [
      (await call("GET", `/sessions/${sessionId}`)).status,
      (await call("GET", `/sessions?user_id=${userId}`)).body.data.length,
      (await send("GET", `/sessions/${sessionId}/export`)).status,
    ];
    await eventually(
      () => rowCounts(sessionId),
      ({ messages }) => messages > 0,
    );
    expect(await seen()).toEqual([404, 0, 404]);
    const other = await importing(asText(lines));
    expect(other.sessions[0]).toMatchObject({
      status: "skipped",
      reason: "Another import is writing the session with this id.",
    });
    point.release();
    expect(await report).toMatchObject({ imported: 1, errors: [] });
    expect(await seen()).toEqual([200, 1, 200]);
    expect(await rowCounts(sessionId)).toEqual({ sessions: 1, runs: 2_000, messages: 4_000, requirements: 0 });
  });

  it("is imported once by two imports at once", async () => {
    const ids = [newId(), newId(), newId()];
    const text = ids.map((id) => asText(sessionLines(id, { runs: 5 }))).join("");
    const reports = await Promise.all([importing(text), importing(text)]);
    expect(reports.map(({ imported }) => imported).reduce((a, b) => a + b)).toBe(3);
    expect(reports.map(({ skipped }) => skipped).reduce((a, b) => a + b)).toBe(3);
    for (const id of ids) expect(await rowCounts(id)).toEqual({ sessions: 1, runs: 5, messages: 10, requirements: 0 });
  });

  it("that an import left when it died is taken over, with nothing of it left", async () => {
    const [old, young] = [newId(), newId()];
    await hiddenSession(old, Date.now() - 5 * 60_000);
    await hiddenSession(young, Date.now() - 10_000);
    const report = await importing(asText([...sessionLines(old), ...sessionLines(young)]));
    expect(report.sessions.map(({ status }: Line) => status)).toEqual(["imported", "skipped"]);
    expect(await rowCounts(old)).toEqual({ sessions: 1, runs: 1, messages: 2, requirements: 0 });
  });

  it("is found by lists, by its counters and by a run right away", async () => {
    const sessionId = newId();
    const userId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 2, user_id: userId })));
    const detail = await detailOf(sessionId);
    expect(detail).toMatchObject({ session_name: "question 0", chat_history_total: 4, user_id: userId });
    const row = await env.DB.prepare("select * from sessions where session_id = ?").bind(sessionId).first();
    expect(row).toMatchObject({
      next_run_index: 2,
      completed_runs: 2,
      chat_messages: 4,
      unindexed_from: null,
      hidden_at: null,
      name_words: "question 0",
    });
    expect((await run("more", { session_id: sessionId, user_id: userId })).body.status).toBe("COMPLETED");
    expect(await saidIn(sessionId)).toHaveLength(6);
  });
});

describe("a database that is away", () => {
  it("for a moment is asked again, also where it had written already", async () => {
    const sessionId = newId();
    d1.next(inserts, unanswered());
    d1.next(shows, unanswered());
    expect(await importing(asText(sessionLines(sessionId)))).toMatchObject({ imported: 1 });
    expect(await rowCounts(sessionId)).toEqual({ sessions: 1, runs: 1, messages: 2, requirements: 0 });
  });

  it("ends the import, which says from which line to go on", async () => {
    const [first, second, third] = [newId(), newId(), newId()];
    const large = changed(sessionLines(first), 2, { content: "x".repeat(600 * KB) });
    const text = asText([...large, ...sessionLines(second), ...sessionLines(third)]);
    // The large session is written by itself, its first message in a batch of its own.
    d1.next(inserts, async (go) => go(), 2);
    d1.always((operation) => inserts(operation), unsent());
    const report = await importing(text);
    d1.heal();
    expect(report).toMatchObject({ imported: 1, failed: 2, complete: false, next_line: 6 });
    expect(report.sessions[1].reason).toContain("The database did not answer.");
    expect([await rowCounts(second), await rowCounts(third)]).toEqual([NOTHING, NOTHING]);
    const rest = text
      .split("\n")
      .slice(report.next_line - 1)
      .join("\n");
    expect(await importing(rest)).toMatchObject({ imported: 2, failed: 0 });
  });
});

describe("the example of docs/importing.md", () => {
  const docs = import.meta.glob<string>("../../../docs/importing.md", {
    query: "?raw",
    import: "default",
    eager: true,
  });

  it("comes in, is shown without events, and goes on", async () => {
    const [text = ""] = Object.values(docs);
    const [, example = ""] = /```json\n(\{"type":"session"[\s\S]*?)```/.exec(text) ?? [];
    const sessionId = newId();
    const lines = example.replaceAll('"s1"', `"${sessionId}"`).replaceAll('"r1"', `"${newId()}"`);
    expect(await importing(lines)).toMatchObject({ imported: 1, errors: [] });
    expect(await saidIn(sessionId)).toEqual(["user: Hi", "assistant: Hello."]);
    expect((await call("GET", `/sessions/${sessionId}/runs`)).status).toBe(200);
    expect((await run("more", { session_id: sessionId })).body.status).toBe("COMPLETED");
    expect(await saidIn(sessionId)).toHaveLength(4);
  });
});

describe("what is asked for", () => {
  it("is checked as on any route", async () => {
    expect((await call("POST", "/import?on_conflict=maybe", "")).status).toBe(422);
    expect((await call("POST", "/import?user_id=..", "")).status).toBe(422);
    expect((await call("GET", "/sessions/none/export")).status).toBe(404);
    expect((await call("GET", "/export?cursor=none")).status).toBe(422);
    const [mine, other] = [newId(), newId()];
    await importing(asText([...sessionLines(mine, { user_id: "ada" }), ...sessionLines(other)]));
    expect((await call("GET", `/sessions/${mine}/export?user_id=bob`)).status).toBe(404);
    expect((await send("GET", `/sessions/${mine}/export?user_id=ada`)).status).toBe(200);
    const cursor = btoa(JSON.stringify([0, 1, other])).replaceAll("=", "");
    expect((await call("GET", `/sessions/${mine}/export?cursor=${cursor}`)).status).toBe(422);
  });
});
