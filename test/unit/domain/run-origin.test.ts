import { describe, expect, it } from "vitest";
import type { Message } from "../../../src/domain/message.ts";
import { RUN_STATUSES, type RunOrigin, type RunStatus } from "../../../src/domain/run.ts";
import { type AskedOrigin, type ContinueFrom, messagesKept, originFrom } from "../../../src/domain/run-origin.ts";

/**
 * Makes a message of each letter: `s` system, `u` user, `a` assistant, a digit an assistant that calls so many tools, `t`
 * the next result.
 */
function messages(letters: string): Message[] {
  const asked: string[] = [];
  return [...letters].map((letter, nth): Message => {
    const base = { messageId: `m${nth}`, content: `${letter}${nth}`, createdAt: nth };
    if (letter === "s") return { ...base, role: "system" };
    if (letter === "u") return { ...base, role: "user" };
    if (letter === "t") {
      const toolCallId = asked.shift() ?? "nobody's";
      return { ...base, role: "tool", toolCallId, toolName: "add", toolArgs: {}, toolCallError: false };
    }
    const count = letter === "a" ? 0 : Number(letter);
    const toolCalls = Array.from({ length: count }, (_, call) => ({
      id: `c${nth}-${call}`,
      name: "add",
      arguments: "",
    }));
    asked.push(...toolCalls.map(({ id }) => id));
    return {
      ...base,
      role: "assistant",
      toolCalls,
      reasoningContent: null,
      providerData: null,
      usage: null,
      timeToFirstTokenMs: null,
    };
  });
}

const NO_USER = "hold no user message to answer";
const NO_RESULTS = "end before the results of their tool calls";

describe("where a run that is made from another one begins", () => {
  const cases: [rule: string, letters: string, from: ContinueFrom, expected: number | string][] = [
    ["the end keeps all messages", "sua", "end", 3],
    ["the end keeps tool calls with their results", "su2tta", "end", 6],
    ["the end may be a tool's result", "su1t", "end", 4],
    ["the end may be the user's message", "u", "end", 1],
    ["the last user message is kept, and what is behind it is not", "sua", "last_user", 2],
    ["of several user messages the last counts", "suaua", "last_user", 4],
    ["the last user message may come first", "ua", "last_user", 1],
    ["a number keeps the first so many", "sua", 2, 2],
    ["a number may be all", "sua", 3, 3],
    ["no message is nothing to go on from", "", "end", "The run has no messages to go on from."],
    ["no message has no last user message", "", "last_user", "The run has no messages to go on from."],
    ["without a user message there is no last one", "sa", "last_user", "The run has no user message to go on from."],
    ["nothing kept is refused", "sua", 0, "continue_from is not within the run, which has messages 1 to 3."],
    ["less than nothing is refused", "sua", -1, "which has messages 1 to 3"],
    ["more than there is is refused", "sua", 4, "which has messages 1 to 3"],
    ["a number too large for anything is refused", "sua", Number.POSITIVE_INFINITY, "which has messages 1 to 3"],
    ["a cut before the user's message is refused", "sua", 1, `The first 1 messages of the run ${NO_USER}`],
    ["messages without a user's are refused", "sa", "end", NO_USER],
    ["a cut behind tool calls is refused", "su2tta", 3, `The first 3 messages of the run ${NO_RESULTS}`],
    ["a cut between the results is refused", "su2tta", 4, NO_RESULTS],
    ["a cut behind the results is taken", "su2tta", 5, 5],
    ["a pause's open calls are refused", "su1", "end", NO_RESULTS],
    ["open calls are refused wherever they stand", "su1ua", "end", NO_RESULTS],
    ["results of earlier calls are none of later ones", "su1t1", "end", NO_RESULTS],
    ["the last user message drops open calls", "su1", "last_user", 2],
  ];
  it.each(cases)("%s: %s from %s", (_, letters, from, expected) => {
    const kept = messagesKept(messages(letters), from);
    expect(kept).toEqual(
      typeof expected === "number"
        ? { ok: true, value: expected }
        : { ok: false, failure: { code: "bad_request", detail: expect.stringContaining(expected) } },
    );
  });

  it("is behind the results of the very calls, not of as many others", () => {
    const [user, asks, result] = messages("u1t");
    if (user === undefined || asks === undefined || result?.role !== "tool") throw new Error("three messages");
    expect(messagesKept([user, asks, { ...result, toolCallId: "other" }], "end").ok).toBe(false);
  });
});

describe("a run that is made from another one", () => {
  const place = { origin: null, runIndex: 7, memberSlots: 2 };
  const older = { runId: "r1", parentRunId: null, status: "COMPLETED" as RunStatus, input: "asked", ...place };
  const continued: AskedOrigin = { type: "continued", from: "end", input: null };
  const regenerated: AskedOrigin = { type: "regenerated", from: "last_user", replace: true, instructions: "brief" };

  it("answers what was asked before, or what the user says now", () => {
    expect(originFrom(older, messages("sua"), continued)).toEqual({
      ok: true,
      value: {
        origin: { type: "continued", runId: "r1", messageIndex: 3, historyBefore: 5, input: null, instructions: null },
        message: "asked",
      },
    });
    expect(originFrom(older, messages("sua"), { ...continued, input: "and now" })).toMatchObject({
      value: { origin: { input: "and now" }, message: "and now" },
    });
    expect(originFrom(older, messages("sua"), regenerated)).toEqual({
      ok: true,
      value: {
        origin: {
          type: "regenerated",
          runId: "r1",
          messageIndex: 2,
          historyBefore: 5,
          replace: true,
          instructions: "brief",
        },
        message: "asked",
      },
    });
  });

  it("has the history of the first one, however often that was gone on from", () => {
    const cases: [origin: RunOrigin, before: number][] = [
      [{ type: "continued", runId: "r0", messageIndex: 3, historyBefore: 2, input: null }, 2],
      [{ type: "copied", runId: "r0", sessionId: "s", historyBefore: 2 }, 2],
      [{ type: "copied", runId: "r0", sessionId: "s", historyBefore: null }, 5],
    ];
    for (const [origin, before] of cases) {
      const made = originFrom({ ...older, origin }, messages("sua"), continued);
      expect(made).toMatchObject({ value: { origin: { historyBefore: before } } });
    }
  });

  const refusals: Partial<Record<RunStatus, string>> = {
    PENDING: "it has not started yet",
    RUNNING: "it is still running",
    CANCELLED: "run is cancelled",
  };
  it.each(RUN_STATUSES)("is made of a run that is %s only where that is over", (status) => {
    const expected = (reason: string | undefined) =>
      reason === undefined
        ? { ok: true }
        : { failure: { code: "run_not_continuable", detail: `Cannot continue run r1: ${reason}`, runId: "r1" } };
    expect(originFrom({ ...older, status }, messages("sua"), continued)).toMatchObject(expected(refusals[status]));
    // A cancelled run cannot be continued, but it can be regenerated.
    const again = status === "CANCELLED" ? undefined : refusals[status];
    expect(originFrom({ ...older, status }, messages("sua"), regenerated)).toMatchObject(expected(again));
  });

  it("is never made of a member's run", () => {
    for (const asked of [continued, regenerated]) {
      const made = originFrom({ ...older, parentRunId: "r0" }, messages("sua"), asked);
      expect(made).toMatchObject({ failure: { code: "run_not_continuable", runId: "r1" } });
    }
  });
});
