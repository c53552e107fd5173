import { expect, it } from "vitest";
import type { RunEvent } from "../../../../src/domain/event.ts";
import type { Message } from "../../../../src/domain/message.ts";
import { type Model, type ModelChunk, ModelError } from "../../../../src/domain/model.ts";
import type { RunRow } from "../../../../src/domain/run.ts";
import { WHOLE_VIEW } from "../../../../src/domain/view.ts";
import type { DriveDependencies } from "../../../../src/engine/drive/dependencies.ts";
import { driveRun } from "../../../../src/engine/drive/drive-run.ts";
import { EventReader } from "../../../../src/engine/events/run-events.ts";
import { buildPrompt } from "../../../../src/engine/prompt/prompt.ts";
import { applyFact } from "../../../../src/engine/run/apply-fact.ts";
import { runReasoning, runText } from "../../../../src/engine/run/calls.ts";
import { storedLog } from "../../../../src/engine/run/event-log.ts";
import { factsOf, newRun, type Run, type RunHead } from "../../../../src/engine/run/state.ts";
import { runFromRow } from "../../../../src/engine/run/stored-run.ts";

const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2, reasoningTokens: 1, cacheReadTokens: 0 };
const thinks = (delta: string): ModelChunk => ({ type: "reasoning", delta });
const says = (delta: string): ModelChunk => ({ type: "text", delta });
const beside = (data: string | null): ModelChunk => ({ type: "provider_data", data });
const finished: ModelChunk = { type: "finish", reason: "stop" };
const calls = (name: string): ModelChunk[] => [
  { type: "tool_call", index: 0, id: "c", name, arguments: "{}" },
  { type: "finish", reason: "tool_calls" },
];
const breaks = new ModelError("model_provider_error", "It broke.");

type Rooms = Partial<Record<"reasoning" | "events" | "output" | "providerData", number>>;

interface Circumstances extends Rooms {
  /** Cancels the run once its reasoning is so long. */
  cancelBehind?: number;
  /** How long it is from one fact to the next. */
  stepMs?: number;
}

/** Drives a run whose model answers these chunks, request by request. */
async function driven(
  answers: (ModelChunk | Error)[][],
  { cancelBehind = Number.POSITIVE_INFINITY, stepMs = 300, ...rooms }: Circumstances = {},
): Promise<Run> {
  const left = [...answers];
  const model: Model = {
    id: "m",
    name: "M",
    provider: "P",
    source: "chat here m",
    async *stream() {
      for (const chunk of left.shift() ?? []) {
        if (chunk instanceof Error) throw chunk;
        yield [chunk];
      }
    },
  };
  const head = {
    runId: "r",
    sessionId: "s",
    startedAt: 1_000,
    timings: {},
    inputMessages: 0,
    component: { type: "agent", id: "a", name: "A" },
    parentRunId: null,
    model: "m",
    modelProvider: "P",
    sessionState: {},
    sessionCache: "hit",
  } as unknown as RunHead;
  const run = newRun(head);
  const cancel = new AbortController();
  let ids = 0;
  const deps: DriveDependencies = {
    model,
    tools: [],
    dropsHistory: false,
    plan: () => ({ kind: "run", args: {} }),
    callTool: async () => ({ kind: "answered", text: "done", isError: false }),
    isDelegated: () => false,
    isAnswer: () => false,
    summary: null,
    state: () => ({}),
    eventRoom: () => (rooms.events ?? 1e6) - run.eventBytes,
    reasoningRoom: () => (rooms.reasoning ?? 1e6) - run.reasoningBytes,
    providerDataRoom: () => (rooms.providerData ?? 1e6) - run.providerDataBytes,
    newId: () => `id-${ids++}`,
    requestDigests: async () => ({}),
    signal: cancel.signal,
    limits: { maxToolRounds: 3, maxOutputBytes: rooms.output ?? 1e6 },
  };
  let at = 0;
  for await (const told of driveRun(run, buildPrompt([], {}), deps)) {
    for (const fact of factsOf(told)) {
      applyFact(run, { at, fact });
      at += stepMs;
      if (runReasoning(run).length >= cancelBehind) cancel.abort();
    }
  }
  return run;
}

function eventsOf(run: Run): RunEvent[] {
  const reader = new EventReader(run, WHOLE_VIEW);
  const events: RunEvent[] = [];
  for (let event = reader.next(1e9); event !== null; event = reader.next(1e9)) events.push(event);
  return events;
}

/** The run as it is read back from D1. */
function readBack(run: Run): Run {
  const status = run.end?.status;
  const row = {
    runId: "r",
    sessionId: "s",
    agentId: "a",
    componentName: "A",
    parentRunId: null,
    teamId: null,
    startedAt: 1_000,
    inputMessages: 0,
    status,
    sessionState: {},
    sessionCache: "hit",
    model: "m",
    modelProvider: "P",
    events: storedLog(run.log),
    finishReason: run.end?.status === "COMPLETED" ? run.end.finishReason : null,
    error: run.end?.status === "ERROR" ? run.end.error : null,
    settledAt: run.end?.at,
    metrics: null,
  };
  return runFromRow(row as unknown as RunRow, run.messages);
}

const told = (run: Run) =>
  eventsOf(run).flatMap(({ event, content, reasoning_content }) =>
    event === "RunContent" ? [[reasoning_content, content]] : [],
  );
const answersOf = (run: Run) =>
  run.messages.flatMap((message: Message) => (message.role === "assistant" ? [message] : []));

it("is told as RunContent beside text, kept with its answer, and whole at the end; a stored run tells the same", async () => {
  const run = await driven([
    [thinks("Hm"), thinks(", 🙂 "), says("I add."), thinks("More."), ...calls("add")],
    [thinks("Now."), says("It is "), says("3."), finished],
  ]);
  expect(told(run)).toEqual([
    ["Hm", ""],
    [", 🙂 ", ""],
    ["", "I add."],
    ["More.", ""],
    ["Now.", ""],
    ["", "It is "],
    ["", "3."],
  ]);
  expect(answersOf(run).map(({ reasoningContent, content }) => [reasoningContent, content])).toEqual([
    ["Hm, 🙂 More.", "I add."],
    ["Now.", "It is 3."],
  ]);
  expect(eventsOf(run).at(-1)).toMatchObject({
    event: "RunCompleted",
    content: "I add.It is 3.",
    reasoning_content: "Hm, 🙂 More.Now.",
  });
  const again = readBack(run);
  again.stored.metrics = null;
  again.modelMs = run.modelMs;
  expect(eventsOf(again)).toEqual(eventsOf(run));
  expect([again.reasoningBytes, again.outputBytes]).toEqual([run.reasoningBytes, run.outputBytes]);
});

it("is not part of what the run says", async () => {
  expect(runText(await driven([[thinks("Secret."), says("Open."), finished]]))).toBe("Open.");
});

it("is neither told nor kept beyond its room, in which it is cut at a whole character; the answer is whole", async () => {
  const run = await driven([[thinks("12345"), thinks("6789é0"), thinks("a"), thinks("b"), says("Whole."), finished]], {
    reasoning: 10,
  });
  expect(runReasoning(run)).toBe("123456789");
  expect(answersOf(run)[0]?.reasoningContent).toBe("123456789");
  expect([run.end?.status, runText(run)]).toEqual(["COMPLETED", "Whole."]);
});

it("takes nothing of an answer's room in the log, even where it stands between the answer's pieces", async () => {
  const text = Array.from({ length: 400 }, () => says("x"));
  const mixed = text.flatMap((piece) => [piece, thinks("y")]);
  const tight = { events: 1_000, stepMs: 1 };
  const plain = await driven([[...text, finished]], tight);
  const thinking = await driven([[...mixed, finished]], tight);
  expect([plain.end, runText(plain).length]).toMatchObject([{ finishReason: "stop" }, 400]);
  expect([thinking.end, runText(thinking).length]).toMatchObject([{ finishReason: "stop" }, 400]);
  expect(thinking.eventBytes).toBe(plain.eventBytes);
  const stored = readBack(thinking);
  expect(stored.eventBytes).toBeLessThan(thinking.eventBytes);
  expect(stored.reasoningEventBytes).toBeLessThanOrEqual(thinking.reasoningEventBytes);
});

it.each<[how: string, chunks: (ModelChunk | Error)[], circumstances: Circumstances]>([
  ["failed", [thinks("Half"), thinks(" a thought"), breaks], {}],
  ["was cancelled", [thinks("Half"), thinks(" a thought"), thinks(", more"), says("x")], { cancelBehind: 14 }],
  ["broke off", [thinks("Half"), thinks(" a thought")], {}],
  ["came to its limit", [thinks("Half a thought"), says("0123456789"), says("ab")], { output: 10 }],
])("is kept as far as it was told where the answer %s", async (_how, chunks, circumstances) => {
  const run = await driven([chunks], circumstances);
  expect(answersOf(run).map(({ reasoningContent }) => reasoningContent)).toEqual(["Half a thought"]);
  const again = readBack(run);
  again.modelMs = run.modelMs;
  again.usage = run.usage;
  again.stored.metrics = null;
  expect(eventsOf(again)).toEqual(eventsOf(run));
});

it("is passed over in a log by whoever does not know its letter", async () => {
  const run = await driven([[thinks("Hm"), says("Yes."), finished]]);
  const unknown = storedLog(run.log).replace('["H",', '["?",');
  const row = { status: "COMPLETED", startedAt: 1_000, inputMessages: 0, events: unknown } as unknown as RunRow;
  expect(told(runFromRow(row, run.messages))).toEqual([["", "Yes."]]);
});

it("counts as the first token", async () => {
  const run = await driven([[thinks("Hm"), says("Yes."), { type: "usage", usage: USAGE }, finished]]);
  expect(answersOf(run)[0]?.timeToFirstTokenMs).toBe(300);
  expect(readBack(run).firstTokenAt).toBe(run.firstTokenAt);
});

const dataOf = (run: Run) => answersOf(run).map(({ providerData }) => providerData);
const SOURCE = "chat here m";

it("keeps what the provider said beside the text with its answer, under the model that said it", async () => {
  const run = await driven([
    [says("I add."), beside('{"a":1}'), ...calls("add")],
    [says("Done."), finished],
  ]);
  expect(dataOf(run)).toEqual([{ source: SOURCE, data: '{"a":1}' }, null]);
});

it("leaves provider data out whole where it is too large, and says so", async () => {
  const run = await driven(
    [
      [beside("12345"), ...calls("add")],
      [beside("123456"), ...calls("add")],
      [beside(null), says("Done."), finished],
    ],
    { providerData: 10 },
  );
  expect(dataOf(run)).toEqual([
    { source: SOURCE, data: "12345" },
    { source: SOURCE, data: null },
    { source: SOURCE, data: null },
  ]);
});

it.each<[how: string, chunks: ModelChunk[], rooms: Rooms]>([
  ["its calls are not run", [...calls("add").slice(0, 1), beside("{}"), { type: "finish", reason: "length" }], {}],
  ["it is cut", [beside("{}"), says("0123456789ab")], { output: 10 }],
])("keeps no provider data of an answer that is not kept as it came: %s", async (_how, chunks, rooms) => {
  expect(dataOf(await driven([chunks], rooms))).toEqual([null]);
});
