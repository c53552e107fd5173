import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { type Answer, call, newId, run } from "../../support/http.ts";
import { continuePath, pausedRun, stored } from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { importing } from "../../support/portable.ts";
import { asText, sessionLines } from "../../support/portable-lines.ts";
import { countRows } from "../../support/rows.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";
import { detailOf } from "../../support/session-story.ts";

const model = scriptModel();

const BIG = "9007199254740993";
const JSON_TYPE = { "Content-Type": "application/json" };
const MERGE_TYPE = { "Content-Type": "application/merge-patch+json" };
const FORM_TYPE = { "Content-Type": "application/x-www-form-urlencoded" };
/** The JSON text with an integer that a JavaScript number cannot hold in place of each `#`. */
const big = (text: string) => text.replaceAll("#", BIG);
const form = (fields: Record<string, string>) => String(new URLSearchParams(fields));

const expectRefused = ({ status, body }: Answer, ...places: (string | number)[][]) =>
  expect([status, body.code, body.detail.map(({ loc, type }: { loc: unknown; type: string }) => [type, loc])]).toEqual([
    422,
    "invalid_request",
    places.map((place) => ["int_parsing_size", ["body", ...place]]),
  ]);

describe("an integer that a number would round", () => {
  const session = newId();
  beforeAll(async () => {
    await call("POST", "/sessions", { session_id: session, session_state: { n: 1 }, metadata: { n: 1 } });
  });

  it.each<[field: string, body: string, place: (string | number)[]]>([
    ["session_state", '{"session_state":{"a":{"ids":[1,#]}}}', ["session_state", "a", "ids", 1]],
    ["metadata", '{"metadata":{"id":-#}}', ["metadata", "id"]],
  ])("is refused in the %s of a session, created, changed or merged, and nothing is stored", async (_, body, place) => {
    const before = [await countRows(), await detailOf(session)];
    expectRefused(await call("POST", "/sessions", big(body), JSON_TYPE), place);
    expectRefused(await call("PATCH", `/sessions/${session}`, big(body), JSON_TYPE), place);
    expectRefused(await call("PATCH", `/sessions/${session}`, big(body), MERGE_TYPE), place);
    expect([await countRows(), await detailOf(session)]).toEqual(before);
  });

  it("is refused in the state of a run: in a JSON body, in a form, and as text in either", async () => {
    const before = await countRows();
    const state = big('{"a":[{"id":#}]}');
    const place = ["session_state", "a", 0, "id"];
    const path = "/agents/assistant/runs";
    expectRefused(await call("POST", path, `{"message":"hi","session_state":${state}}`, JSON_TYPE), place);
    const text = JSON.stringify({ message: "hi", session_state: state });
    expectRefused(await call("POST", path, text, JSON_TYPE), place);
    expectRefused(await call("POST", path, form({ message: "hi", session_state: state }), FORM_TYPE), place);
    const multipart = new FormData();
    multipart.set("message", "hi");
    multipart.set("session_state", state);
    expectRefused(await call("POST", path, multipart), place);
    expect([await countRows(), model.calls]).toEqual([before, []]);
  });

  it("is named at each of its places", async () => {
    const body = big('{"session_state":{"a":#,"b":[#]},"metadata":{"c":#}}');
    const places = [
      ["session_state", "a"],
      ["session_state", "b", 0],
      ["metadata", "c"],
    ];
    expectRefused(await call("POST", "/sessions", body, JSON_TYPE), ...places);
  });

  it("is let pass where it is not kept, and below 2^53 everywhere", async () => {
    const id = newId();
    const body = big(`{"session_id":"${id}","session_state":{"n":-9007199254740991,"f":1e20},"unknown":#}`);
    expect((await call("POST", "/sessions", body, JSON_TYPE)).status).toBe(201);
    const { session_state } = await detailOf(id);
    expect(session_state).toEqual({ n: -9007199254740991, f: 1e20 });
    // A client can send back what it was answered.
    expect((await call("PATCH", `/sessions/${id}`, { session_state })).status).toBe(200);
  });
});

describe("an answer with an integer that a number would round", () => {
  const said: [kind: string, name: string, args: object, tools: string, requirements: string, place: string[]][] = [
    [
      "a value",
      "order",
      { item: "tea" },
      '{"tool_call_id":"%","user_input_schema":[{"name":"amount","value":#}]}',
      '{"id":"%","user_input_schema":[{"name":"amount","value":#}]}',
      ["user_input_schema", "0", "value"],
    ],
    [
      "a result",
      "sign",
      { paper: "deed" },
      '{"tool_call_id":"%","result":{"id":#}}',
      '{"id":"%","external_execution_result":{"id":#}}',
      ["result", "id"],
    ],
  ];

  it.each(said)("is refused in %s, as JSON and as a form, and the run stays paused", async (...row) => {
    const [, name, args, tool, requirement, place] = row;
    const { agent, ran } = peopleAgent();
    model.next([toolCall(name, args)]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    const [{ id, tool_execution }] = paused.requirements as [{ id: string; tool_execution: { tool_call_id: string } }];
    const lists = [
      ["tools", big(tool).replace("%", tool_execution.tool_call_id)],
      ["requirements", big(requirement).replace("%", id)],
      ["requirements", big(`{"id":"${id}","tool_execution":${tool.replace("%", tool_execution.tool_call_id)}}`)],
    ] as const;
    for (const [field, entry] of lists) {
      const json = `{"session_id":"${paused.session_id}","${field}":[${entry}]}`;
      const asJson = await call("POST", continuePath(paused), json, JSON_TYPE);
      const fields = form({ session_id: paused.session_id, [field]: `[${entry}]` });
      const asForm = await call("POST", continuePath(paused), fields, FORM_TYPE);
      for (const answer of [asJson, asForm]) {
        expect([answer.status, answer.body.code]).toEqual([422, "invalid_request"]);
        const [{ loc, input }] = answer.body.detail;
        expect([loc.slice(0, 3), input]).toEqual([["body", field, 0], BIG]);
        expect(loc.at(-1)).toBe(place.at(-1));
      }
    }
    expect([(await stored(paused)).status, ran]).toEqual(["PAUSED", []]);
  });

  it("is taken where it only comes back with the arguments that were shown", async () => {
    const { agent, ran } = peopleAgent();
    model.next([toolCall("wipe", { disk: 1 })]);
    const paused = await pausedRun("go", { session_id: newId(), agent });
    const [{ tool_execution }] = paused.requirements as [{ tool_execution: { tool_call_id: string } }];
    const entry = `{"tool_call_id":"${tool_execution.tool_call_id}","confirmed":true,"tool_args":{"disk":#}}`;
    const body = big(`{"session_id":"${paused.session_id}","stream":false,"tools":[${entry}]}`);
    expect((await call("POST", continuePath(paused), body, JSON_TYPE)).body.status).toBe("COMPLETED");
    expect(ran).toEqual(["wipe 1"]);
  });
});

describe("a model's call with an integer that a number would round", () => {
  it("is not run, and the model is told which", async () => {
    const given: unknown[] = [];
    const pay = defineTool({
      name: "pay",
      description: "Pays.",
      parameters: z.object({ to: z.object({ account: z.number() }) }),
      execute: (args) => {
        given.push(args);
        return "paid";
      },
    });
    const agent = testAgent({ instructions: "Pay.", tools: [pay] });
    model.next([toolCall("pay", big('{"to":{"account":#}}'))], [toolCall("pay", '{"to":{"account":7}}')], "Done.");
    const { body } = await run("pay", { agent });
    expect(given).toEqual([{ to: { account: 7 } }]);
    expect(body.status).toBe("COMPLETED");
    expect(body.tools[0]).toMatchObject({
      tool_call_error: true,
      result: "Not run: the integer at to.account is too large to be kept as it is. Give it as text.",
      // The call is shown as the model wrote it, not with a rounded integer.
      tool_args: { to: { account: BIG } },
    });
    expect(model.calls[1]?.request.messages.at(-1)).toMatchObject({ role: "tool", content: body.tools[0].result });
  });

  it.each(["wipe", "order", "sign"])("is not shown to a person either: %s", async (name) => {
    const { agent, ran } = peopleAgent();
    model.next([toolCall(name, big('{"disk":#,"item":#,"paper":#}'))], "I could not.");
    const { body } = await run("go", { agent });
    expect([body.status, body.requirements, ran]).toEqual(["COMPLETED", undefined, []]);
    expect(body.tools[0].result).toMatch(/^Not run: the integer at disk /);
  });

  it("is a fault of its arguments only where they are JSON", async () => {
    const { agent } = peopleAgent();
    model.next([toolCall("look", `{"at":${BIG}`)], "I could not.");
    const { body } = await run("go", { agent });
    expect(body.tools[0].result).toBe("The arguments are not a JSON object.");
  });
});

describe("an import with integers that a number rounds", () => {
  it("takes the session in and names their places", async () => {
    const id = newId();
    const lines = sessionLines(id);
    lines[0] = { ...lines[0], session_state: { ids: [1, "BIG"] }, metadata: { n: "BIG" }, later: "BIG" };
    lines[1] = { ...lines[1], session_state: { run: "BIG" } };
    const report = await importing(asText(lines).replaceAll('"BIG"', BIG));
    const rounded = (line: number, place: string) => ({
      line,
      message: `${place}: an integer above 2^53 was rounded.`,
      note: true,
    });
    expect(report).toMatchObject({ imported: 1, failed: 0, complete: true });
    expect(report.errors).toEqual([
      rounded(1, "session_state.ids.1"),
      rounded(1, "metadata.n"),
      rounded(2, "session_state.run"),
    ]);
    expect((await detailOf(id)).metadata).toEqual({ n: 9007199254740992 });
    // The session is there now, so it is left out, and its values are not looked at.
    expect((await importing(asText(lines).replaceAll('"BIG"', BIG))).errors).toEqual([]);
  });

  it("names a few places of a line, not each", async () => {
    const id = newId();
    const lines = sessionLines(id);
    lines[0] = { ...lines[0], session_state: { ids: Array(1000).fill("BIG") } };
    const report = await importing(asText(lines).replaceAll('"BIG"', BIG));
    expect([report.imported, report.errors.length]).toEqual([1, 10]);
  });

  it("names them in rows of Agno's, also where a column is text", async () => {
    const id = newId();
    const row = {
      session_id: id,
      session_type: "agent",
      agent_id: "assistant",
      session_data: big('{"session_state":{"id":#}}'),
      metadata: JSON.stringify(big('{"m":[#]}')),
      agent_data: { a: "BIG" },
      other: "BIG",
      created_at: 1_700_000_000,
    };
    const report = await importing(`${JSON.stringify(row).replaceAll('"BIG"', BIG)}\n`);
    expect(report).toMatchObject({ imported: 1, failed: 0 });
    expect(report.errors.map(({ message }: { message: string }) => message.split(":")[0]).sort()).toEqual([
      "agent_data.a",
      "metadata.m.0",
      "session_data.session_state.id",
    ]);
    expect((await detailOf(id)).session_state).toEqual({ id: 9007199254740992 });
  });
});
