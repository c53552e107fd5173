import { expect, it } from "vitest";
import { type ModelChunk, NO_USAGE } from "../../../../src/domain/model.ts";
import { GATHER_MS, Gathered, gatherMs, Load } from "../../../../src/model/openai/gathering.ts";

/** How long a delta waits once deltas have come at these instants. */
function waitsBehind(instants: readonly number[]): number {
  const load = new Load();
  for (const at of instants) load.add(at, 1);
  return gatherMs(load.lately);
}

const every = (ms: number) => Array.from({ length: 50 }, (_, nth) => 1_000 + Math.floor(nth * ms));

it("a delta waits a millisecond for each one that came in the last ten, and for ten at most", () => {
  expect([4, 5, 9, 10, 11, 500].map(gatherMs)).toEqual([4, 5, 9, 10, 10, 10]);
});

it("a delta waits for nothing where at this pace not one more would come meanwhile", () => {
  expect([0, 1, 2, 3].map(gatherMs)).toEqual([0, 0, 0, 0]);
  for (let lately = 0; lately < 100; lately += 1) {
    const meanwhile = (gatherMs(lately) * lately) / GATHER_MS;
    expect(meanwhile === 0 || meanwhile >= 1).toBe(true);
  }
});

it.each([
  [20, 0],
  [5, 0],
  [4, 0],
  [2, 5],
  [1, 10],
  [0.5, 10],
  [0, 10],
])("of a model that says something every %d ms, deltas wait %d ms", (ms, waits) => {
  expect(waitsBehind(every(ms))).toBe(waits);
});

it("what came longer ago does not count, nor what came before a clock was set back", () => {
  const load = new Load();
  load.add(1_000, 300);
  expect(load.lately).toBe(300);
  load.add(1_009, 1);
  expect(load.lately).toBe(301);
  load.add(1_010, 1);
  expect(load.lately).toBe(2);
  load.add(500, 3);
  expect(load.lately).toBe(3);
});

const said = (delta: string): ModelChunk => ({ type: "text", delta });
const thought = (delta: string): ModelChunk => ({ type: "reasoning", delta });
const NO_DELTAS: ModelChunk[] = [
  { type: "tool_call", index: 0, name: "add" },
  { type: "provider_data", data: "{}" },
  { type: "usage", usage: NO_USAGE },
  { type: "finish", reason: "stop" },
];

/** What has told a burst at 1,000 of so many deltas. */
function toldOf(deltas: number): Gathered {
  const gathered = new Gathered();
  gathered.add(
    Array.from({ length: deltas }, () => said("a")),
    1_000,
  );
  gathered.take(1_000);
  return gathered;
}

it("what is empty waits for ever", () => {
  expect(new Gathered().waitMs(0)).toBe(Number.POSITIVE_INFINITY);
  expect(toldOf(20).waitMs(1_005)).toBe(Number.POSITIVE_INFINITY);
});

it("the first delta of an answer waits for nothing, nor does the first of what it says behind what it thought", () => {
  const gathered = new Gathered();
  gathered.add(
    Array.from({ length: 20 }, () => thought("a")),
    1_000,
  );
  expect(gathered.waitMs(1_000)).toBe(0);
  gathered.take(1_000);
  gathered.add([thought("b")], 1_001);
  expect(gathered.waitMs(1_001)).toBe(9);
  gathered.add([said("c")], 1_002);
  expect(gathered.waitMs(1_002)).toBe(0);
  expect(gathered.take(1_002)).toEqual([thought("b"), said("c")]);
});

it.each(NO_DELTAS)("$type waits for nothing, and what waits goes with it", (chunk) => {
  const gathered = toldOf(20);
  gathered.add([said("b")], 1_002);
  expect(gathered.waitMs(1_002)).toBe(8);
  gathered.add([chunk], 1_003);
  expect(gathered.waitMs(1_003)).toBe(0);
  expect(gathered.take(1_003)).toEqual([said("b"), chunk]);
  gathered.add([said("c")], 1_004);
  expect(gathered.waitMs(1_004)).toBe(0);
});

it("a delta waits behind the burst before it, not behind the delta before it: ten milliseconds in all", () => {
  const gathered = toldOf(20);
  for (const at of [1_001, 1_004, 1_009]) {
    gathered.add([said("b")], at);
    expect(gathered.waitMs(at)).toBe(1_010 - at);
  }
  expect(gathered.waitMs(1_010)).toBe(0);
  expect(gathered.take(1_010)).toHaveLength(3);
});

it("a delta that comes a while behind the last burst waits for nothing, however many came before", () => {
  const gathered = toldOf(20);
  gathered.add(
    Array.from({ length: 20 }, () => said("b")),
    1_010,
  );
  expect(gathered.waitMs(1_010)).toBe(0);
});

it("a clock that was set back holds no delta up", () => {
  const gathered = toldOf(20);
  gathered.add([said("b")], 500);
  expect(gathered.waitMs(500)).toBe(0);
});

it("much text waits for nothing", () => {
  const gathered = toldOf(20);
  gathered.add([said("b".repeat(32 * 1024))], 1_001);
  expect(gathered.waitMs(1_001)).toBe(9);
  gathered.add([said("c")], 1_001);
  expect(gathered.waitMs(1_001)).toBe(0);
});
