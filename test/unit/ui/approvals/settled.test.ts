import { describe, expect, it } from "vitest";
import type { Requirement, RunRequirement, ToolExecution } from "../../../../packages/client/src/index.ts";
import { askedOfRow } from "../../../../ui/approvals/asked.ts";
import { groupBySession } from "../../../../ui/approvals/groups.ts";
import { settledOfRow, settledOfRun } from "../../../../ui/approvals/settled.ts";

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
  tool_execution: call,
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
  it("is nothing while it is open", () => {
    expect(settledOfRow(row)).toBeNull();
    expect(settledOfRun(ofRun, "PAUSED")).toBeNull();
  });

  it("is the same by the list and by the run", () => {
    const at = answered.answered_at;
    const cases: [Partial<Requirement>, Partial<RunRequirement>, object][] = [
      [{ answer: "confirmed" }, { confirmation: true }, { how: "confirmed", said: null }],
      [
        { answer: "rejected", answer_note: "no" },
        { confirmation: false, confirmation_note: "no" },
        { how: "rejected", said: "no" },
      ],
      [
        { answer: "executed", tool_execution: { ...call, result: "ok" } },
        { external_execution_result: "ok", tool_execution: { ...call, result: "ok" } },
        { how: "executed", said: "ok" },
      ],
      [{ answer: "filled" }, {}, { how: "filled", said: "id: 42" }],
    ];
    for (const [ofRow, ofItsRun, expected] of cases) {
      const whole = { by: "boss", at, ...expected };
      expect(settledOfRow({ ...row, status: "answered", ...answered, ...ofRow })).toEqual(whole);
      expect(settledOfRun({ ...ofRun, ...answered, ...ofItsRun }, "RUNNING")).toEqual(whole);
    }
  });

  it("is that its time was over, or that its run was", () => {
    const at = answered.answered_at;
    const expired = { how: "expired", said: null, by: null, at };
    expect(settledOfRow({ ...row, status: "expired", answer: "rejected", answered_at: at })).toEqual(expired);
    expect(settledOfRun({ ...ofRun, confirmation: false, answered_at: at }, "RUNNING")).toEqual(expired);
    expect(settledOfRow({ ...row, status: "cancelled" })).toMatchObject({ how: "cancelled" });
    expect(settledOfRun(ofRun, "CANCELLED")).toMatchObject({ how: "cancelled" });
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

  it("say who asks, until when, and who may answer", () => {
    expect(askedOfRow(row)).toMatchObject({
      asker: "Operator",
      isForStaff: true,
      onExpiry: "cancel",
      expiresAtMs: Date.parse("2026-01-01"),
    });
  });
});
