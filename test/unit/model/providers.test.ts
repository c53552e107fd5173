import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ModelRequest } from "../../../src/domain/model.ts";
import type { KeyedProvider, ModelChoice } from "../../../src/domain/model-choice.ts";
import { modelSource } from "../../../src/model/model-source.ts";

interface Sent {
  server: string;
  authorization: string | null;
  redirect: string | undefined;
}

let sent: Sent[] = [];
let answers: Record<string, () => Response> = {};

beforeEach(() => {
  sent = [];
  answers = {};
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const { origin } = new URL(String(input));
    sent.push({
      server: origin,
      authorization: new Headers(init?.headers).get("authorization"),
      redirect: init?.redirect,
    });
    return answers[origin]?.() ?? Response.json({ error: { message: "no" } }, { status: 400 });
  });
});
afterEach(() => void vi.restoreAllMocks());

const providers: KeyedProvider[] = [
  { name: "Mistral", baseUrl: "https://mistral.test/v1", secret: "MISTRAL_API_KEY", apiKey: "key-of-mistral" },
  { name: "Twin", baseUrl: "https://twin.test/v1", secret: "TWIN_API_KEY", apiKey: "key-of-twin", api: "responses" },
  { name: "Local", baseUrl: "http://127.0.0.1:21901/v1", apiKey: null },
];
const base = { mode: "deployment" as const, openAiModel: "m", modelTimeoutMs: 5_000, modelMaxRetries: 0, providers };
const source = modelSource({ ...base, openAiApiKey: "key-of-openai" });

async function ask(choice: ModelChoice): Promise<string> {
  const model = source(choice);
  if (model === null) return "no model";
  const request: ModelRequest = { messages: [{ role: "user", content: "Hello" }], tools: [], toolChoice: "auto" };
  try {
    for await (const _ of model.stream(request, new AbortController().signal)) {
      // What is sent matters here.
    }
    return "answered";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

it("sends each provider its own key, and one that wants none no other's", async () => {
  await ask("m");
  await ask({ id: "m", provider: "Mistral" });
  await ask({ id: "m", provider: "Twin" });
  await ask({ id: "m", provider: "Local" });
  expect(sent.map(({ server, authorization }) => [server, authorization])).toEqual([
    ["https://api.openai.com", "Bearer key-of-openai"],
    ["https://mistral.test", "Bearer key-of-mistral"],
    ["https://twin.test", "Bearer key-of-twin"],
    ["http://127.0.0.1:21901", "Bearer no-key"],
  ]);
});

it("follows no redirect: the key and the conversation would go along", async () => {
  const elsewhere = () => new Response(null, { status: 307, headers: { location: "https://twin.test/v1" } });
  answers["https://mistral.test"] = elsewhere;
  const said = await ask({ id: "m", provider: "Mistral" });
  expect(said).toBe("The model's provider answered 307: It redirects, which is not followed. Check the base URL.");
  expect(sent).toMatchObject([{ server: "https://mistral.test", redirect: "manual" }]);
});

it("shows the class of a provider's models, its name and their ids", () => {
  const shown = (choice: ModelChoice) => {
    const model = source(choice);
    return [model?.name, model?.provider, model?.id];
  };
  expect(shown("m")).toEqual(["OpenAIResponses", "OpenAI", "m"]);
  expect(shown({ id: "n", provider: "Mistral" })).toEqual(["OpenAIChat", "Mistral", "n"]);
  expect(shown({ id: "n", provider: "Twin" })).toEqual(["OpenAIResponses", "Twin", "n"]);
  expect(shown({ id: "n", provider: "Twin", api: "chat" })).toEqual(["OpenAIChat", "Twin", "n"]);
});

it("makes one model for settings of the same values, in any order, and another for other values", () => {
  const model = source({ id: "m", temperature: 0, reasoning: { effort: "low", summary: "auto" }, provider: "Mistral" });
  expect(source({ provider: "Mistral", reasoning: { summary: "auto", effort: "low" }, id: "m", temperature: 0 })).toBe(
    model,
  );
  expect(
    source({ provider: "Mistral", reasoning: { summary: "auto", effort: "low" }, id: "m", temperature: 1 }),
  ).not.toBe(model);
});

it("names the models that stand behind one, each at its own provider", () => {
  const model = source({ id: "m", provider: "Mistral", fallbacks: ["m", { id: "n", provider: "Twin" }] });
  expect(model?.fallbacks?.map(({ id, provider }) => [id, provider])).toEqual([
    ["m", "OpenAI"],
    ["n", "Twin"],
  ]);
});

it("asks a named provider although the deployment has no key of its own", () => {
  const keyless = modelSource({ ...base });
  expect(keyless("m")).toBeNull();
  expect(keyless({ id: "m", provider: "Mistral" })?.provider).toBe("Mistral");
  const development = modelSource({ ...base, mode: "development" });
  expect(development("m")?.provider).toBe("Offline");
  expect(development({ id: "m", provider: "Mistral" })?.provider).toBe("Mistral");
});

it("reads no more of a failure's body than it can hold", async () => {
  const piece = new TextEncoder().encode("x".repeat(1024 * 1024));
  let pieces = 0;
  let isCancelled = false;
  const body = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        pieces += 1;
        if (pieces > 32) controller.close();
        else controller.enqueue(piece);
      },
      cancel() {
        isCancelled = true;
      },
    });
  answers["https://mistral.test"] = () => new Response(body(), { status: 400 });
  expect(await ask({ id: "m", provider: "Mistral" })).toMatch(/^The model's provider answered 400: x+…/);
  expect(isCancelled).toBe(true);
  expect(pieces).toBeLessThan(8);
});
