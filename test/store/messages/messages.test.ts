import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { messagesJson } from "../../../src/api/shared/json.ts";
import type { Message } from "../../../src/domain/message.ts";
import { WHOLE_VIEW } from "../../../src/domain/view.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { readHistory } from "../../../src/store/messages/history.ts";
import { messageFromRow, messageRow } from "../../../src/store/messages/message-rows.ts";
import { firstMessages } from "../../../src/store/messages/messages.ts";
import { chatHistory, names, run } from "../../support/history.ts";
import { ofObject, storeSession, recentChat } from "../../support/stored-history.ts";

const db = openDatabase(env.DB);

describe("what other parts of the server read", () => {
  const mixed = () => [
    run(0, "sua"),
    run(1, "ua", { status: "ERROR" }),
    run(2, "ua", { parentRunId: "parent" }),
    run(4, "uata", { status: "RUNNING" }),
    run(5, "", { status: "PENDING" }),
    run(6, "ua", { agentId: "b" }),
  ];

  test("recent chat is the newest messages of people and agents, in runs of any status", async () => {
    const all = mixed();
    const sessionId = await storeSession(all);
    expect(names(await recentChat(db, ofObject(sessionId), 5))).toBe("4u0 4a1 4a3 6u0 6a1");
    expect(await recentChat(db, ofObject(sessionId), 200)).toEqual(chatHistory(all));
  });

  test("first messages have text, are of people and agents, and are cut before they are read", async () => {
    const first = run(0, "sutau");
    const sessionId = await storeSession([
      {
        ...first,
        messages: first.messages.map((own) => ({ ...own, content: own.role === "assistant" ? "" : "🙂🙂🙂🙂" })),
      },
      run(1, "ua", { parentRunId: "parent" }),
      run(2, "ua", { status: "CANCELLED" }),
      run(3, "ua"),
    ]);
    expect(await firstMessages(db, sessionId, { maxMessages: 4, maxChars: 3 })).toEqual([
      { role: "user", content: "🙂🙂🙂" },
      { role: "user", content: "🙂🙂🙂" },
      { role: "user", content: "tex" },
      { role: "assistant", content: "tex" },
    ]);
    expect(await firstMessages(db, sessionId, { maxMessages: 0, maxChars: 3 })).toEqual([]);
  });
});

describe("a message", () => {
  const base = { messageId: "m", content: "text", createdAt: 1_795_298_563_999 };
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, reasoningTokens: 0, cacheReadTokens: 0 };
  const toolCalls = [{ id: "call-1", name: "add", arguments: '{"a":1}' }];
  const wire = { id: "m", content: "text", from_history: false, stop_after_tool_call: false };
  const cases: { its: string; message: Message; json: object }[] = [
    {
      its: "a system message",
      message: { ...base, role: "system" },
      json: { ...wire, role: "system", created_at: 1_795_298_563 },
    },
    {
      its: "a user message with empty content",
      message: { ...base, role: "user", content: "" },
      json: { ...wire, content: "", role: "user", created_at: 1_795_298_563 },
    },
    {
      its: "an answer with metrics",
      message: {
        ...base,
        role: "assistant",
        toolCalls: [],
        reasoningContent: null,
        providerData: null,
        usage,
        timeToFirstTokenMs: 250,
      },
      json: {
        ...wire,
        role: "assistant",
        metrics: { input_tokens: 10, output_tokens: 5, total_tokens: 15, time_to_first_token: 0.25 },
        created_at: 1_795_298_563,
      },
    },
    {
      its: "an answer that only calls tools",
      message: {
        ...base,
        role: "assistant",
        content: "",
        toolCalls,
        reasoningContent: null,
        providerData: null,
        usage: null,
        timeToFirstTokenMs: null,
      },
      json: {
        id: "m",
        from_history: false,
        stop_after_tool_call: false,
        role: "assistant",
        tool_calls: [{ id: "call-1", type: "function", function: { name: "add", arguments: '{"a":1}' } }],
        created_at: 1_795_298_563,
      },
    },
    {
      its: "a tool message",
      message: {
        ...base,
        role: "tool",
        toolCallId: "call-1",
        toolName: "add",
        toolArgs: { a: 1 },
        toolCallError: false,
      },
      json: {
        ...wire,
        role: "tool",
        tool_call_id: "call-1",
        tool_name: "add",
        tool_args: { a: 1 },
        tool_call_error: false,
        created_at: 1_795_298_563,
      },
    },
    {
      its: "a failed tool message without arguments",
      message: { ...base, role: "tool", toolCallId: "call-1", toolName: "add", toolArgs: null, toolCallError: true },
      json: {
        ...wire,
        role: "tool",
        tool_call_id: "call-1",
        tool_name: "add",
        tool_call_error: true,
        created_at: 1_795_298_563,
      },
    },
  ];

  test.each(cases)("comes back from its row as it was: $its", async ({ message }) => {
    const its = run(0, "");
    const keyed = { ...message, runIndex: 0, messageIndex: 0, runId: its.runId, runStatus: its.status };
    const sessionId = await storeSession([{ ...its, messages: [keyed] }]);
    expect((await readHistory(db, ofObject(sessionId), {})).data).toEqual([keyed]);
    expect(messageFromRow(messageRow("s", its, 0, message))).toEqual(message);
  });

  test.each(cases)("is shown as AgentOS shows it: $its", ({ message, json }) => {
    const [shown = {}] = messagesJson([message], WHOLE_VIEW);
    expect(shown).toEqual(json);
    expect(Object.keys(shown)).toEqual(Object.keys(json));
  });
});
