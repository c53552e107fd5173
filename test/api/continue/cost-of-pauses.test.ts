import { expect, it } from "vitest";
import { testAgent, testTeam } from "../../support/agents.ts";
import { costOf } from "../../support/d1-cost.ts";
import { type Operation, watchD1 } from "../../support/d1-faults.ts";
import { type Answer, call, newId, run } from "../../support/http.ts";
import { ask } from "../../support/paused-runs.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

/* What pauses, member runs and forks cost in D1, as docs/storage.md has it. Every index entry counts as a row. */

const model = scriptModel();
const d1 = watchD1();

const numbers = (count: number) => Array.from({ length: count }, (_, nth) => nth);
const costs = (operations: Operation[]) => operations.map((operation) => costOf([operation]));
const written = (rows: Record<string, number>) => ({ batches: 1, alone: 0, reads: 0, rows });

const asker = () => testAgent({ instructions: "Be brief.", tools: [ask] });

/** A session that has an owner, a name and a run already, so that only what the next run costs is counted. */
async function warmSession(agent: string): Promise<{ agent: string; session_id: string; user_id: string }> {
  const session = { agent, session_id: newId(), user_id: newId() };
  await run("m0", session);
  await call("POST", `/sessions/${session.session_id}/rename`, { session_name: "Named" });
  d1.forget();
  return session;
}

type Session = Awaited<ReturnType<typeof warmSession>>;

/** A run that pauses at `calls` calls of `ask`, whose ids are `<message>-0` and so on. */
function pausedRun(message: string, session: Session, calls = 1): Promise<Answer> {
  model.next(numbers(calls).map((index) => toolCall("ask", {}, { id: `${message}-${index}`, index })));
  return run(message, session);
}

function approve(paused: Answer, { agent, session_id, user_id }: Session, ids: string[]): Promise<Answer> {
  const tools = ids.map((tool_call_id) => ({ tool_call_id, confirmed: true }));
  const body = { tools, session_id, user_id, stream: false };
  return call("POST", `/agents/${agent}/runs/${paused.body.run_id}/continue`, body);
}

it("costs two batches, no read and 29 written rows for a run of a user that pauses, whatever the session's length", async () => {
  const session = await warmSession(asker());
  for (const nth of numbers(4)) {
    d1.forget();
    expect((await pausedRun(`n${nth}`, session)).body.status).toBe("PAUSED");
    expect(costs(d1.of(session.session_id))).toEqual([
      written({ runs: 3, messages: 4, sessions: 1, message_docs: 3, run_usage: 2 }),
      written({ messages: 3, requirements: 7, sessions: 4, runs: 1, run_usage: 1 }),
    ]);
  }
});

it("costs 7 rows more for each further requirement, and no statement more up to four", async () => {
  const session = await warmSession(asker());
  const statements: number[] = [];
  for (const calls of [1, 4]) {
    d1.forget();
    await pausedRun(`n${calls}`, session, calls);
    const operations = d1.of(session.session_id);
    expect(costOf(operations)).toMatchObject({ batches: 2, alone: 0, reads: 0, rows: { requirements: 7 * calls } });
    statements.push(operations.flatMap((operation) => operation.statements).length);
  }
  expect(statements[1]).toBe(statements[0]);
});

it("costs three batches and 23 written rows for a continue, and reads the run before its answers and its start", async () => {
  const session = await warmSession(asker());
  for (const nth of numbers(3)) {
    const paused = await pausedRun(`n${nth}`, session);
    d1.forget();
    const continued = await approve(paused, session, [`n${nth}-0`]);
    expect([continued.status, continued.body.status]).toEqual([200, "COMPLETED"]);
    const operations = d1.of(session.session_id);
    expect(costs(operations.filter(({ isRead }) => !isRead))).toEqual([
      written({ runs: 2, requirements: 5, run_usage: 2 }),
      written({ runs: 1 }),
      written({ messages: 4, requirements: 0, sessions: 4, runs: 1, message_docs: 3, run_usage: 1 }),
    ]);
    const kinds = operations.map(({ isRead, statements }) => (isRead ? `read ${statements.length}` : "write"));
    expect(kinds).toEqual(["read 4", "write", "read 4", "read 1", "write", "write"]);
  }
});

it("reads no more rows for a continue, however many runs pause elsewhere", async () => {
  const session = await warmSession(asker());
  const rowsRead: number[][] = [];
  for (const nth of numbers(3)) {
    const paused = await pausedRun(`n${nth}`, session);
    d1.forget();
    await approve(paused, session, [`n${nth}-0`]);
    rowsRead.push(d1.of(session.session_id).flatMap(({ statements }) => statements.map((sent) => sent.rowsRead)));
    const elsewhere = await warmSession(session.agent);
    for (const other of numbers(5)) await pausedRun(`o${other}`, elsewhere);
  }
  // The history before the run grows until its window is full. Where a range of ids ends right before one of another
  // session, D1 reads that row too: so one row more or less is allowed.
  const [before = [], , after = []] = rowsRead;
  for (const nth of numbers(6)) {
    expect(Math.abs((after[nth] ?? 0) - (before[nth] ?? 0)), `${before} → ${after}`).toBeLessThanOrEqual(1);
  }
});

it("costs one read and one batch of 6 rows for answers that leave something open", async () => {
  const session = await warmSession(asker());
  const paused = await pausedRun("two", session, 2);
  d1.forget();
  expect((await approve(paused, session, ["two-0"])).body.status).toBe("PAUSED");
  const [read, write, ...more] = d1.of(session.session_id);
  expect([read?.isRead, read?.statements.length, more]).toEqual([true, 4, []]);
  expect(costs(write ? [write] : [])).toEqual([written({ runs: 1, requirements: 5 })]);
});

/** A named session of a team that has had a run. */
async function warmTeamSession(team: string) {
  const session = { session_id: newId(), user_id: newId(), stream: false };
  await call("POST", `/teams/${team}/runs`, { message: "m0", ...session });
  await call("POST", `/sessions/${session.session_id}/rename`, { session_name: "Named" });
  d1.forget();
  return session;
}

it("costs two batches and 14 written rows more for each member run, and no read; the first time 2 for what the member is told", async () => {
  const [one, two] = [testAgent({ instructions: "One." }), testAgent({ instructions: "Two." })];
  const team = testTeam({ instructions: "Lead.", mode: "broadcast", members: [one, two] });
  const session = await warmTeamSession(team);
  for (const told of [{ system_texts: 2 }, {}]) {
    d1.forget();
    model.next([toolCall("delegate_task_to_members", { task: "work" })]);
    const answer = await call("POST", `/teams/${team}/runs`, { message: "m1", ...session });
    expect(answer.body).toMatchObject({ status: "COMPLETED", session_cache: "hit" });
    const operations = d1.of(session.session_id);
    const started = written({ runs: 3, ...told, messages: 4 });
    const settled = written({ messages: 2, sessions: 4, runs: 1 });
    const [accept, ...rest] = costs(operations);
    expect(accept).toEqual(written({ runs: 3, messages: 4, sessions: 1, message_docs: 3, run_usage: 2 }));
    // The team's own messages: its delegation, the members' answer to that, and what the leader makes of it.
    expect(rest.pop()).toEqual(
      written({ messages: 6, requirements: 0, runs: 1, sessions: 4, message_docs: 3, run_usage: 1 }),
    );
    const inOrder = (all: ReturnType<typeof costs>) => all.map((cost) => JSON.stringify(cost)).toSorted();
    expect(inOrder(rest)).toEqual(inOrder([started, started, settled, settled]));
  }
});

it("writes 8 rows for a requirement of a member run, and pauses its team with none", async () => {
  const member = asker();
  const team = testTeam({ instructions: "Lead.", mode: "route", members: [member] });
  const session = await warmTeamSession(team);
  model.next([toolCall("delegate_task_to_member", { member_id: member, task: "work" })], [toolCall("ask", {})]);
  const answer = await call("POST", `/teams/${team}/runs`, { message: "m1", ...session });
  expect(answer.body.status).toBe("PAUSED");
  expect(costs(d1.of(session.session_id))).toEqual([
    written({ runs: 3, messages: 4, sessions: 1, message_docs: 3, run_usage: 2 }),
    written({ runs: 3, system_texts: 2, messages: 4 }),
    written({ messages: 3, requirements: 8, sessions: 4, runs: 1 }),
    written({ messages: 3, sessions: 4, runs: 1, run_usage: 1 }),
  ]);
});

it("costs one read and one batch of five statements for a fork, 3 rows a run, 2 a message and 2 a system text", async () => {
  const agent = testAgent({ instructions: "Be brief." });
  const sizes: number[] = [];
  for (const runs of [1, 5]) {
    const session = await warmSession(agent);
    for (const nth of numbers(runs - 1)) await run(`n${nth}`, session);
    d1.forget();
    const { session_id, user_id } = session;
    const forked = await call("POST", `/agents/${agent}/sessions/${session_id}/fork?user_id=${user_id}`);
    expect(forked.status).toBe(200);
    const [read, copy, ...more] = d1.of(session_id);
    expect([read?.isRead, read?.statements.length, more]).toEqual([true, 1, []]);
    expect(costs(copy ? [copy] : [])).toEqual([
      written({ runs: 3 * runs, messages: 2 * 3 * runs, system_texts: 2, session_labels: 0, sessions: 12 }),
    ]);
    sizes.push(copy?.statements.length ?? 0);
  }
  expect(sizes).toEqual([5, 5]);
});
