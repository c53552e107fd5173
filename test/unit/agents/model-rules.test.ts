import { describe, expect, it } from "vitest";
import { z } from "zod";
import { register } from "../../../src/agents/registry/register.ts";
import type { Agent } from "../../../src/domain/agent.ts";
import type { ModelProvider, ModelSettings } from "../../../src/domain/model-choice.ts";
import type { Team } from "../../../src/domain/team.ts";
import type { Tool } from "../../../src/domain/tool.ts";

const ada: Agent = { id: "ada", name: "Ada" };
const mistral: ModelProvider = { name: "Mistral", baseUrl: "https://api.mistral.ai/v1", secret: "MISTRAL_API_KEY" };
const send: Tool = { name: "send", description: "d", parameters: z.object({}), execute: () => 1 };

/** Passes what the types forbid too: a deployer may write JavaScript. */
function refusal(fields: object, providers: ModelProvider[] = [mistral]): string {
  try {
    register([{ ...ada, ...fields }], providers);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "accepted";
}

const model = (settings: object) => ({ model: { id: "m", ...settings } });
const loop: ModelSettings = { id: "m" };
loop.fallbacks = [loop];

describe("the settings of a model", () => {
  it.each<[string, object, string]>([
    ["an empty id", { model: "" }, "Agent 'Ada' has model ''. Name one, or leave it out."],
    ["an object without an id", { model: {} }, "Agent 'Ada' has model.id undefined. Name one, or leave it out."],
    ["blanks", model({ id: " " }), "Agent 'Ada' has model.id ' '. Name one, or leave it out."],
    ["no model at all", { model: 5 }, "Agent 'Ada' has model that is no id and no object. Name a model."],
    [
      "an unknown provider",
      model({ provider: "Mistrel" }),
      "Agent 'Ada' has model.provider 'Mistrel', which is no provider in src/agents/providers.ts.",
    ],
    ["an unknown api", model({ api: "rest" }), "Agent 'Ada' has model.api 'rest'. The APIs are chat and responses."],
    [
      "a temperature in words",
      model({ temperature: "0.5" }),
      "Agent 'Ada' has model.temperature '0.5'. It must be a number from 0 on.",
    ],
    [
      "a temperature that is no number",
      model({ temperature: Number.NaN }),
      "Agent 'Ada' has model.temperature NaN. It must be a number from 0 on.",
    ],
    ["a topP above 1", model({ topP: 2 }), "Agent 'Ada' has model.topP 2. It must be a number from 0 to 1."],
    [
      "no output at all",
      model({ maxOutputTokens: 0 }),
      "Agent 'Ada' has model.maxOutputTokens 0. It must be a whole number from 1 on.",
    ],
    [
      "reasoning that is a word",
      model({ reasoning: "high" }),
      "Agent 'Ada' has model.reasoning 'high'. It must be an object with effort and summary, or one of them.",
    ],
    [
      "an effort that is a number",
      model({ reasoning: { effort: 3 } }),
      "Agent 'Ada' has model.reasoning with effort 3. It must be a text, or left out.",
    ],
    [
      "reasoning with a setting that it does not have",
      model({ reasoning: { efort: "low" } }),
      "Agent 'Ada' has model.reasoning with the unknown setting 'efort'. It has effort and summary.",
    ],
    [
      "a verbosity that is none",
      model({ verbosity: 1 }),
      "Agent 'Ada' has model.verbosity 1. It must be a text, or left out.",
    ],
    [
      "parallel calls in words",
      model({ parallelToolCalls: "no" }),
      "Agent 'Ada' has model.parallelToolCalls 'no'. It must be true or false.",
    ],
    [
      "an unknown way to choose",
      model({ toolChoice: "any" }),
      "Agent 'Ada' has model.toolChoice 'any'. It must be auto, required, none, or an object that names a tool.",
    ],
    [
      "the choice of a tool that the agent does not have",
      { ...model({ toolChoice: { tool: "sned" } }), tools: [send] },
      "Agent 'Ada' has model.toolChoice of the tool 'sned', which it does not have.",
    ],
    ...["model", "messages", "input", "tools", "stream", "store"].map((name): [string, object, string] => [
      `an extraBody with ${name}`,
      model({ extraBody: { [name]: 1 } }),
      `Agent 'Ada' has model.extraBody with '${name}', which the server sets itself. Take it out.`,
    ]),
    [
      "an extraBody that is a list",
      model({ extraBody: [] }),
      "Agent 'Ada' has model.extraBody of the wrong kind. It must be an object.",
    ],
    [
      "a misspelt setting",
      model({ temprature: 1 }),
      "Agent 'Ada' has the unknown setting 'temprature' in model. Check its spelling.",
    ],
    [
      "a wrong fallback",
      model({ fallbacks: ["n", { id: "o", topP: -1 }] }),
      "Agent 'Ada' has model.fallbacks[1].topP -1. It must be a number from 0 to 1.",
    ],
    [
      "a fallback with fallbacks",
      model({ fallbacks: [{ id: "n", fallbacks: ["o"] }] }),
      "Agent 'Ada' has fallbacks in model.fallbacks[0]. List all of them in model.fallbacks, in their order.",
    ],
    [
      "fallbacks in a circle",
      { model: loop },
      "Agent 'Ada' has fallbacks in model.fallbacks[0]. List all of them in model.fallbacks, in their order.",
    ],
    [
      "a fallback that is the model itself",
      model({ fallbacks: ["n", { id: "m", temperature: 0 }] }),
      "Agent 'Ada' has the model 'm' of one provider twice in model and its fallbacks. Name it once.",
    ],
    [
      "reasoning that is kept from callers in words",
      { showReasoning: "no" },
      "Agent 'Ada' has showReasoning 'no'. It must be true or false.",
    ],
    [
      "too many fallbacks",
      model({ fallbacks: [..."abcdefghi"] }),
      "Agent 'Ada' has 9 models in model.fallbacks. At most 8 are taken.",
    ],
    [
      "no list of fallbacks",
      model({ fallbacks: "n" }),
      "Agent 'Ada' has model.fallbacks that are no list. List the models in it.",
    ],
    [
      "a wrong model of names",
      { naming: { model: { id: "n", provider: "x" } } },
      "Agent 'Ada' has naming.model.provider 'x', which is no provider in src/agents/providers.ts.",
    ],
    [
      "a wrong model of summaries",
      { summaries: { model: { id: "n", maxOutputTokens: 1.5 } } },
      "Agent 'Ada' has summaries.model.maxOutputTokens 1.5. It must be a whole number from 1 on.",
    ],
  ])("are refused with %s", (_what, fields, message) => {
    expect(refusal(fields)).toBe(message);
  });

  it("are taken with every setting, and the same model of two providers may stand behind each other", () => {
    const all: Required<ModelSettings> = {
      id: "m",
      api: "responses",
      provider: "Mistral",
      temperature: 0,
      topP: 1,
      maxOutputTokens: 1,
      reasoning: { effort: "low", summary: "auto" },
      verbosity: "low",
      parallelToolCalls: false,
      toolChoice: { tool: "send" },
      extraBody: { seed: 1 },
      finishOnDone: true,
      fallbacks: ["m", { id: "n" }],
    };
    expect(refusal({ model: all, tools: [send] })).toBe("accepted");
    expect(refusal({ model: { id: "m", temperature: undefined, toolChoice: "required" } })).toBe("accepted");
  });

  it("are refused where a fallback has the name of the model, because its provider is called as the deployment's own", () => {
    const other = { ...mistral, name: "OpenAI" };
    expect(refusal(model({ fallbacks: [{ id: "m", provider: "OpenAI" }] }), [other])).toBe(
      "Agent 'Ada' has the model 'm' of one provider twice in model and its fallbacks. Name it once.",
    );
    expect(refusal(model({ fallbacks: [{ id: "n", provider: "OpenAI" }] }), [other])).toBe("accepted");
  });

  it("may choose the tool by which a team delegates", () => {
    const team: Team = {
      id: "t",
      name: "T",
      mode: "coordinate",
      members: ["ada"],
      model: { id: "m", toolChoice: { tool: "delegate_task_to_member" } },
    };
    expect(() => register([ada, team])).not.toThrow();
  });
});

describe("the history of an agent", () => {
  it.each<[string, object, string]>([
    [
      "runs and messages",
      { numHistoryRuns: 1, numHistoryMessages: 1 },
      "Agent 'Ada' has numHistoryRuns and numHistoryMessages. Keep one of them.",
    ],
    [
      "a part of a run",
      { numHistoryRuns: 0.5 },
      "Agent 'Ada' has numHistoryRuns 0.5. It must be a whole number; 0 is none.",
    ],
    [
      "fewer than no calls",
      { maxToolCallsFromHistory: -1 },
      "Agent 'Ada' has maxToolCallsFromHistory -1. It must be a whole number; 0 is none.",
    ],
    [
      "no bytes",
      { maxHistoryBytes: 0 },
      "Agent 'Ada' has maxHistoryBytes 0. It must be a whole number from 1 to 1048576.",
    ],
    [
      "too many bytes",
      { maxHistoryBytes: 1048577 },
      "Agent 'Ada' has maxHistoryBytes 1048577. It must be a whole number from 1 to 1048576.",
    ],
    [
      "an unknown way out",
      { onRefusedHistory: "retry" },
      "Agent 'Ada' has the unknown onRefusedHistory 'retry'. It must be drop or fail.",
    ],
  ])("is refused with %s", (_what, fields, message) => {
    expect(refusal(fields)).toBe(message);
  });
});

describe("the list of providers", () => {
  it.each<[string, object[], string]>([
    ["an empty name", [{ ...mistral, name: "" }], "A provider has an empty name. Give it one."],
    ["a name twice", [mistral, mistral], "Provider 'Mistral' is listed twice. Give one another name."],
    [
      "no URL",
      [{ ...mistral, baseUrl: "api.mistral.ai" }],
      "Provider 'Mistral' has the baseUrl 'api.mistral.ai'. It must be an http or https URL.",
    ],
    [
      "a key in the place of its name",
      [{ ...mistral, secret: "sk-abc" }],
      "Provider 'Mistral' has a secret that is no name of a variable. Write the name of the secret, not the key.",
    ],
    [
      "an unknown api",
      [{ ...mistral, api: "rest" }],
      "Provider 'Mistral' has the unknown api 'rest'. The APIs are chat and responses.",
    ],
    [
      "one secret for two servers",
      [mistral, { ...mistral, name: "Other", baseUrl: "https://other.example/v1" }],
      "Providers 'Mistral' and 'Other' have the same secret MISTRAL_API_KEY, and are different servers. A key goes to one server only.",
    ],
  ])("is refused with %s", (_what, providers, message) => {
    expect(refusal({}, providers as ModelProvider[])).toBe(message);
  });
});
