/** The conversation as Chat Completions takes it, with the provider data of the model that is asked. Pure. */
import { isObject, type JsonObject } from "../../../domain/json.ts";
import type { ModelMessage, ToolCall } from "../../../domain/model.ts";
import type { FilledField } from "../refusal/parameters.ts";
import { toWireArguments, toWireName } from "../sent-calls.ts";
import { CallIds } from "./call-ids.ts";
import { NOTHING_BESIDE, readProviderData, type SaidBeside } from "./provider-data.ts";

type AssistantMessage = Extract<ModelMessage, { role: "assistant" }>;

/** Kimi refuses an empty `reasoning_content`, and takes this. */
const NO_REASONING = " ";
/** Google documents it for calls that another model made, or that came without a signature. */
const UNSIGNED = { google: { thought_signature: "skip_thought_signature_validator" } };

export function toWireMessages(
  messages: readonly ModelMessage[],
  source: string,
  fields: readonly FilledField[],
): Record<string, unknown>[] {
  const beside = messages.map((message) =>
    message.role === "assistant" ? readProviderData(message.providerData ?? null, source) : NOTHING_BESIDE,
  );
  // A provider that has sent `reasoning_content` wants it with every assistant message, also with those of other models.
  const fills: Fills = {
    reasoning: fields.includes("reasoning_content") || beside.some((said) => said.reasoning_content !== undefined),
    signature: fields.includes("thought_signature"),
  };
  const ids = new CallIds(source);
  return messages.map((message, nth) => toWireMessage(message, beside[nth] ?? NOTHING_BESIDE, fills, ids));
}

interface Fills {
  reasoning: boolean;
  signature: boolean;
}

function toWireMessage(message: ModelMessage, beside: SaidBeside, fills: Fills, ids: CallIds): Record<string, unknown> {
  // A text may have been cut inside a surrogate pair. Strict servers refuse such text. Unless it is repaired here, every
  // later run of the session fails.
  const content = message.content.toWellFormed();
  switch (message.role) {
    case "system":
    case "user":
      return { role: message.role, content };
    case "assistant":
      return assistantMessage(message, beside, fills, ids);
    case "tool":
      return { role: "tool", tool_call_id: ids.of(message.toolCallId), content };
  }
}

function assistantMessage(
  { content, toolCalls }: AssistantMessage,
  beside: SaidBeside,
  fills: Fills,
  ids: CallIds,
): Record<string, unknown> {
  const { thinking, tool_calls: said = [], reasoning_details: details, ...sameNames } = beside;
  const text = content.toWellFormed();
  const calls = toolCalls.map((call, nth) => toWireCall(call, ids.of(call.id), extraOf(said, toolCalls, nth)));
  const [first] = calls;
  // Gemini signs only the first of several parallel calls. So only the first needs a signature.
  if (fills.signature && first !== undefined && !isSigned(first.extra_content)) {
    first.extra_content = { ...first.extra_content, ...UNSIGNED };
  }
  return {
    role: "assistant",
    content: thinking === undefined ? contentOf(text, calls.length) : withThinking(thinking, text),
    ...(fills.reasoning && { reasoning_content: NO_REASONING }),
    ...sameNames,
    ...(details !== undefined && { reasoning_details: ids.in(details, toolCalls) }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

const contentOf = (text: string, calls: number): string | null => (text === "" && calls > 0 ? null : text);

/** Mistral's form of what it thought. */
const withThinking = (thinking: string, text: string) => [
  { type: "thinking", thinking: [{ type: "text", text: thinking }] },
  ...(text === "" ? [] : [{ type: "text", text }]),
];

/**
 * The provider data of the call at this place. It is found by the call's id, or by its place if the ids were written anew.
 */
function extraOf(
  said: NonNullable<SaidBeside["tool_calls"]>,
  calls: readonly ToolCall[],
  nth: number,
): JsonObject | undefined {
  const ofId = said.find(({ id }) => id === calls[nth]?.id);
  const ofPlace = said.find(({ at, id }) => at === nth && !calls.some((call) => call.id === id));
  return (ofId ?? ofPlace)?.extra_content;
}

const isSigned = (extra: JsonObject | undefined): boolean =>
  isObject(extra?.google) && typeof extra.google.thought_signature === "string";

interface WireCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
  extra_content?: JsonObject;
}

function toWireCall(call: ToolCall, id: string, extra: JsonObject | undefined): WireCall {
  return {
    id,
    type: "function",
    function: { name: toWireName(call.name), arguments: toWireArguments(call.arguments) },
    ...(extra !== undefined && { extra_content: extra }),
  };
}
