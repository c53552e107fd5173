import { describe, expect, it } from "vitest";
import { call, newId, run } from "../../support/http.ts";
import { exportOf, importing, NOTHING, rowCounts } from "../../support/portable.ts";
import { type Line, linesOf } from "../../support/portable-lines.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { detailOf, saidIn } from "../../support/session-story.ts";

const model = scriptModel();

const AGENT = "?agent_id=assistant";
const file = (...lines: unknown[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

/** Imports lines and answers the report with the ids of its sessions. */
async function imported(lines: unknown[], query = AGENT): Promise<{ report: Line; ids: string[] }> {
  const report = await importing(file(...lines), query);
  return { report, ids: report.sessions.map(({ session_id }: Line) => session_id) };
}

async function runsIn(sessionId: string): Promise<Line[]> {
  return linesOf(await exportOf(sessionId)).filter(({ type }) => type === "run");
}
async function messagesIn(sessionId: string): Promise<Line[]> {
  return linesOf(await exportOf(sessionId)).filter(({ type }) => type === "message");
}

const user = (content: unknown) => ({ role: "user", content });
const assistant = (content: unknown, more: object = {}) => ({ role: "assistant", content, ...more });
const weather = (id: string | undefined, place: string) => ({
  id,
  type: "function",
  function: { name: "weather", arguments: JSON.stringify({ place }) },
});

describe("a list of OpenAI's messages", () => {
  it("is a session with a run for each question, and goes on", async () => {
    const word = newId();
    const { report, ids } = await imported([
      [
        { role: "system", content: "Be brief." },
        user(`one ${word}`),
        assistant("first"),
        user("two"),
        assistant("second"),
      ],
    ]);
    expect(report).toMatchObject({ imported: 1, failed: 0, errors: [], sessions: [{ line: 1 }] });
    const [sessionId = ""] = ids;
    expect(await saidIn(sessionId)).toEqual([
      `user: one ${word}`,
      "assistant: first",
      "user: two",
      "assistant: second",
    ]);
    const runs = await runsIn(sessionId);
    expect(runs).toMatchObject([
      { run_index: 0, status: "COMPLETED", input: `one ${word}`, input_messages: 2, agent_id: "assistant" },
      { run_index: 1, status: "COMPLETED", input: "two", input_messages: 1 },
    ]);
    expect(await detailOf(sessionId)).toMatchObject({ session_name: `one ${word}`, agent_id: "assistant" });
    expect((await run("three", { session_id: sessionId })).body.status).toBe("COMPLETED");
    expect(JSON.stringify(model.callsWith("three")[0])).toContain("second");
  });

  it("keeps calls with their results, under whatever names OpenAI gave them", async () => {
    const { report, ids } = await imported([
      [
        user("weather?"),
        assistant(null, { tool_calls: [weather("call_1", "Rome"), weather("call_2", "Oslo")] }),
        { role: "tool", tool_call_id: "call_1", content: "sun" },
        { role: "tool", tool_call_id: "call_2", content: [{ type: "text", text: "snow" }] },
        assistant("Sun and snow."),
        user("again"),
        assistant(null, { function_call: { name: "get.weather", arguments: "{}" } }),
        { role: "function", name: "get.weather", content: "rain" },
        assistant("Rain."),
      ],
    ]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    const messages = await messagesIn(ids[0] ?? "");
    expect(messages.map(({ role }) => role)).toEqual(
      "user assistant tool tool assistant user assistant tool assistant".split(" "),
    );
    expect(messages[1].tool_calls).toEqual([
      { id: "call_1", name: "weather", arguments: '{"place":"Rome"}' },
      { id: "call_2", name: "weather", arguments: '{"place":"Oslo"}' },
    ]);
    expect(messages[3]).toMatchObject({ tool_call_id: "call_2", tool_name: "weather", content: "snow" });
    expect(messages[6].tool_calls[0].name).toBe("get_weather");
    expect(messages[7].tool_call_id).toBe(messages[6].tool_calls[0].id);
    const [first] = await runsIn(ids[0] ?? "");
    expect(first.events.map(([letter]: [string]) => letter).join("")).toBe("SQATRTRQDACX");
  });

  it("keeps the words of parts, and names the others", async () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    const { report, ids } = await imported([
      [
        user([{ type: "text", text: "What is it?" }, image, image]),
        assistant([{ type: "refusal", refusal: "No." }]),
        user([{ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }]),
        assistant(null, { refusal: "Not that." }),
      ],
    ]);
    expect(report.sessions[0].reason).toBe("Left out: 2 × image_url, 1 × input_audio.");
    expect(await saidIn(ids[0] ?? "")).toEqual([
      "user: What is it?\n[image_url]\n[image_url]",
      "assistant: No.",
      "user: [input_audio]",
      "assistant: Not that.",
    ]);
    expect(await exportOf(ids[0] ?? "")).not.toContain("AAAA");
  });

  it("may stand in the `messages` of a line, as in files for fine-tuning", async () => {
    const { report, ids } = await imported([{ messages: [user("hi"), assistant("hello")], tools: [] }]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    expect(await saidIn(ids[0] ?? "")).toEqual(["user: hi", "assistant: hello"]);
  });

  it("has no answer to its last question where none came", async () => {
    const call = assistant(null, { tool_calls: [weather("call_1", "Rome")] });
    for (const end of [[], [call], [call, { role: "tool", tool_call_id: "call_1", content: "sun" }]]) {
      const { ids } = await imported([[user(newId()), assistant("yes"), user("and?"), ...end]]);
      const runs = await runsIn(ids[0] ?? "");
      expect(runs.map(({ status }) => status)).toEqual(["COMPLETED", "ERROR"]);
      expect(runs[1].error).toMatchObject({ type: "interrupted" });
    }
  });

  it("is one session however often it comes, and another one for another user or agent", async () => {
    const line = [user(newId()), assistant("yes")];
    const spaced = JSON.stringify([{ content: line[0]?.content, role: "user" }, line[1]], null, " ").replaceAll(
      "\n",
      "",
    );
    const first = await imported([line, line]);
    expect(first.report).toMatchObject({ imported: 1, skipped: 1 });
    const again = await importing(spaced, AGENT);
    expect(again).toMatchObject({ imported: 0, skipped: 1, sessions: [{ session_id: first.ids[0] }] });
    const eve = await imported([line], `${AGENT}&user_id=eve`);
    expect(eve.report).toMatchObject({ imported: 1, skipped: 0 });
    expect(await detailOf(eve.ids[0] ?? "")).toMatchObject({ user_id: "eve" });
    expect((await imported([line], "")).report).toMatchObject({ imported: 1, skipped: 0 });
    const copy = await imported([line], `${AGENT}&on_conflict=new`);
    expect(copy.report).toMatchObject({ imported: 1, skipped: 0 });
  });

  it("has nothing to do with the lines behind it, though it fails", async () => {
    const report = await importing(`${file([{ role: "poet" }])}nonsense\n`, AGENT);
    expect(report.errors.map(({ line }: Line) => line)).toEqual([1, 2]);
  });

  it.each<[string, unknown[], string]>([
    ["a role that nobody has", [user("a"), { role: "poet", content: "b" }], "messages.1.role: there is no such role"],
    ["something that is no message", [user("a"), 1], "messages.1.role: there is no such role"],
    ["a content that is none", [user({ text: "a" })], "messages.0.content: must be a text or a list of parts"],
    [
      "a tool that answers no call",
      [user("a"), { role: "tool", content: "b" }],
      "messages.1.tool_call_id: a tool's message names the call that it answers",
    ],
    [
      "a call of nothing",
      [user("a"), assistant(null, { tool_calls: [{ id: "c" }] })],
      "messages.1.tool_calls: a call names its function",
    ],
    ["calls that are no list", [user("a"), assistant("", { tool_calls: {} })], "messages.1.tool_calls: must be a list"],
    ["a row that D1 cannot hold", [user("a"), assistant("x".repeat(1_950_000))], "It is 195"],
    ["more messages than a conversation", new Array(20_001).fill(user("a")), "more than 20000 messages"],
  ])("fails as a whole with %s, and no other line does", async (_, messages, problem) => {
    const { report, ids } = await imported([
      [user(newId()), assistant("yes")],
      messages,
      [user(newId()), assistant("yes")],
    ]);
    expect(report).toMatchObject({ imported: 2, failed: 1, complete: true });
    expect(report.errors).toMatchObject([{ line: 2 }]);
    expect(report.errors[0].message).toContain(problem);
    expect(report.sessions[1]).toMatchObject({ line: 2, status: "failed" });
    expect(await rowCounts(ids[1] ?? "")).toEqual(NOTHING);
  });
});

/** A conversation of ChatGPT's, made of nodes. */
function chatGpt(mapping: Record<string, object>, more: object = {}): object {
  return {
    title: `Trip ${newId()}`,
    create_time: 1_700_000_000.25,
    update_time: 1_700_000_100.5,
    mapping,
    conversation_id: newId(),
    is_archived: false,
    ...more,
  };
}

let seconds = 1_700_000_000;
/** A node, later than all others. */
function node(parent: string | null, author: string, content: unknown, more: object = {}): object {
  const [role, name] = author.split(":");
  seconds += 1.5;
  return {
    parent,
    children: [],
    message: {
      author: { role, name: name ?? null, metadata: {} },
      create_time: seconds,
      content: typeof content === "string" ? { content_type: "text", parts: [content] } : content,
      status: "finished_successfully",
      weight: 1,
      recipient: "all",
      metadata: {},
      ...more,
    },
  };
}
const ROOT = { id: "root", message: null, parent: null, children: [] };

describe("a conversation of ChatGPT's", () => {
  it("comes in with its name, its times and its model", async () => {
    const conversation = chatGpt(
      {
        root: ROOT,
        a: node("root", "user", "Where to?"),
        b: node("a", "assistant", "Rome.", { metadata: { model_slug: "gpt-5" } }),
      },
      { current_node: "b", is_archived: true },
    ) as { title: string; conversation_id: string };
    const { report, ids } = await imported([conversation], `${AGENT}&user_id=ada`);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    expect(report.sessions[0].reason).toBeUndefined();
    const [session, first] = linesOf(await exportOf(ids[0] ?? ""));
    expect(session).toMatchObject({
      name: conversation.title,
      name_source: "manual",
      user_id: "ada",
      agent_id: "assistant",
      visibility: "archived",
      created_at: 1_700_000_000_250,
      updated_at: 1_700_000_100_500,
      metadata: { chatgpt_conversation_id: conversation.conversation_id },
      first_message: "Where to?",
      last_message: { role: "assistant", text: "Rome." },
    });
    expect(first).toMatchObject({ model: "gpt-5", model_provider: "OpenAI", user_id: "ada" });
  });

  it("is the branch of its current node; the others are counted and named", async () => {
    const mapping = {
      root: ROOT,
      a: node("root", "user", "one"),
      old: node("a", "assistant", "first try"),
      new: node("a", "assistant", "second try"),
      edited: node("root", "user", "another one"),
      c: node("new", "user", "two"),
      d: node("c", "assistant", "yes"),
      late: node("edited", "assistant", "later than all"),
    };
    const { report, ids } = await imported([chatGpt(mapping, { current_node: "d" })]);
    expect(report.sessions[0].reason).toBe(
      "Its newest branch came in; 2 other branches were left out, which ended with old, late.",
    );
    expect(await saidIn(ids[0] ?? "")).toEqual(["user: one", "assistant: second try", "user: two", "assistant: yes"]);
    const newest = await imported([chatGpt(mapping)]);
    expect(await saidIn(newest.ids[0] ?? "")).toEqual(["user: another one", "assistant: later than all"]);
  });

  it("is without what ChatGPT hides, and keeps the words of all kinds of content", async () => {
    const thoughts = { content_type: "thoughts", thoughts: [{ summary: "s", content: "secret" }] };
    const parts = [
      { content_type: "image_asset_pointer", asset_pointer: "file-service://x" },
      "What is this?",
      { content_type: "audio_transcription", text: "spoken" },
    ];
    const mapping = {
      root: ROOT,
      s: node("root", "system", "", { metadata: { is_visually_hidden_from_conversation: true } }),
      i: node("s", "user", { content_type: "user_editable_context", user_instructions: "hidden" }),
      w: node("i", "system", "weightless", { weight: 0 }),
      a: node("w", "user", { content_type: "multimodal_text", parts }),
      t: node("a", "assistant", thoughts),
      r: node("t", "assistant", { content_type: "reasoning_recap", content: "Thought for 3 s" }),
      b: node("r", "assistant", "A cat.", { create_time: null }),
    };
    const { report, ids } = await imported([chatGpt(mapping, { current_node: "b" })]);
    expect(report.sessions[0].reason).toBe("Left out: 1 × image_asset_pointer, 1 × thoughts, 1 × reasoning_recap.");
    expect(await saidIn(ids[0] ?? "")).toEqual([
      "user: [image_asset_pointer]\nWhat is this?\nspoken",
      "assistant: A cat.",
    ]);
    const [asked, answered] = await messagesIn(ids[0] ?? "");
    expect(answered.created_at).toBe(asked.created_at);
  });

  it("has tools whose every result stands behind its call", async () => {
    const code = { content_type: "code", language: "python", text: "print(1)" };
    const output = { content_type: "execution_output", text: "1" };
    const quote = { content_type: "tether_quote", title: "t", text: "quoted" };
    const mapping = {
      root: ROOT,
      a: node("root", "user", "count"),
      said: node("a", "assistant", "Let me see."),
      call: node("said", "assistant", code, { recipient: "python" }),
      out: node("call", "tool:python", output),
      more: node("out", "tool:python", "done"),
      b: node("more", "assistant", "It is 1."),
      c: node("b", "user", "search"),
      args: node("c", "assistant", '{"query":"x"}', { recipient: "web.run" }),
      found: node("args", "tool:web.run", quote),
      d: node("found", "assistant", "Found."),
      e: node("d", "user", "read"),
      alone: node("e", "tool:myfiles_browser", "a file"),
      f: node("alone", "assistant", "Read."),
    };
    const { report, ids } = await imported([chatGpt(mapping, { current_node: "f" })]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    const messages = await messagesIn(ids[0] ?? "");
    expect(messages.map(({ role, content }) => `${role}: ${content}`)).toEqual([
      "user: count",
      "assistant: Let me see.",
      "tool: 1\ndone",
      "assistant: It is 1.",
      "user: search",
      "assistant: ",
      "tool: quoted",
      "assistant: Found.",
      "user: read",
      "assistant: ",
      "tool: a file",
      "assistant: Read.",
    ]);
    const calls = messages.flatMap(({ tool_calls }) => tool_calls ?? []);
    expect(calls).toMatchObject([
      { name: "python", arguments: '{"input":"print(1)"}' },
      { name: "web_run", arguments: '{"query":"x"}' },
      { name: "myfiles_browser", arguments: "{}" },
    ]);
    const answered = messages.flatMap(({ tool_call_id }) => tool_call_id ?? []);
    expect(answered).toEqual(calls.map(({ id }) => id));
  });

  it.each<[string, object, object, string]>([
    [
      "nodes that are each other's parents",
      { a: node("b", "user", "x"), b: node("a", "assistant", "y") },
      { current_node: "a" },
      "mapping: nodes are each other's parents.",
    ],
    ["a node that is its own parent", { a: node("a", "user", "x") }, {}, "mapping: no node is the last one."],
    ["a parent that is not there", { a: node("gone", "user", "x") }, {}, "mapping.a.parent: there is no such node."],
    [
      "a current node that is not there",
      { a: node(null, "user", "x") },
      { current_node: "gone" },
      "current_node: there is no such node.",
    ],
    ["a node that is none", { a: 1 }, {}, "mapping.a: must be an object."],
    ["nothing that was said", { root: ROOT }, {}, "The conversation holds no message."],
    [
      "a time that no calendar has",
      { a: node(null, "user", "x", { create_time: 1e300 }) },
      {},
      "mapping.a.create_time: must be",
    ],
  ])("fails as a whole with %s, and no other line does", async (_, mapping, more, problem) => {
    const fine = chatGpt({ a: node(null, "user", "hi"), b: node("a", "assistant", "hello") });
    const { report, ids } = await imported([
      fine,
      chatGpt(mapping as Record<string, object>, more),
      chatGpt({ a: node(null, "user", "hi") }),
    ]);
    expect(report).toMatchObject({ imported: 2, failed: 1, complete: true, errors: [{ line: 2 }] });
    expect(report.errors[0].message).toContain(problem);
    expect(await rowCounts(ids[1] ?? "")).toEqual(NOTHING);
  });

  it("may be a chain of 20,000 nodes", async () => {
    const mapping: Record<string, object> = { n0: ROOT };
    for (let nth = 1; nth < 20_000; nth += 1) {
      mapping[`n${nth}`] = { parent: `n${nth - 1}`, message: null };
    }
    mapping.end = node("n19999", "user", "deep");
    const { report, ids } = await imported([chatGpt(mapping)]);
    expect(report).toMatchObject({ imported: 1, errors: [] });
    expect(await saidIn(ids[0] ?? "")).toEqual(["user: deep"]);
  });

  it("is no whole conversations.json, which is to be split", async () => {
    const whole = [chatGpt({ a: node(null, "user", "hi") })];
    const answer = await call("POST", "/import", JSON.stringify(whole), { "Content-Type": "application/x-ndjson" });
    expect(answer.status).toBe(422);
    expect(answer.body.detail[0].msg).toContain("split it, so that each conversation is one line");
  });

  it("comes among sessions of ours, which it does not disturb", async () => {
    const line = chatGpt({ a: node(null, "user", "hi"), b: node("a", "assistant", "hello") });
    const session = { session_id: newId(), session_type: "agent", agent_id: "assistant", created_at: 1, runs: [] };
    const { report } = await imported([session, line, [user(newId()), assistant("yes")], session]);
    expect(report.sessions.map(({ status }: Line) => status)).toEqual(["imported", "imported", "imported", "skipped"]);
  });
});
