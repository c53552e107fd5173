import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { call, EventStream, names, newId, openRun, run, type SentEvent, send } from "../../support/http.ts";
import {
  answer,
  confirmed,
  filled,
  openAnswer,
  type PausedRun,
  pausedRun,
  pauseOf,
  refused,
  rejected,
  requirements,
  result,
  stored,
  tools,
} from "../../support/paused-runs.ts";
import { peopleAgent } from "../../support/people-tools.ts";
import { scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { objectOf, runCalls, shown } from "../../support/session-story.ts";

const model = scriptModel();

// biome-ignore lint/suspicious/noExplicitAny: an answer's JSON, looked into by tests
type Json = any;
const toolNames = (shownTools: Json[]) => shownTools.map(({ tool_name }) => tool_name);
const opened = (body: Json) => toolNames((body.requirements ?? []).map((one: Json) => one.tool_execution));
/** Which calls of a run that has ended were answered, and by whom. */
const answeredBy = (body: Json) =>
  body.requirements.map((one: Json) => [one.tool_execution.tool_name, one.answered_by ?? null]);

/** A run that waits for a wipe, an order and a signature, all of one round. */
async function waitsForThree(agent: string): Promise<PausedRun> {
  const calls = [toolCall("wipe", { disk: 1 }), toolCall("order", { item: "tea" }), toolCall("sign", { paper: "p" })];
  model.next([text("Three things. "), ...calls]);
  return pausedRun("do three things", { session_id: newId(), agent });
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
    // The model is shown one result for each call, in the order of the calls, whichever came first.
    const asked = runCalls(model).at(-1)?.request.messages ?? [];
    const ids = asked.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id));
    expect(asked.flatMap(({ tool_call_id, content }) => (tool_call_id ? [[tool_call_id, content]] : []))).toEqual([
      [ids[0], "wiped 1"],
      [ids[1], "seen here"],
      [ids[2], "seen there"],
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
      ["wipe", "development"],
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
      // A reader who comes later reads the same pauses as those who read them at the time.
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
      ["sign", "development"],
    ]);
    expect(ran).toEqual(["order 2 tea"]);
  });
});

/** The same list with an answer to its second entry, too. */
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
