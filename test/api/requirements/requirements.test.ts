import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Requirement } from "../../../src/domain/requirement.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { requirements, runs } from "../../../src/store/schema/tables.ts";
import { call, newId } from "../../support/http.ts";
import { OPENED_AT, requirement, userInput } from "../../support/requirements.ts";

const db = openDatabase(env.DB);
let positions = 0;

/** Stores these requirements for a new user, and answers the user's id. */
async function seed(...some: Partial<Requirement>[]): Promise<string> {
  const userId = newId();
  for (const its of some) {
    const row = requirement({ requirementId: newId(), userId, position: positions++, ...its });
    await db.insert(requirements).values(row);
  }
  return userId;
}

/** Stores so many open ones for a user. */
async function seedMany(userId: string, count: number): Promise<void> {
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)
     INSERT INTO requirements (requirement_id, session_id, run_id, position, component_name, user_id, kind, status, tool_call_id, call, tool_name, tool_args, on_expiry, created_at)
     SELECT ?3 || i, ?3, ?3, i, 'A', ?2, 'confirmation', 'open', 'c', i, 't', '{}', 'reject', i FROM n`,
  )
    .bind(count, userId, newId())
    .run();
}

async function list(query: Record<string, string | number>) {
  const answer = await call("GET", `/requirements?${new URLSearchParams(query as Record<string, string>)}`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body;
}

const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id);

describe("GET /requirements", () => {
  it("shows an open requirement with all keys, and the run that takes its answer", async () => {
    const [runId, id, user_id] = [newId(), newId(), newId()];
    const run = { sessionId: "s", position: 0, status: "PAUSED", fence: "f", input: "", createdAt: 1 } as const;
    await db.insert(runs).values({ ...run, runId, teamId: "support" });
    await seed({
      ...userInput(),
      requirementId: id,
      runId,
      memberRunId: "m-1",
      userId: user_id,
      note: "outcome unknown",
      expiresAt: OPENED_AT + 60_000,
    });
    expect(await list({ user_id })).toEqual({
      data: [
        {
          id,
          status: "open",
          kind: "user_input",
          session_id: "s",
          run_id: runId,
          run_agent_id: null,
          run_team_id: "support",
          agent_id: "operator",
          team_id: null,
          component_name: "Operator",
          user_id,
          member_agent_id: "operator",
          member_agent_name: "Operator",
          member_run_id: "m-1",
          tool_execution: expect.objectContaining({
            tool_call_id: "call-1",
            tool_name: "send_email",
            tool_args: { subject: "Hi" },
            requires_user_input: true,
            user_input_schema: userInput().fields,
            answered: null,
            created_at: 1_795_298_601,
          }),
          approval_type: null,
          note: "outcome unknown",
          answer: null,
          answer_note: null,
          answered_by: null,
          actor: null,
          answered_at: null,
          expires_at: "2026-11-21T22:04:21Z",
          on_expiry: "reject",
          created_at: "2026-11-21T22:03:21Z",
        },
      ],
      meta: { limit: 20, next_cursor: null, total_count: 1 },
    });
  });

  it("shows who said what to one that is answered", async () => {
    const user_id = await seed({
      status: "answered",
      answer: { type: "rejected" },
      answerNote: "no",
      answeredBy: "ada",
      answeredAt: OPENED_AT + 1000,
    });
    const { data } = await list({ user_id, status: "answered" });
    expect(data).toMatchObject([
      {
        status: "answered",
        run_agent_id: null,
        member_agent_id: null,
        member_agent_name: null,
        tool_execution: { requires_confirmation: false, confirmed: false, confirmation_note: "no" },
        answer: "rejected",
        answer_note: "no",
        answered_by: "ada",
        answered_at: "2026-11-21T22:03:22Z",
        expires_at: null,
      },
    ]);
  });

  it("lists those of a status, the open ones when none is asked for", async () => {
    const statuses = ["open", "answered", "expired", "cancelled"] as const;
    const user_id = await seed(...statuses.map((status) => ({ status, requirementId: `${status}-${newId()}` })));
    for (const status of statuses) {
      expect(ids(await list({ user_id, status }))).toEqual([expect.stringMatching(`^${status}-`)]);
    }
    for (const query of [{ user_id }, { user_id, status: "" }]) {
      expect(ids(await list(query))).toEqual([expect.stringMatching("^open-")]);
    }
  });

  it("lists each user's to that user, of one agent when it is asked for, and all of them to who names none", async () => {
    const [mine, others, theirs, nobodys] = [newId(), newId(), newId(), newId()];
    const agent = newId();
    const user_id = await seed({ requirementId: mine, agentId: agent }, { requirementId: others, createdAt: 1 });
    await seed({ requirementId: theirs, agentId: agent, createdAt: 2 });
    await seed({ requirementId: nobodys, agentId: agent, userId: null, createdAt: 1 });
    expect(ids(await list({ user_id }))).toEqual([mine, others]);
    expect(ids(await list({ user_id, agent_id: agent }))).toEqual([mine]);
    expect(ids(await list({ agent_id: agent }))).toEqual([mine, theirs, nobodys]);
    expect(ids(await list({ limit: 100 }))).toEqual(expect.arrayContaining([mine, others, theirs, nobodys]));
    expect(ids(await list({ user_id: newId() }))).toEqual([]);
  });

  it("pages from the newest to the oldest without a gap, whatever comes in between", async () => {
    const user_id = await seed(
      ...[3, 1, 2, 2, 2, 5, 4].map((createdAt, nth) => ({
        createdAt,
        requirementId: `${createdAt}-${nth}-${newId()}`,
      })),
    );
    const found: string[] = [];
    let page = await list({ user_id, limit: 2 });
    for (; page.meta.next_cursor !== null; page = await list({ user_id, limit: 2, cursor: page.meta.next_cursor })) {
      expect(page.meta.limit).toBe(2);
      found.push(...ids(page));
      await seed({ userId: user_id, createdAt: 9 });
    }
    found.push(...ids(page));
    expect(found.map((id) => id.slice(0, 3))).toEqual(["5-5", "4-6", "3-0", "2-4", "2-3", "2-2", "1-1"]);
  });

  it("ends with no cursor when the last page is full", async () => {
    const user_id = await seed({}, {});
    expect((await list({ user_id, limit: 2 })).meta).toEqual({ limit: 2, next_cursor: null, total_count: 2 });
  });

  it("counts all of them on the first page, up to 1,000, and says if there are more", async () => {
    const user_id = await seed(...Array.from({ length: 3 }, () => ({})), { status: "answered" });
    const first = await list({ user_id, limit: 2 });
    expect(first.meta).toMatchObject({ total_count: 3 });
    expect((await list({ user_id, limit: 2, cursor: first.meta.next_cursor })).meta).toEqual({
      limit: 2,
      next_cursor: null,
    });
    expect((await list({ user_id, agent_id: "nobody" })).meta.total_count).toBe(0);
    for (const [more, meta] of [
      [997, { total_count: 1_000 }],
      [1, { total_count: 1_000, total_count_capped: true }],
    ] as const) {
      await seedMany(user_id, more);
      expect((await list({ user_id, limit: 1 })).meta).toEqual({ limit: 1, next_cursor: expect.any(String), ...meta });
    }
  });

  it.each([
    ["status", "paused"],
    ["status", "OPEN"],
    ["limit", "0"],
    ["limit", "101"],
    ["limit", "x"],
    ["cursor", "nonsense"],
    ["cursor", btoa('["created_at","desc",1,"s"]').replaceAll("=", "")],
    ["user_id", "a".repeat(129)],
    ["agent_id", ".."],
  ])("names a parameter that is wrong: %s=%s", async (name, value) => {
    const answer = await call("GET", `/requirements?${new URLSearchParams({ [name]: value })}`);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ code: "invalid_request", detail: [{ loc: ["query", name] }] });
  });

  it("is described in the document", async () => {
    const { body } = await call("GET", "/openapi.json");
    const operation = body.paths["/requirements"].get;
    const status = operation.parameters.find(({ name }: { name: string }) => name === "status");
    expect(operation.operationId).toBe("list_requirements");
    expect(status.schema).toMatchObject({ enum: ["open", "answered", "expired", "cancelled"] });
  });
});
