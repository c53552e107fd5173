import { expect, test } from "vitest";
import type { AgentEvent } from "../../../../packages/client/src/index.ts";
import { withEvents } from "../../../../ui/details/event-rows.ts";

const event = (index: number, name: string, runId = "r"): AgentEvent =>
  ({ event: name, event_index: index, run_id: runId, session_id: "s" }) as unknown as AgentEvent;

const shape = (rows: ReturnType<typeof withEvents>) =>
  rows.map(({ name, first, events }) => [name, first, events.length]);

test("deltas in a row are one row, all else is a row of its own", () => {
  const first = withEvents([], [event(0, "RunStarted"), event(1, "RunContent"), event(2, "RunContent")]);
  const all = withEvents(first, [event(3, "RunContent"), event(4, "RunCompleted"), event(5, "RunCompleted")]);
  expect(shape(all)).toEqual([
    ["RunStarted", 0, 1],
    ["RunContent", 1, 3],
    ["RunCompleted", 4, 1],
    ["RunCompleted", 5, 1],
  ]);
  // What was rendered is not changed behind its back.
  expect(shape(first)[1]).toEqual(["RunContent", 1, 2]);
});

test("deltas of two members that speak by turns stay apart", () => {
  const rows = withEvents([], [event(0, "RunContent", "a"), event(1, "RunContent", "b"), event(2, "RunContent", "b")]);
  expect(shape(rows)).toEqual([
    ["RunContent", 0, 1],
    ["RunContent", 1, 2],
  ]);
});
