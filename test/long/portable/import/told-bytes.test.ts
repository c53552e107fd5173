import { expect, it } from "vitest";
import type { Message } from "../../../../src/domain/message.ts";
import type { Requirement } from "../../../../src/domain/requirement.ts";
import type { RunRow } from "../../../../src/domain/run.ts";
import { WHOLE_VIEW } from "../../../../src/domain/view.ts";
import { EventReader } from "../../../../src/engine/events/run-events.ts";
import { runFromRow } from "../../../../src/engine/run/stored-run.ts";
import { utf8Bytes } from "../../../../src/lib/text.ts";
import { readEntry } from "../../../../src/portable/import/read-entry.ts";
import { ToldBytes } from "../../../../src/portable/import/told-bytes.ts";
import type { PortableMessage, PortableRequirement, PortableRun } from "../../../../src/portable/record/run-record.ts";
import { type Line, message, requirementLine, sessionLines } from "../../../support/portable-lines.ts";

const CONTROL = "\u0001".repeat(20_000);
const ARGS = JSON.stringify({ text: `${CONTROL}"\\"é`, more: [1, null] });

function rowOf<Row>(line: Line): Row {
  const read = readEntry(JSON.stringify(line));
  if (!read.ok || !("row" in read.entry)) throw new Error(read.ok ? read.entry.kind : read.problem);
  return read.entry.row as Row;
}

/**
 * How many bytes of JSON a run with these lines sends its readers as events. RunContent is left out, which carries the
 * deltas.
 */
function toldBy(run: PortableRun, messages: PortableMessage[], requirements: Requirement[]): number {
  const row = { ...run, sessionId: "s", events: JSON.stringify(run.events), fence: "" } as unknown as RunRow;
  const reader = new EventReader(runFromRow(row, messages as unknown as Message[], requirements), WHOLE_VIEW);
  let bytes = 0;
  for (let event = reader.next(1e9); event !== null; event = reader.next(1e9)) {
    if (!event.event.endsWith("RunContent")) bytes += utf8Bytes(JSON.stringify(event));
  }
  return bytes;
}

const asks = (args: string): Line => ({
  ...message("r", 1, "assistant", CONTROL),
  tool_calls: [{ id: "c", name: "add", arguments: args }],
});
const result = (content: string, isError: boolean): Line => ({
  ...message("r", 2, "tool", content),
  tool_call_id: "c",
  tool_name: "add",
  tool_call_error: isError,
});
const often = (...entries: unknown[][]) => new Array(7).fill(entries).flat();
const field = { name: "text", field_type: "str", description: CONTROL, value: null };
const filled = { fields: [field], status: "answered", answer: { type: "filled", args: { text: CONTROL } } };

it.each<[string, unknown[][], Line[], Line[]]>([
  ["a call", often(["T", 0, 0], ["W", 0, 0], ["R", 0, 0]), [asks(ARGS)], []],
  ["a result", often(["R", 0, 0]), [asks("{}"), result(CONTROL, false)], []],
  ["a failure", often(["T", 0, 0], ["R", 0, 0]), [asks(ARGS), result(CONTROL, true)], []],
  ["a pause", often(["P", 0, 0]), [asks(ARGS)], [{ tool_args: { text: CONTROL }, fields: [field], note: CONTROL }]],
  ["a filled form", often(["T", 0, 0], ["R", 0, 0]), [asks("{}"), result("no", true)], [filled]],
  [
    "its text",
    [
      ["K", 0],
      ["X", 0],
    ],
    [asks("{}")],
    [],
  ],
  [
    "its reasoning",
    [
      ["H", 0, 5],
      ["X", 0],
    ],
    [{ ...asks("{}"), content: "", reasoning_content: CONTROL }],
    [],
  ],
  ["names only", often(["Q", 0], ["A", 0]), [asks("{}")], []],
])("counts what a run's events tell, and little more: %s", (_, events, messages, requirements) => {
  const [, line] = sessionLines("s");
  const names = { component_name: "Adder", model: "m".repeat(900), model_provider: "p" };
  const run = rowOf<PortableRun>({ ...line, ...names, run_id: "r", events: [["S", 0], ...events] });
  const said = [message("r", 0, "user", "hello"), ...messages].map((one) => rowOf<PortableMessage>(one));
  const asked = requirements.map((one) => ({
    ...rowOf<PortableRequirement>({ ...requirementLine("r"), ...one }),
    sessionId: "s",
    userId: null,
  }));
  const told = new ToldBytes(run);
  for (const one of said) told.message(one);
  for (const one of asked) told.requirement(one);
  const really = toldBy(
    run,
    said.map((one) => (one.role === "assistant" ? { ...one, toolCalls: one.toolCalls ?? [] } : one)),
    asked,
  );
  expect(told.bytes).toBeGreaterThanOrEqual(really);
  expect(told.bytes).toBeLessThan(2 * really);
});
