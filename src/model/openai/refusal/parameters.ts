/** Which optional parameter of a request a provider does not take. Pure. */
import { isObject, type Json, type JsonObject } from "../../../domain/json.ts";
import { isAboutAccount, isOfItems, isOutputBudget, isTooLong } from "./kinds.ts";
import { type ProviderFailure, textOf } from "./provider-failure.ts";

/**
 * What an adapter learned about a model: which parameter the model does not take, what that is called there, what its
 * messages need.
 */
export type Finding =
  /** `value`, as JSON, if only that value was refused: another one may be taken. */
  | { kind: "left_out"; parameter: string; value?: string }
  | { kind: "renamed"; parameter: string; to: string }
  /** A tool's schema is refused in strict form only. */
  | { kind: "loosened" }
  | { kind: "filled"; field: FilledField };

/**
 * What some models want of every answer in the history, also of those that another model gave. `reasoning_content`:
 * DeepSeek and Kimi, of all answers. `thought_signature`: Gemini 3, of calls.
 */
export type FilledField = "reasoning_content" | "thought_signature";

/** These parameters are never left out: the request would be invalid, or would ask for something else. */
const NEEDED = ["model", "messages", "input", "instructions", "tools", "stream", "store"];
/** Objects from which single members may be left out. */
const CONTAINERS = ["reasoning", "text"];
/**
 * OpenAI's names of the optional parameters that our adapters send. A provider may refuse a parameter that this request no
 * longer has. With this list the refusal still counts as one of a parameter.
 */
const KNOWN = [
  "max_tokens",
  "max_completion_tokens",
  "max_output_tokens",
  "stream_options",
  "reasoning_effort",
  "reasoning.effort",
  "reasoning.summary",
  "temperature",
  "top_p",
  "response_format",
  "text.format",
  "tool_choice",
  "parallel_tool_calls",
  "verbosity",
  "text.verbosity",
  "prompt_cache_key",
  "safety_identifier",
  "include",
];
const OTHER_NAME = new Map([
  ["max_tokens", "max_completion_tokens"],
  ["max_completion_tokens", "max_tokens"],
]);

/** How OpenAI, Azure, vLLM, llama.cpp, LiteLLM, Groq, DeepSeek, Gemini, Workers AI and strict validators say it. */
const SCHEMA =
  /response[\s_-]*(?:format|schema|mime)|json[\s_-]*(?:schema|mode|object)|\bschema\b|grammar|guided|structured[\s_-]*output|additionalProperties/i;
const EFFORT = /reasoning[\s_.-]*effort|not support (?:thinking|reasoning)\b|thinking[\s_-]*(?:level|budget|config)/i;
const IN_OTHER_WORDS = new Map([
  ["response_format", SCHEMA],
  ["text.format", SCHEMA],
  ["reasoning_effort", EFFORT],
  ["reasoning.effort", EFFORT],
  ["stream_options", /stream[\s_-]*options|include[\s_-]*usage/i],
  ["include", /encrypted[\s_-]*content|['"`]include['"`]/i],
  ["temperature", /\btemperature\b/i],
  ["verbosity", /\bverbosity\b/i],
  ["text.verbosity", /\bverbosity\b/i],
]);

const NAMES_NO_PARAMETER =
  /(?:un(?:known|supported|recogni[sz]ed|expected)|extra|invalid|additional|not? (?:support\w*|allowed|permitted))\b.{0,40}\b(?:parameter|argument|field|propert|input|key)|requested parameters|extra[_ ](?:inputs|forbidden)|drop_params/i;
const OF_ANY_PARAMETER =
  /not support (?:tools|function)|(?:unknown|unsupported|unrecogni[sz]ed) (?:request )?(?:parameter|argument)/i;
const OF_A_VALUE =
  /(?:unsupported|invalid)[ _]value|supported values|valid range|out of range|must be (?:one of|between|less|greater|at most)|too (?:large|small|high|low)\b/i;
const OF_A_SCHEMA = /schema|\bstrict\b|additionalProperties|invalid_function_parameters/i;
const MAX_VALUE_CHARS = 200;
/** A failure that says no more than that the request is refused. */
const SAYS_NOTHING =
  /^\W*(?:(?:\d{3}|error|message|code|type|param|status|bad[ _]request|invalid[ _](?:request|argument)(?:[ _]error)?|null|no body)\W*)*$/i;
const MAX_BARE_CHARS = 160;
const STATUSES: readonly number[] = [400, 404, 405, 406, 415, 422, 501];
const MESSAGES = /\b(?:messages?|input|prompt|contents)\b(?:[.[\s'"`]*\d|$)|^(?:messages|input|prompt|contents)\b/i;
const NEEDS_REASONING = /reasoning_content/i;
const NEEDS_SIGNATURE = /thought[\s_]?signature/i;
const IS_MISSING = /missing|must be passed|must (?:include|contain|have)|required/i;

/** What the next attempt changes. Null when no change would help. `found` is what earlier attempts changed. */
export function findOut(failure: ProviderFailure, body: JsonObject, found: readonly Finding[]): Finding | null {
  if (failure.status === null || !STATUSES.includes(failure.status)) return null;
  const field = missingField(failure);
  if (field !== null) {
    const isFilled = found.some((one) => one.kind === "filled" && one.field === field);
    return isFilled ? null : { kind: "filled", field };
  }
  if (isTooLong(failure) || isAboutAccount(failure) || isOfItems(failure)) return null;
  if (isOfStrictTool(failure) && hasStrictTool(body)) return { kind: "loosened" };
  const parameter = refusedParameter(failure, optionalParameters(body));
  if (parameter === null) return null;
  const to = OTHER_NAME.get(parameter);
  // The parameter has no other name, its other name was refused too, or its value is wrong. Then it is left out.
  const isLast =
    to === undefined || isOutputBudget(failure) || found.some((one) => "parameter" in one && one.parameter === to);
  if (!isLast) return { kind: "renamed", parameter, to };
  const value = refusedValue(failure, parameter, body);
  return { kind: "left_out", parameter, ...(value !== null && { value }) };
}

const toolsOf = ({ tools }: JsonObject): Json[] => (Array.isArray(tools) ? tools : []);
const isStrict = (tool: Json): tool is JsonObject => isObject(tool) && tool.strict === true;
const hasStrictTool = (body: JsonObject): boolean => toolsOf(body).some(isStrict);
const loosened = (tool: Json): Json => (isStrict(tool) ? { ...tool, strict: false } : tool);

const isOfStrictTool = (failure: ProviderFailure): boolean =>
  placesOf(failure).some((place) => place.startsWith("tools")) && OF_A_SCHEMA.test(textOf(failure));

/**
 * The refused value as JSON. Null when the parameter itself is refused, or the value is long. Null for a schema too, because
 * a server that refuses one schema refuses every schema.
 */
function refusedValue(failure: ProviderFailure, parameter: string, body: JsonObject): string | null {
  if (IN_OTHER_WORDS.get(parameter) === SCHEMA) return null;
  if (!OF_A_VALUE.test(textOf(failure)) && !isOutputBudget(failure)) return null;
  const value = JSON.stringify(valueAt(body, parameter));
  return value !== undefined && value.length <= MAX_VALUE_CHARS ? value : null;
}

function valueAt(body: JsonObject, parameter: string): Json | undefined {
  const [name = "", member] = parameter.split(".");
  const value = body[name];
  return member === undefined ? value : isObject(value) ? value[member] : undefined;
}

export const filledFields = (found: readonly Finding[]): FilledField[] =>
  found.flatMap((finding) => (finding.kind === "filled" ? [finding.field] : []));

/** The request as the findings want it. They are applied in the order in which they were found. */
export const withFindings = (body: JsonObject, found: readonly Finding[]): JsonObject =>
  found.reduce(withFinding, body);

function withFinding(body: JsonObject, finding: Finding): JsonObject {
  switch (finding.kind) {
    case "filled":
      return body;
    case "loosened":
      return { ...body, tools: toolsOf(body).map(loosened) };
    default:
      return withParameter(body, finding);
  }
}

/** The request without a parameter that was refused, or with it under its other name. */
function withParameter(body: JsonObject, finding: Extract<Finding, { parameter: string }>): JsonObject {
  const sent = valueAt(body, finding.parameter);
  const isOfValue = finding.kind === "left_out" && finding.value !== undefined;
  if (sent === undefined || (isOfValue && finding.value !== JSON.stringify(sent))) return body;
  const [name = "", member] = finding.parameter.split(".");
  const { [name]: value = null, ...rest } = body;
  if (finding.kind === "renamed") return { ...rest, [finding.to]: value };
  if (member === undefined || !isObject(value)) return rest;
  const { [member]: _refused, ...kept } = value;
  return Object.keys(kept).length === 0 ? rest : { ...rest, [name]: kept };
}

/** Whether a refusal is of a parameter, and not of what the messages hold. */
export function isOfParameter(failure: ProviderFailure): boolean {
  if (missingField(failure) !== null) return false;
  if (failure.param !== "") return !MESSAGES.test(failure.param);
  if (failure.places.some((place) => MESSAGES.test(place)) || MESSAGES.test(failure.words)) return false;
  return namedParameter(failure, KNOWN) !== null || OF_ANY_PARAMETER.test(failure.words);
}

function missingField(failure: ProviderFailure): FilledField | null {
  if (!IS_MISSING.test(failure.words)) return null;
  if (NEEDS_REASONING.test(failure.words)) return "reasoning_content";
  return NEEDS_SIGNATURE.test(failure.words) ? "thought_signature" : null;
}

function optionalParameters(body: JsonObject): string[] {
  return (
    Object.entries(body)
      // A dot stands between a container and its member.
      .filter(([name]) => !NEEDED.includes(name) && !name.includes("."))
      .flatMap(([name, value]) =>
        CONTAINERS.includes(name) && isObject(value) ? Object.keys(value).map((member) => `${name}.${member}`) : [name],
      )
  );
}

/** The parameter that is named, else the schema, which servers refuse in the most ways. */
function refusedParameter(failure: ProviderFailure, parameters: readonly string[]): string | null {
  const named = namedParameter(failure, parameters);
  if (named !== null || placesOf(failure).length > 0) return named;
  const isUnnamed = NAMES_NO_PARAMETER.test(textOf(failure)) || isBare(failure);
  return (isUnnamed ? parameters.find((name) => IN_OTHER_WORDS.get(name) === SCHEMA) : undefined) ?? null;
}

function namedParameter(failure: ProviderFailure, parameters: readonly string[]): string | null {
  const places = placesOf(failure);
  const exact = places.map((place) => parameters.find((name) => isAt(place, name) || isIn(name, place))).find(Boolean);
  // If the error names places but none is an optional parameter, only the places are searched for a name. The text is then
  // about something that the request needs.
  return exact ?? mentioned(places.length > 0 ? places.join(" ") : textOf(failure), parameters);
}

const placesOf = ({ param, places }: ProviderFailure): string[] => [param, ...places].filter((place) => place !== "");

/** The parameter that is named first. */
function mentioned(text: string, parameters: readonly string[]): string | null {
  const places = parameters
    .map((name) => ({ name, at: text.search(patternOf(name)) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return places[0]?.name ?? null;
}

/** `top_p` is also `topP`, `top-p` and `top p`. A name of one word counts in quotes only: it may mean something else. */
function patternOf(name: string): RegExp {
  const other = IN_OTHER_WORDS.get(name);
  if (other !== undefined) return other;
  const words = name.split(/[_.]/).map((word) => word.replace(/[^\w]/g, "\\$&"));
  return words.length === 1
    ? new RegExp(`['"\`]${words[0]}['"\`]`, "i")
    : new RegExp(`(?<![A-Za-z0-9_])${words.join("[\\s_.-]*")}(?![A-Za-z0-9_])`, "i");
}

/** `response_format.type` is in `response_format`. */
const isAt = (place: string, name: string): boolean =>
  place === name || place.startsWith(`${name}.`) || place.startsWith(`${name}[`);
/** `reasoning.effort` is in `reasoning`. */
const isIn = (name: string, place: string): boolean => name.startsWith(`${place}.`);

function isBare(failure: ProviderFailure): boolean {
  const said = `${failure.codes} ${failure.words}`;
  return failure.status !== 404 && said.length <= MAX_BARE_CHARS && SAYS_NOTHING.test(said);
}
