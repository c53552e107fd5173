import { describe, expect, it } from "vitest";
import type { AgentEvent, Run, ToolExecution } from "../../../../packages/client/src/index.ts";
import type { Requirement } from "../../../../src/domain/requirement.ts";
import { expireRequirement } from "../../../../src/engine/people/requirements.ts";
import { keepDraft, NO_DRAFT, readDraft } from "../../../../ui/conversation/draft.ts";
import { RunFold } from "../../../../ui/conversation/fold.ts";
import { whatIsNew } from "../../../../ui/conversation/news.ts";
import { hasRun, isAnsweredAgain, wholeRuns } from "../../../../ui/conversation/pages.ts";
import type { RunStatus } from "../../../../ui/conversation/run-view.ts";
import { storedRuns } from "../../../../ui/conversation/stored-run.ts";
import type { Told } from "../../../../ui/conversation/told.ts";
import { EVENTS, RUN_ID, SESSION_ID } from "../../../support/recorded-run.ts";

const folded = (events: readonly (Told | AgentEvent)[], runId = "r") => {
  const of = { kind: "agent", id: "a", name: "a" } as const;
  const head = { runId, sessionId: SESSION_ID, of, status: "PENDING", asked: "?", createdAtMs: 0 } as const;
  const fold = new RunFold({ ...head, regeneratedFrom: null });
  for (const event of events) fold.take(event);
  return fold;
};
const told = (event: string, fields: object = {}): Told => ({ event, run_id: "r", agent_id: "a", ...fields });
const row = (run_id: string, parent_run_id = "", team_id?: string) =>
  ({ run_id, parent_run_id, ...(team_id && { team_id }) }) as Run;

describe("a run of its events", () => {
  it("has its members in the calls that they were made by", () => {
    const { view } = folded(EVENTS, RUN_ID);
    const calls = view.parts.flatMap((part) => (part.kind === "call" ? [part.call] : []));
    expect(view.status).toBe("COMPLETED");
    expect(calls.flatMap(({ members }) => members.map(({ status }) => status))).toEqual([
      "COMPLETED",
      "COMPLETED",
      "COMPLETED",
    ]);
    expect(calls.every(({ members, args }) => members.every(({ asked }) => asked === args?.task))).toBe(true);
  });

  it("keeps the parts that an event has not changed", () => {
    const fold = folded([
      told("ModelRequestStarted", { model: "m" }),
      told("RunContent", { content: "One." }),
      told("ModelRequestCompleted"),
      told("ToolCallStarted", { tool: { tool_call_id: "c", tool_name: "look", tool_args: {} } }),
    ]);
    const [before] = fold.view.parts;
    fold.take(told("ModelRequestStarted", { model: "m" }));
    fold.take(told("RunContent", { content: "Two." }));
    expect(fold.view.parts[0]).toBe(before);
    expect(fold.view).toBe(fold.view);
  });

  it("says how long a thought took, and shows it open while it comes", () => {
    const fold = folded([
      told("ModelRequestStarted", { model: "m" }),
      told("RunContent", { reasoning_content: "Hm", created_at: 10 }),
    ]);
    expect(fold.view.parts).toMatchObject([{ kind: "thought", text: "Hm", isOpen: true, seconds: null }]);
    fold.take(told("RunContent", { content: "So.", created_at: 13 }));
    expect(fold.view.parts).toMatchObject([
      { isOpen: false, seconds: 3 },
      { kind: "text", isOpen: true },
    ]);
  });

  it("notes another model, what is not saved yet, and an interruption", () => {
    const asked = [told("ModelRequestStarted", { model: "m" }), told("ModelRequestStarted", { model: "n" })];
    const answered = [...asked, told("RunContent", { content: "x" }), told("RunCompleted", { persisted: false })];
    const fold = folded(answered);
    expect(fold.view.parts).toHaveLength(1);
    expect(fold.view.notes).toEqual([{ kind: "fallback", model: "n" }, { kind: "unsaved" }]);
    fold.settle({ status: "COMPLETED", created_at: 1 });
    expect(fold.view.notes).toEqual([{ kind: "fallback", model: "n" }]);
    const { notes, failure } = folded([told("RunError", { error_type: "interrupted", content: "It broke off." })]).view;
    expect([notes, failure]).toEqual([[{ kind: "interrupted" }], { type: "interrupted", message: "It broke off." }]);
  });

  it("notes what was left out of the history, and forgets it with a row that has none", () => {
    const fold = folded([]);
    const dropped = { runs: 2, without_provider_data: 0, reason: "too long" };
    fold.settle({ status: "COMPLETED", created_at: 1, history_dropped: dropped });
    expect(fold.view.notes).toEqual([{ kind: "history_dropped", runs: 2, withoutProviderData: 0, reason: "too long" }]);
    fold.settle({ status: "COMPLETED", created_at: 1 });
    expect(fold.view.notes).toEqual([]);
  });

  it("has expired where it ended because nobody answered in time, and not where it went on or a person said no", () => {
    const { answerNote } = expireRequirement({} as Requirement, 0);
    const ended = (status: RunStatus, call: object) => {
      const fold = folded([told("RunStarted")]);
      const made = { tool_call_id: "c", tool_name: "wipe", tool_args: {}, confirmed: false, result: null, ...call };
      fold.settle({ status, created_at: 1, tools: [made as ToolExecution] });
      const states = fold.view.parts.map((part) => part.kind === "call" && part.call.state);
      return [...states, fold.view.failure?.type ?? null];
    };
    const late = { confirmation_note: answerNote };
    expect(ended("CANCELLED", late)).toEqual(["expired", "expired"]);
    expect(ended("COMPLETED", { ...late, result: "Nobody answered." })).toEqual(["expired", null]);
    expect(ended("CANCELLED", { ...late, result: "Nobody answered." })).toEqual(["expired", null]);
    expect(ended("CANCELLED", { confirmation_note: "No." })).toEqual(["denied", null]);
  });

  it("has expired, of a team, where a member's run has", () => {
    const { answerNote } = expireRequirement({} as Requirement, 0);
    const tool = {
      tool_call_id: "c",
      tool_name: "wipe",
      tool_args: {},
      confirmed: false,
      confirmation_note: answerNote,
    };
    const cancelled = { status: "CANCELLED", created_at: "2026-01-01T00:00:00Z" };
    const rows = [
      { ...row("m", "t"), ...cancelled, agent_id: "a", tools: [{ ...tool, result: null }] },
      { ...row("t", "", "team"), ...cancelled },
    ];
    const [team] = storedRuns(rows as unknown as Run[], "s");
    expect(team?.view.failure?.type).toBe("expired");
  });

  it("takes no event of another run", () => {
    expect(folded([]).take({ event: "RunStarted", run_id: "other" })).toBe(false);
  });
});

it("a run that has come without events, such as one that was imported, is made of its messages", () => {
  const messages = [
    { role: "user", content: "Add." },
    { role: "assistant", content: "I add.", tool_calls: [{ id: "c", function: { name: "add" } }] },
    { role: "tool", content: "3", tool_call_id: "c" },
    { role: "assistant", content: "It is 3." },
  ];
  const tool = {
    tool_call_id: "c",
    tool_name: "add",
    tool_args: { a: 1 },
    result: "3",
    confirmed: null,
    metrics: null,
  };
  const imported = { ...row("r"), status: "COMPLETED", created_at: "2026-01-01T00:00:00Z", content: "It is 3." };
  const [fold] = storedRuns([{ ...imported, agent_id: "a", messages, tools: [tool] } as unknown as Run], "s");
  expect(fold?.view.parts).toMatchObject([
    { kind: "text", text: "I add.", isOpen: false },
    { kind: "call", call: { name: "add", state: "done", result: "3" } },
    { kind: "text", text: "It is 3.", isOpen: false },
  ]);
});

describe("a page of runs", () => {
  it("leaves a team's run to the next one if members of it may stand before the page", () => {
    expect(wholeRuns([row("m2", "t"), row("t", "", "team"), row("a")])).toEqual([row("a")]);
    expect(wholeRuns([row("a"), row("m", "t"), row("t", "", "team")])).toHaveLength(3);
    expect(wholeRuns([row("m1", "t"), row("m2", "t")])).toEqual([]);
  });

  it("finds a member's run in its team's", () => {
    const { view } = folded(EVENTS, RUN_ID);
    const member = EVENTS.find(({ parent_run_id: parent }) => parent === RUN_ID);
    expect(hasRun(view, member?.run_id ?? "")).toBe(true);
    expect(hasRun(view, "nobody")).toBe(false);
  });

  it("hides a run that another one answers again, until that one fails", () => {
    const older = { runId: "old", status: "COMPLETED", regeneratedFrom: null } as const;
    const newer = { runId: "new", status: "RUNNING", regeneratedFrom: "old" } as const;
    expect(isAnsweredAgain([older, newer], 0)).toBe(true);
    expect(isAnsweredAgain([older, newer], 1)).toBe(false);
    expect(isAnsweredAgain([older, { ...newer, status: "ERROR" }], 0)).toBe(false);
    expect(isAnsweredAgain([{ ...older, status: "REGENERATED" }], 0)).toBe(true);
  });
});

describe("what is new among the newest runs", () => {
  const newest = (...ids: string[]) =>
    ids.map((id) => ({ run_id: id, parent_run_id: id.startsWith("m") ? "t" : "", status: "COMPLETED" as const }));
  const known =
    (...ids: string[]) =>
    (id: string) =>
      ids.includes(id);

  it("is what stands behind the last known run, members before their team's run too", () => {
    expect(whatIsNew(newest("a", "m1", "t", "b"), known("a"))).toEqual({ begun: 3, isApart: false });
    expect(whatIsNew(newest("a", "m1", "t"), known("a", "t"))).toEqual({ begun: 0, isApart: false });
  });

  it("may not be all, where none of them is known", () => {
    expect(whatIsNew(newest("b", "c"), known("a"))).toEqual({ begun: 2, isApart: true });
  });
});

describe("a draft", () => {
  const storage = () => {
    const kept = new Map<string, string>();
    return {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
      size: () => kept.size,
    } as unknown as Storage & { size(): number };
  };

  it("is kept for its session, with the key that it was sent with", () => {
    const place = storage();
    keepDraft(place, "s", { text: "Hello", key: "k" });
    expect(readDraft(place, "s")).toEqual({ text: "Hello", key: "k" });
    expect(readDraft(place, "other")).toEqual(NO_DRAFT);
    keepDraft(place, "s", NO_DRAFT);
    expect(place.size()).toBe(0);
  });

  it("is empty where something else was kept, or nothing can be", () => {
    const place = storage();
    place.setItem("edge-sessions.draft.s", "{");
    expect(readDraft(place, "s")).toEqual(NO_DRAFT);
    const full = {
      setItem: () => {
        throw new Error("full");
      },
    } as unknown as Storage;
    expect(() => keepDraft(full, "s", { text: "x", key: null })).not.toThrow();
  });
});
