import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agents } from "../../../src/agents/index.ts";
import { testAgent } from "../../support/agents.ts";
import { newId, run } from "../../support/http.ts";
import { fail, type Step, scriptModel, text, thinks, toolCall } from "../../support/scripted-model.ts";
import { killObjects, runCalls, runsOf, shown } from "../../support/session-story.ts";

const model = scriptModel();

const TOO_LONG = "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.";
const NOTE = "[The earlier part of this conversation is left out.]";

/** Runs that say these messages one after the other, and get the answer "fine". */
async function conversation(agent: string, messages: readonly string[]): Promise<string> {
  const session_id = newId();
  model.respondWith("fine");
  for (const message of messages) await run(message, { session_id, agent });
  return session_id;
}

/** A provider that refuses every request in which this text stands. */
function refusing(poison: string, answer: string | Step[] = "fine", refusal = fail(400, TOO_LONG)): void {
  model.respondWith(({ messages }) => (JSON.stringify(messages).includes(poison) ? [refusal] : answer));
}

const lastCall = () => runCalls(model).at(-1);

describe("a request that the provider refuses for its history", () => {
  it("is made again with the newer half of the runs, and the run says what was left out and why", async () => {
    const session_id = await conversation(testAgent({}), ["poison", "two", "three"]);
    refusing("poison");
    const { body } = await run("four", { session_id });
    const dropped = { runs: 2, without_provider_data: 0, reason: expect.stringContaining(TOO_LONG) };
    expect(body).toMatchObject({ status: "COMPLETED", content: "fine", history_dropped: dropped });
    expect(shown(lastCall())).toEqual([`user: ${NOTE}\n\nthree`, "assistant: fine", "user: four"]);
    expect((await runsOf(session_id)).at(-1)).toMatchObject({ history_dropped: dropped });
  });

  it("is made again first without what the provider said beside its text, the run's own too", async () => {
    const tools = [{ name: "count", description: "Counts.", parameters: z.object({}), execute: () => "1" }];
    const agent = testAgent({ model: { id: "gpt-sealed", api: "responses" }, tools });
    const session_id = newId();
    model.next([thinks("Hm."), text("fine")]);
    await run("one", { session_id, agent });
    const refused = "The encrypted content for item rs_1 could not be verified.";
    model.respondWith(({ messages }, number) => {
      if (JSON.stringify(model.calls[number - 1]?.body).includes('"encrypted_content"')) return [fail(400, refused)];
      return messages.at(-1)?.role === "tool" ? "done" : [thinks("Hm."), toolCall("count", {})];
    });
    const before = runCalls(model).length;
    const { body } = await run("two", { session_id, agent });
    const dropped = { runs: 0, without_provider_data: 2, reason: expect.stringContaining("could not be verified") };
    expect(body).toMatchObject({ status: "COMPLETED", content: "done", history_dropped: dropped });
    expect(shown(lastCall()).slice(0, 3)).toEqual(["user: one", "assistant: fine", "user: two"]);
    // One request was refused. What the run's own answer came with is not sent either.
    expect(runCalls(model)).toHaveLength(before + 3);
  });

  it("is made with no history where the newer half is refused too", async () => {
    const session_id = await conversation(testAgent({}), ["one", "two", "poison"]);
    refusing("poison");
    const { body } = await run("four", { session_id });
    expect(body).toMatchObject({ status: "COMPLETED", history_dropped: { runs: 3 } });
    expect(shown(lastCall())).toEqual([`user: ${NOTE}\n\nfour`]);
  });

  it("is not made again for a run whose agent wants it to fail", async () => {
    const agent = testAgent({ onRefusedHistory: "fail" });
    const session_id = await conversation(agent, ["poison"]);
    const before = runCalls(model).length;
    refusing("poison");
    const { body } = await run("two", { session_id, agent });
    expect(body.status).toBe("ERROR");
    expect(runCalls(model)).toHaveLength(before + 1);
  });

  it("fails with the provider's words, and what may help, where all is refused", async () => {
    const session_id = await conversation(testAgent({}), ["one"]);
    refusing("poison");
    const { body } = await run("poison", { session_id });
    expect(body).toMatchObject({ status: "ERROR", history_dropped: { runs: 1 } });
    expect(body.content).toContain("a smaller window");
  });

  it("is not made again for a refusal that less history cannot mend", async () => {
    const session_id = await conversation(testAgent({}), ["poison"]);
    const before = runCalls(model).length;
    refusing("poison", "fine", fail(401, "Incorrect API key provided"));
    const { body } = await run("two", { session_id });
    expect(body.status).toBe("ERROR");
    expect(runCalls(model)).toHaveLength(before + 1);
  });

  it("goes without the history in the requests after tools too, and no tool runs again", async () => {
    let ran = 0;
    const count = {
      name: "count",
      description: "Counts.",
      parameters: z.object({}),
      execute: () => {
        ran += 1;
        return "poisonous result";
      },
    };
    const agent = testAgent({ tools: [count] });
    const session_id = await conversation(agent, ["one", "two"]);
    model.respondWith(({ messages }) => {
      const isAfterTool = messages.some(({ role }) => role === "tool");
      if (!isAfterTool) return [toolCall("count", {})];
      return messages.some(({ content }) => String(content).endsWith("two"))
        ? [fail(413, "Request too large")]
        : "done";
    });
    const { body } = await run("three", { session_id, agent });
    expect(body).toMatchObject({ status: "COMPLETED", content: "done", history_dropped: { runs: 2 } });
    expect(ran).toBe(1);
  });
});

describe("the runs that a provider refused", () => {
  it("are left out at once by later runs of the object, and tried again once it was gone", async () => {
    const agent = testAgent({ numHistoryRuns: 5 });
    const session_id = await conversation(agent, ["one", "poison"]);
    refusing("poison");
    await run("three", { session_id, agent });
    const before = runCalls(model).length;
    const { body } = await run("four", { session_id, agent });
    expect(body).toMatchObject({ status: "COMPLETED", history_dropped: { runs: 2 } });
    expect(runCalls(model)).toHaveLength(before + 1);
    expect(shown(lastCall())).toEqual([`user: ${NOTE}\n\nthree`, "assistant: fine", "user: four"]);
    await killObjects();
    model.respondWith("fine");
    const after = await run("five", { session_id, agent });
    expect(after.body.history_dropped).toBeUndefined();
    expect(shown(lastCall())[2]).toBe("user: poison");
  });

  it("are left out for the model that refused them, and for no other one", async () => {
    const agent = testAgent({ model: "narrow", numHistoryRuns: 5 });
    const session_id = await conversation(agent, ["one", "poison"]);
    const chosen = (id: string) => Object.assign(agents.get(agent) ?? {}, { model: id });
    refusing("poison");
    await run("three", { session_id, agent });
    model.respondWith("fine");
    chosen("wide");
    const { body } = await run("four", { session_id, agent });
    expect(body.history_dropped).toBeUndefined();
    expect(shown(lastCall())).toContain("user: poison");
    chosen("narrow");
    expect((await run("five", { session_id, agent })).body).toMatchObject({ history_dropped: { runs: 2 } });
    expect(shown(lastCall())).not.toContain("user: poison");
  });
});
