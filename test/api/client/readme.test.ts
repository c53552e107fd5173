import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import readme from "../../../packages/client/README.md?raw";
import { ApiError, EdgeSessions } from "../../../packages/client/src/index.ts";
import front from "../../../README.md?raw";
import { send } from "../../support/http.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";
import source from "./readme.test.ts?raw";

const model = scriptModel();

const SERVER = "https://sessions.example.com";
const written: string[] = [];
const write = (text: string) => void written.push(text);
const getToken = () => "";
const runLocally = async (call: object) => call;
/** The client of the page's first block, which the others use. */
const client = () => new EdgeSessions({ baseUrl: SERVER, userId: "ada" });

let theirs = globalThis.fetch;
beforeEach(() => {
  written.length = 0;
  theirs = globalThis.fetch;
  // The address on the page is that of the server under test. What is left is for the model.
  globalThis.fetch = (url, init = {}) =>
    String(url).startsWith(SERVER)
      ? send(
          init.method ?? "GET",
          String(url).slice(SERVER.length),
          init.body ?? undefined,
          init.headers as Record<string, string>,
        )
      : theirs(url, init);
});
afterEach(() => {
  globalThis.fetch = theirs;
});

const blocksOf = (page: string): string[] => [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, block = ""]) => block);

/** Code as the formatter cannot change it. */
const bare = (code: string): string =>
  code
    .replaceAll(/^import .*$/gm, "")
    .replaceAll(/\s+/g, "")
    .replaceAll(/,(?=[)\]}])/g, "");

describe("The client's page", () => {
  it("has no block that is not run below", () => {
    const blocks = blocksOf(readme);
    expect(blocks).toHaveLength(6);
    blocks.push(...blocksOf(front).filter((block) => block.includes('"edge-sessions-client"')));
    expect(blocks).toHaveLength(7);
    const ran = bare(source);
    expect(blocks.filter((block) => !ran.includes(bare(block)))).toEqual([]);
  });

  it("shows a run, and how to read on", async () => {
    model.next("Rome, by train");
    const es = new EdgeSessions({ baseUrl: "https://sessions.example.com", token: () => getToken(), userId: "ada" });

    const run = es.agent("assistant").run({ message: "Plan a trip", sessionId: "trip" });
    for await (const event of run) {
      if (event.event === "RunContent") write(event.content);
    }
    const end = await run.result(); // its status, content, metrics, state
    expect([written.join(""), end.content]).toEqual(["Rome, by train", "Rome, by train"]);
    written.length = 0;

    const again = es.attach({ agentId: "assistant", runId: end.runId, sessionId: "trip" }, { after: 2 });
    for await (const event of again) write(event.event);
    await again.cancel(); // this ends a run
    expect(written.at(-1)).toBe("RunCompleted");
  });

  it("shows how pauses are answered", async () => {
    const es = client();
    const calls = [
      toolCall("delete_record", { id: "42" }, { id: "a" }),
      toolCall("send_email", { subject: "Hi", body: "Hello" }, { id: "b" }),
      toolCall("run_shell", { command: "ls" }, { id: "c" }),
    ];
    model.next(calls, "Done.");
    let end = await es.agent("operator").run({ message: "Clean up", sessionId: "ops" }).result();
    while (end.status === "PAUSED") {
      const answers = end.answer({ by: "grace" });
      for (const asked of end.requirements) {
        if (asked.kind === "confirmation") answers.approve(asked, "fine"); // or reject(asked, "why")
        if (asked.kind === "user_input") answers.fill(asked, { to: "ada@example.com" });
        if (asked.kind === "external_execution") answers.give(asked, await runLocally(asked.tool_execution));
      }
      end = await answers.send().result();
    }
    expect(end).toMatchObject({ status: "COMPLETED", content: "Done." });
    const answered = (await es.requirements.list({ status: "answered" }).first(9)).filter(
      (one) => one.run_id === end.runId,
    );
    expect(answered.map(({ answer }) => answer).sort()).toEqual(["confirmed", "executed", "filled"]);
  });

  it("shows the list of what waits", async () => {
    const es = client();
    model.next([toolCall("delete_record", { id: "42" })], "Done.");
    const { runId } = await es.agent("operator").run({ message: "Clean up", sessionId: "inbox" }).result();
    for await (const asked of es.requirements.list({ status: "open" })) {
      const end = await asked.run.result();
      if (asked.kind === "confirmation")
        end.answer({ by: "grace" }).approve({ id: asked.id, kind: asked.kind }).send().start();
    }
    const run = es.attach({ agentId: "operator", runId, sessionId: "inbox" });
    await vi.waitFor(async () => expect((await es.sessions.runs("inbox"))[0]?.status).toBe("COMPLETED"));
    expect((await run.result()).content).toBe("Done.");
  });

  it("shows sessions, and what is refused", async () => {
    const es = client();
    model.next("Rome");
    await es.agent("assistant").run({ message: "A trip to Rome", sessionId: "trip" }).result();
    model.nextNames("Three Days in Rome");
    for await (const session of es.sessions.list({ archived: "false", q: "trip" })) write(session.session_name);
    const { data, etag } = await es.sessions.get("trip");
    await es.sessions.patch("trip", { session_state: { nights: 4 } }, { ifMatch: etag }); // merges; null takes away
    await es.sessions.rename("trip", { generate: true, fallback: data.session_name });
    const { data: usage } = await es.request<object>("GET", "/users/ada/usage");
    expect((await es.sessions.get("trip")).data).toMatchObject({ session_state: { nights: 4 } });
    expect(usage).toHaveProperty("user_id", "ada");
    expect((await es.sessions.messages("trip")).data.map(({ role }) => role)).toContain("assistant");
    written.length = 0;

    try {
      await es.sessions.patch("trip", { pinned: true }, { ifMatch: '"0"' });
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) write(error.detail); // also code, errors, requestId, retryAfter
    }
    expect(written).toHaveLength(1);
  });
});
