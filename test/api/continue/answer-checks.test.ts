import { describe, expect, it } from "vitest";
import { call, newId, run } from "../../support/http.ts";
import {
  answer,
  confirmed,
  continuePath,
  filled,
  type PausedRun,
  pausedRun,
  refused,
  rejected,
  requirements,
  stored,
  tools,
} from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";
import { runCalls } from "../../support/session-story.ts";

const model = scriptModel();

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;

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
    // The model's own message keeps the arguments that the model wrote.
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
    expect(body.messages[3]).toMatchObject({
      role: "tool",
      content: "Function call was rejected by the user: too expensive",
      tool_call_error: true,
    });
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
