import { describe, expect, it } from "vitest";
import type { Model, ModelRequest } from "../../../../src/domain/model.ts";
import { EarlyAnswer } from "../../../../src/session/drive/early-answer.ts";
import { APIS, newModel } from "../../../support/openai-model.ts";
import { fail, never, reset, type Script, scriptModel, text, until } from "../../../support/scripted-model.ts";

const provider = scriptModel();
const REQUEST: ModelRequest = {
  messages: [{ role: "user", content: "hi" }],
  tools: [],
  toolChoice: "auto",
};
const NEVER = new AbortController().signal;

async function heard(model: Model): Promise<string> {
  let said = "";
  for await (const chunks of model.stream(REQUEST, NEVER)) {
    said += chunks.map((chunk) => (chunk.type === "text" ? chunk.delta : "")).join("");
  }
  return said;
}

describe.each(APIS)("an early answer of a model behind $api", (tested) => {
  const early = (model: Model, signal = NEVER) => new EarlyAnswer(model, REQUEST, signal, () => Promise.resolve({}));

  it.each<[string, Script, object]>([
    ["is too slow", [never()], { timeoutMs: 40 }],
    ["has too much to do", [fail(429)], {}],
    ["fails", [fail(500)], {}],
    ["is not reached", [reset()], {}],
  ])("is asked for again only once it is taken, where the provider %s", async (_what, script, options) => {
    provider.next(script, [text("At the second try")]);
    const { model } = early(newModel(tested, { maxRetries: 1, ...options }));
    await until(() => provider.calls[0]?.ended === true, "the failure");
    await new Promise((resolve) => setImmediate(resolve));
    expect(provider.calls).toHaveLength(1);
    expect(await heard(model)).toBe("At the second try");
    expect(provider.calls).toHaveLength(2);
  });

  it("fails as the model does, and is up in the same time", async () => {
    provider.next([never()]);
    const { model } = early(newModel(tested, { maxRetries: 0, timeoutMs: 40 }));
    await until(() => provider.calls[0]?.ended === true, "the failure");
    await expect(heard(model)).rejects.toMatchObject({ type: "model_timeout" });
    expect(provider.calls).toHaveLength(1);
  });

  it("is given up with the run, and nothing is sent again", async () => {
    provider.next([fail(503)]);
    const run = new AbortController();
    early(newModel(tested, { maxRetries: 2 }), run.signal);
    await until(() => provider.calls[0]?.ended === true, "the failure");
    run.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(provider.calls).toHaveLength(1);
  });
});
