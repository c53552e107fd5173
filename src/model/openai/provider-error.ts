/**
 * A failure of the provider as the sentence a caller may read. Providers echo keys (in 401s), whole requests (in 400s)
 * and web pages (from proxies), so their words go through here: keys and prompts are masked, and little is kept.
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { ModelError, type ModelRequest } from "../../domain/model.ts";
import { refusesHistory } from "./refusal/kinds.ts";
import { isOfParameter } from "./refusal/parameters.ts";
import { type ProviderFailure, providerFailure } from "./refusal/provider-failure.ts";

/** What must not come back in a message. */
export interface Confidential {
  /** Keys and credentials: masked from five characters in a row on, for some servers show a part of what they got. */
  secrets: string[];
  /** What the model was sent: masked if it is quoted whole, or for twenty characters or more. */
  prompt: string[];
}

const MAX_MESSAGE_CHARS = 300;
/** Read from a provider's message before masking; what is cut later would be cut anyway. */
const MAX_READ_CHARS = 1_000;
const SECRET_RUN_CHARS = 5;
const PROMPT_RUN_CHARS = 20;
const SHORTEST_PROMPT_CHARS = 5;
const MASK = "***";

/** Everything of a request that people, models and tools wrote, also in the form that JSON gives it. */
export function promptTexts(request: ModelRequest): string[] {
  const plain = request.messages.flatMap((message) =>
    message.role === "assistant"
      ? [message.content, ...message.toolCalls.map((call) => call.arguments), message.providerData?.data ?? ""]
      : [message.content],
  );
  const escaped = plain.map((text) => JSON.stringify(text).slice(1, -1));
  return [...new Set([...plain, ...escaped])];
}

export function modelTimeout(timeoutMs: number): ModelError {
  const message = `The model's provider did not answer within ${timeoutMs / 1000} seconds.`;
  return new ModelError("model_timeout", message, { isAway: true });
}

/** Whatever the client or the stream threw, as a ModelError. It carries no cause: that would hold what is masked here. */
export function toModelError(error: unknown, timeoutMs: number, confidential: Confidential): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionTimeoutError) return modelTimeout(timeoutMs);
  if (error instanceof APIConnectionError) {
    return new ModelError("model_provider_error", "The model's provider could not be reached.", { isAway: true });
  }
  if (error instanceof SyntaxError) {
    return new ModelError("model_provider_error", "The model's provider sent an answer that is not valid JSON.");
  }
  if (!(error instanceof APIError)) {
    return new ModelError("model_provider_error", "The connection to the model's provider broke off.", {
      isAway: true,
    });
  }
  const failure = providerFailure(error);
  const said = shownMessage(failure.words, confidential);
  const what = error.status === undefined ? "reported an error" : `answered ${error.status}`;
  const message = `The model's provider ${what}${said === "" ? "." : `: ${said}`}`;
  const type = isRateLimit(failure) ? "model_rate_limit_error" : "model_provider_error";
  return new ModelError(type, message, {
    status: failure.status,
    refusesHistory: refusesHistory(failure, isOfParameter),
    isAway: isRateLimit(failure) || (failure.status !== null && failure.status >= 500),
  });
}

const isRateLimit = ({ status, codes }: ProviderFailure): boolean =>
  status === 429 || codes.split(" ").includes("rate_limit_exceeded");

/** A provider's words, safe to show: one line of at most 300 characters, keys and prompt masked. */
export function shownMessage(said: string, { secrets, prompt }: Confidential): string {
  let text = unescaped(said).slice(0, MAX_READ_CHARS);
  for (const secret of secrets) text = maskRuns(text, secret, SECRET_RUN_CHARS);
  for (const part of prompt) {
    const whole = part.trim();
    if (whole.length >= SHORTEST_PROMPT_CHARS) text = text.replaceAll(whole, MASK);
    text = maskRuns(text, part, PROMPT_RUN_CHARS);
  }
  text = maskKeys(text)
    .replace(/<(style|script)\b.*?<\/\1>/gis, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  const characters = [...text];
  return characters.length <= MAX_MESSAGE_CHARS ? text : `${characters.slice(0, MAX_MESSAGE_CHARS - 1).join("")}…`;
}

/** Servers that quote a request as JSON of ASCII write a prompt of another script so that no part of it is found. */
function unescaped(said: string): string {
  return said.replace(/\\+u([0-9a-f]{4})/gi, (_escape, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Masks every run of at least `minChars` that the text has in common with `source`. */
function maskRuns(text: string, source: string, minChars: number): string {
  let masked = "";
  let start = 0;
  while (start < text.length) {
    let end = start + minChars;
    if (end > text.length || !source.includes(text.slice(start, end))) {
      masked += text[start];
      start += 1;
      continue;
    }
    while (end < text.length && source.includes(text.slice(start, end + 1))) end += 1;
    masked += MASK;
    start = end;
  }
  return masked;
}

/** Masks what looks like a key, whoever's it is. */
function maskKeys(text: string): string {
  return (
    text
      .replace(/\/\/[^\s/@]+@/g, `//${MASK}@`)
      .replace(/\b(bearer|basic)\s+[\w.~+/=*-]{4,}/gi, `$1 ${MASK}`)
      .replace(/([?&][\w-]*(?:key|token|secret|password|sig)[\w-]*=)[^\s&]+/gi, `$1${MASK}`)
      .replace(/\b(?:(?:sk|pk|rk|gsk|xai|hf|ghp|gho|ghs|nvapi|pplx)[-_]|AIza|AKIA)[\w.*-]{6,}/g, MASK)
      .replace(/[\w-]*\*{3,}[\w*-]*/g, MASK)
      // Letters and digits mixed in one long piece; a model's name has short pieces.
      .replace(/(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{20,}/g, MASK)
  );
}
