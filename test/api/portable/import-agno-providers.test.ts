import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agents } from "../../../src/agents/index.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { AGNO_DUMPS, AGNO_PROVIDERS, underNewIds } from "../../support/agno-rows.ts";
import { call, newId, run } from "../../support/http.ts";
import { answer, pauseOf } from "../../support/paused-runs.ts";
import { exportOf, importing } from "../../support/portable.ts";
import { asText, type Line, linesOf } from "../../support/portable-lines.ts";
import { type ChatRequest, scriptModel } from "../../support/scripted-model.ts";
import { detailOf, runCalls, runsOf, saidIn } from "../../support/session-story.ts";

const model = scriptModel();

const SESSIONS = [...AGNO_PROVIDERS, "examples", "listed", "asked", "confirmed", "rejected"];

/** Imports the file under new ids, and answers the id of each session. */
async function imported(dump: string): Promise<(name: string) => string> {
  const { rows, id } = underNewIds(dump);
  expect(await importing(rows)).toMatchObject({ imported: SESSIONS.length, failed: 0, errors: [], complete: true });
  return id;
}

/** The calls that are not answered right behind, exactly once; and the results of no call. */
function unpaired({ messages }: ChatRequest): string[] {
  const wrong: string[] = [];
  let open: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      const at = open.indexOf(message.tool_call_id ?? "");
      if (at < 0) wrong.push(`result ${message.tool_call_id}`);
      else open.splice(at, 1);
      continue;
    }
    wrong.push(...open);
    open = (message.tool_calls ?? []).map(({ id }: { id: string }) => id);
  }
  return [...wrong, ...open];
}

/** The tools that the rows call: calls of tools that an agent does not have are told to its model in words. */
const TOOLS = ["add", "shout", "remove"].map((name) =>
  defineTool({ name, description: "Is called in the rows.", parameters: z.object({}), execute: () => "" }),
);

async function goOn(sessionId: string): Promise<ChatRequest> {
  const agent = testAgent({ tools: TOOLS });
  model.next("Fine.");
  const before = runCalls(model).length;
  const { body } = await run("and now?", { agent, session_id: sessionId, user_id: "ada" });
  expect(body).toMatchObject({ status: "COMPLETED", content: "Fine." });
  return runCalls(model)[before]?.request as ChatRequest;
}

const exportedMessages = async (sessionId: string): Promise<Line[]> =>
  linesOf(await exportOf(sessionId)).filter(({ type }) => type === "message");

it("has rows from before and after each change of how Agno keeps results", () => {
  expect(AGNO_DUMPS.map(([version]) => version)).toEqual(["2.0.0", "2.4.8", "2.9.0", "3.1.10"]);
});

describe.each(AGNO_DUMPS)("sessions of Agno %s with the models of each provider", (version, dump) => {
  it("go on: each call has its own result behind it, whatever the provider's class made of them", async () => {
    const id = await imported(dump);
    for (const name of AGNO_PROVIDERS) {
      const request = await goOn(id(name));
      expect([name, unpaired(request)]).toEqual([name, []]);
      const results = request.messages.filter(({ role }) => role === "tool").map(({ content }) => content);
      expect([name, results]).toEqual([name, ["3", "HI"]]);
      expect(JSON.stringify(request)).not.toContain("Two tools are needed");
      expect(await saidIn(id(name))).toEqual([
        "user: go",
        "assistant: undefined",
        "assistant: It is 3, and HI.",
        "user: and now?",
        "assistant: Fine.",
      ]);
      const [first] = await runsOf(id(name));
      expect(first.tools).toMatchObject([
        { tool_name: "add", tool_args: { a: 1, b: 2 }, result: "3", tool_call_error: false },
        { tool_name: "shout", tool_args: { word: "hi" }, result: "HI", tool_call_error: false },
      ]);
      if (version !== "2.4.8") expect(first.metadata).toEqual({ from: name });
    }
  });

  it("keep what was thought, and for the model that said it what it said beside the text", async () => {
    const id = await imported(dump);
    const thoughts = async (name: string) =>
      (await exportedMessages(id(name))).flatMap(({ role, reasoning_content }) =>
        role === "assistant" ? [reasoning_content ?? null] : [],
      );
    const beside = async (name: string) =>
      (await exportedMessages(id(name))).flatMap(({ provider_source, provider_data }) =>
        provider_source === undefined ? [] : [[provider_source, JSON.parse(provider_data)]],
      );
    expect(await thoughts("deepseek")).toEqual(["Two tools are needed.", "Two tools are needed."]);
    expect(await thoughts("gemini")).toEqual(["Two tools are needed.", null]);
    const ofDeepSeek = ["chat api.deepseek.com deepseek-fake", { reasoning_content: "Two tools are needed." }];
    expect(await beside("deepseek")).toEqual([ofDeepSeek, ofDeepSeek]);
    expect(await beside("claude")).toEqual([]);
    if (version === "2.0.0") return;
    const google = { google: { thought_signature: "c2lnbmF0dXJl" } };
    const [[source, signed]] = (await beside("gemini")) as [[string, Line]];
    expect(source).toBe("chat generativelanguage.googleapis.com/v1beta/openai gemini-fake");
    expect(signed).toMatchObject({ tool_calls: [{ at: 0, extra_content: google }] });
    if (version === "2.4.8") return;
    const details = [{ type: "reasoning.text", text: "Two tools are needed.", signature: "c2lnbmF0dXJl", index: 0 }];
    const ofOpenRouter = ["chat openrouter.ai/api/v1 reasoning-details", { reasoning_details: details }];
    expect(await beside("openrouter")).toEqual([ofOpenRouter, ofOpenRouter]);
    const [[from, items]] = (await beside("responses")) as [[string, Line[]]];
    expect(from).toBe("responses api.openai.com/v1 gpt-5-fake");
    expect(items).toMatchObject([
      { type: "reasoning", encrypted_content: "gAAAA-secret" },
      { type: "function_call", call_id: "call_0", name: "add" },
      { type: "function_call", call_id: "call_1", name: "shout" },
    ]);
  });

  it("show the input, the answer and the name that AgentOS shows, where examples or a list of messages were given", async () => {
    const id = await imported(dump);
    const shown = async (name: string) => {
      const [first] = await runsOf(id(name));
      return [first.run_input, first.content, (await detailOf(id(name))).session_name];
    };
    expect(await shown("examples")).toEqual(["say pong", "It is 3, and HI.", "say ping"]);
    expect(await shown("listed")).toEqual(["first", "It is 3, and HI.", "first"]);
    const request = await goOn(id("listed"));
    expect(request.messages.slice(-5).map(({ content }) => content)).toEqual([
      "first",
      "noted",
      "second",
      "It is 3, and HI.",
      "and now?",
    ]);
  });

  it("keep who confirmed and rejected, with the note", async () => {
    const id = await imported(dump);
    const [confirmed] = await runsOf(id("confirmed"));
    const [rejected] = await runsOf(id("rejected"));
    expect(confirmed.tools).toMatchObject([{ confirmed: true, confirmation_note: null, result: "removed hello" }]);
    expect(rejected.tools).toMatchObject([
      { confirmed: false, confirmation_note: "not that one", result: "not that one", tool_call_error: true },
    ]);
    const events = confirmed.events.map(({ event }: Line) => event);
    expect(events.slice(0, 6)).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "ModelRequestCompleted",
      "RunPaused",
      "RunContinued",
      "ToolCallStarted",
    ]);
    expect(unpaired(await goOn(id("rejected")))).toEqual([]);
  });

  it("wait for input that the model had filled in, and take a person's own", async () => {
    const id = await imported(dump);
    const sent: string[] = [];
    const send = defineTool({
      name: "send",
      description: "Sends.",
      parameters: z.object({ to: z.string(), text: z.string() }),
      requiresUserInput: ["to", "text"],
      execute: ({ to, text }) => {
        sent.push(`${text} to ${to}`);
        return "sent";
      },
    });
    const known = agents as Map<string, Agent>;
    const assistant = known.get("assistant") as Agent;
    known.set("assistant", { ...assistant, tools: [send] });
    try {
      const [paused] = await runsOf(id("asked"));
      const whole = (await call("GET", `/agents/assistant/runs/${paused.run_id}?session_id=${id("asked")}`)).body;
      const pause = pauseOf("assistant", whole);
      expect(pause.requirements).toMatchObject([
        { tool_execution: { tool_args: { to: "ada", text: "hello" }, requires_user_input: true } },
      ]);
      const [requirement] = pause.requirements;
      const user_input_schema = requirement.user_input_schema.map((field: Line) => ({
        ...field,
        value: field.name === "to" ? "bob" : "hello",
      }));
      model.next("It is sent.");
      const tool_execution = { ...requirement.tool_execution, user_input_schema };
      const requirements = [{ ...requirement, user_input_schema, tool_execution }];
      const done = await answer(pause, { requirements: JSON.stringify(requirements), user_id: "ada" });
      expect(done.body).toMatchObject({ status: "COMPLETED", content: "It is sent." });
      expect(sent).toEqual(["hello to bob"]);
    } finally {
      known.set("assistant", assistant);
    }
  });

  it("keep the tokens of every kind, and the cost", async () => {
    const id = await imported(dump);
    const [claude] = await runsOf(id("claude"));
    expect(claude.metrics).toMatchObject({ cache_read_tokens: 128, cache_write_tokens: 6, total_tokens: 240 });
    const [first] = await runsOf(id("openrouter"));
    const audio = { audio_input_tokens: 14, audio_output_tokens: 10, reasoning_tokens: 24, cache_read_tokens: 128 };
    expect(first.metrics).toMatchObject(audio);
    const usage = (await exportedMessages(id("openrouter")))[1].usage;
    expect(usage).toMatchObject({ audio_input_tokens: 7, audio_output_tokens: 5, reasoning_tokens: 12 });
    if (version < "2.9") return;
    expect(first.metrics).toMatchObject({ cost: 0.025, details: { model: [{ ...audio, cost: 0.025 }] } });
    expect(usage).toMatchObject({ cost: 0.0125 });
    expect((await detailOf(id("openrouter"))).metrics).toMatchObject({ ...audio, cost: 0.025 });
  });

  it("come out as lines that come in again the same, and twice is once", async () => {
    const id = await imported(dump);
    for (const name of SESSIONS) {
      const before = await exportOf(id(name));
      await call("DELETE", `/sessions/${id(name)}`);
      expect(await importing(before)).toMatchObject({ imported: 1, errors: [] });
      expect(await exportOf(id(name))).toBe(before);
      expect(await importing(before)).toMatchObject({ imported: 0, skipped: 1 });
    }
  });
});

describe("rows of Agno's that no version here writes", () => {
  const at = 1_700_000_000;
  const said = (role: string, content: unknown, more: object = {}) => ({ role, content, created_at: at, ...more });
  const calling = (...calls: { id?: string | null; call_id?: string; name: string; args?: unknown }[]) =>
    said("assistant", null, {
      tool_calls: calls.map(({ id, call_id, name, args }) => ({
        ...(id !== undefined && { id }),
        ...(call_id !== undefined && { call_id }),
        type: "function",
        function: { name, arguments: JSON.stringify(args ?? {}) },
      })),
    });
  const session = (messages: unknown[], more: object = {}, row: object = {}) => ({
    session_id: newId(),
    session_type: "agent",
    agent_id: "assistant",
    user_id: "ada",
    created_at: at,
    runs: [{ run_id: newId(), agent_id: "assistant", status: "COMPLETED", created_at: at, messages, ...more }],
    ...row,
  });
  const paired = async (messages: unknown[], more: object = {}) => {
    const row = session(messages, more);
    expect(await importing(asText([row]))).toMatchObject({ imported: 1, errors: [] });
    const request = await goOn(row.session_id);
    const tools = request.messages.filter(({ role }) => role === "tool").map(({ content }) => content);
    return { row, tools, unpaired: unpaired(request) };
  };

  it("pair results with calls that have no ids, by their names and in order", async () => {
    const found = await paired([
      said("user", "q"),
      calling({ id: null, name: "add" }, { id: null, name: "shout" }, { name: "add" }),
      said("tool", "three", { tool_name: "add" }),
      said("tool", "four", { tool_name: "add", tool_call_id: null }),
      said("tool", "HI", { tool_name: "shout", tool_call_id: "made-up" }),
      said("assistant", "a"),
      calling({ id: null, name: "add" }),
      said("tool", "five", {}),
      said("assistant", "b"),
    ]);
    expect(found).toMatchObject({ tools: ["three", "HI", "four", "five"], unpaired: [] });
    const [first] = await runsOf(found.row.session_id);
    expect(first.tools.map(({ tool_name, result }: Line) => `${tool_name} ${result}`)).toEqual([
      "add three",
      "shout HI",
      "add four",
      "add five",
    ]);
  });

  it("take a result by either id of its call, and none that names another call's", async () => {
    const found = await paired([
      said("user", "q"),
      calling({ id: "fc_1", call_id: "call_1", name: "add" }, { id: "fc_2", call_id: "call_2", name: "add" }),
      said("tool", "two", { tool_call_id: "fc_2", tool_name: "add" }),
      said("tool", "one", { tool_name: "add" }),
      said("assistant", "a"),
    ]);
    expect(found).toMatchObject({ tools: ["one", "two"], unpaired: [] });
    const [first] = await runsOf(found.row.session_id);
    expect(first.tools.map(({ result }: Line) => result)).toEqual(["one", "two"]);
  });

  it("keep what a person said beside results, errors of Bedrock's and Claude's tools, and content that is no text", async () => {
    const found = await paired([
      said("user", "q"),
      calling({ id: "t1", name: "add" }, { id: "t2", name: "shout" }),
      said("user", [
        { toolResult: { toolUseId: "t2", content: [{ text: "no" }, { json: { why: "late" } }], status: "error" } },
        { type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "3" }], is_error: false },
        { text: "and hurry" },
      ]),
      said("assistant", "a"),
    ]);
    expect(found).toMatchObject({ tools: ["3", 'no\n{"why":"late"}'], unpaired: [] });
    expect(await saidIn(found.row.session_id)).toContain("user: and hurry");
    const [first] = await runsOf(found.row.session_id);
    expect(first.tools).toMatchObject([
      { tool_name: "add", tool_call_error: false },
      { tool_name: "shout", tool_call_error: true },
    ]);
  });

  it("keep calls and results that have no partner as they are", async () => {
    const row = session([
      said("user", "q"),
      calling({ id: "lonely", name: "add" }),
      said("assistant", "a"),
      said("tool", "nobody asked", { tool_call_id: "unknown", tool_name: "shout" }),
      said("assistant", "b"),
    ]);
    await importing(asText([row]));
    const messages = await exportedMessages(row.session_id);
    expect(messages.map(({ tool_calls, tool_call_id }) => tool_calls?.[0].id ?? tool_call_id ?? null)).toEqual([
      null,
      "lonely",
      null,
      "unknown",
      null,
    ]);
  });

  it("have instants in seconds, in milliseconds or as ISO 8601; others are refused in a sentence", async () => {
    const iso = new Date(at * 1000).toISOString();
    for (const instant of [at, at * 1000, iso, iso.replace("T", " ").replace(".000Z", "+00")]) {
      const row = session(
        [said("user", "q", { created_at: instant })],
        { created_at: instant },
        { created_at: instant },
      );
      expect(await importing(asText([row]))).toMatchObject({ imported: 1, errors: [] });
      expect((await detailOf(row.session_id)).created_at).toBe("2023-11-14T22:13:20Z");
      expect((await runsOf(row.session_id))[0].messages[0].created_at).toBe(at);
    }
    const sentence = "must be seconds or milliseconds since 1970, or a time in ISO 8601";
    const micro = at * 1e6;
    const wrong: [object, string][] = [
      [session([], {}, { created_at: micro }), `created_at: ${sentence}`],
      [session([], {}, { updated_at: "yesterday" }), `updated_at: ${sentence}`],
      [session([], { created_at: -1 }), `created_at: ${sentence}`],
      [session([said("user", "q"), said("user", "q", { created_at: true })]), `messages.1.created_at: ${sentence}`],
    ];
    for (const [row, reason] of wrong) {
      const [told] = (await importing(asText([row]))).sessions;
      expect(told).toMatchObject({ status: "failed", reason: expect.stringContaining(reason) });
    }
  });

  it("hold metadata of 128 KB at most, and it outlives a change of hands", async () => {
    const fits = session([said("user", "q"), said("assistant", "a")], {
      metadata: { source: "slack", list: [1, null] },
    });
    const large = session([], { metadata: { text: "x".repeat(128 * 1024) } });
    const report = await importing(asText([fits, large]));
    expect(report.sessions).toMatchObject([
      { status: "imported" },
      { status: "failed", reason: expect.stringContaining("metadata: must not be larger than 131072 bytes") },
    ]);
    const [first] = await runsOf(fits.session_id);
    const path = `/agents/assistant/runs/${first.run_id}?session_id=${fits.session_id}`;
    expect((await call("GET", path)).body.metadata).toEqual({ source: "slack", list: [1, null] });
    const forked = (await call("POST", `/agents/assistant/sessions/${fits.session_id}/fork`)).body;
    expect((await runsOf(forked.session_id))[0].metadata).toMatchObject({ source: "slack" });
  });

  it("leave out what a provider said where it is too large, and say so; of reasoning what a run may show is kept", async () => {
    const run = { model: "deepseek-chat", model_provider: "DeepSeek" };
    const row = session(
      [
        said("user", "q"),
        said("assistant", "a", { reasoning_content: "r".repeat(256 * 1024) }),
        said("assistant", "b", { reasoning_content: "too much" }),
      ],
      run,
    );
    await importing(asText([row]));
    const [, first, second] = await exportedMessages(row.session_id);
    expect(first.reasoning_content).toHaveLength(256 * 1024);
    expect([first.provider_source, first.provider_data]).toEqual(["chat api.deepseek.com deepseek-chat", undefined]);
    expect([second.reasoning_content, JSON.parse(second.provider_data)]).toEqual([
      undefined,
      { reasoning_content: "too much" },
    ]);
  });

  it("show the last message of the user where a run has no input", async () => {
    const none = session([said("user", "one"), said("user", "two"), said("assistant", "a")]);
    await importing(asText([none]));
    expect((await runsOf(none.session_id))[0].run_input).toBe("two");
    expect((await detailOf(none.session_id)).session_name).toBe("one");
  });

  it("give the first answer what its run thought, where no message says it", async () => {
    const row = session([said("user", "q"), said("assistant", "a"), said("assistant", "b")], {
      reasoning_content: "## Step 1",
    });
    await importing(asText([row]));
    const messages = await exportedMessages(row.session_id);
    expect(messages.map(({ reasoning_content }) => reasoning_content)).toEqual([undefined, "## Step 1", undefined]);
    const [told] = await runsOf(row.session_id);
    expect(told.reasoning_content).toBe("## Step 1");
    expect(told.events.at(-1)).toMatchObject({ event: "RunCompleted", content: "ab", reasoning_content: "## Step 1" });
    const { events } = linesOf(await exportOf(row.session_id)).find(({ type }) => type === "run");
    expect(events.slice(0, 4).map(([letter]: string[]) => letter)).toEqual(["S", "Q", "H", "D"]);
  });

  it("keep what people confirmed in a member's run, under the team's", async () => {
    const [team, member] = [newId(), newId()];
    const tool = { tool_call_id: "t1", tool_name: "add", tool_args: {}, confirmed: true, confirmation_note: "go" };
    const ofMember = {
      run_id: member,
      parent_run_id: team,
      agent_id: "helper",
      status: "COMPLETED",
      created_at: at,
      messages: [said("user", "q"), calling({ id: "t1", name: "add" }), said("tool", "3", { tool_call_id: "t1" })],
      tools: [tool],
    };
    const row = {
      ...session([]),
      session_type: "team",
      agent_id: null,
      team_id: "crew",
      runs: [
        ofMember,
        { run_id: team, team_id: "crew", status: "COMPLETED", created_at: at, messages: [said("user", "q")] },
      ],
    };
    expect(await importing(asText([row]))).toMatchObject({ imported: 1, errors: [] });
    const lines = linesOf(await exportOf(row.session_id));
    expect(lines.filter(({ type }) => type === "requirement")).toMatchObject([
      { run_id: team, member_run_id: member, status: "answered", answer: { type: "confirmed" }, answer_note: "go" },
    ]);
  });
});
