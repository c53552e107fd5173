/** What a provider's failure is about, told by its status and its words. Pure. */
import { type ProviderFailure, textOf } from "./provider-failure.ts";

const TOO_LONG = [
  /context[\s_-]*(?:length|window|size|limit|overflow)/i,
  /max\w*[\s_-]+(?:prompt|input|sequence|model)[\s_-]+(?:length|tokens|size)/i,
  /(?:prompt|input|inputs|messages?|request|conversation|context|body|payload|entity|history)\b[^.!?]{0,60}?(?<!took )\btoo[\s_-](?:long|large|big|many)/i,
  /request_too_large|payload_too_large|too[\s_]many[\s_](?:input[\s_])?tokens/i,
  /request[^.!?]{0,30}exceeds?[^.!?]{0,30}maximum[^.!?]{0,20}size/i,
  /(?:prompt|input|message|request|model|total)\w*[\s_]+tokens?\b[^.!?]{0,80}\b(?:exceed|limit)/i,
  /exceed\w*\b[^.!?]{0,60}\b(?:tokens?|token[\s_]limit|max[\s_]\w*[\s_]length)\b/i,
  /input[\s_-]*tokens?[\s_-]*count|reduce the (?:length|size)|tokens to keep from the initial prompt/i,
];
/** The error is about the maximum length of the answer. That is a parameter, so a shorter history would not help. */
const OUTPUT_BUDGET =
  /max[\s_]?(?:completion|output|new)?[\s_]?tokens\b[^!?]{0,80}(?:too[\s_]large|exceed|greater|less than|at most|maximum|must be|range|> \d)/i;
const OF_THE_INPUT = /context|prompt|input|messages|sequence/i;
/**
 * Groq and Bedrock use, for an answer limit that is too large, words that other providers use for an input that is too long.
 */
const OF_THE_BUDGET_ALONE = /maximum value for `?max_\w*tokens|maximum tokens you requested exceeds/i;
/**
 * A 429 for one request above the per-minute limit: waiting does not help, a shorter history does. Any other 429 passes with
 * time.
 */
const LARGER_THAN_A_MINUTE = /request[\s_](?:is[\s_])?too[\s_]large|reduce your message size/i;

/** Items of earlier answers: encrypted for another key, lost, or without what belongs to them. */
const ITEMS =
  /invalid_encrypted_content|encrypted content\b.{0,200}\bcould not be|\bitem\b.{0,100}(?:not found|without its required)|duplicate item|no tool (?:output|call) found/i;

const KEY = /api[\s_-]?key|unauthori[sz]ed|authenticat|permission|access[\s_-]?denied|credential/i;
const MONEY = /quota|billing|\bcredits?\b|\bbalance\b|arrearage|payment|rate[\s_-]?limit|tokens per (?:min|day)/i;
const PLACE = /(?:location|country|region|territory)\b.{0,40}\bnot (?:supported|available)|unsupported_country/i;
const MODEL =
  /model[\s_-]*not[\s_-]*(?:found|exist)|(?:no such|unknown|invalid|deprecated|decommissioned|wrong)[\s_-]model|\bmodel\b.{0,80}(?:does not exist|not exist|not found|decommissioned|is not a valid|identifier is invalid|has been (?:retired|shut)|could not be found)|not a valid model/i;
const MODERATION =
  /content[\s_-]*(?:filter|policy|management)|moderation|flagged|usage polic|safety (?:system|filter|polic|setting)|high risk|exists risk|inappropriate|data_inspection|prohibited|responsible[\s_-]?ai|violat|guardrail|敏感|不安全/i;

/** Whether the provider says that it was sent more than the model can read. */
export function isTooLong(failure: ProviderFailure): boolean {
  const text = textOf(failure);
  return TOO_LONG.some((pattern) => pattern.test(text)) && !isOutputBudget(failure);
}

/** Whether the provider says that the answer may not be that long. */
export function isOutputBudget(failure: ProviderFailure): boolean {
  const { words } = failure;
  return OF_THE_BUDGET_ALONE.test(words) || (OUTPUT_BUDGET.test(words) && !OF_THE_INPUT.test(words));
}

/** Whether the provider cannot take back the items of its own earlier answers. */
export const isOfItems = (failure: ProviderFailure): boolean => ITEMS.test(textOf(failure));

/**
 * Whether the failure is about the key, the bill, the region, the model or moderation. Leaving something out of the request
 * would not help.
 */
export function isAboutAccount(failure: ProviderFailure): boolean {
  const text = textOf(failure);
  return [KEY, MONEY, PLACE, MODEL, MODERATION].some((pattern) => pattern.test(text));
}

/** Whether the provider may answer when it is sent less of the history. */
export function refusesHistory(
  failure: ProviderFailure,
  isOfParameter: (failure: ProviderFailure) => boolean,
): boolean {
  const { status } = failure;
  if (status === 401 || status === 402 || status === 403) return false;
  if (status === 429) return LARGER_THAN_A_MINUTE.test(failure.words);
  if (isTooLong(failure) || isOfItems(failure)) return true;
  if (status !== 400 && status !== 413 && status !== 422) return false;
  return !isAboutAccount(failure) && !isOfParameter(failure);
}
