import type { Agent } from "../../domain/agent.ts";
import { isObject } from "../../domain/json.ts";
import { MAX_COMPONENT_NAME_BYTES } from "../../domain/limits.ts";
import {
  DEFAULT_PROVIDER,
  MODEL_APIS,
  type ModelChoice,
  type ModelProvider,
  type ModelSettings,
  modelSettings,
} from "../../domain/model-choice.ts";
import { DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS, isTeam } from "../../domain/team.ts";

// The rules that the models of agents and teams must keep. A sentence for the deployer says what is wrong; null: nothing is.

/** So many models may stand behind one. The event log of a run tells of each change. */
const MAX_FALLBACKS = 8;
/** What the server decides about a request. */
const OURS = ["model", "messages", "input", "tools", "stream", "store"];
const CHOICES = ["auto", "required", "none"];

/** What a model's settings are checked against. */
interface Known {
  providers: readonly ModelProvider[];
  /** The names of the tools that the agent's model is told of. */
  tools: readonly string[];
}

/** All models that an agent or team names: its own, the one that names, the one that summarizes; and who sees what they think. */
export function modelsProblem(agent: Agent, owner: string, providers: readonly ModelProvider[]): string | null {
  const { tools = [], model, naming, summaries, showReasoning } = agent;
  const delegating = isTeam(agent) ? [DELEGATE_TO_MEMBER, DELEGATE_TO_MEMBERS] : [];
  const known: Known = { providers, tools: [...tools.map(({ name }) => name), ...delegating] };
  const named: [string, ModelChoice | undefined][] = [
    ["model", model],
    ["naming.model", naming?.model],
    ["summaries.model", summaries?.model],
  ];
  for (const [place, choice] of named) {
    const problem =
      choice === undefined ? null : (choiceProblem(choice, place, known) ?? fallbacksProblem(choice, place, known));
    if (problem !== null) return `${owner} has ${problem}`;
  }
  const problem = showReasoning === undefined ? null : flag(showReasoning, known);
  return problem === null ? null : `${owner} has showReasoning ${problem}`;
}

/** The models that stand behind one. */
function fallbacksProblem(choice: ModelChoice, place: string, known: Known): string | null {
  const { fallbacks = [] } = modelSettings(choice);
  if (!Array.isArray(fallbacks)) return `${place}.fallbacks that are no list. List the models in it.`;
  if (fallbacks.length > MAX_FALLBACKS) {
    return `${fallbacks.length} models in ${place}.fallbacks. At most ${MAX_FALLBACKS} are taken.`;
  }
  for (const [nth, fallback] of fallbacks.entries()) {
    const at = `${place}.fallbacks[${nth}]`;
    const problem = choiceProblem(fallback, at, known);
    if (problem !== null) return problem;
    if (modelSettings(fallback).fallbacks !== undefined) {
      return `fallbacks in ${at}. List all of them in ${place}.fallbacks, in their order.`;
    }
  }
  // A run knows by this name which of them it asks.
  const names = [choice, ...fallbacks].map(nameOf);
  const twice = names.findIndex((name, nth) => names.indexOf(name) !== nth);
  return twice < 0
    ? null
    : `the model '${modelSettings(fallbacks[twice - 1] ?? "").id}' of one provider twice in ${place} and its fallbacks. Name it once.`;
}

/** As runs show it: a listed provider may have the name of the deployment's own one. */
const nameOf = (choice: ModelChoice): string => {
  const { id, provider = DEFAULT_PROVIDER } = modelSettings(choice);
  return JSON.stringify([id, provider]);
};

function choiceProblem(choice: ModelChoice, place: string, known: Known): string | null {
  if (typeof choice !== "string" && !isObject(choice)) return `${place} that is no id and no object. Name a model.`;
  const settings = modelSettings(choice);
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(CHECKS, name));
  if (unknown !== undefined) return `the unknown setting '${unknown}' in ${place}. Check its spelling.`;
  for (const [name, check] of Object.entries(CHECKS)) {
    const value: unknown = settings[name as keyof ModelSettings];
    const problem = value === undefined && name !== "id" ? null : check(value, known);
    if (problem !== null) return `${typeof choice === "string" ? place : `${place}.${name}`} ${problem}`;
  }
  return null;
}

type Check = (value: unknown, known: Known) => string | null;

const number = (isFine: (value: number) => boolean, expected: string): Check => {
  return (value) =>
    typeof value === "number" && Number.isFinite(value) && isFine(value)
      ? null
      : `${shown(value)}. It must be ${expected}.`;
};
const text: Check = (value) =>
  typeof value === "string" && value.trim() !== "" ? null : `${shown(value)}. It must be a text, or left out.`;
const flag: Check = (value) => (typeof value === "boolean" ? null : `${shown(value)}. It must be true or false.`);

/** What each setting may be; completes the sentence "… has model.temperature …". */
const CHECKS: Record<keyof ModelSettings, Check> = {
  id: (value) => {
    if (typeof value !== "string" || value.trim() === "") return `${shown(value)}. Name one, or leave it out.`;
    const bytes = new TextEncoder().encode(value).length;
    return bytes > MAX_COMPONENT_NAME_BYTES
      ? `of ${bytes} bytes. At most ${MAX_COMPONENT_NAME_BYTES} are taken.`
      : null;
  },
  api: (value) =>
    MODEL_APIS.some((api) => api === value) ? null : `${shown(value)}. The APIs are ${MODEL_APIS.join(" and ")}.`,
  provider: (value, { providers }) =>
    providers.some(({ name }) => name === value)
      ? null
      : `${shown(value)}, which is no provider in src/agents/providers.ts.`,
  temperature: number((value) => value >= 0, "a number from 0 on"),
  topP: number((value) => value >= 0 && value <= 1, "a number from 0 to 1"),
  maxOutputTokens: number((value) => Number.isSafeInteger(value) && value >= 1, "a whole number from 1 on"),
  reasoning: (value) => {
    if (!isObject(value)) return `${shown(value)}. It must be an object with effort and summary, or one of them.`;
    const unknown = Object.entries(value).find(([name]) => name !== "effort" && name !== "summary");
    if (unknown !== undefined) return `with the unknown setting '${unknown[0]}'. It has effort and summary.`;
    const wrong = Object.entries(value).find(([, inner]) => inner !== undefined && text(inner, NOTHING) !== null);
    return wrong === undefined ? null : `with ${wrong[0]} ${text(wrong[1], NOTHING)}`;
  },
  verbosity: text,
  parallelToolCalls: flag,
  toolChoice: (value, { tools }) => {
    if (typeof value === "string" && CHOICES.includes(value)) return null;
    if (!isObject(value) || typeof value.tool !== "string") {
      return `${shown(value)}. It must be ${CHOICES.join(", ")}, or an object that names a tool.`;
    }
    return tools.includes(value.tool) ? null : `of the tool '${value.tool}', which it does not have.`;
  },
  extraBody: (value) => {
    if (!isObject(value)) return `${shown(value)}. It must be an object.`;
    const ours = OURS.find((name) => Object.hasOwn(value, name));
    return ours === undefined ? null : `with '${ours}', which the server sets itself. Take it out.`;
  },
  finishOnDone: flag,
  // The list and what stands in it is checked by itself.
  fallbacks: () => null,
};

const NOTHING: Known = { providers: [], tools: [] };

/** A wrong value as a sentence shows it. */
const shown = (value: unknown): string => {
  if (typeof value === "string") return `'${value}'`;
  return typeof value === "object" && value !== null ? "of the wrong kind" : String(value);
};
