import type { FinishReason } from "../../../domain/model.ts";

/** `failed`: the provider broke the answer off, so it counts as no answer although there is a reason. */
export type Ending = FinishReason | "failed";

const FAILED = /^(?:error|abort(?:ed)?|network_error|insufficient_system_resource|engine_overloaded)$|malformed/i;
const CUT = /^(?:length|max_tokens|max_output_tokens|model_length)$|context_window/i;
const FILTERED =
  /^(?:sensitive|safety|recitation|refusal|blocklist|prohibited_content|spii|guardrail_intervened)$|^content_filter/i;

/** A provider's word for why it stopped. An unknown one is taken as a stop: the provider did say that the answer is over. */
export function endingOf(reason: string, calledTools: boolean): Ending {
  if (FAILED.test(reason)) return "failed";
  if (CUT.test(reason)) return "length";
  if (FILTERED.test(reason)) return "content_filter";
  // What was called decides, not the word: some servers say `stop` after calls, or `tool_calls` without any.
  return calledTools ? "tool_calls" : "stop";
}
