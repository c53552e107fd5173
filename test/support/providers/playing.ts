/** The scripted model as a provider that refuses. */
import type { ModelApi } from "../../../src/domain/model-choice.ts";
import { type Responder, respond, type ScriptedModel } from "../scripted-model.ts";
import { CLAUDE } from "./claude.ts";
import { DEEPSEEK } from "./deepseek.ts";
import { GEMINI } from "./gemini.ts";
import { KIMI } from "./kimi.ts";
import { MISTRAL } from "./mistral.ts";
import { OPENAI_CHAT } from "./openai-chat.ts";
import { OPENAI_RESPONSES } from "./openai-responses.ts";
import { type ChatBody, type Provider, type ResponsesBody, refusal } from "./provider.ts";
import { STRICT_TEMPLATE } from "./strict-template.ts";

/** A provider with the API that it is asked by. */
export interface Played {
  name: string;
  api: ModelApi;
  /** Begins the ids of its models: by them it knows which requests are its own. */
  prefix: string;
  status: number;
  /** What it says beside an answer, before its text and behind its calls, in its own form. */
  thinks?: Record<string, unknown>;
  signs?: Record<string, unknown>;
  refuses(body: Record<string, unknown>): string | null;
  says(words: string): unknown;
}

const overChat = (
  provider: Provider,
  prefix: string,
  { thinks, signs }: Pick<Played, "thinks" | "signs"> = {},
): Played => ({
  ...provider,
  ...(thinks && { thinks }),
  ...(signs && { signs }),
  api: "chat",
  prefix,
  refuses: (body) => refusal(provider, body as ChatBody),
});

/** On the Responses API it is a summary of an item. */
const REASONING = { reasoning_content: "Hm." };

export const PLAYED: Played[] = [
  overChat(OPENAI_CHAT, "gpt-chat"),
  {
    ...OPENAI_RESPONSES,
    api: "responses",
    prefix: "gpt-responses",
    thinks: REASONING,
    refuses: (body) => refusal(OPENAI_RESPONSES, body as ResponsesBody),
  },
  overChat(MISTRAL, "mistral", {
    thinks: { content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] },
  }),
  overChat(KIMI, "kimi", { thinks: REASONING }),
  overChat(DEEPSEEK, "deepseek", { thinks: REASONING }),
  overChat(GEMINI, "gemini", { signs: { google: { thought_signature: "signed" } } }),
  overChat(CLAUDE, "claude", {
    thinks: { thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: "signed" }] },
  }),
  overChat(STRICT_TEMPLATE, "qwen", { thinks: { reasoning: "Hm." } }),
];

/** A model of the provider's that no other test asks: what is found out of one is remembered. */
export const modelOf = ({ prefix, api }: Played) => ({ id: `${prefix}-${crypto.randomUUID()}`, api });

export function providerOf(model: string): Played {
  const provider = PLAYED.find(({ prefix }) => model.startsWith(`${prefix}-`));
  if (provider === undefined) throw new Error(`Nobody has the model ${model}.`);
  return provider;
}

/** Answers as `responder` says, but what each model's provider refuses. What was refused is in the list. */
export function playProviders(model: ScriptedModel, responder: Responder): string[] {
  const refused: string[] = [];
  model.respondWith((request, number) => {
    const provider = providerOf(request.model);
    const words = provider.refuses(model.calls[number - 1]?.body ?? {});
    if (words === null) return responder(request, number);
    refused.push(`${provider.name}: ${words}`);
    return [respond(provider.status, provider.says(words))];
  });
  return refused;
}
