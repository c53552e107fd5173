import { describe, expect, it } from "vitest";
import type { ModelError } from "../../../../src/domain/model.ts";
import type { OpenAiOptions } from "../../../../src/model/openai/client.ts";
import { APIS, askFor, newModel } from "../../../support/openai-model.ts";
import { fail, never, raw, reset, respond, type Script, scriptModel, text } from "../../../support/scripted-model.ts";

const provider = scriptModel();

const KEY = "sk-proj-Zx81aQpL9sKd02mVnB47";
const PROMPT = "the launch code of the old lighthouse is 4711, tell nobody";

describe.each(APIS)("behind $api", (tested) => {
  const ask = (options: Partial<OpenAiOptions> = {}) => {
    const model = newModel(tested, { apiKey: KEY, ...options });
    return askFor({ messages: [{ role: "user", content: PROMPT }] }, model);
  };

  async function failureOf(script: Script, options: Partial<OpenAiOptions> = {}): Promise<ModelError> {
    provider.respondWith(script);
    const { error, chunks } = await ask(options);
    return error ?? expect.unreachable(JSON.stringify(chunks));
  }

  describe("a failure of the provider", () => {
    it("is a rate limit for 429, with the provider's words", async () => {
      const error = await failureOf([fail(429, "Rate limit reached for requests")]);
      expect(error).toMatchObject({
        type: "model_rate_limit_error",
        message: "The model's provider answered 429: Rate limit reached for requests",
      });
    });

    it("is a provider error for any other status", async () => {
      const error = await failureOf([fail(500, "The server had an error")]);
      expect(error).toMatchObject({
        type: "model_provider_error",
        message: "The model's provider answered 500: The server had an error",
      });
      expect((await failureOf([fail(404, "The model `test-1` does not exist")])).message).toBe(
        "The model's provider answered 404: The model `test-1` does not exist",
      );
    });

    it.each([
      ["a text", "model not loaded", "model not loaded"],
      ["FastAPI's detail", { detail: "Not authenticated" }, "Not authenticated"],
      ["a message at the top", { message: "Unauthorized" }, "Unauthorized"],
      ["an error that is a text", { error: "no such model" }, "no such model"],
    ])("is understood when its body is %s", async (_, body, expected) => {
      expect((await failureOf([respond(400, body)])).message).toBe(`The model's provider answered 400: ${expected}`);
    });

    it("says the status alone when there are no words, and little of a long text", async () => {
      expect((await failureOf([respond(503, {})])).message).toBe("The model's provider answered 503.");
      const long = await failureOf([fail(400, "a ".repeat(5_000))]);
      expect(long.message.length).toBeLessThan(350);
      expect(long.message.endsWith("…")).toBe(true);
    });

    it.each<[string, Script, boolean]>([
      ["429", [fail(429)], true],
      ["500", [fail(500)], true],
      ["503", [respond(503, "busy")], true],
      ["no connection", [reset()], true],
      ["no answer in time", [never()], true],
      ["400", [fail(400)], false],
      ["401", [fail(401)], false],
      ["404", [fail(404)], false],
    ])("says whether another provider may answer: %s", async (_what, script, isAway) => {
      expect((await failureOf(script, { timeoutMs: 100 })).isAway).toBe(isAway);
    });

    it("is tried again, as often as configured, before any answer has begun", async () => {
      // The SDK waits twice as long before each further try, but not where the provider says how long.
      provider.next([reset()], [fail(429)], "Third time lucky");
      expect((await ask({ maxRetries: 2 })).text).toBe("Third time lucky");
      expect(provider.calls.length).toBe(3);
      expect(await failureOf([fail(500)], { maxRetries: 1 })).toMatchObject({ type: "model_provider_error" });
      expect(provider.calls.length).toBe(5);
    });

    it("inside a stream keeps what came before, and is not tried again", async () => {
      provider.next([text("Hel"), reset()]);
      const { chunks, error } = await ask({ maxRetries: 2 });
      expect(error).toMatchObject({
        type: "model_provider_error",
        message: "The connection to the model's provider broke off.",
      });
      expect(chunks).toEqual([{ type: "text", delta: "Hel" }]);
      expect(provider.calls.length).toBe(1);
    });

    it("is found in an error object of the stream, and in one that comes alone", async () => {
      const inStream = await failureOf([text("x"), tested.broken({ message: "Overloaded", code: "overloaded" })]);
      expect(inStream).toMatchObject({
        type: "model_provider_error",
        message: "The model's provider reported an error: Overloaded",
      });
      const limited = await failureOf([text("x"), tested.broken({ message: "Slow down", code: 429 })]);
      expect(limited.type).toBe("model_rate_limit_error");
      const alone = await failureOf([respond(200, { error: { message: "Overloaded" } })]);
      expect(alone.message).toBe("The model's provider reported an error: Overloaded");
    });

    it("is JSON that cannot be read, a lost connection, or a web page", async () => {
      expect((await failureOf([text("x"), raw("data: {not json\n\n")])).message).toContain("not valid JSON");
      expect((await failureOf([reset()])).message).toBe("The model's provider could not be reached.");
      const page = await failureOf([respond(502, "", { "content-type": "text/html" })]);
      expect(page).toMatchObject({ type: "model_provider_error" });
      const wrongUrl = await failureOf([respond(200, "<html></html>", { "content-type": "text/html" })]);
      expect(wrongUrl.message).toContain("is the base URL right?");
    });
  });

  describe("the message of a failure", () => {
    it.each([
      ["the key", `Incorrect API key provided: ${KEY}.`],
      ["a part of the key", "Incorrect API key provided: sk-proj-Zx81************B47. Find yours at example.com"],
      ["the end of the key", "No access for the key that ends in mVnB47"],
      ["a header", `Bad header Authorization: Bearer ${KEY}`],
      ["another key", "Upstream refused gsk_1a2b3c4d5e6f7g8h9i0j and eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0"],
      ["an address with credentials", "Cannot reach https://admin:hunter2@proxy.test/v1?api_key=hunter2"],
    ])("never holds %s", async (_, words) => {
      const { message } = await failureOf([fail(401, words)]);
      expect(message).toMatch(/^The model's provider answered 401: .*\*\*\*/);
      expect(message).not.toMatch(/Zx81|B47|1a2b|eyJ|hunter2/);
    });

    it("never holds the prompt, quoted whole, in part, or as JSON", async () => {
      const quoted = [`Bad request: ${PROMPT}`, `Bad request: ${PROMPT.slice(4, 50)}…`, JSON.stringify({ PROMPT })];
      for (const words of quoted) {
        expect((await failureOf([fail(400, words)])).message).not.toMatch(/launch|lighthouse|4711/);
      }
    });

    it("never holds a prompt of another script, quoted as JSON of ASCII", async () => {
      const prompt = "Мой секретный вопрос";
      const escaped = [...prompt].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
      provider.respondWith([
        fail(400, `Bad request: {"content": "${escaped.toUpperCase().replaceAll("U", "u")}", "as": "${escaped}"}`),
      ]);
      const { error } = await askFor({ messages: [{ role: "user", content: prompt }] }, newModel(tested));
      expect(error?.message).toMatch(/Bad request: .*\*\*\*/);
      expect(error?.message).not.toMatch(/\\u|секрет/);
    });

    it("is one line without markup and control characters, and keeps what helps", async () => {
      const words =
        "<b>The model</b>\n\u202e`meta-llama/Llama-3.3-70B-Instruct`\u0007 does not exist: see gpt-4o-mini-2024-07-18";
      expect((await failureOf([fail(404, words)])).message).toBe(
        "The model's provider answered 404: The model `meta-llama/Llama-3.3-70B-Instruct` does not exist: see gpt-4o-mini-2024-07-18",
      );
    });
  });
});
