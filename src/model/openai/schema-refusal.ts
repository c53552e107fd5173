/**
 * Servers and models that take no `response_format` with a JSON schema. Nothing tells beforehand which they are, so they
 * are asked with it, and again without it when they refuse it. What is learned is kept for the isolate's lifetime.
 */
import { APIError } from "openai";
import { isObject } from "../../domain/json.ts";

/** Far more models than a deployment has; beyond it the one that was learned first is asked anew. */
const MAX_REMEMBERED = 256;
const refusing = new Set<string>();

/** One model at one server. */
export const modelKey = (baseUrl: string, model: string): string => `${baseUrl}\n${model}`;

export const isKnownToRefuse = (key: string): boolean => refusing.has(key);

export function rememberRefusal(key: string): void {
  refusing.delete(key);
  refusing.add(key);
  const [first] = refusing;
  if (refusing.size > MAX_REMEMBERED && first !== undefined) refusing.delete(first);
}

const STATUSES: readonly number[] = [400, 404, 405, 406, 415, 422, 501];
/** How OpenAI, Azure, vLLM, llama.cpp, LiteLLM, Groq, DeepSeek, Gemini, Workers AI and strict validators say it. */
const NAMES_IT =
  /response[\s_-]*(?:format|schema|mime)|json[\s_-]*(?:schema|mode|object)|\bschema\b|grammar|guided|structured[\s_-]*output|additionalProperties/i;
const NAMES_NO_PARAMETER =
  /(?:un(?:known|supported|recogni[sz]ed|expected)|extra|invalid|additional|not? (?:support\w*|allowed|permitted))\b.{0,40}\b(?:parameter|argument|field|propert|input|key)|requested parameters|extra[_ ](?:inputs|forbidden)|drop_params/i;
/** A body that says no more than that the request is refused. */
const SAYS_NOTHING =
  /^\W*(?:(?:\d{3}|error|message|code|type|param|status|bad[ _]request|invalid[ _]request(?:[ _]error)?|null|no body)\W*)*$/i;
const MAX_BARE_CHARS = 160;
const IS_ABOUT_SOMETHING_ELSE =
  /context[\s_-]*(?:length|window)|maximum[\s\w]*(?:tokens|length)|too[\s_](?:long|large|many)|quota|billing|credit|balance|api[\s_-]?key|unauthori[sz]ed|authentication|permission|rate[\s_-]?limit/i;
const MAX_READ_CHARS = 4_000;

/** Whether the provider may have refused the request for its schema, so that it is worth asking without one. */
export function mayRefuseSchema(error: unknown): boolean {
  if (!(error instanceof APIError)) return false;
  const body: unknown = error.error;
  // Inside of a stream the status is in the error object, if anywhere.
  const status = error.status ?? Number(isObject(body) ? body.code : error.code);
  if (!STATUSES.includes(status)) return false;
  if (typeof error.param === "string" && error.param !== "") return NAMES_IT.test(error.param);
  const said = (body === undefined ? error.message : JSON.stringify(body)).slice(0, MAX_READ_CHARS);
  if (IS_ABOUT_SOMETHING_ELSE.test(said)) return false;
  return NAMES_IT.test(said) || NAMES_NO_PARAMETER.test(said) || (status !== 404 && isBare(said));
}

const isBare = (said: string): boolean => said.length <= MAX_BARE_CHARS && SAYS_NOTHING.test(said);
