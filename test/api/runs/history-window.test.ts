import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { testAgent } from "../../support/agents.ts";
import { watchD1 } from "../../support/d1-faults.ts";
import { newId, run } from "../../support/http.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";
import { objectOf, runCalls, shown } from "../../support/session-story.ts";

const model = scriptModel();
const d1 = watchD1();
const lastCall = () => runCalls(model).at(-1);
const KB = 1024;

const tool = (result: () => string) => ({
  name: "look",
  description: "Looks.",
  parameters: z.object({}),
  execute: result,
});

describe("the history that a model is sent", () => {
  it("is bounded in bytes: whole runs, the newest ones, warm and cold alike", async () => {
    const agent = testAgent({ maxHistoryBytes: 10 * KB });
    const session_id = newId();
    model.respondWith("fine");
    await run("a".repeat(6 * KB), { session_id, agent });
    await run("b".repeat(6 * KB), { session_id, agent });
    await run("warm", { session_id, agent });
    const seen = [`user: ${"b".repeat(6 * KB)}`, "assistant: fine"];
    expect(shown(lastCall())).toEqual([...seen, "user: warm"]);
    await evictDurableObject(objectOf(session_id));
    await run("cold", { session_id, agent });
    expect(shown(lastCall())).toEqual([...seen, "user: warm", "assistant: fine", "user: cold"]);
  });

  it("goes on behind a tool result of 240 KB, which is cut where the window is smaller", async () => {
    const agent = testAgent({ maxHistoryBytes: 64 * KB, tools: [tool(() => "x".repeat(240 * KB))] });
    const session_id = newId();
    model.next([toolCall("look", {})], "seen");
    await run("look", { session_id, agent });
    const seenBy = async (message: string) => {
      model.next("fine");
      await run(message, { session_id, agent });
      return String(lastCall()?.request.messages.find(({ role }) => role === "tool")?.content);
    };
    const warm = await seenBy("warm");
    expect(warm.length).toBeLessThanOrEqual(16 * KB);
    expect(warm).toContain("[cut: ");
    // The run of the tool is no longer the newest one, and does not fit as a whole.
    expect(await seenBy("later")).toBe("undefined");
  });

  it("cuts that result the same when it is read from D1", async () => {
    const agent = testAgent({ maxHistoryBytes: 64 * KB, tools: [tool(() => "x".repeat(240 * KB))] });
    const session_id = newId();
    model.next([toolCall("look", {})], "seen");
    await run("look", { session_id, agent });
    await evictDurableObject(objectOf(session_id));
    model.next("fine");
    await run("cold", { session_id, agent });
    const result = lastCall()?.request.messages.find(({ role }) => role === "tool");
    expect(String(result?.content)).toMatch(/^x{16000,}\n\[cut: /);
  });

  it("is the newest messages, where an agent counts messages", async () => {
    const agent = testAgent({ numHistoryMessages: 3 });
    const session_id = newId();
    model.respondWith("fine");
    for (const message of ["one", "two", "three", "four"]) await run(message, { session_id, agent });
    // No provider takes a conversation that an answer begins.
    expect(shown(lastCall())).toEqual([
      "user: [No words.]",
      "assistant: fine",
      "user: three",
      "assistant: fine",
      "user: four",
    ]);
  });

  it("has the newest tool calls only, where an agent limits them", async () => {
    const agent = testAgent({ maxToolCallsFromHistory: 1, tools: [tool(() => "result")] });
    const session_id = newId();
    for (const message of ["one", "two"]) {
      model.next([toolCall("look", { of: message })], "fine");
      await run(message, { session_id, agent });
    }
    model.next("fine");
    await run("three", { session_id, agent });
    const messages = lastCall()?.request.messages ?? [];
    expect(messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
      "tool",
      "assistant",
      "user",
    ]);
  });

  it("is in memory, so that a warm run reads nothing, behind runs of 1 MB too", async () => {
    const agent = testAgent({ maxHistoryBytes: 1024 * KB, numHistoryRuns: 3 });
    const session_id = newId();
    model.next("y".repeat(900 * KB), "z".repeat(100 * KB));
    await run("one", { session_id, agent });
    await run("two", { session_id, agent });
    d1.forget();
    model.next("fine");
    const { body } = await run("three", { session_id, agent });
    expect(body.session_cache).toBe("hit");
    expect(d1.of(session_id).filter(({ isRead }) => isRead)).toEqual([]);
    expect(shown(lastCall()).map((message) => message.length > 50 * KB)).toEqual([false, true, false, true, false]);
  });
});
