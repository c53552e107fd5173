import { describe, expect, it } from "vitest";
import type { ModelMessage } from "../../../../src/domain/model.ts";
import type { Prompt } from "../../../../src/engine/prompt/prompt.ts";
import { type Refusal, refusalOf, refusedBefore } from "../../../../src/engine/prompt/refusal.ts";
import {
  type LeftOut,
  leaveOutMore,
  NOTHING_LEFT_OUT,
  requestMessages,
} from "../../../../src/engine/prompt/request.ts";

const user = (content: string): ModelMessage => ({ role: "user", content });
const says = (content: string, data: string | null = null): ModelMessage => ({
  role: "assistant",
  content,
  toolCalls: [],
  providerData: data === null ? null : { source: "s", data },
});
const calls = (...ids: string[]): ModelMessage => ({
  role: "assistant",
  content: "",
  toolCalls: ids.map((id) => ({ id, name: "add", arguments: "{}" })),
  providerData: { source: "s", data: "[]" },
});
const result = (id: string): ModelMessage => ({ role: "tool", toolCallId: id, toolName: "add", content: `of ${id}` });

function promptOf(runs: ModelMessage[][], wanted: Prompt["wanted"] = {}): Prompt {
  const history = runs.map((messages, nth) => ({ runIndex: nth * 10, messages }));
  return { system: [], history, input: [user("now")], refused: null, wanted };
}

/** All steps of a request that is refused again and again, from the first on. */
function steps(prompt: Prompt, produced: ModelMessage[] = [], source = "s"): LeftOut[] {
  const all: LeftOut[] = [];
  for (let left = leaveOutMore(prompt, produced, { left: NOTHING_LEFT_OUT, source }); left !== null; ) {
    all.push(left);
    left = leaveOutMore(prompt, produced, { left, source });
  }
  return all;
}

const dataIn = (messages: ModelMessage[]) =>
  messages.flatMap((message) =>
    message.role === "assistant" && message.providerData ? [message.providerData.data] : [],
  );

describe("the steps of a request that is refused", () => {
  const runs = [1, 2, 3, 4, 5].map((nth) => [user(`${nth}`), says(`answer ${nth}`)]);

  it("leave out the older half of the runs, rounded up, and then all", () => {
    expect(steps(promptOf(runs)).map((left) => left.runs)).toEqual([3, 5]);
    expect(steps(promptOf(runs.slice(0, 2))).map((left) => left.runs)).toEqual([1, 2]);
    expect(steps(promptOf(runs.slice(0, 1))).map((left) => left.runs)).toEqual([1]);
    expect(steps(promptOf([]))).toEqual([]);
  });

  it("leave out first what providers said beside the text, the run's own too", () => {
    const prompt = promptOf([[user("1"), says("answer", "older")]]);
    const produced = [calls("a"), result("a")];
    const [first, second, ...more] = steps(prompt, produced);
    expect(first).toEqual({ runs: 0, withoutProviderData: 2 });
    expect(dataIn(requestMessages(prompt, produced, NOTHING_LEFT_OUT))).toEqual(["older", "[]"]);
    expect(dataIn(requestMessages(prompt, produced, first ?? NOTHING_LEFT_OUT))).toEqual([]);
    expect(second).toEqual({ runs: 1, withoutProviderData: 2 });
    expect(more).toEqual([]);
  });

  it("pass over what other models' providers said, which was not sent", () => {
    const prompt = promptOf([[user("1"), says("answer", "older")]]);
    expect(steps(prompt, [], "another model")).toEqual([{ runs: 1, withoutProviderData: 0 }]);
  });

  it("go on from what an earlier run has shown to be refused", () => {
    const left = { runs: 3, withoutProviderData: 0 };
    expect(leaveOutMore(promptOf(runs), [], { left, source: "s" })).toEqual({ runs: 5, withoutProviderData: 0 });
  });
});

describe("what a run has shown to be refused", () => {
  const history = [{ runIndex: 4 }, { runIndex: 7 }];
  const of = (refusal: Refusal, later: { runIndex: number }[]) => refusedBefore(refusal, later);

  it("is left out of later runs by the place of the runs, as the window moves on", () => {
    const refusal = refusalOf({ runs: 1, withoutProviderData: 0, reason: "too long" }, history, 9);
    expect(of(refusal, [...history, { runIndex: 9 }])).toEqual({ runs: 1, withoutProviderData: 0, reason: "too long" });
    expect(of(refusal, [{ runIndex: 7 }, { runIndex: 9 }])).toBeNull();
  });

  it("leaves newer runs what their provider said beside the text", () => {
    const refusal = refusalOf({ runs: 0, withoutProviderData: 3, reason: "bad item" }, history, 9);
    const later = [{ runIndex: 7 }, { runIndex: 9 }, { runIndex: 11 }];
    expect(of(refusal, later)).toMatchObject({ runs: 0, withoutProviderData: 2 });
  });
});

describe("the newest tool calls of a history", () => {
  const round = [user("1"), calls("a", "b"), result("a"), result("b"), says("done")];

  it("keep the results that belong to them, and an answer whose calls are gone goes without its provider data", () => {
    const prompt = promptOf([round], { maxToolCallsFromHistory: 1 });
    const [, answer, ...rest] = requestMessages(prompt, [], NOTHING_LEFT_OUT);
    expect(answer).toMatchObject({ toolCalls: [{ id: "b" }], providerData: null });
    expect(rest).toEqual([result("b"), says("done"), user("now")]);
  });

  it("are none where the agent says 0, and an answer without words goes with its calls", () => {
    const prompt = promptOf([round], { maxToolCallsFromHistory: 0 });
    expect(requestMessages(prompt, [], NOTHING_LEFT_OUT)).toEqual([user("1"), says("done"), user("now")]);
  });

  it("are never taken from the run itself", () => {
    const prompt = promptOf([], { maxToolCallsFromHistory: 0 });
    expect(requestMessages(prompt, [calls("a"), result("a")], NOTHING_LEFT_OUT)).toHaveLength(3);
  });
});
