import { env } from "cloudflare:workers";
import { asc, eq, sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { REQUIREMENT_STATUSES, type Requirement } from "../../../src/domain/requirement.ts";
import { commit, type Statement } from "../../../src/store/commit.ts";
import { openDatabase } from "../../../src/store/database.ts";
import {
  answerStatements,
  cancelOpen,
  claimRequirements,
  insertRequirements,
  reopenStatement,
} from "../../../src/store/runs/requirement-writes.ts";
import {
  decodeRequirementCursor,
  expiredRequirements,
  listRequirements,
  nextExpiry,
  type RequirementFilter,
} from "../../../src/store/runs/requirements.ts";
import { requirements } from "../../../src/store/schema/tables.ts";
import { newId } from "../../support/http.ts";
import { developer } from "../../support/principals.ts";
import { requirement, userInput } from "../../support/requirements.ts";
import { notingDatabase } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);
const requirementsOfRun = (of: typeof db, runId: string) =>
  of.select().from(requirements).where(eq(requirements.runId, runId)).orderBy(asc(requirements.position));
const HOLDS = sql`1 = 1`;
/** A condition that does not hold. It has four parameters, and no fence has more. */
const FAILS = sql`(${1}, ${2}) = (${3}, ${4})`;

/** Runs the statements as one batch and answers how many rows each changed. */
async function changes(statements: Statement[]): Promise<number[]> {
  const [first, ...rest] = statements;
  if (first === undefined) return [];
  const committed = await commit(db, [first, ...rest]);
  if (committed.kind !== "written") throw new Error(JSON.stringify(committed));
  return committed.changed;
}

/** Requirements of one new run, in order. */
function ofRun(count: number, its: (nth: number) => Partial<Requirement> = () => ({})): Requirement[] {
  const [sessionId, runId] = [newId(), newId()];
  return Array.from({ length: count }, (_, nth) =>
    requirement({ sessionId, runId, requirementId: newId(), position: nth, call: nth, ...its(nth) }),
  );
}

async function stored(rows: Requirement[]): Promise<Requirement[]> {
  await changes(insertRequirements(db, rows, HOLDS));
  return rows;
}

const runIdOf = (rows: Requirement[]) => rows[0]?.runId ?? "";
const sessionIdOf = (rows: Requirement[]) => rows[0]?.sessionId ?? "";
const readBack = (rows: Requirement[]) => requirementsOfRun(db, runIdOf(rows));

describe("storing requirements", () => {
  it("keeps them as they are, in order, however many and however full they are", async () => {
    const { kind, toolArgs, fields } = userInput();
    const full: Partial<Requirement> = {
      kind,
      toolArgs,
      fields,
      memberRunId: "m",
      teamId: "t",
      userId: "ada",
      note: "n",
      status: "answered",
      answer: { type: "filled", args: { to: "x" } },
      answerNote: "a",
      answeredBy: "ada",
      actor: "user:ada",
      approvalType: "required",
      answeredAt: 5,
      expiresAt: 6,
    };
    const rows = ofRun(9, (nth) => (nth === 8 ? {} : full));
    // The condition's four parameters leave room for three rows that have no null, and for a fourth that has some.
    const fourParameters = sql`(${1}, ${2}) = (${1}, ${2})`;
    expect(await changes(insertRequirements(db, rows.toReversed(), fourParameters))).toEqual([4, 3, 2]);
    expect(await readBack(rows)).toEqual(rows);
  });

  it("changes nothing when it is repeated, or its condition does not hold", async () => {
    const rows = ofRun(2);
    expect(await changes(insertRequirements(db, rows, FAILS))).toEqual([0]);
    expect(await readBack(rows)).toEqual([]);
    await stored(rows);
    const [first] = rows;
    if (first === undefined) throw new Error();
    expect(await changes(insertRequirements(db, [{ ...first, toolName: "other" }], HOLDS))).toEqual([0]);
    expect(await readBack(rows)).toEqual(rows);
  });

  it("needs no statement for none", () => {
    expect(insertRequirements(db, [], HOLDS)).toEqual([]);
  });
});

describe("answering", () => {
  const confirm = (one: Requirement, its: Partial<Requirement> = {}): Requirement => ({
    ...one,
    status: "answered",
    answer: { type: "confirmed" },
    answerNote: "ok",
    answeredBy: "ada",
    answeredAt: 99,
    ...its,
  });

  it("closes open ones, says so when it is repeated, and leaves the others", async () => {
    const rows = await stored(ofRun(3));
    const answered = rows.slice(0, 2).map((one) => confirm(one));
    expect(await changes(answerStatements(db, answered, HOLDS))).toEqual([1, 1]);
    expect(await changes(answerStatements(db, answered, HOLDS))).toEqual([1, 1]);
    expect(await readBack(rows)).toEqual([...answered, rows[2]]);
  });

  it.each<[string, Partial<Requirement>]>([
    ["later", { answeredAt: 100, answer: { type: "rejected" } }],
    ["by somebody else", { answeredBy: "bob", answer: { type: "rejected" } }],
    ["by nobody known", { answeredBy: null, answer: { type: "rejected" } }],
    ["by time", { status: "expired", answer: { type: "rejected" } }],
  ])("never replaces an answer: one %s", async (_its, its) => {
    const rows = await stored(ofRun(1));
    const first = rows.map((one) => confirm(one));
    await changes(answerStatements(db, first, HOLDS));
    const second = rows.map((one) => confirm(one, its));
    expect(await changes(answerStatements(db, second, HOLDS))).toEqual([0]);
    expect(await readBack(rows)).toEqual(first);
  });

  it("can be repeated for a caller without a name", async () => {
    const answered = (await stored(ofRun(1))).map((one) => confirm(one, { answeredBy: null, answerNote: null }));
    await changes(answerStatements(db, answered, HOLDS));
    expect(await changes(answerStatements(db, answered, HOLDS))).toEqual([1]);
  });

  it("changes nothing when the condition does not hold, or nobody is asked any more", async () => {
    const rows = await stored(ofRun(2, (nth) => (nth === 1 ? { status: "cancelled" } : {})));
    const [open, cancelled] = rows.map((one) => confirm(one));
    if (open === undefined || cancelled === undefined) throw new Error();
    expect(await changes(answerStatements(db, [open], FAILS))).toEqual([0]);
    expect(await changes(answerStatements(db, [cancelled], HOLDS))).toEqual([0]);
    expect(await readBack(rows)).toEqual(rows);
  });

  it("is taken back as if it had not been given, of those that are named", async () => {
    const rows = await stored(ofRun(5, (nth) => (nth === 4 ? { status: "cancelled" } : {})));
    const [one, two, three, four, five] = rows;
    if (!one || !two || !three || !four || !five) throw new Error();
    const expired = confirm(two, { status: "expired" });
    await changes(answerStatements(db, [confirm(one), expired, confirm(three)], HOLDS));
    const ids = [one, two, four, five].map(({ requirementId }) => requirementId);
    expect(await changes([reopenStatement(db, ids, FAILS)])).toEqual([0]);
    expect(await changes([reopenStatement(db, ids, HOLDS)])).toEqual([2]);
    expect(await changes([reopenStatement(db, ids, HOLDS)])).toEqual([0]);
    expect(await readBack(rows)).toEqual([one, two, confirm(three), four, five]);
  });
});

describe("requirements of a run or session that changes", () => {
  it("are cancelled with their run where they are open", async () => {
    const rows = await stored(ofRun(2, (nth) => (nth === 0 ? { status: "answered" } : { memberRunId: "m" })));
    const others = await stored(ofRun(1));
    expect(await changes([cancelOpen(db, runIdOf(rows), FAILS)])).toEqual([0]);
    expect(await changes([cancelOpen(db, runIdOf(rows), HOLDS)])).toEqual([1]);
    expect((await readBack(rows)).map(({ status }) => status)).toEqual(["answered", "cancelled"]);
    expect(await readBack(others)).toEqual(others);
  });

  it("get the owner of their session, and lose a claim that is taken back", async () => {
    const rows = await stored(ofRun(2));
    const others = await stored(ofRun(1));
    const owners = async () => (await readBack(rows)).map(({ userId }) => userId);
    expect(await changes([claimRequirements(db, sessionIdOf(rows), "ada", FAILS)])).toEqual([0]);
    expect(await changes([claimRequirements(db, sessionIdOf(rows), "ada", HOLDS)])).toEqual([2]);
    expect(await changes([claimRequirements(db, sessionIdOf(rows), "ada", HOLDS)])).toEqual([0]);
    expect(await owners()).toEqual(["ada", "ada"]);
    await changes([claimRequirements(db, sessionIdOf(rows), null, HOLDS)]);
    expect(await owners()).toEqual([null, null]);
    expect(await readBack(others)).toEqual(others);
  });
});

describe("expiry", () => {
  it("is known by the first open one that has any, and comes when it is reached", async () => {
    const expiries = [50, null, 20, 10, 30];
    const rows = await stored(
      ofRun(5, (nth) => ({ expiresAt: expiries[nth] ?? null, ...(nth === 3 && { status: "answered" }) })),
    );
    await stored(ofRun(1, () => ({ expiresAt: 1 })));
    const sessionId = sessionIdOf(rows);
    expect(await nextExpiry(db, sessionId)).toBe(20);
    const expired = async (nowMs: number) =>
      (await expiredRequirements(db, sessionId, nowMs)).map((one) => one.position);
    expect([await expired(19), await expired(20), await expired(99)]).toEqual([[], [2], [0, 2, 4]]);
    await changes([cancelOpen(db, runIdOf(rows), HOLDS)]);
    expect([await nextExpiry(db, sessionId), await expired(99)]).toEqual([null, []]);
  });
});

/** Before the first of any list: a page from here is not the first. */
const NEWEST = { createdAt: Number.MAX_SAFE_INTEGER, requirementId: "" };

describe("what the reads cost", () => {
  const principals = [null, "u"].map(developer);
  const filters: RequirementFilter[] = REQUIREMENT_STATUSES.flatMap((status) => [{ status }, { status, agentId: "a" }]);
  const lists = principals.flatMap((principal) =>
    filters.flatMap((filter) =>
      [null, { createdAt: 5, requirementId: "r" }].map((from) => ({ principal, filter, from })),
    ),
  );

  it.each(lists)(
    "of a list are a walk along one index, without a sort: $principal.userId $filter $from",
    async (one) => {
      const noted = notingDatabase();
      await listRequirements(noted.db, one.principal, one.filter, { limit: 5, from: one.from });
      const index = one.principal.userId !== null ? "user" : one.filter.agentId === undefined ? "status" : "agent";
      const behind = one.from === null ? "" : " AND (created_at,requirement_id)<(?,?)";
      const keys = { user: "user_id=? AND status=?", agent: "agent_id=? AND status=?", status: "status=?" }[index];
      const plan = await noted.plan();
      expect(plan.filter((detail) => detail.includes("TEMP B-TREE"))).toEqual([]);
      const walk = [
        `SEARCH requirements USING INDEX requirements_${index} (${keys}${behind})`,
        "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (session_id=?)",
      ];
      // The second search of requirements reads the texts, and only of the rows that fit. A first page is counted, too.
      expect(plan.filter((detail) => detail.startsWith("SEARCH"))).toEqual([
        ...walk,
        "SEARCH requirements USING INDEX sqlite_autoindex_requirements_1 (requirement_id=?)",
        "SEARCH runs USING INDEX sqlite_autoindex_runs_1 (run_id=?) LEFT-JOIN",
        ...(one.from === null ? walk : []),
      ]);
    },
  );

  it.each<[string, (noted: typeof db) => PromiseLike<unknown>, RegExp]>([
    ["a run's", (noted) => requirementsOfRun(noted, "r"), /INDEX requirements_run \(run_id=\?\)/],
    [
      "the next expiry",
      (noted) => nextExpiry(noted, "s"),
      /COVERING INDEX requirements_session \(session_id=\? AND status=\? AND expires_at>\?\)/,
    ],
    [
      "the expired",
      (noted) => expiredRequirements(noted, "s", 5),
      /INDEX requirements_session \(session_id=\? AND status=\? AND expires_at<\?\)/,
    ],
  ])("of %s go by their own index", async (_its, read, search) => {
    const noted = notingDatabase();
    await read(noted.db);
    const [step, ...more] = await noted.plan();
    expect(step).toMatch(search);
    expect(more.filter((detail) => /SCAN|SEARCH/.test(detail))).toEqual([]);
  });

  it("of a page are its own rows, however many there are of others", async () => {
    const [sessionId, userId, agentId] = [newId(), newId(), newId()];
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
       INSERT INTO requirements (requirement_id, session_id, run_id, position, agent_id, component_name, user_id, kind, status, tool_call_id, call, tool_name, tool_args, on_expiry, created_at)
       SELECT ?1 || i, ?1, ?1, i, ?3, 'A', iif(i % 200 = 0, ?2, 'others'), 'confirmation', iif(i % 2, 'answered', 'open'), 'c', i, 't', '{}', 'reject', i / 7 FROM n`,
    )
      .bind(sessionId, userId, agentId)
      .run();
    for (const [user, filter, found] of [
      [userId, { status: "open", agentId }, 5],
      [userId, { status: "answered" }, 0],
      [null, { status: "open", agentId }, 5],
      [null, { status: "answered" }, 5],
    ] as const) {
      const noted = notingDatabase();
      const principal = developer(user);
      const { entries, counted } = await listRequirements(noted.db, principal, filter, { limit: 5, from: NEWEST });
      expect([entries.length, counted]).toEqual([found, null]);
      expect(await noted.rowsRead()).toBeLessThanOrEqual(5 * 6);
    }
  });

  it("of a count end at one more than is counted, however many there are", async () => {
    const userId = newId();
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 2999)
       INSERT INTO requirements (requirement_id, session_id, run_id, position, component_name, user_id, kind, status, tool_call_id, call, tool_name, tool_args, on_expiry, created_at)
       SELECT ?1 || i, ?1, ?1, i, 'A', ?1, 'confirmation', 'open', 'c', i, 't', '{}', 'reject', i FROM n`,
    )
      .bind(userId)
      .run();
    const noted = notingDatabase();
    const page = await listRequirements(noted.db, developer(userId), { status: "open" }, { limit: 1, from: null });
    expect(page.counted).toBe(1_001);
    expect(await noted.rowsRead()).toBeLessThan(2_100);
  });
});

it("a list ends where its texts would be more than an answer holds, and goes on behind that", async () => {
  const userId = newId();
  const rows = await stored(ofRun(5, (nth) => ({ userId, createdAt: nth, toolArgs: { text: "x".repeat(300_000) } })));
  const principal = developer(userId);
  const pages: number[][] = [];
  let from: { createdAt: number; requirementId: string } | null = null;
  do {
    const noted = notingDatabase();
    const page = await listRequirements(
      noted.db,
      principal,
      { status: "open" },
      { limit: 4, from, maxBytes: 1_000_000 },
    );
    expect(await noted.bytesSent()).toBeLessThan(1_300_000);
    pages.push(page.entries.map(({ requirement: { createdAt } }) => createdAt));
    from = page.nextCursor === null ? null : decodeRequirementCursor(page.nextCursor);
  } while (from !== null);
  expect(pages).toEqual([
    [4, 3, 2],
    [1, 0],
  ]);
  expect(rows).toHaveLength(5);
});

describe("a cursor", () => {
  it("is refused when it is of another list, or none", () => {
    const encode = (values: unknown[]) => btoa(JSON.stringify(values)).replaceAll("=", "");
    expect(decodeRequirementCursor(encode([5, "r"]))).toEqual({ createdAt: 5, requirementId: "r" });
    for (const values of [["r", 5], [5], [5, "r", 1], [5, 6], ["created_at", "desc", 5, "s"]]) {
      expect(decodeRequirementCursor(encode(values))).toBeNull();
    }
    expect(decodeRequirementCursor("nonsense")).toBeNull();
  });
});
