import { describe, expect, it } from "vitest";
import { check, RULES } from "../../../../scripts/histories/checks/all.ts";
import type { Act, Asked, Reading, ReadRun, SessionRecord } from "../../../../scripts/histories/record.ts";
import { livedSession } from "./lived-session.ts";

const lastReading = ({ readings }: SessionRecord): Reading => must(readings.at(-1));
const runOf = (record: SessionRecord, id: string): ReadRun =>
  must(lastReading(record).runs.find(({ runId }) => runId === id));
const actOf = (record: SessionRecord, nth: number | string): Act =>
  must(record.acts.find(({ operation }) => operation.token === `z1e0s0n${nth}`));
const askedOf = (record: SessionRecord, nth: number | string): Asked =>
  must(record.asked.findLast(({ token }) => token === `z1e0s0n${nth}`));

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("The lived session is not as this test takes it to be.");
  return value;
}

/** Faults that a server could have. Each is planted into a right record, and the rule named here has to find it. */
const PLANTED: [rule: string, fault: string, plant: (record: SessionRecord) => void][] = [
  [
    "no acknowledged run is lost",
    "an acknowledged run is not there",
    (record) => {
      lastReading(record).runs = lastReading(record).runs.filter(({ runId }) => runId !== "run5");
    },
  ],
  [
    "no run is doubled, nor there unasked",
    "a run is there twice, under another id",
    (record) => lastReading(record).runs.push({ ...runOf(record, "run5"), runId: "again" }),
  ],
  [
    "no run is doubled, nor there unasked",
    "a run is there that was refused",
    (record) => Object.assign(actOf(record, 5), { outcome: "refused", status: 409, acceptedAt: null, told: null }),
  ],
  [
    "no run is doubled, nor there unasked",
    "a run is in the list twice",
    (record) => lastReading(record).runs.push(runOf(record, "run5")),
  ],
  [
    "what a run answered is what is stored",
    "another text is stored",
    (record) => Object.assign(runOf(record, "run5"), { content: "something else" }),
  ],
  [
    "what a run answered is what is stored",
    "a completed run has failed",
    (record) => Object.assign(runOf(record, "run5"), { status: "ERROR" }),
  ],
  [
    "every run comes to an end",
    "a run runs for ever",
    (record) => Object.assign(runOf(record, "run5"), { status: "RUNNING" }),
  ],
  [
    "a settled run does not change",
    "a message of a settled run is another one",
    (record) => Object.assign(must(runOf(record, "run1").messages[1]), { content: "other words" }),
  ],
  [
    "a settled run does not change",
    "a failed run is complete later",
    (record) => {
      for (const run of must(record.readings[0]).runs) if (run.runId === "run1") run.status = "ERROR";
    },
  ],
  [
    "a run is cancelled only when somebody asks",
    "a run is cancelled for nothing",
    (record) => {
      record.acts = record.acts.filter(({ operation: { action } }) => action.kind !== "delete");
      runOf(record, "run5").status = "CANCELLED";
    },
  ],
  [
    "a cancelled run does not go on",
    "a paused run waits still",
    (record) => Object.assign(runOf(record, "run9"), { status: "PAUSED" }),
  ],
  [
    "a cancelled run does not go on",
    "the model is asked for a cancelled run",
    (record) => {
      for (const startedAt of [1_000, 1_001]) {
        record.asked.push({ ...askedOf(record, 5), token: "z1e0s0n9", startedAt, endedAt: startedAt + 0.5 });
      }
    },
  ],
  [
    "a run fails only for a reason",
    "an internal error",
    (record) =>
      Object.assign(runOf(record, "run5"), {
        status: "ERROR",
        content: "The run failed because of an internal error.",
      }),
  ],
  [
    "behind a restart a session takes a run and completes it",
    "the run behind the restart fails",
    (record) => Object.assign(must(actOf(record, "probe").told ?? undefined), { status: "ERROR" }),
  ],
  [
    "a run made from another one begins with its messages",
    "the first message is lost",
    (record) => runOf(record, "run8").messages.splice(1, 1),
  ],
  [
    "runs go in the order in which they were acknowledged",
    "the later run goes first",
    (record) => {
      const { runs } = lastReading(record);
      const at = runs.findIndex(({ runId }) => runId === "run2");
      runs.unshift(...runs.splice(at, 1));
    },
  ],
  [
    "runs of a session do not overlap",
    "a run asks while another one is answered",
    (record) => Object.assign(askedOf(record, 1), { endedAt: askedOf(record, 2).startedAt + 0.5 }),
  ],
  [
    "runs of a session do not overlap",
    "a run goes on when another one has begun",
    (record) => record.asked.push({ ...askedOf(record, 1), startedAt: askedOf(record, 2).endedAt + 0.1 }),
  ],
  [
    "the model is sent the history window and the run's own messages",
    "a run of the window is missing",
    (record) => askedOf(record, 5).prompt.splice(1, 4),
  ],
  [
    "the model is sent the history window and the run's own messages",
    "the model is sent what was answered again",
    (record) => {
      const replaced = runOf(record, "run2").messages.slice(1);
      askedOf(record, "probe").prompt.splice(1, 0, ...replaced);
    },
  ],
  [
    "the model is sent the history window and the run's own messages",
    "the message itself is missing",
    (record) => {
      const { prompt } = must(record.asked.find(({ token }) => token === "z1e0s0n5"));
      prompt.pop();
    },
  ],
  [
    "what the model answered last is what a completed run says",
    "a piece of the answer is missing",
    (record) => Object.assign(askedOf(record, 5), { text: "more than that" }),
  ],
  [
    "the model is asked for runs that are stored",
    "the model was asked for a run that is not there",
    (record) => record.asked.push({ ...askedOf(record, 5), token: "z1e0s0n77", startedAt: 1 }),
  ],
  [
    "a tool runs once, unless somebody says that it may run again",
    "a tool begins twice",
    (record) => runOf(record, "run5").events.splice(1, 0, "ToolCallStarted call5"),
  ],
  [
    "a tool runs once, unless somebody says that it may run again",
    "a call has two results",
    (record) => {
      const { messages } = runOf(record, "run5");
      messages.splice(3, 0, must(messages[3]));
    },
  ],
  [
    "a tool that waits for a person runs only when one approves",
    "a tool runs that was rejected",
    (record) => Object.assign(must(lastReading(record).requirements[0]), { answer: "rejected" }),
  ],
  [
    "each call of a completed run has the result that it is to have",
    "a result is that of another call",
    (record) => Object.assign(must(runOf(record, "run5").messages[3]), { content: "another sum" }),
  ],
  [
    "each call of a completed run has the result that it is to have",
    "a result is missing",
    (record) => runOf(record, "run5").messages.splice(3, 1),
  ],
  [
    "a requirement is answered once, as it was acknowledged",
    "an acknowledged answer is not there",
    (record) => Object.assign(must(lastReading(record).requirements[0]), { status: "open", answer: null }),
  ],
  [
    "a requirement is answered once, as it was acknowledged",
    "two answers are acknowledged",
    (record) => record.acts.push({ ...actOf(record, 7), client: "1" }),
  ],
  [
    "each acknowledged change has a version of its own, in the order of time",
    "two changes make one version",
    (record) => Object.assign(actOf(record, 6), { snapshot: actOf(record, 3).snapshot }),
  ],
  [
    "each acknowledged change has a version of its own, in the order of time",
    "a later change makes an earlier version",
    (record) => {
      const { snapshot } = actOf(record, 3);
      Object.assign(actOf(record, 3), { snapshot: actOf(record, 6).snapshot });
      Object.assign(actOf(record, 6), { snapshot });
    },
  ],
  [
    "an ETag stands for one set of values",
    "an acknowledged patch is gone, and the version is the same",
    (record) => delete lastReading(record).snapshot.cells["state.b"],
  ],
  [
    "what was written last is what is there",
    "a later change takes an acknowledged patch with it",
    (record) => {
      const { snapshot } = lastReading(record);
      delete snapshot.cells["state.a"];
      Object.assign(snapshot, { version: 9, etag: '"c-9"' });
    },
  ],
  [
    "what was written last is what is there",
    "a value is there that nobody wrote",
    (record) => Object.assign(must(actOf(record, 6).snapshot ?? undefined).cells, { "state.b": '"other"' }),
  ],
  [
    "what was written last is what is there",
    "a patch takes away what it does not name",
    (record) => delete must(actOf(record, 6).snapshot ?? undefined).cells["state.a"],
  ],
  [
    "a reader sees what was acknowledged before",
    "an old version is read again",
    (record) => Object.assign(lastReading(record), { snapshot: actOf(record, 3).snapshot }),
  ],
  [
    "If-Match lets through exactly the change of what it names",
    "a stale ETag is let through",
    (record) => Object.assign(actOf(record, 6), { ifMatch: '"c-0"' }),
  ],
  [
    "If-Match lets through exactly the change of what it names",
    "the newest ETag is refused",
    (record) =>
      record.acts.push({
        ...actOf(record, 6),
        ifMatch: '"c-2"',
        status: 412,
        outcome: "refused",
        snapshot: null,
        write: null,
      }),
  ],
  [
    "a session is there unless it was deleted, and deleted until it is restored",
    "a deleted session is there",
    (record) => Object.assign(actOf(record, "gone"), { outcome: "acknowledged", status: 200 }),
  ],
  [
    "a session is there unless it was deleted, and deleted until it is restored",
    "a session is gone that nobody deleted",
    (record) => Object.assign(actOf(record, 3), { outcome: "refused", status: 404, snapshot: null, write: null }),
  ],
  [
    "nothing is refused without a reason",
    "a patch without a condition is refused",
    (record) => Object.assign(actOf(record, 3), { outcome: "refused", status: 412, snapshot: null }),
  ],
  [
    "a server that is alive answers",
    "a server that is up answers 500",
    (record) => Object.assign(actOf(record, 3), { outcome: "unknown", status: 500, snapshot: null }),
  ],
  [
    "lists count what is there",
    "a run is counted twice",
    (record) => Object.assign(lastReading(record), { listed: { ...lastReading(record).listed, runs: 9 } }),
  ],
  [
    "lists count what is there",
    "a fork counts a message too few",
    (record) =>
      Object.assign(must(lastReading(record).forks[0]), { detailed: { runs: 5, messages: 1, openRequirements: 0 } }),
  ],
  [
    "lists show what the session says",
    "the list shows another name",
    (record) => Object.assign(lastReading(record).listedSnapshot, { name: '"Old"' }),
  ],
  [
    "lists show what the session says",
    "the list of a tag lacks the session",
    (record) => Object.assign(lastReading(record).byTag, { red: false }),
  ],
  ["the search finds exactly what is there", "a message is not found", (record) => lastReading(record).found.pop()],
  [
    "the search finds exactly what is there",
    "a message is found that is not there",
    (record) => lastReading(record).found.push("run99 0"),
  ],
  [
    "the search finds exactly what is there",
    "a message of a fork is not found",
    (record) => must(lastReading(record).forks[0]).found.pop(),
  ],
  [
    "a user's list has the user's sessions",
    "the list lacks a fork",
    (record) => lastReading(record).userSessions.pop(),
  ],
  [
    "a user's list has the user's sessions",
    "the list counts one too many",
    (record) => Object.assign(lastReading(record), { userCount: 7 }),
  ],
  [
    "what was answered is found, and listed, at once",
    "a list in the middle lacks the session",
    (record) => {
      record.acts = record.acts.filter(({ operation: { action } }) => action.kind !== "delete");
      actOf(record, "search").found = [];
    },
  ],
  [
    "what was answered is found, and listed, at once",
    "a search in the middle lacks a completed run",
    (record) => {
      record.acts = record.acts.filter(({ operation: { action } }) => action.kind !== "delete");
      Object.assign(actOf(record, "search").operation, { action: { kind: "search" } });
      actOf(record, "search").found = ["run1"];
    },
  ],
  [
    "a reader gets each event once, in order, and misses none",
    "an event is missing",
    (record) => Object.assign(must(actOf(record, 5).events[1]), { index: 3, event: "RunContent" }),
  ],
  [
    "a reader gets each event once, in order, and misses none",
    "an event comes twice",
    (record) => actOf(record, 5).events.push(must(actOf(record, 5).events[1])),
  ],
  [
    "an event that is read again is the same",
    "a resume shows another event",
    (record) => {
      const events = [{ index: 1, event: "RunCompleted", content: '"something else"' }];
      record.acts.push({
        ...actOf(record, 5),
        operation: { token: "z1e0s0n50", waitMs: 0, action: { kind: "resume", pick: 0, after: 0 } },
        events,
        told: null,
      });
    },
  ],
  [
    "a fork has the runs that were settled when it was made, as they were",
    "a settled run is missing in the fork",
    (record) => must(lastReading(record).forks[0]).runs.shift(),
  ],
  [
    "a fork has the runs that were settled when it was made, as they were",
    "a copy says something else",
    (record) => Object.assign(must(lastReading(record).forks[0]?.runs[0]?.messages[1]), { content: "other words" }),
  ],
];

describe("the checks of the histories", () => {
  it("find nothing in a session that went as it should", () => {
    expect(check(livedSession())).toEqual([]);
  });

  it.each(PLANTED)("%s: finds that %s", (rule, _fault, plant) => {
    const record = livedSession();
    plant(record);
    expect(check(record).map((finding) => finding.rule)).toContain(rule);
  });

  it("can each fail", () => {
    const planted = new Set(PLANTED.map(([rule]) => rule));
    expect(RULES.map(({ rule }) => rule).filter((rule) => !planted.has(rule))).toEqual([]);
  });
});
