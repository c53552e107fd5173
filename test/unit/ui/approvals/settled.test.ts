import { describe, expect, it } from "vitest";
import type { Requirement, RunRequirement, ToolExecution } from "../../../../packages/client/src/index.ts";
import { askedOf } from "../../../../ui/approvals/asked.ts";
import { groupBySession } from "../../../../ui/approvals/groups.ts";
import { merged } from "../../../../ui/approvals/merged.ts";
import { settledOf } from "../../../../ui/approvals/settled.ts";

const call: ToolExecution = {
  tool_call_id: "call_0",
  tool_name: "delete_record",
  tool_args: { id: "42" },
  tool_call_error: null,
  result: null,
  metrics: null,
  requires_confirmation: true,
  confirmed: null,
  confirmation_note: null,
  requires_user_input: null,
  user_input_schema: null,
  answered: null,
  external_execution_required: null,
  created_at: 0,
};
const row: Requirement = {
  id: "r1",
  status: "open",
  kind: "confirmation",
  session_id: "s1",
  run_id: "run1",
  run_agent_id: null,
  run_team_id: "support",
  agent_id: "operator",
  team_id: null,
  component_name: "Operator",
  user_id: "ada",
  member_agent_id: "operator",
  member_agent_name: "Operator",
  member_run_id: "member1",
  tool_execution: { ...call, approval_type: "required" },
  approval_type: "required",
  note: null,
  answer: null,
  answer_note: null,
  answered_by: null,
  actor: null,
  answered_at: null,
  expires_at: "2026-01-01T00:00:00Z",
  on_expiry: "cancel",
  created_at: "2026-01-01T00:00:00Z",
};
const ofRun: RunRequirement = { id: "r1", created_at: "2026-01-01T00:00:00Z", tool_execution: call };
const answered = { answered_by: "boss", answered_at: "2026-01-01T00:00:05Z" };

describe("What became of something that was asked", () => {
  it("is the answer, by whom and when, as the run and the list both say it", () => {
    const cases: [Partial<ToolExecution>, object][] = [
      [{ confirmed: true }, { how: "confirmed", said: null }],
      [
        { confirmed: false, confirmation_note: "no" },
        { how: "rejected", said: "no" },
      ],
      [{ result: "ok" }, { how: "executed", said: "ok" }],
      [{}, { how: "filled", said: "id: 42" }],
    ];
    for (const [said, expected] of cases) {
      const settled = { by: "boss", at: answered.answered_at, ...expected };
      const tool_execution = { ...call, ...said };
      expect(settledOf({ ...row, ...answered, tool_execution })).toEqual(settled);
      expect(settledOf({ ...ofRun, ...answered, tool_execution })).toEqual(settled);
    }
  });

  it("is that its time was over, or that its run was", () => {
    const at = answered.answered_at;
    const expired = { how: "expired", said: null, by: null, at };
    const tool_execution = { ...call, confirmed: false, confirmation_note: "Nobody answered in time." };
    expect(settledOf({ ...row, answered_at: at, tool_execution })).toEqual(expired);
    expect(settledOf({ ...ofRun, answered_at: at, tool_execution })).toEqual(expired);
    expect(settledOf({ ...row, status: "cancelled" })).toMatchObject({ how: "cancelled" });
    expect(settledOf(ofRun)).toMatchObject({ how: "cancelled" });
  });
});

describe("The approvals", () => {
  it("stand with their sessions, newest first, and in a run in the order in which they were asked", () => {
    const of = (id: string, session: string, run: string) => ({ ...row, id, session_id: session, run_id: run });
    const groups = groupBySession([of("6", "b", "b2"), of("5", "a", "a1"), of("4", "a", "a1"), of("3", "b", "b1")]);
    const ids = groups.map(({ sessionId, runs }) => [
      sessionId,
      runs.map(({ run, asked }) => [run.runId, asked.map(({ id }) => id)]),
    ]);
    expect(ids).toEqual([
      [
        "b",
        [
          ["b1", ["3"]],
          ["b2", ["6"]],
        ],
      ],
      ["a", [["a1", ["4", "5"]]]],
    ]);
    expect(groups[1]?.runs[0]?.run).toEqual({
      runId: "a1",
      sessionId: "a",
      of: { kind: "team", id: "support" },
      userId: "ada",
    });
  });

  it("stay where they are when they are asked for again; what is new in other sessions waits to be shown", () => {
    const of = (id: string, session: string) => ({ ...row, id, session_id: session });
    const [a1, b1, a2, c1] = [of("a1", "a"), of("b1", "b"), of("a2", "a"), of("c1", "c")];
    const page = { data: [c1, a2, b1], meta: { limit: 50, next_cursor: null } };
    expect(merged([b1, a1], page, false)).toEqual({ shown: [a2, b1, a1], later: [c1], gone: [a1] });
    expect(merged([b1, a1], page, true)).toEqual({ shown: [c1, a2, b1, a1], later: [], gone: [a1] });
  });

  it("are not taken for answered behind the end of the page that was asked for", () => {
    const at = (second: number) => ({ ...row, id: `${second}`, created_at: `2026-01-01T00:00:0${second}Z` });
    const page = { data: [at(9), at(5)], meta: { limit: 2, next_cursor: "more" } };
    const { gone } = merged([at(9), at(7), at(5), at(4)], page, false);
    expect(gone.map(({ id }) => id)).toEqual(["7"]);
  });

  it("say who asks, until when, and who may answer", () => {
    expect(askedOf(row, row.component_name)).toMatchObject({
      asker: "Operator",
      isForStaff: true,
      onExpiry: "cancel",
      expiresAtMs: Date.parse("2026-01-01"),
    });
  });
});
