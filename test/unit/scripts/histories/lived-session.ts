import { applied } from "../../../../scripts/histories/cells.ts";
import type { Action } from "../../../../scripts/histories/operations.ts";
import {
  type Act,
  type Asked,
  begunAct,
  type Cells,
  type PromptMessage,
  type Reading,
  type ReadRequirement,
  type ReadRun,
  type SessionReading,
  type SessionRecord,
  type Snapshot,
  type Write,
} from "../../../../scripts/histories/record.ts";
import { toolArguments, toolResult } from "../../../../scripts/histories/tools.ts";
import { COMMON_WORD, instructionsText, messageText, tokenOf } from "../../../../scripts/histories/words.ts";

const SESSION = "h1-0-0";
const SYSTEM = "Be careful.";
const token = (nth: number | string) => `z1e0s0n${nth}`;

/**
 * Builds what a correct server makes of a session, as clients, the model and readers see it. Each kind of operation is done
 * once.
 */
export class LivedSession {
  readonly record: SessionRecord = { sessionId: SESSION, userId: "u1-0-0", acts: [], asked: [], readings: [] };
  readonly #runs: ReadRun[] = [];
  readonly #requirements: ReadRequirement[] = [];
  readonly #forks: { sessionId: string; runs: ReadRun[] }[] = [];
  #now = 0;
  #version = 0;
  #cells: Cells = { name: '"Name"', pinned: "false", archived: "false" };
  #isThere = true;

  tick(): number {
    this.#now += 1;
    return this.#now;
  }

  act(nth: number | string, action: Action, seen: Partial<Act> = {}): Act {
    const operation = { token: token(nth), waitMs: 0, action };
    const act: Act = {
      ...begunAct({ epoch: 0, client: "0", operation, invokedAt: this.tick() }),
      acceptedAt: this.tick(),
      endedAt: this.tick(),
      outcome: "acknowledged",
      status: 200,
      ...seen,
    };
    this.record.acts.push(act);
    return act;
  }

  snapshot(): Snapshot {
    return { etag: `"c-${this.#version}"`, version: this.#version, cells: { ...this.#cells } };
  }

  read(): Act {
    return this.act("read", { kind: "read" }, { snapshot: this.snapshot() });
  }

  /** A merge patch of the state. `ifMatch` is the header as the client sent it. */
  patch(nth: number, write: Write, ifMatch: string | null = null): Act {
    this.#cells = applied(this.#cells, write);
    this.#version += 1;
    const action: Action = { kind: "patch", merge: true, condition: "none", fields: {} };
    return this.act(nth, action, { write, ifMatch, snapshot: this.snapshot() });
  }

  /** A run that calls the tool `add` and completes. */
  completed(nth: number | string, client = "0"): ReadRun {
    const invokedAt = this.tick();
    const acceptedAt = this.tick();
    const id = `call${nth}`;
    const calls = [{ id, name: "add", arguments: toolArguments("add", id) }];
    const run = this.#begun(nth, messageText(token(nth)), SYSTEM);
    this.#ask(nth, run, { role: "assistant", content: "", calls, callId: null });
    run.events.push(`ToolCallStarted ${id}`, `ToolCallCompleted ${id}`);
    run.messages.push({ role: "tool", content: toolResult("add", id, null), calls: [], callId: id });
    this.#answer(nth, run);
    const events = [
      { index: 0, event: "RunStarted", content: "" },
      { index: 1, event: "RunCompleted", content: JSON.stringify(run.content) },
    ];
    const told = { status: "COMPLETED", content: run.content, persisted: true };
    const seen = { invokedAt, acceptedAt, endedAt: this.tick(), runId: run.runId, told, events, client };
    this.act(nth, plainRun(), seen);
    return run;
  }

  /** A run that waits for a person. `approved` is the person's answer. */
  paused(nth: number): ReadRun {
    const run = this.#begun(nth, messageText(token(nth)), SYSTEM);
    this.act(nth, plainRun(), {
      runId: run.runId,
      told: { status: "PAUSED", content: "I have tools to execute.", persisted: true },
    });
    this.#pause(nth, run);
    return run;
  }

  #pause(nth: number, run: ReadRun): void {
    const id = `call${nth}`;
    const calls = [{ id, name: "delete_record", arguments: toolArguments("delete_record", id) }];
    this.#ask(nth, run, { role: "assistant", content: "", calls, callId: null });
    run.events.push("RunPaused");
    run.status = "PAUSED";
    const requirement = { id: `r${nth}`, runId: run.runId, callId: id, tool: "delete_record", note: null };
    this.#requirements.push({ ...requirement, status: "open", answer: null });
  }

  approved(nth: number, run: ReadRun): void {
    const of = this.#requirements.find(({ runId }) => runId === run.runId);
    if (of === undefined) throw new Error("It waits for nobody.");
    Object.assign(of, { status: "answered", answer: "confirmed" });
    const started = this.act(nth, { kind: "continue", pick: 0, approve: true, onlyFirst: false, read: "whole" });
    run.events.push("RunContinued", `ToolCallStarted ${of.callId}`, `ToolCallCompleted ${of.callId}`);
    run.messages.push({
      role: "tool",
      content: toolResult("delete_record", of.callId, null),
      calls: [],
      callId: of.callId,
    });
    this.#answer(tokenOf(run.messages)?.split("n").at(-1) ?? "", run);
    Object.assign(started, {
      runId: run.runId,
      endedAt: this.tick(),
      answers: [{ requirementId: of.id, verdict: "confirmed", value: "" }],
      told: { status: "COMPLETED", content: run.content, persisted: true },
    });
  }

  regenerated(nth: number, older: ReadRun): ReadRun {
    const run = this.#begun(nth, older.input, `${SYSTEM}\n${instructionsText(token(nth))}`);
    run.from = { runId: older.runId, how: "regenerated", messages: 2 };
    this.#answer(nth, run);
    older.status = "REGENERATED";
    const told = { status: "COMPLETED", content: run.content, persisted: true };
    this.act(nth, { kind: "regenerate", pick: 0, replace: true, turns: [], read: "whole" }, { runId: run.runId, told });
    return run;
  }

  /** Regenerates an older run. The new run waits for a person. */
  regeneratedPaused(nth: number, older: ReadRun): ReadRun {
    const run = this.#begun(nth, older.input, `${SYSTEM}\n${instructionsText(token(nth))}`);
    run.from = { runId: older.runId, how: "regenerated", messages: 2 };
    this.#pause(nth, run);
    older.status = "REGENERATED";
    this.act(nth, { kind: "regenerate", pick: 0, replace: true, turns: [], read: "whole" }, { runId: run.runId });
    return run;
  }

  /** A run that waits in the lane and is cancelled before it starts. */
  cancelled(nth: number): ReadRun {
    const run: ReadRun = {
      runId: `run${nth}`,
      parentRunId: "",
      status: "CANCELLED",
      input: messageText(token(nth)),
      content: "",
      messages: [],
      events: ["RunCancelled", "RunCompleted"],
      from: null,
    };
    this.#runs.push(run);
    this.act(nth, plainRun(), { runId: run.runId });
    this.act("cancel", { kind: "cancel", pick: 0 }, { runId: run.runId });
    return run;
  }

  fork(nth: number): void {
    const sessionId = `fork${nth}`;
    const copied = this.#runs.filter(({ messages }) => messages.length > 0);
    const runs = copied.map((run) => ({
      ...structuredClone(run),
      runId: `${sessionId}-${run.runId}`,
      from: { runId: run.runId, how: "copied" as const, messages: 0 },
    }));
    this.#forks.push({ sessionId, runs });
    this.act(nth, { kind: "fork" }, { forkId: sessionId });
  }

  deletedAndRestored(): void {
    this.act("delete", { kind: "delete" }, { status: 204 });
    this.#isThere = !this.#isThere;
    this.act("gone", { kind: "read" }, { outcome: "refused", status: 404, acceptedAt: null });
    this.act("restore", { kind: "restore" }, { snapshot: this.snapshot() });
    this.#isThere = !this.#isThere;
  }

  /** Reads everything, as is done between two epochs. */
  close(epoch = 0): Reading {
    const startedAt = this.tick();
    const own = this.#readingOf(SESSION, this.#runs, this.#requirements, this.snapshot());
    const forkSnapshot = { ...this.snapshot(), etag: '"f-0"', version: 0 };
    const forks = this.#forks.map(({ sessionId, runs }) => this.#readingOf(sessionId, runs, [], forkSnapshot));
    const reading: Reading = structuredClone({
      ...own,
      epoch,
      startedAt,
      endedAt: this.tick(),
      forks,
      userSessions: [SESSION, ...forks.map(({ sessionId }) => sessionId)],
      userCount: 1 + forks.length,
      byTag: { red: this.#cells["tag.red"] === "true" },
    });
    this.record.readings.push(reading);
    return reading;
  }

  #readingOf(
    sessionId: string,
    runs: readonly ReadRun[],
    requirements: readonly ReadRequirement[],
    snapshot: Snapshot,
  ): SessionReading {
    const said = runs.flatMap(({ runId, messages }) =>
      messages.flatMap(({ role, content }, at) =>
        ["user", "assistant"].includes(role) ? [{ place: `${runId} ${at}`, content }] : [],
      ),
    );
    const counts = {
      runs: runs.filter(({ events }) => events.at(-1) === "RunCompleted" && !events.includes("RunCancelled")).length,
      messages: said.length,
      openRequirements: requirements.filter(({ status }) => status === "open").length,
    };
    return {
      sessionId,
      snapshot,
      runs: [...runs],
      requirements: [...requirements],
      listed: { ...counts },
      detailed: { ...counts },
      listedSnapshot: { ...snapshot.cells },
      found: said.flatMap(({ place, content }) => (content.includes(COMMON_WORD) ? [place] : [])),
      foundTokens: {},
    };
  }

  #begun(nth: number | string, input: string, system: string): ReadRun {
    const run: ReadRun = {
      runId: `run${nth}`,
      parentRunId: "",
      status: "RUNNING",
      input,
      content: "",
      messages: [
        { role: "system", content: system, calls: [], callId: null },
        { role: "user", content: input, calls: [], callId: null },
      ],
      events: ["RunStarted"],
      from: null,
    };
    this.#runs.push(run);
    return run;
  }

  #answer(nth: number | string, run: ReadRun): void {
    run.content = `${COMMON_WORD} answer of ${token(nth)}`;
    this.#ask(nth, run, { role: "assistant", content: run.content, calls: [], callId: null });
    run.events.push("RunCompleted");
    run.status = "COMPLETED";
  }

  #ask(nth: number | string, run: ReadRun, answer: PromptMessage): void {
    const place = this.#runs.findIndex(({ runId }) => runId === (run.from?.runId ?? run.runId));
    const window = this.#runs
      .slice(0, place)
      .filter(({ status }) => status === "COMPLETED")
      .slice(-3)
      .flatMap(({ messages }) => messages.slice(1));
    const [system, ...own] = run.messages;
    const asked: Asked = {
      token: token(nth),
      startedAt: this.tick(),
      endedAt: this.tick(),
      prompt: structuredClone([...(system === undefined ? [] : [system]), ...window, ...own]),
      end: "whole",
      text: answer.content,
    };
    this.record.asked.push(asked);
    run.messages.push(answer);
  }
}

export const plainRun = (): Action & { kind: "run" } => ({
  kind: "run",
  turns: [],
  read: "stream",
  onBusy: "enqueue",
  state: null,
  keyed: false,
});

/** A session in which each kind of operation was done. It was read twice. */
export function livedSession(): SessionRecord {
  const lived = new LivedSession();
  lived.read();
  lived.completed(1);
  const older = lived.completed(2);
  lived.patch(3, { clears: [], sets: { "state.a": '"3"', "tag.red": "true" } });
  const waits = lived.paused(4);
  lived.completed(5);
  lived.patch(6, { clears: [], sets: { "state.b": '"6"' } }, '"c-1"');
  lived.approved(7, waits);
  lived.close(0);
  lived.regenerated(8, older);
  lived.cancelled(9);
  lived.fork(10);
  lived.deletedAndRestored();
  lived.act("search", { kind: "list" }, { found: [SESSION] });
  lived.completed("probe", "probe");
  lived.read();
  lived.close(1);
  return lived.record;
}
