import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelMessage, ToolSpec } from "../../../../src/domain/model.ts";
import { sourceOf } from "../../../../src/domain/model-choice.ts";
import { validMessages } from "../../../../src/engine/prompt/valid-messages.ts";
import { toWireRequest } from "../../../../src/model/openai/chat/request.ts";
import { type Finding, filledFields, findOut } from "../../../../src/model/openai/refusal/parameters.ts";
import { serverAt } from "../../../../src/model/openai/request-parts.ts";
import { toResponsesRequest } from "../../../../src/model/openai/responses/request.ts";
import { FOREIGN, listedTools, messageHistory, type Source } from "../../../support/message-histories.ts";
import { CLAUDE } from "../../../support/providers/claude.ts";
import { DEEPSEEK } from "../../../support/providers/deepseek.ts";
import { GEMINI } from "../../../support/providers/gemini.ts";
import { KIMI } from "../../../support/providers/kimi.ts";
import { MISTRAL } from "../../../support/providers/mistral.ts";
import { OPENAI_CHAT } from "../../../support/providers/openai-chat.ts";
import { OPENAI_RESPONSES } from "../../../support/providers/openai-responses.ts";
import { type ChatBody, type Provider, type ResponsesBody, refusal } from "../../../support/providers/provider.ts";
import { STRICT_TEMPLATE } from "../../../support/providers/strict-template.ts";

/** In CI a thousand; before a release `MESSAGE_HISTORIES=100000`. */
const RUNS = Number(process.env.MESSAGE_HISTORIES ?? 1_000);
const TIMEOUT_MS = 30_000 + RUNS * 20;

/** What each asked model itself says beside its answers. */
const CHAT: { provider: Provider; baseUrl: string; says: Source["says"] }[] = [
  { provider: OPENAI_CHAT, baseUrl: "https://api.openai.com/v1", says: () => "{}" },
  { provider: MISTRAL, baseUrl: "https://api.mistral.ai/v1", says: () => JSON.stringify({ thinking: "Hm." }) },
  { provider: KIMI, baseUrl: "https://api.moonshot.ai/v1", says: () => JSON.stringify({ reasoning_content: "Hm." }) },
  {
    provider: DEEPSEEK,
    baseUrl: "https://api.deepseek.com/v1",
    says: () => JSON.stringify({ reasoning_content: "Hm \ud83d" }),
  },
  {
    provider: GEMINI,
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    says: ({ toolCalls: [first] }) => {
      const extra = { google: { thought_signature: "signed" } };
      return JSON.stringify(
        first ? { tool_calls: [{ at: 0, id: first.id, extra_content: extra }] } : { extra_content: extra },
      );
    },
  },
  {
    provider: CLAUDE,
    baseUrl: "https://gateway.test/v1",
    says: () => JSON.stringify({ thinking_blocks: [{ type: "thinking", thinking: "Hm.", signature: "signed" }] }),
  },
  { provider: STRICT_TEMPLATE, baseUrl: "http://vllm.test/v1", says: () => JSON.stringify({ reasoning: "Hm." }) },
];

const FOREIGN_SOURCE: Source = {
  source: "chat elsewhere.test/v1 other",
  says: () =>
    JSON.stringify({
      reasoning_content: FOREIGN,
      reasoning: FOREIGN,
      thinking: FOREIGN,
      extra_content: { a: FOREIGN },
    }),
};
const FOREIGN_RESPONSES: Source = {
  source: "responses elsewhere.test/v1 other",
  says: () => JSON.stringify([{ type: "reasoning", id: FOREIGN, summary: [], encrypted_content: FOREIGN }]),
};

const RESPONSES_URL = "https://api.openai.com/v1";
const RESPONSES: Source = {
  source: sourceOf("responses", RESPONSES_URL, "model"),
  says: ({ content, toolCalls }, number) => {
    const reasoning = `rs_${number}`;
    return JSON.stringify([
      { type: "reasoning", id: reasoning, summary: [], ...(number % 3 > 0 && { encrypted_content: "encrypted" }) },
      ...(content.trim() === ""
        ? []
        : [
            {
              type: "message",
              id: `msg_${number}_needs_${reasoning}`,
              role: "assistant",
              content: [{ type: "output_text", text: content }],
            },
          ]),
      ...toolCalls.map((call, nth) => ({
        type: "function_call",
        id: `fc_${number}${nth}_needs_${reasoning}`,
        call_id: call.id,
        name: call.name,
        arguments: call.arguments,
      })),
    ]);
  },
};

/** Sends as the adapter does: what the provider names as missing is filled, and it is asked once more. */
function sent<Body>(
  provider: Provider<Body>,
  toBody: (found: Finding[]) => Body,
): { body: Body; words: string | null } {
  let found: Finding[] = [];
  for (;;) {
    const body = toBody(found);
    const words = refusal(provider, body);
    const failure = { status: provider.status, param: "", places: [], words: words ?? "", codes: "" };
    const finding = words === null ? null : findOut(failure, {}, found);
    if (finding === null) return { body, words };
    found = [...found, finding];
  }
}

function property(
  source: string,
  sources: Source[],
  check: (messages: ModelMessage[], tools: ToolSpec[]) => void,
): void {
  fc.assert(fc.property(messageHistory(sources, source), listedTools, check), { numRuns: RUNS });
}

describe("Whatever a history holds, no provider refuses it", () => {
  it.each(CHAT)("$provider.name", { timeout: TIMEOUT_MS }, ({ provider, baseUrl, says }) => {
    const source = sourceOf("chat", baseUrl, "model");
    property(source, [{ source, says }, FOREIGN_SOURCE, RESPONSES], (messages, tools) => {
      const request = { messages: validMessages(messages, tools), tools, toolChoice: "auto" as const };
      const options = { settings: { id: "model" }, source, server: serverAt(baseUrl) };
      const { body, words } = sent(
        provider,
        (found) => toWireRequest(request, options, filledFields(found)) as unknown as ChatBody,
      );
      expect(words).toBeNull();
      expect(JSON.stringify(body)).not.toContain(FOREIGN);
    });
  });

  it(OPENAI_RESPONSES.name, { timeout: TIMEOUT_MS }, () => {
    const { source } = RESPONSES;
    property(source, [RESPONSES, FOREIGN_RESPONSES, FOREIGN_SOURCE], (messages, tools) => {
      const request = { messages: validMessages(messages, tools), tools, toolChoice: "auto" as const };
      const options = { settings: { id: "model" }, source, server: serverAt(RESPONSES_URL) };
      const { body, words } = sent(
        OPENAI_RESPONSES,
        () => toResponsesRequest(request, options) as unknown as ResponsesBody,
      );
      expect(words).toBeNull();
      expect(JSON.stringify(body)).not.toContain(FOREIGN);
    });
  });

  it("what is valid already is sent as it is", { timeout: TIMEOUT_MS }, () => {
    property(RESPONSES.source, [RESPONSES], (messages, tools) => {
      const valid = validMessages(messages, tools);
      expect(validMessages(valid, tools)).toEqual(valid);
    });
  });
});
