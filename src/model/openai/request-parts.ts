/** What requests of both APIs have in common. Pure. */
import type { JsonObject } from "../../domain/json.ts";
import type { ModelRequest } from "../../domain/model.ts";
import type { ModelSettings } from "../../domain/model-choice.ts";

export interface RequestOptions {
  settings: ModelSettings;
  /** The model's `source`: provider data goes back only to the source that it came from. */
  source: string;
  server: Server;
}

export type Server = "openai" | "azure" | "google" | "other";

/** The longest digest that OpenAI takes as a cache key or a user id. */
const MAX_IDENTIFIER_CHARS = 64;
/** What `extraBody` cannot set: it is what the server decides about a request. */
const OURS = ["model", "messages", "input", "tools", "stream", "store"];

/** Whose server it is, as far as its host tells. It decides what is sent to OpenAI or Google only, and what is tried first. */
export function serverAt(baseUrl: string): Server {
  const host = URL.parse(baseUrl)?.hostname ?? "";
  if (/(?:^|\.)openai\.com$/.test(host)) return "openai";
  if (/(?:^|\.)openai\.azure\.com$/.test(host)) return "azure";
  return /(?:^|\.)googleapis\.com$/.test(host) ? "google" : "other";
}

export type ChosenTool = "auto" | "none" | "required" | { tool: string };

/**
 * `required`, and a tool by its name, hold for the first request of a run: after a round of tools they would make the model
 * call for ever.
 */
export function chosenTool(
  { tools, toolChoice, messages }: ModelRequest,
  chosen: ModelSettings["toolChoice"],
): ChosenTool {
  const isFirst = messages.at(-1)?.role !== "tool";
  if (toolChoice === "none" || chosen === "none") return "none";
  if (chosen === undefined || chosen === "auto" || !isFirst) return "auto";
  if (chosen === "required") return "required";
  // A tool that is not listed would be refused.
  return tools.some(({ name }) => name === chosen.tool) ? chosen : "auto";
}

export function identifiers({ promptCacheKey, safetyIdentifier }: ModelRequest) {
  return {
    ...(promptCacheKey !== undefined && { prompt_cache_key: promptCacheKey.slice(0, MAX_IDENTIFIER_CHARS) }),
    ...(safetyIdentifier !== undefined && { safety_identifier: safetyIdentifier.slice(0, MAX_IDENTIFIER_CHARS) }),
  };
}

export const withoutOurs = (extra: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => !OURS.includes(name)));
