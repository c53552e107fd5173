import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Principal } from "../../../src/domain/principal.ts";
import { exportCursor, readExportCursor } from "../../../src/portable/export/cursor.ts";
import { EXPORT_BOUNDS, Export, type ExportBounds } from "../../../src/portable/export/export.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { unsent, watchD1 } from "../../support/d1-faults.ts";
import { call, newId, send } from "../../support/http.ts";
import { importing } from "../../support/portable.ts";
import { asText, linesOf, message, sessionLines } from "../../support/portable-lines.ts";
import { developer } from "../../support/principals.ts";

const d1 = watchD1();

const db = openDatabase(env.DB);
const everybody = developer();

interface Options {
  principal?: Principal;
  sessionId?: string | null;
  cursor?: string;
  bounds?: Partial<ExportBounds>;
}

function exporting({ principal = everybody, sessionId = null, cursor, bounds }: Options): Export {
  const from = cursor === undefined ? null : readExportCursor(cursor);
  return new Export(db, { principal, sessionId }, from, { ...EXPORT_BOUNDS, ...bounds });
}

async function written(options: Options): Promise<string> {
  const source = exporting(options);
  let text = "";
  for (let piece = await source.next(); piece !== null; piece = await source.next()) text += piece;
  return text;
}

const cursorOf = (text: string): string | undefined => linesOf(text).find(({ type }) => type === "cursor")?.cursor;

/** Exports part by part, each from the cursor of the one before, and puts the parts together. */
async function inParts(options: Options): Promise<{ text: string; parts: number }> {
  let text = "";
  let cursor: string | undefined;
  for (let parts = 1; ; parts += 1) {
    const part = await written({ ...options, ...(cursor !== undefined && { cursor }) });
    cursor = cursorOf(part);
    text += part.replace(/^\{"type":"cursor".*\n/m, "");
    if (cursor === undefined) return { text, parts };
    if (parts > 1_000) throw new Error("It never ends.");
  }
}

/** A session of runs of very different sizes: one of them waits for people, some never started. */
function mixedSession(sessionId: string, userId: string) {
  const lines = sessionLines(sessionId, { runs: 9, user_id: userId });
  const end = lines.pop();
  const texts = ["x".repeat(5_000), "é".repeat(3_000), "", "\u0000nul", "y".repeat(300_000)];
  const waited = lines.findIndex(({ run_id, type }) => type === "run" && run_id === `${sessionId}-run-4`);
  lines[waited] = {
    ...lines[waited],
    events: [
      ["S", 0],
      ["P", 0, 0, 1, 2],
    ],
    status: "PAUSED",
  };
  const requirement = (position: number) => ({
    type: "requirement",
    requirement_id: `${sessionId}-q${position}`,
    run_id: `${sessionId}-run-4`,
    position,
    component_name: "Assistant",
    agent_id: "assistant",
    kind: "confirmation",
    status: position === 1 ? "answered" : "open",
    tool_call_id: `call-${position}`,
    call: position,
    tool_name: "wipe",
    tool_args: { disk: position },
    on_expiry: "reject",
    created_at: 5,
    ...(position === 1 && { answer: { type: "confirmed" }, answered_at: 6, answered_by: userId }),
  });
  const more = texts.map((text, nth) => message(`${sessionId}-run-4`, 2 + nth, "assistant", text));
  lines.splice(waited + 3, 0, ...more, ...[0, 1, 2].map(requirement));
  const unstarted = [3, 1, 2].map((at) => ({
    type: "run",
    run_id: `${sessionId}-never-${at}`,
    member_slots: 0,
    agent_id: "assistant",
    status: "CANCELLED",
    input: "never",
    input_messages: 0,
    events: [
      ["K", 0],
      ["X", 0],
    ],
    created_at: at,
  }));
  lines.push(...unstarted);
  return [...lines, { ...end, counts: { runs: 12, messages: 18 + texts.length, requirements: 3 } }];
}

describe("an export", () => {
  it("has the same bytes, however small its pages and its parts are", async () => {
    const userId = newId();
    const principal = developer(userId);
    const sessions = [mixedSession(newId(), userId), sessionLines(newId(), { user_id: userId, runs: 1 })];
    const report = await importing(sessions.map(asText).join(""));
    expect(report).toMatchObject({ imported: 2, errors: [] });
    const whole = await written({ principal });
    expect(
      linesOf(whole)
        .map(({ type }) => type)
        .filter((type) => type === "requirement"),
    ).toHaveLength(3);
    const bounds = [
      { maxRows: 1, maxRuns: 1 },
      { maxRows: 2, maxRuns: 3 },
      { maxRows: 1, maxRuns: 100 },
      { maxBytes: 1 },
      { maxBytes: 900 },
      { maxStatements: 8 },
      { maxStatements: 8, maxRows: 1, maxRuns: 2 },
      { maxStatements: 13, maxBytes: 700 },
    ];
    const parts: number[] = [];
    for (const some of bounds) {
      const found = await inParts({ principal, bounds: some });
      expect(found.text === whole, JSON.stringify(some)).toBe(true);
      parts.push(found.parts);
    }
    expect(parts.slice(0, 5)).toEqual([1, 1, 1, 1, 1]);
    expect(Math.min(...parts.slice(5))).toBeGreaterThan(2);
  });

  it("imports from parts that were put together, cursor lines and all", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 5 })));
    const first = await written({ sessionId, bounds: { maxStatements: 12, maxRuns: 2 } });
    const cursor = cursorOf(first);
    expect(cursor).toBeDefined();
    const second = await written({ sessionId, cursor: cursor as string });
    const report = await importing(first + second, "?on_conflict=new");
    expect(report).toMatchObject({ imported: 1, errors: [] });
    expect(await importing(second)).toMatchObject({ imported: 0, errors: [{ line: 1 }] });
  });

  it("ends with a cursor where the database stays away, and goes on from it", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 6 })));
    const whole = await written({ sessionId });
    const source = exporting({ sessionId, bounds: { maxRuns: 2 } });
    let text = `${await source.next()}${await source.next()}`;
    d1.failReads();
    text += await source.next();
    expect(await source.next()).toBeNull();
    d1.heal();
    const cursor = cursorOf(text) as string;
    const rest = await written({ sessionId, cursor });
    expect(text.replace(/^\{"type":"cursor".*\n/m, "") + rest).toBe(whole);
  });

  it("asks again where the database was away for a moment", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 2 })));
    const whole = await written({ sessionId });
    d1.next(({ isRead }) => isRead, unsent(), 2);
    expect(await written({ sessionId })).toBe(whole);
  });

  it("voids a session that is deleted while it is written out", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 6 })));
    const source = exporting({ sessionId, bounds: { maxRuns: 2 } });
    let text = `${await source.next()}${await source.next()}`;
    await env.DB.prepare("delete from sessions where session_id = ?").bind(sessionId).run();
    for (let piece = await source.next(); piece !== null; piece = await source.next()) text += piece;
    expect(linesOf(text).slice(-2)).toMatchObject([
      { type: "session_void", session_id: sessionId },
      { type: "end", sessions: 0 },
    ]);
    const report = await importing(text.replaceAll(sessionId, newId()));
    expect(report).toMatchObject({ imported: 0, failed: 1 });
  });

  it("shows nothing of another user's session, whatever its cursor names", async () => {
    const sessionId = newId();
    const user_id = newId();
    const lines = sessionLines(sessionId, { user_id });
    const { run_index: _, finish_reason: _reason, ...run } = lines[1];
    const unstarted = { ...run, run_id: newId(), status: "CANCELLED", input: "secret", input_messages: 0 };
    lines.splice(-1, 1, unstarted, { type: "session_end", session_id: sessionId });
    expect(await importing(asText(lines.map((line) => ({ counts: {}, ...line }))))).toMatchObject({ imported: 1 });
    const open = {
      createdAt: lines[0].created_at,
      sessionId,
      horizon: 9,
      counts: { runs: 0, messages: 0, requirements: 0 },
    };
    const places = [{ unstarted: null }, { started: { runIndex: -1, part: "end" as const, nth: 0 } }];
    for (const at of places) {
      const cursor = exportCursor({ behind: open, sessions: 0, open: { ...open, at } });
      const of = (userId: string) => written({ principal: developer(userId), cursor });
      expect(await of(user_id)).toContain("secret");
      expect(linesOf(await of(newId())).map(({ type }) => type)).toEqual(["session_void", "end"]);
    }
  });

  it("does not write out runs that came since it began", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 3 })));
    const whole = await written({ sessionId });
    const source = exporting({ sessionId, bounds: { maxRuns: 2 } });
    let text = `${await source.next()}`;
    await env.DB.prepare(
      "insert into runs (run_id, session_id, run_index, position, status, fence, input, created_at) values (?, ?, 3, 0, 'COMPLETED', 'f', 'late', 1)",
    )
      .bind(newId(), sessionId)
      .run();
    for (let piece = await source.next(); piece !== null; piece = await source.next()) text += piece;
    expect(text).toBe(whole);
  });

  it("reads nothing before it is asked to, and then only what a page holds", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 100 })));
    d1.forget();
    const source = exporting({ sessionId, bounds: { maxRuns: 5, maxRows: 10 } });
    expect(d1.operations).toHaveLength(0);
    for (let piece = await source.next(); piece !== null; piece = await source.next());
    // The session's object may be indexing it meanwhile. The object reads by single statements, an export by batches.
    const pages = d1.operations.filter(({ isBatch, isRead }) => isBatch && isRead);
    const statements = pages.flatMap((operation) => operation.statements);
    expect(statements.length).toBeGreaterThan(4 * 20);
    expect(Math.max(...statements.map(({ rowsRead }) => rowsRead))).toBeLessThanOrEqual(60);
  });
});

describe("a reader of an export", () => {
  it("who stops reading ends it", async () => {
    const sessionId = newId();
    await importing(asText(sessionLines(sessionId, { runs: 5 })));
    d1.forget();
    const response = await send("GET", `/sessions/${sessionId}/export`);
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    expect(linesOf(new TextDecoder().decode(value)).map(({ type }) => type)).toEqual(["session"]);
    const read = d1.operations.length;
    await reader?.cancel();
    expect(d1.operations).toHaveLength(read);
    expect(
      d1.operations.flatMap(({ statements }) => statements).filter(({ sql }) => /from "messages"/.test(sql)),
    ).toEqual([]);
  });

  it("gets a 503 where the database is away from the beginning", async () => {
    d1.failReads();
    const answer = await call("GET", "/export?all=true");
    expect([answer.status, answer.body.code]).toEqual([503, "database_unavailable"]);
  });
});

describe("a cursor of an export", () => {
  it("is read as it was written", () => {
    const at = { createdAt: 5, sessionId: "a" };
    const open = { ...at, horizon: 7, counts: { runs: 1, messages: 2, requirements: 3 } };
    const states = [
      { behind: null, sessions: 0, open: null },
      { behind: at, sessions: 3, open: null },
      { behind: at, sessions: 3, open: { ...open, at: { started: { runIndex: -1, part: "end" as const, nth: 0 } } } },
      {
        behind: at,
        sessions: 3,
        open: { ...open, at: { started: { runIndex: 4, part: "message" as const, nth: 9 } } },
      },
      { behind: at, sessions: 3, open: { ...open, at: { unstarted: null } } },
      { behind: at, sessions: 3, open: { ...open, at: { unstarted: { createdAt: -1, runId: "x".repeat(128) } } } },
    ];
    for (const state of states) expect(readExportCursor(exportCursor(state))).toEqual(state);
  });

  it("is refused when it is none", () => {
    for (const values of [
      [],
      ["a"],
      [1, 2],
      [1, 2, "s", 3],
      [1, 2, "s", 3, 0, 0, 0, "x"],
      [1, 2, "s", 3, 0, 0, 0, "m", 1],
    ]) {
      expect(readExportCursor(btoa(JSON.stringify(values)).replaceAll("=", ""))).toBeNull();
    }
    expect(readExportCursor("nonsense!")).toBeNull();
  });
});
