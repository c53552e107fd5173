import { describe, expect, test } from "vitest";
import type { Message, Role } from "../../../../src/domain/message.ts";
import { RUN_STATUSES } from "../../../../src/domain/run.ts";
import { type HistoryFilter, type HistoryRun, historyMessages } from "../../../../src/engine/prompt/history.ts";
import { chatHistory } from "../../../support/history.ts";

type Named = { role: Role; name: string };
const ROLE_OF: Record<string, Role> = { s: "system", u: "user", a: "assistant", t: "tool" };

/** Makes a run whose messages are named by run, role and index: `run(3, "sua")` has the messages 3s0, 3u1 and 3a2. */
function run(runIndex: number, roles: string, its: Partial<HistoryRun<Named>> = {}): HistoryRun<Named> {
  const messages = [...roles].map((letter, nth) => ({
    role: ROLE_OF[letter] ?? "user",
    name: `${runIndex}${letter}${nth}`,
  }));
  const runId = `run-${runIndex}`;
  return { runIndex, runId, agentId: "a", teamId: null, parentRunId: null, status: "COMPLETED", messages, ...its };
}

const names = (messages: Named[]): string => messages.map((message) => message.name).join(" ");

interface Case {
  rule: string;
  runs: HistoryRun<Named>[];
  filter?: HistoryFilter;
  expected: string;
}

const oneOfEachStatus = RUN_STATUSES.map((status, nth) => run(nth, "u", { status }));
const threeRuns = [run(0, "sua"), run(1, "sua"), run(2, "sua")];
const withoutSystem = [run(0, "ua"), run(1, "uata"), run(2, "ua")];

const runFilters: Case[] = [
  { rule: "a session without runs has no messages", runs: [], expected: "" },
  { rule: "a run without messages adds none", runs: [run(0, ""), run(1, "ua")], expected: "1u0 1a1" },
  {
    rule: "messages come in order of runs, and of messages within a run",
    runs: withoutSystem,
    expected: "0u0 0a1 1u0 1a1 1t2 1a3 2u0 2a1",
  },
  {
    rule: "agent_id keeps the runs of that agent",
    runs: [run(0, "u"), run(1, "u", { agentId: "b" }), run(2, "u", { agentId: null })],
    filter: { agentId: "b" },
    expected: "1u0",
  },
  {
    rule: "team_id keeps the runs of that team",
    runs: [run(0, "u"), run(1, "u", { agentId: null, teamId: "t" })],
    filter: { teamId: "t" },
    expected: "1u0",
  },
  {
    rule: "agent_id and team_id must both fit",
    runs: [run(0, "u", { teamId: "t" }), run(1, "u"), run(2, "u", { agentId: "b", teamId: "t" })],
    filter: { agentId: "a", teamId: "t" },
    expected: "0u0",
  },
  {
    rule: "a run with a parent never counts, whatever is asked for",
    runs: [run(0, "u", { parentRunId: "run-1" }), run(1, "u")],
    filter: { agentId: "a", skipStatuses: [], skipHistoryMessages: false },
    expected: "1u0",
  },
  {
    rule: "by default PAUSED, CANCELLED, ERROR and REGENERATED runs are skipped; PENDING and RUNNING count",
    runs: oneOfEachStatus,
    expected: "0u0 1u0 2u0",
  },
  {
    rule: "skip_statuses replaces the default",
    runs: oneOfEachStatus,
    filter: { skipStatuses: ["RUNNING", "COMPLETED"] },
    expected: "0u0 3u0 4u0 5u0 6u0",
  },
  {
    rule: "an empty skip_statuses keeps runs of every status",
    runs: oneOfEachStatus,
    filter: { skipStatuses: [] },
    expected: "0u0 1u0 2u0 3u0 4u0 5u0 6u0",
  },
  { rule: "last_n_runs keeps the newest runs", runs: withoutSystem, filter: { lastNRuns: 1 }, expected: "2u0 2a1" },
  {
    rule: "last_n_runs above the number of runs keeps all",
    runs: withoutSystem,
    filter: { lastNRuns: 9 },
    expected: "0u0 0a1 1u0 1a1 1t2 1a3 2u0 2a1",
  },
  {
    rule: "last_n_runs counts only runs that pass agent, team, parent and status",
    runs: [
      run(0, "u"),
      run(1, "u"),
      run(2, "u", { agentId: "b" }),
      run(3, "u", { status: "ERROR" }),
      run(4, "u", { parentRunId: "run-1" }),
    ],
    filter: { agentId: "a", lastNRuns: 2 },
    expected: "0u0 1u0",
  },
  {
    rule: "last_n_runs counts a run of which every message is skipped",
    runs: [run(0, "u"), run(1, "t")],
    filter: { lastNRuns: 1, skipRoles: ["tool"] },
    expected: "",
  },
  { rule: "last_n_runs of 0 is nothing", runs: threeRuns, filter: { lastNRuns: 0 }, expected: "" },
  { rule: "last_n_runs below 0 is nothing", runs: threeRuns, filter: { lastNRuns: -1 }, expected: "" },
];

const messageFilters: Case[] = [
  {
    rule: "of all system messages only the first is kept, where it stands",
    runs: [run(0, "us"), run(1, "sua")],
    expected: "0u0 0s1 1u1 1a2",
  },
  {
    rule: "the first system message is the first of the runs that are left",
    runs: threeRuns,
    filter: { lastNRuns: 2 },
    expected: "1s0 1u1 1a2 2u1 2a2",
  },
  {
    rule: "the system message of a skipped run does not hide the next one",
    runs: [run(0, "su", { status: "ERROR" }), run(1, "su")],
    expected: "1s0 1u1",
  },
  {
    rule: "skip_roles drops those roles",
    runs: [run(0, "suata")],
    filter: { skipRoles: ["system", "tool"] },
    expected: "0u1 0a2 0a4",
  },
  {
    rule: "skip_history_messages changes nothing: no copies are stored",
    runs: [run(0, "sua")],
    filter: { skipHistoryMessages: false },
    expected: "0s0 0u1 0a2",
  },
  {
    rule: "without limit a tool message in first place stays",
    runs: [run(0, "uata")],
    filter: { skipRoles: ["user", "assistant"] },
    expected: "0t2",
  },
];

const limits: Case[] = [
  { rule: "limit keeps the newest messages", runs: withoutSystem, filter: { limit: 3 }, expected: "1a3 2u0 2a1" },
  {
    rule: "limit counts after the roles are skipped",
    runs: [run(0, "uata")],
    filter: { limit: 2, skipRoles: ["tool"] },
    expected: "0a1 0a3",
  },
  {
    rule: "limit keeps the first system message in front and counts it",
    runs: threeRuns,
    filter: { limit: 3 },
    expected: "0s0 2u1 2a2",
  },
  {
    rule: "any limit moves the system message to the front, also one that cuts nothing",
    runs: [run(0, "usa")],
    filter: { limit: 10 },
    expected: "0s1 0u0 0a2",
  },
  { rule: "limit of 1 is the system message alone", runs: threeRuns, filter: { limit: 1 }, expected: "0s0" },
  {
    rule: "limit of 1 without system message is the newest message",
    runs: withoutSystem,
    filter: { limit: 1 },
    expected: "2a1",
  },
  { rule: "limit of 0 is nothing", runs: withoutSystem, filter: { limit: 0 }, expected: "" },
  { rule: "limit of 0 is nothing also with a system message", runs: threeRuns, filter: { limit: 0 }, expected: "" },
  { rule: "limit below 0 is nothing", runs: threeRuns, filter: { limit: -2 }, expected: "" },
  {
    rule: "tool messages whose call was cut off are stripped from the front",
    runs: [run(0, "uattta")],
    filter: { limit: 3 },
    expected: "0a5",
  },
  { rule: "stripping may leave nothing", runs: [run(0, "uat")], filter: { limit: 1 }, expected: "" },
  {
    rule: "tool messages behind a system message are not stripped",
    runs: [run(0, "suata")],
    filter: { limit: 3 },
    expected: "0s0 0t3 0a4",
  },
  {
    rule: "a skipped system message takes no place and keeps no tool message",
    runs: [run(0, "suata")],
    filter: { limit: 2, skipRoles: ["system"] },
    expected: "0a4",
  },
  {
    rule: "limit and last_n_runs hold together",
    runs: threeRuns,
    filter: { limit: 10, lastNRuns: 1, skipRoles: ["system"] },
    expected: "2u1 2a2",
  },
];

describe.each([
  { part: "runs", cases: runFilters },
  { part: "messages", cases: messageFilters },
  { part: "limit", cases: limits },
])("the filters of history on $part", ({ cases }) => {
  test.each(cases)("$rule", ({ runs, filter, expected }) => {
    expect(names(historyMessages(runs, filter))).toBe(expected);
  });
});

describe("chat history", () => {
  test("has user and assistant messages of runs of every status", () => {
    const runs = RUN_STATUSES.map((status, nth) => run(nth, "sua", { status }));
    expect(names(chatHistory(runs))).toBe("0u1 0a2 1u1 1a2 2u1 2a2 3u1 3a2 4u1 4a2 5u1 5a2 6u1 6a2");
  });

  test("leaves out runs with a parent", () => {
    expect(names(chatHistory([run(0, "ua"), run(1, "ua", { parentRunId: "run-0" })]))).toBe("0u0 0a1");
  });

  test("keeps the newest runs, none for 0", () => {
    expect(names(chatHistory(threeRuns, 2))).toBe("1u1 1a2 2u1 2a2");
    expect(chatHistory(threeRuns, 0)).toEqual([]);
  });

  test("includes an assistant message that only calls tools", () => {
    const base = { content: "", createdAt: 1 };
    const toolCalls = [{ id: "call-1", name: "add", arguments: "{}" }];
    const call: Message = {
      ...base,
      messageId: "m",
      role: "assistant",
      toolCalls,
      reasoningContent: null,
      providerData: null,
      usage: null,
      timeToFirstTokenMs: null,
    };
    const ofRun: HistoryRun = { ...run(0, ""), messages: [call] };
    expect(chatHistory([ofRun])).toEqual([call]);
  });
});

test("the rules change none of the runs they are given", () => {
  const runs = [run(0, "sua"), run(1, "tua")];
  const before = structuredClone(runs);
  historyMessages(runs, { limit: 2, lastNRuns: 1, skipRoles: ["user"] });
  expect(runs).toEqual(before);
});
