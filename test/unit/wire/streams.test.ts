import { describe, expect, it } from "vitest";
import { callingRunId, callName } from "../../../src/domain/requirement.ts";
import { WHOLE_VIEW } from "../../../src/domain/view.ts";
import { toolAnswers } from "../../../src/engine/run/calls.ts";
import { readStoredLog, storedLog } from "../../../src/engine/run/event-log.ts";
import type { Run } from "../../../src/engine/run/state.ts";
import type { UiMessage } from "../../../src/wire/ui/message.ts";
import { runMessages } from "../../../src/wire/ui/messages.ts";
import { GENERATIONS, type Generation } from "../../support/ui/clients.ts";
import { type StreamReader, told, uiReader } from "../../support/ui/streams.ts";
import { TALES } from "../../support/ui/tales.ts";

describe("AI SDK UI's message stream", () => {
  it.each(TALES)("has the same bytes for all readers of $name, whenever they came", ({ tale, type }) => {
    let fromEntry = 0;
    let readers: { from: number; reader: StreamReader }[] = [];
    const { teller, stops } = told({ tale, type }, ({ run }) => {
      readers.push({ from: 0, reader: uiReader(run, 0) });
      if (fromEntry > 0) readers.push({ from: fromEntry, reader: uiReader(run, fromEntry) });
      for (const { reader } of readers) reader.read();
    });
    let isOver = false;
    while (!isOver) {
      isOver = stops.next().done === true;
      expect(readers.length).toBeGreaterThan(0);
      for (const { from, reader } of readers) {
        expect(reader.close()).toBe(uiReader(teller.run, from).close());
      }
      readers = [];
      fromEntry = teller.run.log.length;
    }
  });

  it.each(TALES)("has the same bytes of $name once that is stored", ({ tale, type }) => {
    const { teller, stops } = told({ tale, type });
    let isOver = false;
    while (!isOver) {
      isOver = stops.next().done === true;
      expect(uiReader(readBack(teller.run)).close()).toBe(uiReader(teller.run).close());
    }
  });

  it.each(TALES)("ends $name once, at its very end, however often it paused", ({ tale, type }) => {
    const { teller, stops } = told({ tale, type });
    while (stops.next().done !== true);
    const text = uiReader(teller.run).close();
    const lines = text.split("\n\n").slice(0, -1);
    const ends = lines.filter((line) => /^data: (?:\{"type":"(?:finish|error)"|\[DONE\])/.test(line));
    expect([ends.length, lines.slice(-2)]).toEqual([2, ends]);
    expect(text).not.toMatch(/[\u0085\u2028\u2029]/);
  });
});

/** The run as D1 has it: the log holds the lengths of deltas, and the messages the text. */
function readBack(run: Run): Run {
  const answers = run.messages.flatMap((message) =>
    message.role === "assistant" ? [{ deltas: message.content, reasoning: message.reasoningContent ?? "" }] : [],
  );
  return { ...run, log: readStoredLog(storedLog(run.log), answers), members: run.members.map(readBack) };
}

/**
 * The messages without what no chunk can say that generation 6 knows, and so only the client of who answered has: how a call
 * was answered, and that it was while it has no result.
 */
function withoutAnswers(messages: UiMessage[], run: Run): unknown {
  const { requirements } = run;
  const answered = new Map(requirements.map((one) => [callName(callingRunId(one), one.call), one.status !== "open"]));
  const results = new Set(resultsIn(run));
  return messages.map(({ parts, ...message }) => ({
    ...message,
    parts: parts.map((part) => {
      if (!("toolCallId" in part) || answered.get(part.toolCallId) !== true) return part;
      const { approval: _, ...others } = part;
      return results.has(part.toolCallId) || run.end?.status !== "PAUSED" ? others : part.toolCallId;
    }),
  }));
}

/** The calls that have results, those of member runs too. */
const resultsIn = (run: Run): string[] => [
  ...toolAnswers(run).flatMap((answer, call) => (answer === null ? [] : [callName(run.head.runId, call)])),
  ...run.members.flatMap(resultsIn),
];

describe.each<Generation>([7, 6])("a chat of AI SDK %i that was loaded anew", (generation) => {
  it.each(TALES)("has in the end what a chat has that was there all the time: $name", async ({ tale, type }) => {
    const { teller, stops } = told({ tale, type });
    const history = () => runMessages(teller.run, teller.row, WHOLE_VIEW);
    let before: UiMessage[] = [{ id: "run:user", role: "user", parts: [{ type: "text", text: "hi" }] }];
    let isOver = false;
    while (!isOver) {
      isOver = stops.next().done === true;
      const chat = GENERATIONS[generation].chat(before, () => uiReader(teller.run).close());
      await chat.resume();
      expect(chat.status).toBe(teller.run.end?.status === "ERROR" ? "error" : "ready");
      expect(withoutAnswers(chat.messages, teller.run)).toEqual(withoutAnswers(history(), teller.run));
      before = history();
    }
  });
});
