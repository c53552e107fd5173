import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ModelChunk, type ModelMessage, type ModelRequest, NAMING_MARKER } from "../../../src/domain/model.ts";
import { defineTool } from "../../../src/domain/tool.ts";
import { toolArguments } from "../../../src/engine/run/calls.ts";
import { offlineModel } from "../../../src/model/offline.ts";
import { cleanName } from "../../../src/names/clean-name.ts";
import { callTool } from "../../../src/session/drive/tool-runner.ts";

const ADD = { name: "add", description: "Adds two numbers.", parameters: { type: "object" } };

const user = (content: string): ModelMessage => ({ role: "user", content });
const assistant = (content: string): ModelMessage => ({ role: "assistant", content, toolCalls: [] });
const result = (content: string): ModelMessage => ({ role: "tool", toolCallId: "c", toolName: "add", content });

async function ask(messages: ModelMessage[], request: Partial<ModelRequest> = {}): Promise<ModelChunk[]> {
  const chunks: ModelChunk[] = [];
  const signal = new AbortController().signal;
  for await (const burst of offlineModel().stream({ messages, tools: [ADD], toolChoice: "auto", ...request }, signal)) {
    chunks.push(...burst);
  }
  return chunks;
}

const textOf = (chunks: ModelChunk[]) => chunks.map((chunk) => (chunk.type === "text" ? chunk.delta : "")).join("");
const say = async (...messages: ModelMessage[]) => textOf(await ask(messages));

/** Asks the model for a title, in the form of the naming prompt: the conversation is one fenced text. */
async function titleOf(conversation: string): Promise<string> {
  const system: ModelMessage = { role: "system", content: `${NAMING_MARKER} in 3 to 5 words, in its own language.` };
  return say(system, user(`<conversation>\n${conversation}\n</conversation>`));
}

describe("the offline model", () => {
  it("says what it is", async () => {
    expect(offlineModel()).toMatchObject({ id: "offline", name: "OfflineModel", provider: "Offline" });
    expect(await say(user("Hello"))).toContain("I am the offline model");
  });

  it("answers the same conversation with the same chunks", async () => {
    const conversation = [user("Hello"), assistant("Hi"), user("How are you?")];
    expect(await ask(conversation)).toEqual(await ask(conversation));
  });

  it("streams its answer word by word, then its usage, then its reason", async () => {
    const chunks = await ask([user("Hello there")]);
    const words = chunks.filter((chunk) => chunk.type === "text");
    expect(words.length).toBeGreaterThan(5);
    expect(chunks.slice(words.length)).toEqual([
      {
        type: "usage",
        usage: {
          inputTokens: 2,
          outputTokens: words.length,
          totalTokens: 2 + words.length,
          reasoningTokens: 0,
          cacheReadTokens: 0,
        },
      },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("stops with the reason length at the given number of tokens", async () => {
    const chunks = await ask([user("Hello there")], { maxTokens: 3 });
    expect(textOf(chunks)).toBe("I am the");
    expect(chunks.at(-1)).toEqual({ type: "finish", reason: "length" });
  });

  it("ends without a reason when its signal aborts", async () => {
    const controller = new AbortController();
    const seen: ModelChunk[] = [];
    const request: ModelRequest = { messages: [user("Hello")], tools: [], toolChoice: "auto" };
    for await (const burst of offlineModel().stream(request, controller.signal)) {
      seen.push(...burst);
      if (seen.length === 2) controller.abort();
    }
    expect(seen.map((chunk) => chunk.type)).toEqual(["text", "text"]);
  });
});

describe("its memory", () => {
  it("counts the earlier messages and quotes one of the user's", async () => {
    expect(await say(user("Hello"))).toContain("This is the first message I see here.");
    const system: ModelMessage = { role: "system", content: "Be kind." };
    const answer = await say(system, user("I like\ntea"), assistant("Noted."), user("And now?"));
    expect(answer).toContain("I remember 2 earlier messages of ours; one of yours was: “I like tea”");
    expect(answer).toContain("You said: “And now?”");
  });

  it("knows a name it was told earlier, the newest if there are two", async () => {
    const told = [user("My name is Ada Lovelace and I count"), assistant("Hi"), user("call me Žofie"), assistant("Hi")];
    expect(await say(...told.slice(0, 2), user("What is my name?"))).toContain("Your name is Ada Lovelace:");
    expect(await say(...told, user("Do you remember my name?"))).toContain("Your name is Žofie:");
    expect(await say(user("What's my name?"))).toContain("You have not told me your name.");
    expect(await say(user("My name is Ada"))).toContain("Nice to meet you, Ada.");
  });

  it("knows what was said first and what was said before", async () => {
    const earlier = [user("Tea is good"), assistant("Yes"), user("Coffee too"), assistant("Yes")];
    expect(await say(...earlier, user("What did I say first?"))).toContain("First you said: “Tea is good”");
    expect(await say(...earlier, user("What was the last thing I said?"))).toContain(
      "Before this you said: “Coffee too”",
    );
    expect(await say(user("What did I say first?"))).toContain("You have said nothing before this message.");
  });

  it("quotes a long message in part, without breaking a character", async () => {
    const answer = await say(user("😀".repeat(500)));
    expect(answer).toContain(`${"😀".repeat(119)}…”`);
    expect(answer.isWellFormed()).toBe(true);
  });
});

describe("a /tool message", () => {
  it("calls the tool with the JSON as it was written", async () => {
    expect(await ask([user('/tool add {"a": 1, "b": 2}')])).toEqual([
      { type: "tool_call", index: 0, id: expect.stringMatching(/^call_offline_1_[0-9a-f]{12}$/), name: "add" },
      { type: "tool_call", index: 0, arguments: '{"a": 1, "b": 2}' },
      expect.objectContaining({ type: "usage" }),
      { type: "finish", reason: "tool_calls" },
    ]);
    expect(await ask([user("/tool add")])).toContainEqual({ type: "tool_call", index: 0, arguments: "{}" });
  });

  it("is answered with the results, once they are there", async () => {
    const call = { id: "c", name: "add", arguments: "{}" };
    const asked: ModelMessage[] = [user("/tool add {}"), { role: "assistant", content: "", toolCalls: [call] }];
    expect(await say(...asked, result("3"))).toBe("The tool add answered: 3");
    expect(await say(...asked, result("3"), result(""))).toBe(
      "The tool add answered: 3\nThe tool add answered nothing.",
    );
  });

  it("calls nothing when there is no such tool, no tool at all, or tools are not allowed", async () => {
    expect(await say(user("/tool subtract {}"))).toContain("I have no tool called “subtract”. My tools: add.");
    expect(textOf(await ask([user("/tool add {}")], { tools: [] }))).toContain("I have no tools.");
    expect(textOf(await ask([user("/tool add {}")], { toolChoice: "none" }))).toContain("no more tools");
    expect(await say(user("/tool"))).toContain("Write /tool <name> <json>");
  });
});

const DELEGATE_ONE = {
  name: "delegate_task_to_member",
  description: "Delegates a task to a member.",
  parameters: {
    type: "object",
    properties: { member_id: { type: "string", enum: ["triage", "resolver"] }, task: { type: "string" } },
    required: ["member_id", "task"],
  },
};
const DELEGATE_ALL = {
  name: "delegate_task_to_members",
  description: "Delegates a task to every member.",
  parameters: { type: "object", properties: { task: { type: "string" } }, required: ["task"] },
};

/** For each call in an answer, the tool's name and its arguments. */
const callsOf = (chunks: ModelChunk[]) =>
  chunks.flatMap((chunk) => (chunk.type === "tool_call" ? [chunk.name ?? chunk.arguments] : []));

describe("the leader of a team", () => {
  it.each([
    ["to the first member", [ADD, DELEGATE_ONE], DELEGATE_ONE.name, { member_id: "triage", task: "My “lamp”\nbroke" }],
    ["to all members at once", [DELEGATE_ALL, ADD], DELEGATE_ALL.name, { task: "My “lamp”\nbroke" }],
  ])("passes what it is asked %s", async (_to, tools, name, args) => {
    const chunks = await ask([user("Hi"), assistant("Hi"), user("My “lamp”\nbroke")], { tools });
    expect(callsOf(chunks)).toEqual([name, JSON.stringify(args)]);
    expect(chunks.at(-1)).toEqual({ type: "finish", reason: "tool_calls" });
  });

  it.each([
    ["calls may not be made", { tools: [DELEGATE_ONE], toolChoice: "none" as const }],
    ["no member is named", { tools: [{ ...DELEGATE_ONE, parameters: { type: "object" } }] }],
  ])("answers by itself when %s", async (_when, request) => {
    const chunks = await ask([user("My lamp broke")], request);
    expect(callsOf(chunks)).toEqual([]);
    expect(textOf(chunks)).toContain("You said: “My lamp broke”");
  });

  it("calls what it is told to call, with what it is told", async () => {
    const written = '{"member_id": "resolver", "task": "Answer"}';
    const tools = [ADD, DELEGATE_ONE];
    expect(callsOf(await ask([user(`/tool delegate_task_to_member ${written}`)], { tools }))).toEqual([
      DELEGATE_ONE.name,
      written,
    ]);
    expect(callsOf(await ask([user("/tool add {}")], { tools }))).toEqual(["add", "{}"]);
  });

  it("still names conversations", async () => {
    const naming: ModelMessage = { role: "system", content: `${NAMING_MARKER}.` };
    expect(textOf(await ask([naming, user("Plant tomatoes now")], { tools: [DELEGATE_ONE] }))).toBe(
      "Plant tomatoes now",
    );
  });

  it("composes its answer of what the members answered, and says who failed", async () => {
    const delegate = (id: string, member_id: string) => {
      return { id, name: DELEGATE_ONE.name, arguments: JSON.stringify({ member_id, task: "t" }) };
    };
    const answered = (toolCallId: string, content: string): ModelMessage => {
      return { role: "tool", toolCallId, toolName: DELEGATE_ONE.name, content };
    };
    const toolCalls = [delegate("c1", "triage"), delegate("c2", "resolver"), delegate("c3", "triage")];
    const messages: ModelMessage[] = [
      user("My lamp broke"),
      { role: "assistant", content: "", toolCalls },
      answered("c1", "It is urgent."),
      answered("c2", "The tool failed: no model"),
      answered("c3", ""),
    ];
    expect(textOf(await ask(messages, { tools: [DELEGATE_ONE] }))).toBe(
      "I lead a team and passed this on.\nThe member triage answered: It is urgent.\n" +
        "The member resolver did not do it: The tool failed: no model\nThe member triage answered nothing.",
    );
    const all: ModelMessage = { role: "tool", toolCallId: "c", toolName: DELEGATE_ALL.name, content: "triage: yes" };
    expect(await say(user("Go"), all)).toBe("I lead a team and passed this on.\nThe members answered: triage: yes");
  });
});

describe("the result of a call that came to nothing", () => {
  const { signal } = new AbortController();
  const ids = { sessionId: "s", runId: "r", agentId: "a", userId: null, claims: null };
  const context = { ...ids, sessionState: {}, updateState: () => ({}), signal };
  const parameters = z.object({ a: z.number() });
  const broken = () => {
    throw new Error("no paper");
  };
  const tools = [
    defineTool({ name: "add", description: "", parameters, execute: broken }),
    defineTool({ name: "slow", description: "", parameters, execute: () => new Promise(() => {}) }),
    defineTool({ name: "elsewhere", description: "", parameters, externalExecution: true }),
  ];

  it.each([
    ["a tool that throws", "add", '{"a": 1}'],
    ["a tool that is too slow", "slow", '{"a": 1}'],
    ["a tool that runs elsewhere", "elsewhere", '{"a": 1}'],
    ["a tool that is not there", "subtract", '{"a": 1}'],
    ["arguments that do not fit", "add", '{"a": "one"}'],
    ["arguments that are not JSON", "add", "a = 1"],
  ])("is told as one: %s", async (_case, name, written) => {
    const { text, isError } = await callTool(
      tools,
      { name, args: toolArguments({ id: "c", name, arguments: written }) },
      { signal, contextOf: () => context },
      1,
    );
    expect(isError).toBe(true);
    expect(await say(user("go"), result(text))).toBe(`The tool add did not do it: ${text}`);
  });

  it("is told as one when a person rejected the call", async () => {
    const text = "Function call was rejected by the user: not today";
    expect(await say(user("go"), result(text))).toBe(`The tool add did not do it: ${text}`);
  });
});

describe("the id of a call", () => {
  it("is another one in another conversation of the same length", async () => {
    const idOf = async (message: ModelMessage, system: string) => {
      const [first] = await ask([{ role: "system", content: system }, message]);
      return first?.type === "tool_call" ? first.id : undefined;
    };
    const call = user("/tool add {}");
    expect(await idOf(call, "You sort.")).toBe(await idOf(call, "You sort."));
    expect(await idOf(call, "You sort.")).not.toBe(await idOf(call, "You answer."));
  });
});

describe("its title for a conversation", () => {
  it.each([
    ["user: Can you please help me plan a week in Kyoto with children?\nassistant: Sure.", "Plan a week in Kyoto"],
    ["User: My name is Ada.\nAssistant: Hello Ada.", "My name is Ada"],
    ["User:\nC# vs F#\nAssistant: Both.", "C# vs F#"],
    ["[user] how do magnets work?\n[assistant] Well.", "How do magnets work"],
    ["**User**: Wie backe ich ein gutes Brot ohne Hefe?", "Wie backe ich ein gutes"],
    ["user: 京都旅行の計画を立ててください", "京都旅行の計画"],
    ["user: วางแผนทริปไปเชียงใหม่สามวัน", "วางแผน"],
    ["user: كيف أتعلم العزف على البيانو؟", "كيف أتعلم العزف على البيانو"],
    ['user: /tool add {"a":1}', "Using the add tool"],
    ['[{"role":"assistant","content":"Hi"},{"role":"user","content":"Bake bread at home"}]', "Bake bread at home"],
    ['{"role":"user","content":"Bake bread"}\n{"role":"assistant","content":"Yes"}', "Bake bread"],
    ['{"role":"user","content":" "}\n{"role":"assistant","content":"Welcome aboard"}', "Welcome aboard"],
    ["Repair my old bicycle", "Repair my old bicycle"],
    ["user: Why is <b>bold</b> not bold?", "Why is <b>bold</b> not bold"],
    ["user: hello", "Hello"],
    ["user: 🎉🎉", "🎉🎉"],
    ["user: ???", "???"],
    ["user: iPhone battery dies", "iPhone battery dies"],
  ])("is made of the first user message: %s", async (conversation, expected) => {
    const title = await titleOf(conversation);
    expect(title.startsWith(expected)).toBe(true);
    expect([...new Intl.Segmenter().segment(title)].length).toBeLessThanOrEqual(60);
    expect(title.split(/\s+/).length).toBeLessThanOrEqual(5);
  });

  it("does not end with the verb at which a sentence is cut, so that it is a name", async () => {
    expect(await titleOf("user: My invoice of May is missing, and the one of June too")).toBe("My invoice of May");
    expect(cleanName("My invoice of May")).toBe("My invoice of May");
  });

  it("ends with the first sentence, where that says something", async () => {
    expect(await titleOf("user: My name is Ada. I plan a trip.")).toBe("My name is Ada");
    expect(await titleOf("user: Help! My lamp is broken")).toBe("Help! My lamp is broken");
  });

  it("is cut between characters, not inside one", async () => {
    const family = "👩‍👩‍👧‍👦";
    expect(await titleOf(`user: ${family.repeat(100)}`)).toBe(family.repeat(60));
  });

  it("is found in other fences, in the system message, and without any fence", async () => {
    const naming: ModelMessage = { role: "system", content: `${NAMING_MARKER}.` };
    expect(await say(naming, user("```\nuser: Plant tomatoes now\nassistant: Yes.\n```"))).toBe("Plant tomatoes now");
    expect(await say(naming, user("user: Plant <b>tomatoes</b> now"))).toBe("Plant <b>tomatoes</b> now");
    expect(await say(naming, user("Plant tomatoes now"), assistant("Yes."))).toBe("Plant tomatoes now");
    const inside = `${NAMING_MARKER}.\n"""\nuser: Plant tomatoes now\n"""`;
    expect(await say({ role: "system", content: inside })).toBe("Plant tomatoes now");
  });
});

describe("the offline model's thoughts and JSON", () => {
  it("thinks before it answers on /think, and counts its thoughts", async () => {
    const chunks = await ask([user("/think Where is Kyoto?")]);
    const kinds = chunks.map(({ type }) => type);
    expect(kinds[0]).toBe("reasoning");
    expect(kinds.lastIndexOf("reasoning")).toBeLessThan(kinds.indexOf("text"));
    expect(textOf(chunks)).toContain("Where is Kyoto?");
    expect(textOf(chunks)).not.toContain("/think");
    const usage = chunks.find((chunk) => chunk.type === "usage")?.usage;
    expect(usage?.reasoningTokens).toBe(kinds.filter((kind) => kind === "reasoning").length);
    expect(usage?.totalTokens).toBe((usage?.inputTokens ?? 0) + kinds.length - 2);
    expect(await say(user("/thinking of you"))).toContain("/thinking of you");
  });

  it.each([
    z.object({ city: z.string(), nights: z.int().min(2), tags: z.array(z.enum(["a", "b"])), sure: z.boolean() }),
    z.object({ inner: z.object({ text: z.string().max(3) }), none: z.null(), kind: z.literal("x") }),
    z.object({ one: z.union([z.number(), z.string()]), maybe: z.string().nullable(), long: z.string().min(40) }),
  ])("answers a schema in JSON that fits it", async (schema) => {
    const answerSchema = { name: "answer", schema: z.toJSONSchema(schema) as Record<string, unknown> };
    const said = textOf(await ask([user("Plan a trip")], { answerSchema, tools: [] }));
    expect(schema.safeParse(JSON.parse(said)).error).toBeUndefined();
  });

  it("ends a schema that refers to itself", async () => {
    const schema = {
      $ref: "#/$defs/node",
      $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
    };
    expect(JSON.parse(textOf(await ask([user("Go")], { answerSchema: { name: "n", schema } })))).toHaveProperty("next");
  });
});
