import { beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../src/domain/tool.ts";
import { testAgent } from "../../support/agents.ts";
import { newId, run } from "../../support/http.ts";
import { chunk, cutOff, finish, type Script, scriptModel, text, toolCall } from "../../support/scripted-model.ts";
import { saidIn } from "../../support/session-story.ts";

const model = scriptModel();
let ran = 0;
beforeEach(() => {
  ran = 0;
});

const tool = defineTool({
  name: "send",
  description: "Sends it.",
  parameters: z.object({ to: z.string().optional() }),
  execute: () => {
    ran += 1;
    return "sent";
  },
});

/** Arguments that are cut before their first byte: `{}` would fit the tool, whose parameters are all optional. */
const cutCall = toolCall("send", "");

it.each<[string, Script, string]>([
  ["is cut", [text("I will"), cutCall, finish("length")], "COMPLETED"],
  ["is cut by the window", [text("I will"), cutCall, finish("model_context_window_exceeded")], "COMPLETED"],
  ["is filtered", [text("I will"), cutCall, finish("SAFETY")], "COMPLETED"],
  ["is broken off", [text("I will"), cutCall, finish("network_error")], "ERROR"],
  ["is malformed", [text("I will"), cutCall, finish("MALFORMED_FUNCTION_CALL")], "ERROR"],
  ["breaks with an error", [text("I will"), cutCall, chunk({ error: { message: "gone" } })], "ERROR"],
  ["has no reason", [text("I will"), cutCall, cutOff()], "ERROR"],
])("runs no call of an answer that %s, and keeps what it said", async (_how, script, status) => {
  const agent = testAgent({ tools: [tool] });
  model.next(script);
  const session_id = newId();
  const { body } = await run("send it", { session_id, agent });
  expect(body.status).toBe(status);
  expect(await saidIn(session_id)).toEqual(["user: send it", "assistant: I will"]);
  expect(ran).toBe(0);
});
