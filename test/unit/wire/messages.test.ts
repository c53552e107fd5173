import { describe, expect, it } from "vitest";
import type { RunRow } from "../../../src/domain/run.ts";
import { GUARDED_VIEW, WHOLE_VIEW } from "../../../src/domain/view.ts";
import { runMessages } from "../../../src/wire/ui/messages.ts";
import { GENERATIONS } from "../../support/ui/clients.ts";
import { told } from "../../support/ui/streams.ts";
import { TALES } from "../../support/ui/tales.ts";
import { delegating, Teller } from "../../support/ui/teller.ts";

const user = { id: "run:user", role: "user", parts: [{ type: "text", text: "hi" }] };

/** The messages of a run of which D1 has this row. */
const messagesOf = ({ run, row }: Teller, fields: Partial<RunRow> = {}, view = WHOLE_VIEW) =>
  runMessages(run, { ...row, ...fields }, view);

/** A run that has been told to its end. */
function ended(name: string): Teller {
  const tale = TALES.find((one) => one.name === name);
  if (tale === undefined) throw new Error(`There is no tale of ${name}.`);
  const { teller, stops } = told(tale);
  while (stops.next().done !== true);
  return teller;
}

const answer = "an answer";

describe("the messages of a run", () => {
  it("are what the user said, and what the run answered", () => {
    expect(messagesOf(ended(answer))).toEqual([
      user,
      {
        id: "run",
        role: "assistant",
        metadata: {
          runId: "run",
          sessionId: "chat",
          status: "COMPLETED",
          metrics: expect.objectContaining({ duration: expect.any(Number) }),
          sessionState: { nights: 3 },
        },
        parts: [{ type: "step-start" }, { type: "text", text: "Hello \u2028 🙂", state: "done" }],
      },
    ]);
  });

  it("are none once the run was replaced", () => {
    expect(messagesOf(ended(answer), { status: "REGENERATED" })).toEqual([]);
  });

  it("are none of a run that failed or was cancelled before it started", () => {
    const never = ended("a cancel before the start");
    expect(messagesOf(never, { runIndex: null })).toEqual([]);
    expect(messagesOf(never, { runIndex: null, status: "ERROR" })).toEqual([]);
  });

  it("are the user's alone while the run waits, and while D1 has nothing of what it tells", () => {
    expect(messagesOf(new Teller(), { runIndex: null, waiting: true, status: "PENDING" })).toEqual([user]);
    expect(messagesOf(new Teller(), { status: "RUNNING" })).toEqual([user]);
  });

  it("have no message of the user's where a run went on from a checkpoint without one", () => {
    const origin = { type: "continued", runId: "r", messageIndex: 1, historyBefore: 1, input: null } as const;
    expect(messagesOf(ended(answer), { origin }).map(({ role }) => role)).toEqual(["assistant"]);
    expect(messagesOf(ended(answer), { origin: { ...origin, input: "hi" } })[0]).toEqual(user);
  });

  it("say that a run goes on whose answers are in, and how it was answered", () => {
    const run = new Teller();
    run.start();
    run.answer([], [["wipe", {}]]);
    run.pause({ 0: "confirmation" });
    expect(messagesOf(run)[1]).toMatchObject({
      metadata: { status: "PAUSED" },
      parts: [{}, { state: "approval-requested" }, {}],
    });
    run.answered(0, { type: "confirmed" }, { note: "fine" });
    expect(messagesOf(run, { waiting: true })[1]).toMatchObject({
      metadata: { status: "RUNNING" },
      parts: [{}, { state: "approval-responded", approval: { id: "run.0", approved: true, reason: "fine" } }, {}],
    });
  });

  it("say that nobody answered in time", () => {
    const run = new Teller();
    run.start();
    run.answer([], [["wipe", {}]]);
    run.pause({ 0: "confirmation" });
    run.answered(0, { type: "rejected" }, { status: "expired", note: "Nobody answered in time." });
    run.goOn();
    run.result(0, "Function call was rejected: nobody answered in time.", true);
    run.answer(["Then not."]);
    run.complete();
    const approval = { id: "run.0", approved: false, reason: "Nobody answered in time." };
    expect(messagesOf(run)[1]?.parts[1]).toMatchObject({ state: "output-denied", approval });
  });

  it("show what was rejected that was no question of yes or no as a call that failed", () => {
    const run = new Teller();
    run.start();
    run.answer([], [["sign", {}]]);
    run.pause({ 0: "external_execution" });
    run.answered(0, { type: "rejected" });
    run.goOn();
    run.result(0, "Function call was rejected by the user", true);
    run.complete();
    const errorText = "Function call was rejected by the user";
    expect(messagesOf(run)[1]?.parts[1]).toMatchObject({ state: "output-error", errorText });
  });

  it("leave no call open of a run that was cancelled while it was paused, nor a member at work", async () => {
    const team = new Teller({ type: "team" });
    team.start();
    team.answer([], [delegating("a"), ["sign", {}]]);
    team.begin(0);
    const ada = team.member("ada", 0);
    ada.start();
    ada.answer([], [["wipe", {}]]);
    ada.pause({ 0: "confirmation" });
    team.tell({ type: "tool_paused", call: 0 });
    team.pause({ 1: "external_execution" });
    for (const one of team.run.requirements) one.status = "cancelled";
    team.tell({ type: "cancelled" });
    const messages = messagesOf(team);
    const parts = messages[1]?.parts ?? [];
    const states = parts.flatMap((part) => ("toolCallId" in part ? [[part.toolCallId, part.state]] : []));
    expect(states).toEqual([
      ["run.0", "output-error"],
      ["ada.0", "output-denied"],
      ["run.1", "output-error"],
    ]);
    expect(parts.find(({ type }) => type === "data-member")).toMatchObject({ data: { status: "cancelled" } });
    expect(messages[1]?.metadata).toMatchObject({ status: "CANCELLED" });
    for (const { validate } of Object.values(GENERATIONS)) await validate(messages);
  });

  it("tell a caller without config:read no words of a provider", () => {
    const failed = ended("a model that breaks in its answer");
    const half = ended("two members side by side, of which one fails");
    for (const run of [failed, half]) {
      expect(JSON.stringify(messagesOf(run))).toContain("It broke.");
      expect(JSON.stringify(messagesOf(run, {}, GUARDED_VIEW))).not.toContain("It broke.");
    }
  });
});
