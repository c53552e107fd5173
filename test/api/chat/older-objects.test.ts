import { expect, it } from "vitest";
import { chatRouter } from "../../../src/api/chat/handlers.ts";
import { ok } from "../../../src/domain/outcome.ts";
import type { SessionClient } from "../../../src/session/client.ts";
import { said } from "../../support/chat.ts";
import { call, newId, run } from "../../support/http.ts";
import { scriptModel } from "../../support/scripted-model.ts";
import { silentModel, smallApp } from "../../support/small-app.ts";

scriptModel();

/** A session's object from before there were formats: it streams AgentOS's events, whatever it is asked for. */
function olderObject() {
  let left = 0;
  const stream = () => new ReadableStream<Uint8Array>({ cancel: () => void left++ });
  const answer = { runId: "run", sessionId: "s", sessionCache: null, timings: {} };
  const started = async () => ok({ ...answer, result: { kind: "stream" as const, stream: stream() } });
  const resumed = async () => ok({ status: "RUNNING" as const, missed: 0, stream: stream() });
  const session = { startRun: started, continueRun: started, resumeRun: resumed };
  const helper = { id: "assistant", name: "Assistant" };
  const dependencies = {
    agents: new Map([[helper.id, helper]]),
    teams: new Map(),
    models: () => () => silentModel,
    // Other calls are not made.
    session: () => session as Partial<SessionClient> as SessionClient,
    now: () => 0,
    newId,
  };
  const { request } = smallApp({ agents: [helper], routers: [chatRouter(dependencies, "agent")] });
  return { request, left: () => left };
}

it("an object of an older deployment is asked again later: its bytes would break a client of AI SDK", async () => {
  const { request, left } = olderObject();
  const send = (message: object) =>
    request("/agents/assistant/chat", { method: "POST", body: JSON.stringify({ id: "s", message }) });
  const answers = [await send(said("Hi")), await send({ id: "run", role: "assistant", parts: [] })];
  for (const answer of answers) {
    expect([answer.status, answer.headers.get("Retry-After"), await answer.json()]).toEqual([
      503,
      "1",
      expect.objectContaining({ code: "session_unavailable" }),
    ]);
  }
  expect(left()).toBe(2);
  await run("Hi", { session_id: "older-1" });
  expect((await call("GET", "/agents/assistant/chat/older-1")).status).toBe(200);
});
