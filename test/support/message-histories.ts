/** Histories of all kinds, as they may come out of imports, cut runs and other models, for properties. */
import fc from "fast-check";
import type { ModelMessage, ProviderData, ToolCall, ToolSpec } from "../../src/domain/model.ts";

type Answer = Extract<ModelMessage, { role: "assistant" }>;

/** Stands in whatever another model said beside its texts: it is never to be sent. */
export const FOREIGN = "of-another-model";

const TEXTS = [
  ...["", " ", "\n\n", "\u0085", "\u200b", "half \ud83d", "\udca5", "Hello", "It is 22 degrees.", "naïve 👩‍👩‍👧"],
];
const IDS = [
  ...[
    "",
    "call_1",
    "call_1",
    "call_2",
    "call_0_1",
    "call_1_1",
    "functions.weather:0",
    "functions.weather:1",
    "abcdefghi",
  ],
  ...["call_0199c1a2-7a3e-7d4b-9c61-2f4d6e8a1b3c", `chatcmpl-tool-${"a".repeat(32)}`, "fc_68a", "with | blanks", "ü"],
  "x".repeat(500),
];
const NAMES = ["weather", "add", "weather", "add", "gone", "", "made up!", "n".repeat(90)];
const ARGUMENTS = [
  "{}",
  "",
  " ",
  '{"city":"Paris"}',
  "[1]",
  '{"city":',
  "words",
  '{"a":"\\ud83d"}',
  '{"a":"\\ud83d\\ude00 \\\\ud83d"}',
  "\ud83d",
];

const text = fc.constantFrom(...TEXTS);
const call: fc.Arbitrary<ToolCall> = fc.record({
  id: fc.constantFrom(...IDS),
  name: fc.constantFrom(...NAMES),
  arguments: fc.constantFrom(...ARGUMENTS),
});

/** What a source said beside one of its answers, in its own form, and forms that nobody expects. */
export interface Source {
  source: string;
  says(answer: { content: string; toolCalls: ToolCall[] }, number: number): string;
}

function answerOf(sources: readonly Source[], asked: string): fc.Arbitrary<Answer> {
  const plain = fc.record({ content: text, toolCalls: fc.array(call, { maxLength: 3 }) });
  const beside = fc.oneof(
    fc.constant({ kind: "none" as const }),
    fc.record({ kind: fc.constant("said" as const), by: fc.constantFrom(...sources), number: fc.nat(999) }),
    fc.record({
      kind: fc.constant("odd" as const),
      data: fc.constantFrom(
        null,
        "",
        "no JSON",
        "[]",
        "{}",
        "[{}]",
        '[{"type":"reasoning"}]',
        '{"reasoning_content":7}',
      ),
    }),
  );
  return fc.tuple(plain, beside).map(([answer, said]): Answer => {
    const providerData: ProviderData | null =
      said.kind === "none"
        ? null
        : said.kind === "odd"
          ? { source: asked, data: said.data }
          : { source: said.by.source, data: said.by.says(answer, said.number) };
    return { role: "assistant", ...answer, providerData };
  });
}

const result: fc.Arbitrary<ModelMessage> = fc
  .record({ toolCallId: fc.constantFrom(...IDS), toolName: fc.constantFrom(...NAMES), content: text })
  .map((said) => ({ role: "tool", ...said }));

const said = (role: "user" | "system"): fc.Arbitrary<ModelMessage> => text.map((content) => ({ role, content }));

/** An answer with results of its calls: all of them, some, in another order, some twice. */
function roundOf(answer: fc.Arbitrary<Answer>): fc.Arbitrary<ModelMessage[]> {
  return fc
    .tuple(answer, fc.boolean(), fc.array(fc.nat(5), { maxLength: 4 }), text)
    .map(([asks, isWhole, places, content]) => {
      const { toolCalls } = asks;
      const order = isWhole ? toolCalls.map((_call, nth) => nth) : places.filter((place) => place < toolCalls.length);
      const results = order.flatMap((place): ModelMessage[] => {
        const { id = "", name = "" } = toolCalls[place] ?? {};
        return [{ role: "tool", toolCallId: id, toolName: name, content }];
      });
      return [asks, ...results];
    });
}

/** `asked` is the model that the history is sent to. */
export function messageHistory(sources: readonly Source[], asked: string): fc.Arbitrary<ModelMessage[]> {
  const answer = answerOf(sources, asked);
  const piece = fc.oneof(
    { weight: 4, arbitrary: roundOf(answer) },
    { weight: 3, arbitrary: said("user").map((message) => [message]) },
    { weight: 2, arbitrary: answer.map((message) => [message]) },
    { weight: 1, arbitrary: result.map((message) => [message]) },
    { weight: 1, arbitrary: said("system").map((message) => [message]) },
  );
  return fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.flat());
}

const tool = (name: string): ToolSpec => ({ name, description: name, parameters: { type: "object", properties: {} } });

/** An agent's tools: none, some, all. */
export const listedTools: fc.Arbitrary<ToolSpec[]> = fc.constantFrom(
  [],
  [tool("weather")],
  [tool("weather"), tool("add")],
);
