import { describe, expect, it } from "vitest";
import { call, newId, send } from "../../support/http.ts";
import { bytesOf, exportOf, importing, importingPieces, NOTHING, rowCounts } from "../../support/portable.ts";
import { asText, type Line, message, requirementLine, sessionLines } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { runsOf } from "../../support/session-story.ts";
import { leading, member } from "../../support/teams.ts";

scriptModel();

const KB = 1024;
const AT = 1_700_000_000_000;

/** Imports a session whose run has these fields, and answers its id and the report. */
async function importRun(fields: object, more: Line[] = []): Promise<{ sessionId: string; report: Line }> {
  const sessionId = newId();
  const [session, run, asked] = sessionLines(sessionId);
  const behind = more.map((line) => ({ ...line, run_id: run.run_id }));
  const counts = { runs: 1, messages: 1 + behind.filter(({ type }) => type === "message").length };
  const end = { type: "session_end", session_id: sessionId, counts };
  return { sessionId, report: await importing(asText([session, { ...run, ...fields }, asked, ...behind, end])) };
}

async function expectRefused(imported: ReturnType<typeof importRun>, line: number, problem: string | RegExp) {
  const { sessionId, report } = await imported;
  expect(report).toMatchObject({ imported: 0, failed: 1, complete: true });
  expect(report.errors).toEqual([{ line, message: expect.stringMatching(problem) }]);
  expect(await rowCounts(sessionId)).toEqual(NOTHING);
}

it("what an imported run was not sent of its history has a reason as short as a live run's", async () => {
  const dropped = (reason: string) => ({ history_dropped: { runs: 1, without_provider_data: 0, reason } });
  const { sessionId, report } = await importRun(dropped("too long"));
  expect(report).toMatchObject({ imported: 1, errors: [] });
  expect((await runsOf(sessionId))[0]).toMatchObject(dropped("too long"));
  await expectRefused(importRun(dropped("x".repeat(1_001))), 2, /^history_dropped.reason/);
});

describe("the event log of a run that is imported", () => {
  const many = (count: number, entry: unknown) => new Array(count).fill(entry);

  it("is read in a loop: 20,000 entries that tell nothing do not overflow the stack", async () => {
    const started = ["S", 0];
    const ended = ["X", 0];
    for (const entry of [
      ["G", 1],
      ["M", 0, 1],
      ["D", 0],
    ]) {
      const { sessionId, report } = await importRun({ events: [started, ...many(20_000, entry), ended] });
      expect(report).toMatchObject({ imported: 1, errors: [] });
      const [run] = await runsOf(sessionId);
      expect(run.events.map(({ event }: Line) => event)).toEqual(["RunStarted", "RunCompleted"]);
      const resumed = await send("POST", `/agents/assistant/runs/${run.run_id}/resume`, { session_id: sessionId });
      expect(await resumed.text()).toContain("event: RunCompleted");
      expect(await exportOf(sessionId)).toContain(JSON.stringify(entry));
    }
  });

  it.each<[string, unknown[][], string]>([
    [
      "two ends",
      [
        ["S", 0],
        ["X", 0],
        ["X", 0],
      ],
      "events.2: a run tells nothing behind its end.",
    ],
    ["1.3 KB of ends", many(160, ["X", 0]) as unknown[][], "events.1: a run tells nothing behind its end."],
    [
      "an end behind a failure",
      [
        ["F", 0],
        ["K", 0],
        ["X", 0],
      ],
      "events.1: a run tells nothing behind its end.",
    ],
    [
      "a third end",
      [
        ["K", 0],
        ["X", 0],
        ["X", 0],
      ],
      "events.2: a run tells nothing behind its end.",
    ],
    [
      "events behind its end",
      [
        ["S", 0],
        ["X", 0],
        ["Q", 0],
      ],
      "events.2: a run tells nothing behind its end.",
    ],
    [
      "two summaries",
      [
        ["E", 0, null],
        ["E", 1, null],
      ],
      "events.1: a run waits for one summary.",
    ],
    ["a negative time", [["S", -1]], "events.0.1: "],
    ["half a call", [["T", 0, 0.5]], "events.0.2: "],
    ["a call that nobody can count to", [["T", 0, 2e15]], "events.0.2: "],
    ["no list as an entry", [["S", 0], "S" as unknown as unknown[]], "events.1: "],
    ["more than 288 KB", many(36_000, ["S", 10]) as unknown[][], "events: must not be larger than 294912 bytes"],
    ["one entry of more", [["D", ...many(150_000, 1)]], "events: must not be larger than 294912 bytes"],
  ])("is refused by its line with %s", async (_, events, problem) => {
    await expectRefused(importRun({ events }), 2, problem);
  });

  it("has no end while the run is paused", async () => {
    const events = [
      ["S", 0],
      ["X", 0],
      ["P", 0, 0],
    ];
    await expectRefused(importRun({ events, status: "PAUSED" }), 2, "events.1: a run that is paused has no end.");
  });

  it.each(["component_name", "model", "model_provider"])("repeats no %s that is no name", async (field) => {
    const events = many(1_000, ["Q", 0]);
    await expectRefused(importRun({ events, [field]: "x".repeat(1_800_000) }), 2, `${field}: is too long for a name`);
  });

  const asking = (args: string): Line => ({
    ...message("", 1, "assistant", "", AT),
    tool_calls: [{ id: "c", name: "add", arguments: args }],
  });

  it("tells no large call again and again: what it would tell is counted as the lines come", async () => {
    const told = /The run's events tell more than 41943040 bytes/;
    const args = JSON.stringify({ text: "x".repeat(100 * KB) });
    for (const letter of ["T", "R", "W"]) {
      const events = many(1_000, [letter, 0, 0]);
      await expectRefused(importRun({ events }, [asking(args)]), 4, told);
    }
    const result = { ...message("", 2, "tool", "x".repeat(100 * KB)), tool_call_id: "c", tool_name: "add" };
    await expectRefused(importRun({ events: many(1_000, ["R", 0, 0]) }, [asking("{}"), result]), 5, told);
    const asked = { ...requirementLine(""), tool_args: { text: "x".repeat(100 * KB) } };
    await expectRefused(
      importRun({ events: many(1_000, ["P", 0, 0]), status: "PAUSED" }, [asking("{}"), asked]),
      5,
      told,
    );
    const named = "x".repeat(950);
    await expectRefused(importRun({ events: many(36_000, ["Q", 0]), model: named }), 2, told);
  });

  it("tells no failed call again and again: it is counted as JSON, as often as each event repeats it", async () => {
    const told = /The run's events tell more than 41943040 bytes/;
    const events = [["S", 0], ...many(15, ["R", 0, 0])];
    const failed = (content: string): Line => ({
      ...message("", 2, "tool", content),
      tool_call_id: "c",
      tool_name: "add",
      tool_call_error: true,
    });
    const control = (chars: number) => "\u0001".repeat(chars);
    await expectRefused(importRun({ events }, [asking("{}"), failed(control(1_000_000))]), 5, told);
    const args = JSON.stringify({ text: control(152_000) });
    await expectRefused(importRun({ events }, [asking(args), failed("no")]), 5, told);
    const ended = [
      ["K", 0],
      ["X", 0],
    ];
    const said = new Array(6).fill(0).map((_, nth) => message("", 1 + nth, "assistant", control(600_000)));
    await expectRefused(importRun({ events: ended }, said), 9, told);
  });

  it("tells once what failed, also where that is as much as a live run has room for", async () => {
    const calls = [0, 1, 2, 3];
    const tool_calls = calls.map((nth) => ({ id: `c${nth}`, name: "add", arguments: "{}" }));
    const results = calls.map((nth) => ({
      ...message("", 2 + nth, "tool", "\u0001".repeat(256 * KB)),
      tool_call_id: `c${nth}`,
      tool_name: "add",
      tool_call_error: true,
    }));
    const events = calls.flatMap((nth) => [
      ["T", 0, nth],
      ["R", 0, nth],
    ]);
    const { report } = await importRun({ events }, [{ ...asking("{}"), tool_calls }, ...results]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
  });

  it("tells no filled form again and again: each event of its call has it", async () => {
    const told = /The run's events tell more than 41943040 bytes/;
    const fields = [{ name: "text", field_type: "str", description: "x".repeat(100 * KB), value: null }];
    for (const letter of ["T", "R", "W"]) {
      const events = many(1_000, [letter, 0, 0]);
      await expectRefused(importRun({ events }, [asking("{}"), { ...requirementLine(""), fields }]), 5, told);
    }
  });

  it("tells of thousands of calls in time", async () => {
    const calls = 6_000;
    const tool_calls = Array.from({ length: calls }, () => ({ id: "c", name: "add", arguments: "{}" }));
    const results = Array.from({ length: calls }, (_, nth) => ({
      ...message("", 2 + nth, "tool", "3"),
      tool_call_id: "c",
      tool_name: "add",
    }));
    const events = tool_calls.flatMap((_, nth) => [
      ["T", 0, nth],
      ["R", 0, nth],
    ]);
    const { sessionId, report } = await importRun({ events }, [{ ...asking("{}"), tool_calls }, ...results]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    const from = performance.now();
    const [run] = await runsOf(sessionId);
    expect(run.events.filter(({ event }: Line) => event === "ToolCallCompleted")).toHaveLength(calls);
    // A search among all calls for each event took minutes.
    expect(performance.now() - from).toBeLessThan(15_000);
  }, 60_000);
});

it("shows a call whose arguments nest without end as one that has none", async () => {
  const depth = 100_000;
  const args = `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const events = [
    ["S", 0],
    ["Q", 0],
    ["A", 0],
    ["T", 0, 0],
    ["R", 0, 0],
    ["X", 0],
  ];
  const asked = { ...message("", 1, "assistant", ""), tool_calls: [{ id: "c", name: "add", arguments: args }] };
  const result = { ...message("", 2, "tool", "3"), tool_call_id: "c", tool_name: "add" };
  const { sessionId, report } = await importRun({ events }, [asked, result]);
  expect(report).toMatchObject({ imported: 1, errors: [] });
  const [run] = await runsOf(sessionId);
  expect(run.tools).toMatchObject([{ tool_call_id: "c", tool_args: {}, result: "3" }]);
  const one = await call("GET", `/agents/assistant/runs/${run.run_id}?session_id=${sessionId}`);
  expect([one.status, one.body.tools[0].tool_args]).toEqual([200, {}]);
});

describe("the member runs of a run that is imported", () => {
  /** The lines of a session with these runs, in order. `parent` is the number of a run's parent. */
  function treeLines(sessionId: string, runs: { parent?: number; slots?: number }[], team_id = "crew"): Line[] {
    const crew = { agent_id: null, team_id, component_name: "Crew" };
    const [session, run] = sessionLines(sessionId);
    const id = (nth: number) => `${sessionId}-${nth}`;
    return [
      { ...session, session_type: "team", agent_id: null, team_id },
      ...runs.map(({ parent, slots = 0 }, nth) => ({
        ...run,
        ...crew,
        run_id: id(nth),
        run_index: nth,
        parent_run_id: parent === undefined ? null : id(parent),
        member_slots: slots,
        input_messages: 0,
      })),
      { type: "session_end", session_id: sessionId, counts: { runs: runs.length } },
    ];
  }
  const chain = (length: number) => [...Array.from({ length }, (_, nth) => ({ parent: nth + 1 })), { slots: length }];

  it("are shown in their team's at the depth that teams have", async () => {
    const sessionId = newId();
    const team = leading([member("ada")]);
    expect(await importing(asText(treeLines(sessionId, chain(10), team)))).toMatchObject({ imported: 1 });
    const top = await call("GET", `/teams/${team}/runs/${sessionId}-10?session_id=${sessionId}`);
    expect(JSON.stringify(top.body).split('"member_responses"')).toHaveLength(12);
  });

  it.each<[string, Parameters<typeof treeLines>[1], number, string]>([
    ["are in each other", [{ parent: 1 }, { parent: 0 }, { slots: 2 }], 4, "nested deeper than 16 levels"],
    ["are in themselves", [{ parent: 0 }, { slots: 1 }], 3, "nested deeper than 16 levels"],
    ["are a chain", chain(900), 902, "nested deeper than 16 levels"],
    ["reach into another run's place", [{}, { slots: 1 }], 3, "member_slots: they reach into the place"],
    ["begin before the first place", [{ slots: 1 }], 2, "member_slots: they reach into the place"],
  ])("are refused where they %s", async (_, runs, line, problem) => {
    const sessionId = newId();
    const report = await importing(asText(treeLines(sessionId, runs)));
    expect(report).toMatchObject({ imported: 0, failed: 1 });
    expect(report.errors).toEqual([{ line, message: expect.stringContaining(problem) }]);
    expect(await rowCounts(sessionId)).toEqual(NOTHING);
  });

  it("are read with their team only where it has kept a place for them", async () => {
    const sessionId = newId();
    // These member runs belong to no team run: the next top-level run behind them has kept no places.
    const runs = [{ parent: 50 }, ...Array.from({ length: 30 }, () => ({ parent: 0 })), {}];
    const team = leading([member("ada")]);
    expect(await importing(asText(treeLines(sessionId, runs, team)))).toMatchObject({ imported: 1 });
    const one = await call("GET", `/teams/${team}/runs/${sessionId}-0?session_id=${sessionId}`);
    expect([one.status, one.body.member_responses]).toEqual([200, []]);
  });

  it("tell no form again and again: what they wait for stands behind their team's run", async () => {
    const sessionId = newId();
    const [session, ran, top, end] = treeLines(sessionId, [{ parent: 1 }, { slots: 1 }]);
    const asked = {
      ...requirementLine(top.run_id),
      member_run_id: ran.run_id,
      fields: [{ name: "text", field_type: "str", description: "x".repeat(100 * KB), value: null }],
    };
    for (const entry of [
      ["T", 0, 0],
      ["P", 0, 0],
    ]) {
      const events = new Array(1_000).fill(entry);
      const report = await importing(asText([session, { ...ran, events, status: "PAUSED" }, top, asked, end]));
      expect(report.errors).toEqual([{ line: 4, message: expect.stringMatching(/events tell more than/) }]);
      expect(await rowCounts(sessionId)).toEqual(NOTHING);
    }
  });

  it("are 32 MB together at most", async () => {
    const sessionId = newId();
    const runs = [...Array.from({ length: 5 }, () => ({ parent: 5 })), { slots: 5 }];
    const lines = treeLines(sessionId, runs).flatMap((line) => {
      const isMember = line.type === "run" && line.parent_run_id !== null;
      const said = Array.from({ length: 4 }, (_, nth) => message(line.run_id, nth, "assistant", "x".repeat(1_800_000)));
      return isMember ? [line, ...said] : [line];
    });
    const report = await importing(asText(lines));
    expect(report.errors).toEqual([{ line: 27, message: "Its member runs are larger than 33554432 bytes together." }]);
  }, 60_000);
});

describe("lines that cannot be read", () => {
  it("end the import behind 1,000 of them, however many follow, and it goes on from there", async () => {
    const [before, behind] = [newId(), newId()];
    const junk = 'x\n{"type":"nothing"}\n'.repeat(500);
    let pieces = 0;
    const file = function* () {
      yield bytesOf(asText(sessionLines(before)));
      for (; pieces < 1_000; pieces += 1) yield bytesOf(junk);
    };
    const report = await importingPieces(file());
    expect(report).toMatchObject({ imported: 1, failed: 0, complete: false, next_line: 1_006 });
    expect(report.errors).toEqual([{ line: 6, message: expect.stringContaining("no JSON") }]);
    // Their sender reads no answer before it has sent them, so they are passed over.
    expect(pieces).toBe(1_000);
    const text = `${junk}${asText(sessionLines(behind))}`;
    const stopped = await importing(text);
    expect(stopped).toMatchObject({ imported: 0, complete: false, next_line: 1_001 });
    const rest = text.split("\n").slice(stopped.next_line - 1);
    expect(await importing(rest.join("\n"))).toMatchObject({ imported: 1, errors: [], complete: true });
  });

  it("are less than 1,000 in a file that is read to its end", async () => {
    const sessionId = newId();
    const report = await importing(`${"x\n".repeat(999)}${asText(sessionLines(sessionId))}`);
    expect(report).toMatchObject({ imported: 1, complete: true, next_line: null });
  });

  it("give up the session that they are in, which is not there when the import stops", async () => {
    const sessionId = newId();
    const report = await importing(`${"x\n".repeat(999)}${asText(sessionLines(sessionId).slice(0, 3))}x\nx\n`);
    expect(report).toMatchObject({ imported: 0, failed: 1, complete: false, next_line: 1_004 });
    expect(await rowCounts(sessionId)).toEqual(NOTHING);
  });
});

describe("a session of Agno's that is imported", () => {
  const row = (runs: object[]): Line => ({
    session_id: newId(),
    session_type: "team",
    team_id: "crew",
    created_at: 1,
    runs,
  });

  it("is read once, however many messages a run has", async () => {
    const messages = new Array(200_000).fill({ role: "assistant", content: "a" });
    const from = performance.now();
    for (const status of ["COMPLETED", "PAUSED"]) {
      const report = await importing(asText([row([{ run_id: newId(), agent_id: "a", status, messages }])]));
      expect(report.errors).toEqual([{ line: 1, message: expect.stringContaining("events: must not be larger") }]);
    }
    // A look at all messages that follow, for each message, took minutes.
    expect(performance.now() - from).toBeLessThan(20_000);
  }, 60_000);

  it("has no more member runs than a team's run has places for", async () => {
    const top = newId();
    const members = (count: number) =>
      Array.from({ length: count }, () => ({ run_id: newId(), agent_id: "a", parent_run_id: top }));
    const report = await importing(asText([row([{ run_id: top, team_id: "crew" }, ...members(1_001)])]));
    expect(report.errors).toEqual([{ line: 1, message: "Too many member runs come before the run of their team." }]);
  });
});

describe("a run that has told as much of its pauses as it may", () => {
  it("takes the answers that are left in one request", async () => {
    const log = (deltas: number) => [
      ["S", 0],
      ["D", 0, ...new Array(deltas).fill(1)],
      ["P", 0, 0, 1],
    ];
    const events = log(Math.floor((256 * KB - JSON.stringify(log(0)).length) / 2));
    expect(JSON.stringify(events).length).toBeGreaterThanOrEqual(256 * KB - 1);
    const tool_calls = ["c", "d"].map((id) => ({ id, name: "gone", arguments: "{}" }));
    const open = [0, 1].map((position) => ({
      ...requirementLine(""),
      kind: "external_execution",
      position,
      call: position,
      tool_call_id: tool_calls[position]?.id,
    }));
    const fields = { events, status: "PAUSED", finish_reason: null };
    const asked = { ...message("", 1, "assistant", ""), tool_calls };
    const { sessionId, report } = await importRun(fields, [asked, ...open]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    const [{ run_id }] = await runsOf(sessionId);
    const answer = (ids: string[]) =>
      call("POST", `/agents/assistant/runs/${run_id}/continue`, {
        session_id: sessionId,
        stream: false,
        tools: ids.map((tool_call_id) => ({ tool_call_id, result: "done" })),
      });
    const some = await answer(["c"]);
    expect([some.status, some.body.detail]).toEqual([400, expect.stringContaining("in one request")]);
    const all = await answer(["c", "d"]);
    expect([all.status, all.body.status]).toEqual([200, "COMPLETED"]);
  });
});
