import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { call, callHandler, EventStream, names, newId, openRun, run, type SentEvent, send } from "../support/http.ts";
import {
  answer,
  confirmed,
  continuePath,
  filled,
  openAnswer,
  type PausedRun,
  pausedRun,
  pauseOf,
  rejected,
  requirements,
  result,
  stored,
  tools,
} from "../support/paused-runs.ts";
import { peopleAgent } from "../support/people-tools.ts";
import { scriptModel, text, toolCall } from "../support/scripted-model.ts";
import { objectOf, runCalls, shown } from "../support/session-story.ts";

callHandler();
const model = scriptModel();

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;
const toolNames = (shownTools: Json[]) => shownTools.map(({ tool_name }) => tool_name);
const opened = (body: Json) => toolNames((body.requirements ?? []).map((one: Json) => one.tool_execution));
/** Who answered what, of a run that has ended. */
const answeredBy = (body: Json) =>
  body.requirements.map((one: Json) => [one.tool_execution.tool_name, one.answered_by ?? null]);

/** Waits for a wipe, an order and a signature, in one round. */
async function waitsForThree(agent: string): Promise<PausedRun> {
  const calls = [toolCall("wipe", { disk: 1 }), toolCall("order", { item: "tea" }), toolCall("sign", { paper: "p" })];
  model.next([text("Three things. "), ...calls]);
  return pausedRun("do three things", { session_id: newId(), agent });
}

async function refused(paused: PausedRun, fields: object) {
  const before = await stored(paused);
  const { status, body } = await answer(paused, fields);
  expect(await stored(paused)).toEqual(before);
  return { status, code: body.code, detail: body.detail };
}

describe("a pause", () => {
  it("comes once the other tools of its round have run", async () => {
    const { agent, ran } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 }), toolCall("look", { at: "here" }), toolCall("look", { at: "there" })]);
    const stream = await openRun("go", { session_id: newId(), agent });
    const events = await stream.rest();

    expect(ran).toEqual(["look here", "look there"]);
    expect(names(events).slice(3)).toEqual([
      "ToolCallStarted",
      "ToolCallStarted",
      "ToolCallCompleted",
      "ToolCallCompleted",
      "RunContentCompleted",
      "RunPaused",
    ]);
    const paused = pauseOf(agent, events.at(-1)?.data);
    expect(toolNames(paused.tools)).toEqual(["wipe"]);
    const whole = await stored(paused);
    expect(whole.tools.map(({ tool_name, result: text }: Json) => [tool_name, text])).toEqual([
      ["wipe", null],
      ["look", "seen here"],
      ["look", "seen there"],
    ]);

    const { body } = await answer(paused, tools(paused, confirmed));
    expect(ran).toEqual(["look here", "look there", "wipe 1"]);
    expect(body.status).toBe("COMPLETED");
    // Each call has one result, whichever came first.
    const asked = runCalls(model).at(-1)?.request.messages ?? [];
    expect(asked.flatMap(({ tool_call_id, content }) => (tool_call_id ? [[tool_call_id, content]] : []))).toEqual([
      ["call_1_1", "seen here"],
      ["call_1_2", "seen there"],
      ["call_1_0", "wiped 1"],
    ]);
  });

  it("that follows another one shows only what is new", async () => {
    const { agent, ran } = peopleAgent();
    model.next([text("One. "), toolCall("wipe", { disk: 1 })], [text("Two. "), toolCall("sign", { paper: "p" })]);
    const first = await pausedRun("go", { session_id: newId(), agent });
    await evictDurableObject(objectOf(first.session_id));

    const events = await (await openAnswer(first, requirements(first, confirmed))).rest();
    expect(names(events)).toEqual([
      "RunContinued",
      "ToolCallStarted",
      "ToolCallCompleted",
      "ModelRequestStarted",
      "RunContent",
      "ModelRequestCompleted",
      "RunContentCompleted",
      "RunPaused",
    ]);
    const pause = events.at(-1)?.data;
    expect([opened(pause), toolNames(pause.tools)]).toEqual([["sign"], ["sign"]]);
    expect(pause.content).toBe("I have tools to execute, but it needs external execution.");
    const second = pauseOf(agent, pause);
    const between = await stored(second);
    expect([between.status, between.content, opened(between)]).toEqual(["PAUSED", "One. Two. ", ["sign"]]);
    expect(between.tools.map(({ tool_name, result: text }: Json) => [tool_name, text])).toEqual([
      ["wipe", "wiped 1"],
      ["sign", null],
    ]);
    await evictDurableObject(objectOf(first.session_id));

    // A client sends back all calls that it was ever shown.
    const list = [...tools(first, confirmed).tools, ...tools(second, result("signed")).tools];
    const { body } = await answer(second, { tools: list, answered_by: "ada" });
    expect([body.status, body.content]).toEqual(["COMPLETED", "One. Two. echo: go"]);
    expect(answeredBy(body)).toEqual([
      ["wipe", null],
      ["sign", "ada"],
    ]);
    expect(ran).toEqual(["wipe 1"]);
    expect(shown(runCalls(model).at(-1))).toEqual([
      "user: go",
      "assistant: One. ",
      "tool: wiped 1",
      "assistant: Two. ",
      "tool: signed",
    ]);
    const { body: listed } = await call("GET", `/agents/${agent}/runs?session_id=${first.session_id}`);
    expect(listed[0].events.map(({ event_index }: Json) => event_index).at(-1)).toBeGreaterThan(pause.event_index);
    expect(listed[0].events.filter(({ event }: Json) => event === "RunPaused").map(opened)).toEqual([
      ["wipe"],
      ["sign"],
    ]);
  });

  it("asks nobody about a call whose arguments do not fit, and tells the model", async () => {
    const { agent, ran } = peopleAgent();
    const wrong = [toolCall("wipe", { disk: "one" }), toolCall("sign", { paper: "" }), toolCall("sign", "[1]")];
    model.next(wrong, [text("Then not.")]);
    const { body } = await run("go", { session_id: newId(), agent });
    expect([body.status, body.requirements, ran]).toEqual(["COMPLETED", undefined, []]);
    const told = shown(runCalls(model).at(-1)).slice(2);
    expect(told).toEqual([
      expect.stringMatching(/^tool: The arguments do not fit: .*disk/s),
      expect.stringMatching(/^tool: The arguments do not fit: .*paper/s),
      "tool: The arguments are not a JSON object.",
    ]);
  });
});

describe("several requirements of one pause", () => {
  it.each([true, false])(
    "are answered by several people, and no tool runs before the last (streamed: %s)",
    async (streamed) => {
      const { agent, ran } = peopleAgent();
      const paused = await waitsForThree(agent);
      expect(toolNames(paused.tools)).toEqual(["wipe", "order", "sign"]);
      const calls = runCalls(model).length;
      const steps: [person: string, fields: object, open: string[], content: string][] = [
        [
          "ada",
          requirements(paused, null, filled({ amount: 3 })),
          ["wipe", "sign"],
          "I have tools to execute, but I need confirmation or external execution.",
        ],
        ["bob", tools(paused, confirmed), ["sign"], "I have tools to execute, but it needs external execution."],
      ];
      let index = 5;
      for (const [answered_by, fields, open, content] of steps) {
        await evictDurableObject(objectOf(paused.session_id));
        if (streamed) {
          const events = await (await openAnswer(paused, { ...fields, answered_by })).rest();
          index += 1;
          expect(events.map(({ id, event }) => [id, event])).toEqual([[index, "RunPaused"]]);
          expect(events[0]?.data).toMatchObject({ event_index: index, content, run_id: paused.run_id });
          expect([opened(events[0]?.data), toolNames(events[0]?.data.tools)]).toEqual([open, open]);
        } else {
          const { status, headers, body } = await answer(paused, { ...fields, answered_by });
          expect([status, headers.get("X-Run-Id"), body.status, opened(body)]).toEqual([
            200,
            paused.run_id,
            "PAUSED",
            open,
          ]);
          expect(body).toEqual(await stored(paused));
        }
        expect([ran, runCalls(model).length]).toEqual([[], calls]);
      }
      const last = { ...requirements(paused, null, null, result({ signed: true })), answered_by: "cleo" };
      const { body } = await answer(paused, last);
      expect([body.status, body.content]).toEqual(["COMPLETED", "Three things. echo: do three things"]);
      expect(ran).toEqual(["wipe 1", "order 3 tea"]);
      expect(answeredBy(body)).toEqual([
        ["wipe", "bob"],
        ["order", "ada"],
        ["sign", "cleo"],
      ]);
      expect(shown(runCalls(model).at(-1)).slice(2).sort()).toEqual([
        "tool: ordered 3 tea",
        "tool: wiped 1",
        'tool: {"signed":true}',
      ]);
      // Everybody who reads it later reads what was told.
      const replayed = new EventStream(
        await send("POST", `/agents/${agent}/runs/${paused.run_id}/resume`, { session_id: paused.session_id }),
      );
      const pauses = (await replayed.rest()).filter(({ event }: SentEvent) => event === "RunPaused");
      expect(pauses.map(({ data }) => opened(data))).toEqual([["wipe", "order", "sign"], ["wipe", "sign"], ["sign"]]);
    },
  );

  it("are answered by two people at once, and the run goes on once", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsForThree(agent);
    const answers = await Promise.all([
      answer(paused, { ...tools(paused, confirmed), answered_by: "ada" }),
      answer(paused, { ...tools(paused, null, filled({ amount: 1 })), answered_by: "bob" }),
      answer(paused, { ...tools(paused, null, null, result("ok")), answered_by: "cleo" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ body }) => body.status).sort()).toEqual(["COMPLETED", "PAUSED", "PAUSED"]);
    expect(ran.sort()).toEqual(["order 1 tea", "wipe 1"]);
    expect(answeredBy(await stored(paused))).toEqual([
      ["wipe", "ada"],
      ["order", "bob"],
      ["sign", "cleo"],
    ]);
  });

  it("are none of them answered by silence: 400 names what is open", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsForThree(agent);
    const silences: object[] = [
      {},
      { tools: [] },
      { tools: "" },
      { requirements: null },
      tools(paused),
      requirements(paused),
      tools(paused, { confirmed: null }, { answered: false }, { result: null }),
      requirements(paused, { confirmed: null, confirmation_note: "why?" }, filled({ amount: null }), { result: null }),
      tools(paused, { answered: true, result: "ran it" }, null, { confirmed: true }),
      tools(paused, null, filled({ item: "tea" })),
    ];
    for (const fields of silences) {
      const { status, code, detail } = await refused(paused, fields);
      expect([status, code, fields]).toEqual([400, "bad_request", fields]);
      for (const one of paused.requirements) expect(detail).toContain(one.id);
      for (const name of ["wipe (confirmation", "order (user input", "sign (external execution"]) {
        expect(detail).toContain(name);
      }
    }
    expect(ran).toEqual([]);
  });

  it("keep an answer once it is given: the same again is ignored beside a new one, another one is 409", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await waitsForThree(agent);
    await answer(paused, { ...tools(paused, rejected("no")), answered_by: "ada" });

    const others = [tools(paused, confirmed), tools(paused, rejected("never")), requirements(paused, confirmed)];
    for (const fields of [...others, ...others.map((other) => ({ ...other, ...withSecond(other) }))]) {
      const { status, code, detail } = await refused(paused, fields);
      expect([status, code]).toEqual([409, "requirement_answered"]);
      expect(detail).toContain("Already answered: ");
    }
    for (const fields of [tools(paused, rejected("no")), requirements(paused, rejected())]) {
      expect(await refused(paused, fields)).toMatchObject({ status: 409, code: "requirement_answered" });
    }

    const beside = await answer(paused, {
      ...tools(paused, rejected("no"), filled({ amount: 2 })),
      answered_by: "bob",
    });
    expect([beside.status, opened(beside.body)]).toEqual([200, ["sign"]]);
    const { body } = await answer(paused, tools(paused, rejected(), null, result("signed")));
    expect(answeredBy(body)).toEqual([
      ["wipe", "ada"],
      ["order", "bob"],
      ["sign", null],
    ]);
    expect(ran).toEqual(["order 2 tea"]);
  });
});

/** The same list with an answer to the second requirement, too. */
function withSecond(fields: { tools?: Json[]; requirements?: Json[] }) {
  const said = filled({ amount: 2 });
  return {
    ...(fields.tools && { tools: fields.tools.map((tool, nth) => (nth === 1 ? { ...tool, ...said } : tool)) }),
    ...(fields.requirements && {
      requirements: fields.requirements.map((one, nth) =>
        nth === 1 ? { ...one, tool_execution: { ...one.tool_execution, ...said } } : one,
      ),
    }),
  };
}

describe("what a person fills in", () => {
  const orders = async (agent: string) => {
    model.next([toolCall("order", { item: "tea" })]);
    return pausedRun("order tea", { session_id: newId(), agent });
  };

  it.each<[field: string, values: Record<string, unknown>]>([
    ["amount", { amount: "three" }],
    ["amount", { amount: 0 }],
    ["amount", { amount: 1.5 }],
    ["express", { amount: 3, express: "yes" }],
    ["item", { amount: 3, item: 7 }],
    ["amount", { express: true }],
    ["colour", { amount: 3, colour: "red" }],
  ])("is 422 that names %s for %j, and the run stays paused", async (field, values) => {
    const { agent, ran } = peopleAgent();
    const paused = await orders(agent);
    const [{ id, tool_execution }] = paused.requirements as [Json];
    for (const [list, key] of [
      [tools(paused, filled(values)), ["tools", tool_execution.tool_call_id]],
      [requirements(paused, filled(values)), ["requirements", id]],
    ] as const) {
      const { status, code, detail } = await refused(paused, list);
      expect([status, code]).toEqual([422, "invalid_request"]);
      expect(detail.map(({ loc }: Json) => loc)).toEqual([["body", ...key, field]]);
    }
    expect([(await stored(paused)).status, ran]).toEqual(["PAUSED", []]);
    expect((await answer(paused, tools(paused, filled({ amount: 3 })))).body.status).toBe("COMPLETED");
    expect(ran).toEqual(["order 3 tea"]);
  });

  it("may be another value than the model's, and optional fields may stay empty", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await orders(agent);
    const { body } = await answer(paused, tools(paused, filled({ item: "coffee", amount: 2, express: null })));
    expect(ran).toEqual(["order 2 coffee"]);
    expect(body.tools[0].tool_args).toEqual({ item: "coffee", amount: 2 });
    expect(body.requirements[0].user_input_schema).toMatchObject([
      { name: "item", field_type: "str", value: "coffee" },
      { name: "amount", field_type: "int", value: 2 },
      { name: "express", field_type: "bool", value: null },
    ]);
    // What the model wrote stands in its own message.
    expect(body.messages[2].tool_calls[0].function.arguments).toBe('{"item":"tea"}');
    expect(body.messages[3]).toMatchObject({ role: "tool", tool_args: { item: "coffee", amount: 2 } });
  });

  it("is not asked of the model", async () => {
    const { agent } = peopleAgent();
    await orders(agent);
    const [order] = runCalls(model)[0]?.request.tools?.filter((tool) => tool.function.name === "order") ?? [];
    expect(order?.function.parameters).toMatchObject({ properties: { item: { type: "string" } }, required: ["item"] });
    expect(Object.keys(order?.function.parameters?.properties ?? {})).toEqual(["item"]);
  });

  it("may be nothing at all: the call is rejected with a note", async () => {
    const { agent, ran } = peopleAgent();
    const paused = await orders(agent);
    const { body } = await answer(paused, tools(paused, rejected("too expensive")));
    expect([body.status, ran]).toEqual(["COMPLETED", []]);
    expect(body.messages[3]).toMatchObject({ role: "tool", content: "too expensive", tool_call_error: true });
  });
});

describe("a continue that cannot be", () => {
  it("is 404 for a run that is unknown, of another session, agent or user", async () => {
    const { agent, ran } = peopleAgent();
    const other = peopleAgent().agent;
    const [session_id, user_id] = [newId(), newId()];
    model.next([toolCall("wipe", { disk: 1 })]);
    const paused = await pausedRun("go", { session_id, agent, user_id });
    const elsewhere = newId();
    await run("hi", { session_id: elsewhere, agent });
    const said = tools(paused, confirmed);
    const strangers: [PausedRun, object][] = [
      [{ ...paused, run_id: newId() }, { user_id }],
      [{ ...paused, session_id: newId() }, { user_id }],
      [{ ...paused, session_id: elsewhere }, {}],
      [paused, { user_id: newId() }],
      [{ ...paused, agent: other }, { user_id }],
    ];
    for (const [asked, fields] of strangers) {
      for (const stream of [true, false]) {
        const { status, body } = await answer(asked, { ...said, ...fields, stream });
        expect([status, body.code, body.detail]).toEqual([
          404,
          "run_not_found",
          `No runs found for run ID ${asked.run_id}`,
        ]);
      }
    }
    const { status, body } = await answer({ ...paused, agent: "nobody" }, said);
    expect([status, body.detail, ran]).toEqual([404, "Agent not found", []]);
    expect((await answer(paused, { ...said, user_id })).body.status).toBe("COMPLETED");
  });

  it("is 400 without its session, for answers of the wrong shape, and for ids that the run does not know", async () => {
    const { agent } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    const nowhere = await call("POST", continuePath(paused), { ...tools(paused, confirmed), stream: false });
    expect([nowhere.status, nowhere.body.detail]).toEqual([400, "session_id is required for this action"]);
    const wrongs: [detail: string, fields: object][] = [
      ["Invalid JSON in tools field", { tools: "[{" }],
      ["Invalid JSON in requirements field", { requirements: "{" }],
      ["Invalid structure or content for tools: ", { tools: 7 }],
      ["Invalid structure or content for tools: ", { tools: "7" }],
      ["Invalid structure or content for tools: ", { tools: [{ confirmed: true }] }],
      ["Invalid structure or content for tools: ", tools(paused, { confirmed: "yes" })],
      ["Invalid structure or content for requirements: ", { requirements: [{ confirmation: true }] }],
      ["Invalid structure or content for requirements: ", requirements(paused, { confirmed: 1 })],
      [
        `Run ${paused.run_id} has no requirement or tool call with this id: call_9`,
        { tools: [{ tool_call_id: "call_9" }] },
      ],
      [
        `Run ${paused.run_id} has no requirement or tool call with this id: r`,
        { requirements: [{ id: "r", confirmation: true }] },
      ],
    ];
    for (const [detail, fields] of wrongs) {
      const refusal = await refused(paused, fields);
      expect([refusal.status, refusal.code, refusal.detail.slice(0, detail.length)]).toEqual([
        400,
        "bad_request",
        detail,
      ]);
    }
  });

  it("is 409 once the run has completed, or where it never paused", async () => {
    const { agent, ran } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    await answer(paused, tools(paused, confirmed));
    const { body } = await run("hi", { session_id: paused.session_id, agent });
    for (const run_id of [paused.run_id, body.run_id]) {
      for (const fields of [tools(paused, confirmed), {}]) {
        const { status, headers, body } = await answer({ ...paused, run_id }, fields);
        expect([status, body.code, body.detail]).toEqual([
          409,
          "run_not_continuable",
          `Cannot continue run ${run_id}: run is completed`,
        ]);
        expect(headers.get("X-Run-Id")).toBe(run_id);
      }
    }
    expect(ran).toEqual(["wipe 1"]);
  });
});
