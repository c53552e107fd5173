/** The kinds of streams that a run can have: what is told, and what a person does where it stops. */
import type { Json } from "../../../src/domain/json.ts";
import { delegating, type Teller } from "./teller.ts";

/** What the person in front of a chat does to a call. */
export type Act =
  | { act: "approve" | "reject"; id: string; reason?: string }
  | { act: "output"; id: string; tool: string; output: Json };

/** Tells a run. At each yield it has stopped, and the person does what is yielded before it goes on. */
export type Tale = (run: Teller) => Generator<Act[], void> | void;

const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3, reasoningTokens: 0, cacheReadTokens: 0 };

const approve = (id: string, reason?: string): Act => ({ act: "approve", id, ...(reason !== undefined && { reason }) });
const reject = (id: string, reason?: string): Act => ({ act: "reject", id, ...(reason !== undefined && { reason }) });
const output = (id: string, tool: string, given: Json): Act => ({ act: "output", id, tool, output: given });

export const AGENT_TALES: Record<string, Tale> = {
  "an answer"(run) {
    run.start();
    run.answer(["Hel", "lo \u2028 ", "🙂"]);
    run.complete();
  },
  "an answer without a word"(run) {
    run.start();
    run.answer([]);
    run.complete("length");
  },
  "an answer that was filtered"(run) {
    run.start();
    run.answer(["I"]);
    run.complete("content_filter");
  },
  "thoughts before, between and behind text"(run) {
    run.start();
    run.answer(["(Hm", "(, so", "I add.", "(More", "And", " more.", "(Late"], [["add", { a: 1 }]]);
    run.begin(0);
    run.result(0, "3");
    run.answer(["(Now", "It is 3."]);
    run.complete();
  },
  "thoughts alone"(run) {
    run.start();
    run.answer(["(Hm"]);
    run.complete();
  },
  "calls, one behind the other, all with the same id"(run) {
    run.start();
    run.answer(["Look."], [["look", { at: "a" }]]);
    run.begin(0);
    run.result(0, "seen a");
    run.answer([], [["look", { at: "b" }]]);
    run.begin(1);
    run.result(1, "seen b");
    run.answer(["Done."]);
    run.complete();
  },
  "calls side by side, of which one fails and one never ran"(run) {
    run.start();
    run.answer(
      ["Look."],
      [
        ["look", { at: "a" }],
        ["look", {}],
        ["look", { at: "c" }],
      ],
    );
    run.begin(0, 2);
    run.result(1, "No such place.", true);
    run.result(2, "seen c");
    run.result(0, "It broke.", true);
    run.answer(["Done."]);
    run.complete();
  },
  "a limit of rounds: the last calls do not run"(run) {
    run.start();
    run.answer([], [["look", {}]]);
    run.begin(0);
    run.result(0, "seen");
    run.answer(["Again."], [["look", {}]]);
    run.resolve(1, "Not run: the run reached a limit.", true);
    run.complete("tool_rounds");
  },
  "an output that was cut"(run) {
    run.start();
    run.answer([], [["look", {}]]);
    run.begin(0);
    run.result(0, "se [cut]");
    run.complete("length");
  },
  *"a call that is approved"(run) {
    run.start();
    run.answer(["Wipe?"], [["wipe", { disk: 1 }]]);
    run.tell({ type: "content_completed" });
    run.pause({ 0: "confirmation" });
    yield [approve("run.0")];
    run.answered(0, { type: "confirmed" });
    run.goOn();
    run.begin(0);
    run.result(0, "wiped");
    run.answer(["Wiped."]);
    run.complete();
  },
  *"a call that is approved with a note, and fails"(run) {
    run.start();
    run.answer([], [["wipe", { disk: 1 }]]);
    run.tell({ type: "content_completed" });
    run.pause({ 0: "confirmation" });
    yield [approve("run.0", "be quick")];
    run.answered(0, { type: "confirmed" }, { note: "be quick" });
    run.goOn();
    run.begin(0);
    run.result(0, "It broke.", true);
    run.answer(["Oh."]);
    run.complete();
  },
  *"a call that is rejected"(run) {
    run.start();
    run.answer([], [["wipe", { disk: 1 }]]);
    run.tell({ type: "content_completed" });
    run.pause({ 0: "confirmation" });
    yield [reject("run.0", "not today")];
    run.answered(0, { type: "rejected" }, { note: "not today" });
    run.goOn();
    run.result(0, "Function call was rejected by the user: not today", true);
    run.answer(["Then not."]);
    run.complete();
  },
  *"a call whose field is filled"(run) {
    run.start();
    run.answer([], [["order", { item: "tea" }]]);
    run.tell({ type: "content_completed" });
    run.pause({ 0: "user_input" });
    yield [output("run.0", "order", { amount: 2 })];
    run.answered(0, { type: "filled", args: { item: "tea", amount: 2 } });
    run.goOn();
    run.begin(0);
    run.result(0, "ordered");
    run.answer(["Ordered."]);
    run.complete();
  },
  *"a call that is executed elsewhere"(run) {
    run.start();
    run.answer([], [["sign", { paper: "a" }]]);
    run.tell({ type: "content_completed" });
    run.pause({ 0: "external_execution" });
    yield [output("run.0", "sign", { by: "ada" })];
    run.answered(0, { type: "executed", result: '{"by":"ada"}' });
    run.goOn();
    run.result(0, '{"by":"ada"}');
    run.answer(["Signed."]);
    run.complete();
  },
  *"one of each in one pause, beside a call that simply runs"(run) {
    run.start();
    run.answer(
      ["All."],
      [
        ["wipe", {}, "a"],
        ["look", {}, "b"],
        ["order", { item: "tea" }, "c"],
        ["sign", {}, "d"],
      ],
    );
    run.begin(1);
    run.result(1, "seen");
    run.tell({ type: "content_completed" });
    run.pause({ 0: "confirmation", 2: "user_input", 3: "external_execution" });
    yield [approve("run.0"), output("run.2", "order", { amount: 2 }), output("run.3", "sign", "signed")];
    run.answered(0, { type: "confirmed" });
    run.answered(1, { type: "filled", args: { item: "tea", amount: 2 } });
    run.answered(2, { type: "executed", result: "signed" });
    run.goOn();
    run.result(3, "signed");
    run.begin(0, 2);
    run.result(2, "ordered");
    run.result(0, "wiped");
    run.answer(["All done."]);
    run.complete();
  },
  *"answers in parts"(run) {
    run.start();
    run.answer(
      [],
      [
        ["wipe", {}],
        ["wipe", {}],
        ["order", { item: "tea" }],
        ["sign", {}],
      ],
    );
    run.tell({ type: "content_completed" });
    run.pause({ 0: "confirmation", 1: "confirmation", 2: "user_input", 3: "external_execution" });
    yield [approve("run.0"), output("run.2", "order", { amount: 2 }), output("run.3", "sign", "signed")];
    run.answered(0, { type: "confirmed" });
    run.answered(2, { type: "filled", args: { item: "tea", amount: 2 } });
    run.answered(3, { type: "executed", result: "signed" });
    run.pause({});
    yield [reject("run.1")];
    run.answered(1, { type: "rejected" });
    run.goOn();
    run.result(1, "Function call was rejected by the user", true);
    run.result(3, "signed");
    run.begin(0, 2);
    run.result(0, "wiped");
    run.result(2, "ordered");
    run.answer(["Half of it."]);
    run.complete();
  },
  *"two pauses, one behind the other"(run) {
    run.start();
    run.answer([], [["wipe", { disk: 1 }]]);
    run.pause({ 0: "confirmation" });
    yield [approve("run.0")];
    run.answered(0, { type: "confirmed" });
    run.goOn();
    run.begin(0);
    run.result(0, "wiped 1");
    run.answer(["Next."], [["wipe", { disk: 2 }]]);
    run.pause({ 1: "confirmation" });
    yield [reject("run.1")];
    run.answered(1, { type: "rejected" });
    run.goOn();
    run.result(1, "Function call was rejected by the user", true);
    run.answer(["One of two."]);
    run.complete();
  },
  *"a call whose outcome is unknown, and that is approved again"(run) {
    run.start();
    run.answer([], [["order", { item: "tea" }]]);
    run.pause({ 0: "user_input" });
    yield [output("run.0", "order", { amount: 2 })];
    run.answered(0, { type: "filled", args: { item: "tea", amount: 2 } });
    run.goOn();
    run.begin(0);
    run.tell({ type: "gap", nextIndex: 40 });
    run.pause({ 0: "confirmation" }, "outcome unknown");
    yield [approve("run.0")];
    run.answered(1, { type: "confirmed" });
    run.goOn();
    run.begin(0);
    run.result(0, "ordered");
    run.answer(["Ordered."]);
    run.complete();
  },
  *"a limit that is reached behind an approval"(run) {
    run.start();
    run.answer(
      [],
      [
        ["wipe", {}],
        ["wipe", {}],
      ],
    );
    run.pause({ 0: "confirmation", 1: "confirmation" });
    yield [approve("run.0"), approve("run.1")];
    run.answered(0, { type: "confirmed" });
    run.answered(1, { type: "confirmed" });
    run.goOn();
    run.begin(0);
    run.result(0, "wiped");
    run.resolve(1, "Not run: the run reached a limit.", true);
    run.complete("length");
  },
  *"a pause that a death left, with nobody to ask"(run) {
    run.start();
    run.answer([], [["wipe", {}]]);
    run.pause({ 0: "confirmation" });
    yield [approve("run.0")];
    run.answered(0, { type: "confirmed" });
    run.goOn();
    run.begin(0);
    run.tell({ type: "gap", nextIndex: 30 });
    run.pause({});
  },
  "a cancel between two words"(run) {
    run.start();
    run.tell({ type: "model_requested", messageId: "m" });
    run.say("(Hm", "I wa");
    run.tell({ type: "cancelled" });
  },
  "a cancel while a call runs"(run) {
    run.start();
    run.answer(["Look."], [["look", {}]]);
    run.begin(0);
    run.tell({ type: "cancelled" });
  },
  *"a cancel behind an approval"(run) {
    run.start();
    run.answer(
      [],
      [
        ["wipe", {}],
        ["wipe", {}],
      ],
    );
    run.pause({ 0: "confirmation", 1: "confirmation" });
    yield [approve("run.0"), reject("run.1")];
    run.answered(0, { type: "confirmed" });
    run.answered(1, { type: "rejected" });
    run.goOn();
    run.begin(0);
    run.tell({ type: "cancelled" });
  },
  "a cancel before the first word"(run) {
    run.start();
    run.tell({ type: "cancelled" });
  },
  "a cancel before the start"(run) {
    run.tell({ type: "cancelled" });
  },
  "a model that breaks in its answer"(run) {
    run.start();
    run.tell({ type: "model_requested", messageId: "m" });
    run.say("I wa");
    run.tell({ type: "failed", error: { type: "model_provider_error", message: "It broke." } });
  },
  "a model that breaks at once"(run) {
    run.start();
    run.tell({ type: "model_requested", messageId: "m" });
    run.tell({ type: "failed", error: { type: "model_provider_error", message: "It broke." } });
  },
  "a run that fails while a call runs"(run) {
    run.start();
    run.answer([], [["look", {}]]);
    run.begin(0);
    run.tell({ type: "gap", nextIndex: 30 });
    run.tell({ type: "failed", error: { type: "interrupted", message: "The run was interrupted." } });
  },
  "a run that was interrupted before it was written down"(run) {
    run.start();
    run.tell({ type: "gap", nextIndex: 9 });
    run.tell({ type: "failed", error: { type: "interrupted", message: "The run was interrupted." } });
  },
  "another model for the answer"(run) {
    run.start();
    run.tell({ type: "model_requested", messageId: "m" });
    run.tell({ type: "model_changed", model: { id: "other", provider: "Other", name: null } });
    run.say("Here.");
    run.tell({
      type: "model_answered",
      usage: USAGE,
      toolCalls: [],
    });
    run.complete();
  },
  "a summary that the run waits for"(run) {
    run.start();
    run.answer(["Here."]);
    run.tell({ type: "content_completed" }, { type: "summary_started", finishReason: "stop" });
    run.tell({
      type: "summary_completed",
      summary: { summary: "So far.", topics: ["a"], updated_at: "2026-01-01T00:00:00" } as never,
    });
    run.tell({ type: "completed", finishReason: "stop" });
  },
  "a summary that could not be made"(run) {
    run.start();
    run.answer(["Here."]);
    run.tell({ type: "content_completed" }, { type: "summary_started", finishReason: "stop" });
    run.tell({ type: "summary_completed", summary: null }, { type: "completed", finishReason: "stop" });
  },
};

export const TEAM_TALES: Record<string, Tale> = {
  "a member that answers, with a call of its own under the same id"(team) {
    team.start();
    team.answer(["Ask."], [delegating("add")]);
    team.begin(0);
    const ada = team.member("ada", 0);
    ada.start();
    ada.answer(["(Hm", "Let me", " see."], [["look", {}]]);
    ada.begin(0);
    ada.result(0, "seen");
    ada.answer(["3"]);
    ada.complete();
    team.result(0, "3");
    team.answer(["It is 3."]);
    team.complete();
  },
  "two members side by side, of which one fails"(team) {
    team.start();
    team.answer([], [delegating("a"), delegating("b")]);
    team.begin(0, 1);
    const ada = team.member("ada", 0);
    ada.start();
    const bob = team.member("bob", 1);
    bob.start();
    ada.tell({ type: "model_requested", messageId: "m" });
    bob.tell({ type: "model_requested", messageId: "m" });
    for (const word of ["a", "b", "c"]) {
      ada.say(word);
      bob.say(word);
    }
    bob.tell({ type: "failed", error: { type: "model_provider_error", message: "It broke." } });
    team.result(1, "Bob failed.", true);
    ada.tell({
      type: "model_answered",
      usage: USAGE,
      toolCalls: [],
    });
    ada.complete();
    team.result(0, "abc");
    team.answer(["Half."]);
    team.complete();
  },
  "a member whose answer is the team's"(team) {
    team.start();
    team.answer([], [delegating("a")]);
    team.begin(0);
    const ada = team.member("ada", 0);
    ada.start();
    ada.answer(["3"]);
    ada.complete();
    team.result(0, "3");
    team.tell({ type: "said", messageId: "s", content: "3" });
    team.complete();
  },
  *"a member that asks, and then goes on"(team) {
    team.start();
    team.answer(["Ask."], [delegating("wipe"), ["look", {}]]);
    team.begin(0, 1);
    const ada = team.member("ada", 0);
    ada.start();
    ada.answer(
      [],
      [
        ["look", {}, "a"],
        ["wipe", { disk: 1 }, "b"],
      ],
    );
    ada.begin(0);
    ada.result(0, "seen");
    team.result(1, "seen");
    ada.tell({ type: "content_completed" });
    ada.pause({ 1: "confirmation" });
    team.tell({ type: "tool_paused", call: 0 });
    team.tell({ type: "content_completed" });
    team.pause({});
    yield [approve("ada.1")];
    team.answered(0, { type: "confirmed" });
    ada.goOn();
    ada.begin(1);
    ada.result(1, "wiped");
    ada.answer(["Wiped."]);
    ada.complete();
    team.resolve(0, "Wiped.");
    team.goOn();
    team.answer(["All done."]);
    team.complete();
  },
  *"a member and its leader ask at once; the member asks once more"(team) {
    team.start();
    team.answer([], [delegating("wipe"), ["wipe", { disk: 0 }]]);
    team.begin(0);
    const ada = team.member("ada", 0);
    ada.start();
    ada.answer([], [["wipe", { disk: 1 }]]);
    ada.pause({ 0: "confirmation" });
    team.tell({ type: "tool_paused", call: 0 });
    team.pause({ 1: "confirmation" });
    yield [approve("ada.0"), reject("run.1", "no")];
    team.answered(0, { type: "confirmed" });
    team.answered(1, { type: "rejected" }, { note: "no" });
    ada.goOn();
    ada.begin(0);
    ada.result(0, "wiped");
    ada.answer([], [["wipe", { disk: 2 }]]);
    ada.pause({ 1: "confirmation" });
    team.pause({});
    yield [reject("ada.1")];
    team.answered(2, { type: "rejected" });
    ada.goOn();
    ada.result(1, "Function call was rejected by the user", true);
    ada.answer(["One."]);
    ada.complete();
    team.resolve(0, "One.");
    team.goOn();
    team.result(1, "Function call was rejected by the user: no", true);
    team.answer(["Done."]);
    team.complete();
  },
  *"a team in a team, whose member asks"(team) {
    team.start();
    team.answer([], [delegating("wipe")]);
    team.begin(0);
    const inner = team.member("inner", 0, "team");
    inner.start();
    inner.answer(["I ask."], [delegating("wipe")]);
    inner.begin(0);
    const ada = inner.member("ada", 0);
    ada.start();
    ada.answer(["May I?"], [["sign", { paper: "a" }]]);
    ada.pause({ 0: "external_execution" });
    inner.tell({ type: "tool_paused", call: 0 });
    inner.pause({});
    team.tell({ type: "tool_paused", call: 0 });
    team.pause({});
    yield [output("ada.0", "sign", "signed")];
    team.answered(0, { type: "executed", result: "signed" });
    ada.goOn();
    ada.result(0, "signed");
    ada.answer(["Signed."]);
    ada.complete();
    inner.resolve(0, "Signed.");
    inner.goOn();
    inner.answer(["It is signed."]);
    inner.complete();
    team.resolve(0, "It is signed.");
    team.goOn();
    team.answer(["Done."]);
    team.complete();
  },
  "a cancel while members speak"(team) {
    team.start();
    team.answer([], [delegating("a"), delegating("b")]);
    team.begin(0, 1);
    const ada = team.member("ada", 0);
    ada.start();
    ada.tell({ type: "model_requested", messageId: "m" });
    ada.say("I wa");
    ada.tell({ type: "cancelled" });
    team.tell({ type: "cancelled" });
  },
  "a member that was interrupted"(team) {
    team.start();
    team.answer([], [delegating("a")]);
    team.begin(0);
    const ada = team.member("ada", 0);
    ada.start();
    ada.answer([], [["look", {}]]);
    ada.begin(0);
    ada.tell({ type: "gap", nextIndex: 30 });
    ada.tell({ type: "failed", error: { type: "interrupted", message: "The run was interrupted." } });
    team.tell({ type: "gap", nextIndex: 60 });
    team.tell({ type: "failed", error: { type: "interrupted", message: "The run was interrupted." } });
  },
};

export const TALES = [
  ...Object.entries(AGENT_TALES).map(([name, tale]) => ({ name, tale, type: "agent" as const })),
  ...Object.entries(TEAM_TALES).map(([name, tale]) => ({ name, tale, type: "team" as const })),
];
