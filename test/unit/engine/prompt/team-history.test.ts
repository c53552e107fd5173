import { describe, expect, test } from "vitest";
import { RUN_STATUSES } from "../../../../src/domain/run.ts";
import type { SessionType } from "../../../../src/domain/session.ts";
import { candidates, type HistoryFilter, historyMessages } from "../../../../src/engine/prompt/history.ts";
import { chatHistory, names, run, type SessionRun } from "../../../support/history.ts";

type Its = Partial<SessionRun>;
const leader = (runIndex: number, roles: string, its: Its = {}) =>
  run(runIndex, roles, { runId: `run-${runIndex}`, agentId: null, teamId: "team", ...its });
const member = (runIndex: number, roles: string, [agentId, parentRunId]: [string, string], its: Its = {}) =>
  run(runIndex, roles, { agentId, parentRunId, ...its });

/**
 * Two runs of a team. As in storage, the member runs stand before the run that delegated to them.
 * The members of the first are `a` and `b`; those of the second are `a` and the team `inner`, whose member is `c`.
 */
const teamRuns = (): SessionRun[] => [
  member(0, "sua", ["a", "run-2"]),
  member(1, "suata", ["b", "run-2"]),
  leader(2, "sua"),
  member(3, "sua", ["a", "run-6"]),
  member(4, "ua", ["c", "run-5"]),
  leader(5, "sua", { teamId: "inner", parentRunId: "run-6" }),
  leader(6, "sua"),
];

interface Case {
  rule: string;
  runs?: SessionRun[];
  filter: HistoryFilter;
  expected: string;
}

const ofEachStatus = RUN_STATUSES.map((status, nth) => member(nth, "u", ["a", "run-9"], { status }));

const whoIsShown: Case[] = [
  { rule: "members are skipped unless asked for", filter: {}, expected: "2s0 2u1 2a2 6u1 6a2" },
  {
    rule: "members are skipped when it is said",
    filter: { skipMemberMessages: true },
    expected: "2s0 2u1 2a2 6u1 6a2",
  },
  {
    rule: "skip_member_messages of false shows all runs where they are stored: members' before their team's",
    filter: { skipMemberMessages: false },
    expected: "0s0 0u1 0a2 1u1 1a2 1t3 1a4 2u1 2a2 3u1 3a2 4u0 4a1 5u1 5a2 6u1 6a2",
  },
  {
    rule: "member_ids shows the runs of that member alone",
    filter: { memberIds: ["b"] },
    expected: "1s0 1u1 1a2 1t3 1a4",
  },
  {
    rule: "member_ids shows the runs of several members in their order",
    filter: { memberIds: ["b", "a"] },
    expected: "0s0 0u1 0a2 1u1 1a2 1t3 1a4 3u1 3a2",
  },
  {
    rule: "member_ids shows each run once, however often an id is named",
    filter: { memberIds: ["b", "b"] },
    expected: "1s0 1u1 1a2 1t3 1a4",
  },
  {
    rule: "member_ids forces skip_member_messages off",
    filter: { memberIds: ["b"], skipMemberMessages: true },
    expected: "1s0 1u1 1a2 1t3 1a4",
  },
  {
    rule: "member_ids shows nothing more where members are not skipped",
    filter: { memberIds: ["b"], skipMemberMessages: false },
    expected: "1s0 1u1 1a2 1t3 1a4",
  },
  { rule: "member_ids reaches the member of a member team", filter: { memberIds: ["c"] }, expected: "4u0 4a1" },
  {
    rule: "member_ids names a member team for what its leader said",
    filter: { memberIds: ["inner"] },
    expected: "5s0 5u1 5a2",
  },
  { rule: "the team itself is no member", filter: { memberIds: ["team"] }, expected: "" },
  { rule: "member_ids of nobody is nothing", filter: { memberIds: ["nobody"] }, expected: "" },
  {
    rule: "a run that an agent did for itself in the session is no member run",
    runs: [member(0, "u", ["a", "run-1"]), leader(1, "u"), run(2, "u", { agentId: "a" })],
    filter: { memberIds: ["a"] },
    expected: "0u0",
  },
  {
    rule: "an empty member_ids names nobody to filter by, and forces skip_member_messages off",
    filter: { memberIds: [], skipMemberMessages: true },
    expected: "0s0 0u1 0a2 1u1 1a2 1t3 1a4 2u1 2a2 3u1 3a2 4u0 4a1 5u1 5a2 6u1 6a2",
  },
  { rule: "team_id keeps the runs of that team", filter: { teamId: "team" }, expected: "2s0 2u1 2a2 6u1 6a2" },
  {
    rule: "team_id forces skip_member_messages off: a member team's runs are shown",
    filter: { teamId: "inner", skipMemberMessages: true },
    expected: "5s0 5u1 5a2",
  },
  {
    rule: "team_id finds a team at any depth, and both inside and outside of other runs",
    runs: [
      leader(0, "u", { teamId: "deep", parentRunId: "run-1" }),
      leader(1, "u", { teamId: "inner", parentRunId: "run-2" }),
      leader(2, "u"),
      leader(3, "u", { teamId: "deep" }),
    ],
    filter: { teamId: "deep" },
    expected: "0u0 3u0",
  },
  { rule: "team_id and member_ids must both fit", filter: { teamId: "team", memberIds: ["a"] }, expected: "" },
  { rule: "both fit a member team", filter: { teamId: "inner", memberIds: ["a", "inner"] }, expected: "5s0 5u1 5a2" },
  { rule: "agent_id alone does not ask for members", filter: { agentId: "a" }, expected: "" },
  {
    rule: "agent_id keeps the runs of that agent where members are not skipped",
    filter: { agentId: "a", skipMemberMessages: false },
    expected: "0s0 0u1 0a2 3u1 3a2",
  },
  { rule: "agent_id and member_ids must both fit", filter: { agentId: "a", memberIds: ["b"] }, expected: "" },
];

const theOtherFilters: Case[] = [
  {
    rule: "member runs that paused, were cancelled, failed or were regenerated are skipped by default",
    runs: ofEachStatus,
    filter: { memberIds: ["a"] },
    expected: "0u0 1u0 2u0",
  },
  {
    rule: "the team's own runs are skipped by the same statuses",
    runs: RUN_STATUSES.map((status, nth) => leader(nth, "u", { status })),
    filter: {},
    expected: "0u0 1u0 2u0",
  },
  {
    rule: "a member's run counts by its own status, not by its team's",
    runs: [member(0, "u", ["a", "run-1"]), leader(1, "u", { status: "ERROR" })],
    filter: { skipMemberMessages: false },
    expected: "0u0",
  },
  {
    rule: "an empty skip_statuses keeps member runs of every status",
    runs: ofEachStatus,
    filter: { memberIds: ["a"], skipStatuses: [] },
    expected: "0u0 1u0 2u0 3u0 4u0 5u0 6u0",
  },
  {
    rule: "last_n_runs counts no member run where they are skipped",
    filter: { lastNRuns: 1 },
    expected: "6s0 6u1 6a2",
  },
  {
    rule: "last_n_runs counts member runs where they are not skipped",
    filter: { lastNRuns: 2, skipMemberMessages: false },
    expected: "5s0 5u1 5a2 6u1 6a2",
  },
  {
    rule: "last_n_runs counts the members' runs alone",
    filter: { lastNRuns: 1, memberIds: ["a"] },
    expected: "3s0 3u1 3a2",
  },
  {
    rule: "last_n_runs counts the named team's runs alone",
    filter: { lastNRuns: 1, teamId: "team" },
    expected: "6s0 6u1 6a2",
  },
  {
    rule: "last_n_runs counts what is left after the statuses",
    runs: [member(0, "u", ["a", "run-9"]), member(1, "u", ["a", "run-9"], { status: "ERROR" })],
    filter: { lastNRuns: 1, memberIds: ["a"] },
    expected: "0u0",
  },
  { rule: "last_n_runs of 0 is nothing", filter: { lastNRuns: 0, memberIds: ["a"] }, expected: "" },
  {
    rule: "the first system message is a member's where members are not skipped",
    filter: { limit: 3, skipMemberMessages: false },
    expected: "0s0 6u1 6a2",
  },
  { rule: "the first system message is the leader's where they are", filter: { limit: 3 }, expected: "2s0 6u1 6a2" },
  {
    rule: "skip_roles drops members' roles",
    filter: { memberIds: ["b"], skipRoles: ["system", "tool"] },
    expected: "1u1 1a2 1a4",
  },
  {
    rule: "limit keeps the newest messages of the members",
    filter: { memberIds: ["a", "b"], limit: 3, skipRoles: ["system"] },
    expected: "1a4 3u1 3a2",
  },
  {
    rule: "a member's tool messages whose call was cut off are stripped",
    filter: { memberIds: ["b"], limit: 2, skipRoles: ["system"] },
    expected: "1a4",
  },
  { rule: "limit of 0 is nothing", filter: { memberIds: ["b"], limit: 0 }, expected: "" },
];

describe.each([
  { part: "runs", cases: whoIsShown },
  { part: "statuses, counts, roles and limits", cases: theOtherFilters },
])("the filters of a team's history on $part", ({ cases }) => {
  test.each(cases)("$rule", ({ runs = teamRuns(), filter, expected }) => {
    expect(names(historyMessages(runs, { ...filter, sessionType: "team" }))).toBe(expected);
  });
});

describe("a run inside another one", () => {
  const asking: HistoryFilter[] = [
    {},
    { skipMemberMessages: false },
    { memberIds: ["a"] },
    { memberIds: [] },
    { teamId: "inner" },
  ];
  const types: (SessionType | undefined)[] = ["agent", "workflow", undefined];

  test.each(types)("never counts in a session of type %s, whatever is asked for", (sessionType) => {
    for (const filter of asking) {
      expect(candidates({ ...filter, sessionType }), JSON.stringify(filter)).toEqual({ which: "top level" });
      expect(names(historyMessages(teamRuns(), { ...filter, sessionType }))).toBe(
        filter.teamId === "inner" ? "" : "2s0 2u1 2a2 6u1 6a2",
      );
    }
  });

  test("is no part of a team's chat history, which has runs of every status", () => {
    const runs = [...teamRuns(), leader(7, "ua", { status: "PAUSED" }), leader(8, "ua", { status: "ERROR" })];
    expect(names(chatHistory(runs))).toBe("2u1 2a2 6u1 6a2 7u0 7a1 8u0 8a1");
    expect(names(chatHistory(runs, 2))).toBe("7u0 7a1 8u0 8a1");
  });
});
