import { expect, it } from "vitest";
import {
  MAX_MEMBERS_ASIDE_BYTES,
  MAX_PROVIDER_DATA_BYTES,
  MAX_REASONING_EVENT_BYTES,
  MAX_RUN_PROVIDER_DATA_BYTES,
  MAX_RUN_REASONING_BYTES,
} from "../../../../src/domain/limits.ts";
import { newRun, type Run, type RunHead } from "../../../../src/engine/run/state.ts";
import { DrivenTree, type Strand } from "../../../../src/session/drive/driven-tree.ts";
import type { LiveRun } from "../../../../src/session/drive/live-run.ts";
import type { Journal } from "../../../../src/session/recovery/journal.ts";

const COMPONENT = { id: "a", name: "A" };
const journal = { entries: () => new Map(), reserve: () => {} } as unknown as Journal;
const runOf = (runId: string): Run =>
  newRun({ runId, runIndex: 9, memberSlots: 4, startedAt: 0, sessionState: {} } as unknown as RunHead);

/** A team's run with two member runs. */
function tree(): { tree: DrivenTree; top: Strand; members: Strand[] } {
  const run = runOf("top");
  run.members.push(runOf("one"), runOf("two"));
  const live = { input: [], publish: () => {} } as unknown as LiveRun;
  const made = new DrivenTree(
    { live, run, component: COMPONENT, state: {}, memberInputs: new Map() },
    { journal, now: () => 0 },
  );
  const members = [0, 1].flatMap((nth) => made.member(made.top, nth, COMPONENT) ?? []);
  return { tree: made, top: made.top, members };
}

it("a run may keep so much reasoning, and so much of what its provider says, a message and in all", () => {
  const { tree: made, top } = tree();
  expect(made.reasoningRoom(top)).toBe(MAX_RUN_REASONING_BYTES);
  expect(made.providerDataRoom(top)).toBe(MAX_PROVIDER_DATA_BYTES);
  top.run.reasoningBytes = MAX_RUN_REASONING_BYTES - 5;
  top.run.providerDataBytes = MAX_RUN_PROVIDER_DATA_BYTES - 7;
  expect([made.reasoningRoom(top), made.providerDataRoom(top)]).toEqual([5, 7]);
});

it("reasoning has its own part of the log, and takes nothing of the room for all else", () => {
  const { tree: made, top } = tree();
  const before = made.eventRoom(top);
  top.run.reasoningEventBytes = MAX_REASONING_EVENT_BYTES - 10;
  expect([made.reasoningRoom(top), made.eventRoom(top)]).toEqual([0, before]);
});

it("a member's reasoning stands in its team's log too, and ends where that has no room", () => {
  const { tree: made, top, members } = tree();
  const [one] = members;
  if (one === undefined) throw new Error("There are two members.");
  one.recorder.record({ type: "model_requested", messageId: "m" });
  const before = made.eventRoom(top);
  one.recorder.record({ type: "reasoning", delta: "Hm" });
  expect(top.run.log.at(-1)).toMatchObject({ kind: "member_told", isReasoning: true, events: 1 });
  expect([top.run.reasoningEventBytes > 0, made.eventRoom(top)]).toEqual([true, before]);
  top.run.reasoningEventBytes = MAX_REASONING_EVENT_BYTES;
  expect(made.reasoningRoom(one)).toBe(0);
});

it("all member runs together have a bound, which is not that of what they say", () => {
  const { tree: made, top, members } = tree();
  const [one, two] = members;
  if (one === undefined || two === undefined) throw new Error("There are two members.");
  const said = made.memberRoom();
  two.run.providerDataBytes = MAX_MEMBERS_ASIDE_BYTES - 100;
  expect([made.reasoningRoom(one), made.providerDataRoom(one)]).toEqual([100, 100]);
  expect([made.reasoningRoom(top), made.memberRoom()]).toEqual([MAX_RUN_REASONING_BYTES, said]);
});
