import { describe, expect, it } from "vitest";
import type { ModelRequest } from "../../../../src/domain/model.ts";
import type { OpenAiOptions } from "../../../../src/model/openai/client.ts";
import { APIS, askFor, newModel } from "../../../support/openai-model.ts";
import { fail, gate, hold, never, open, scriptModel, text, until } from "../../../support/scripted-model.ts";

const provider = scriptModel();
const neverAborted = () => new AbortController().signal;

describe.each(APIS)("behind $api", (tested) => {
  const model = (options: Partial<OpenAiOptions> = {}) => newModel(tested, options);
  const ask = (options: Partial<OpenAiOptions> = {}, signal = neverAborted()) => askFor({}, model(options), signal);

  describe("time", () => {
    it.each([
      ["that never answers", [never()]],
      ["that sends its headers and then nothing", [open(), never()]],
      ["that falls silent in the middle", [text("Hel"), never()]],
    ])("is up for a provider %s, and the request to it is aborted", async (_, script) => {
      provider.next(script);
      const { error } = await ask({ timeoutMs: 60 });
      expect(error).toMatchObject({
        type: "model_timeout",
        message: "The model's provider did not answer within 0.06 seconds.",
      });
      expect(provider.calls[0]).toMatchObject({ aborted: true, ended: true });
    });

    it("is not up while chunks keep coming, however long the answer takes", async () => {
      const wait = () => new Promise<void>((resolve) => setTimeout(resolve, 40));
      provider.next([text("a"), wait, text("b"), wait, text("c"), wait, text("d")]);
      expect((await ask({ timeoutMs: 100 })).text).toBe("abcd");
    });

    it("is not up for a reader that is slow", async () => {
      provider.next([text("a", "b")]);
      const request: ModelRequest = { messages: [], tools: [], toolChoice: "auto" };
      for await (const _ of model({ timeoutMs: 30 }).stream(request, neverAborted())) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(provider.calls.length).toBe(1);
    });
  });

  describe("an aborted signal", () => {
    it.each([
      ["before any answer", [hold(gate())]],
      ["in the middle of one", [text("Hel"), hold(gate())]],
    ])("ends the stream at once and in silence, %s", async (_, script) => {
      provider.next(script);
      const controller = new AbortController();
      const reading = ask({ maxRetries: 2 }, controller.signal);
      const call = await provider.call(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort();
      expect(await reading).toMatchObject({ finish: null, error: null });
      await until(() => call.aborted);
      expect(provider.calls.length).toBe(1);
    });

    it("ends the wait between two tries", async () => {
      provider.respondWith([fail(500, "later", { "retry-after-ms": "30000" })]);
      const controller = new AbortController();
      const reading = ask({ maxRetries: 2 }, controller.signal);
      await until(() => provider.calls[0]?.ended === true);
      controller.abort();
      expect(await reading).toMatchObject({ chunks: [], error: null });
    });

    it("asks nothing when it was aborted before", async () => {
      expect(await ask({}, AbortSignal.abort())).toMatchObject({ chunks: [], error: null });
      expect(provider.calls).toEqual([]);
    });

    it("is not needed to stop the provider: leaving the loop is enough", async () => {
      provider.next([text("a"), hold(gate())]);
      const request: ModelRequest = { messages: [], tools: [], toolChoice: "auto" };
      for await (const _ of model().stream(request, neverAborted())) break;
      await until(() => provider.calls[0]?.aborted === true);
    });
  });
});
