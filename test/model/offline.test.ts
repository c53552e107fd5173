import { describe, expect, it } from "vitest";
import type { ModelChunk, ModelMessage, ModelRequest } from "../../src/domain/model.ts";
import { NAMING_MARKER } from "../../src/domain/naming.ts";
import { offlineModel } from "../../src/model/offline.ts";

const ADD = { name: "add", description: "Adds two numbers.", parameters: { type: "object" } };

const user = (content: string): ModelMessage => ({ role: "user", content });
const assistant = (content: string): ModelMessage => ({ role: "assistant", content, toolCalls: [] });
const result = (content: string): ModelMessage => ({ role: "tool", toolCallId: "c", toolName: "add", content });

async function ask(messages: ModelMessage[], request: Partial<ModelRequest> = {}): Promise<ModelChunk[]> {
  const chunks: ModelChunk[] = [];
  const signal = new AbortController().signal;
  for await (const chunk of offlineModel().stream({ messages, tools: [ADD], toolChoice: "auto", ...request }, signal)) {
    chunks.push(chunk);
  }
  return chunks;
}

const textOf = (chunks: ModelChunk[]) => chunks.map((chunk) => (chunk.type === "text" ? chunk.delta : "")).join("");
const say = async (...messages: ModelMessage[]) => textOf(await ask(messages));

/** A title as the naming prompt asks for it; the conversation is one fenced text. */
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
    for await (const chunk of offlineModel().stream(request, controller.signal)) {
      seen.push(chunk);
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
      { type: "tool_call", index: 0, id: "call_offline_1", name: "add" },
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
