/** What the provider of the tests was asked, in one form for both of OpenAI's APIs: that of Chat Completions. */

export interface ChatMessage {
  role: string;
  content?: string | null;
  tool_calls?: { id: string; type: string; function: { name: string; arguments: string }; extra_content?: unknown }[];
  tool_call_id?: string;
  [member: string]: unknown;
}

/** The body of a chat completions request, as it was sent. Of a request to the Responses API it is what that would be. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  tools?: { type: string; function: { name: string; description?: string; parameters?: Record<string, unknown> } }[];
  tool_choice?: string;
  stream?: boolean;
  stream_options?: { include_usage?: boolean };
  response_format?: { type: string; json_schema?: { name: string; strict: boolean; schema: Record<string, unknown> } };
  max_completion_tokens?: number;
  max_tokens?: number;
  [parameter: string]: unknown;
}

/** The body of a request to the Responses API, as far as it says what a chat completions request says. */
interface ResponsesRequest {
  model: string;
  input: InputItem[];
  tools?: { type: string; name: string; description?: string; parameters?: Record<string, unknown> }[];
  tool_choice?: string;
  stream?: boolean;
  max_output_tokens?: number;
  text?: { format?: { type: string; name: string; strict: boolean; schema: Record<string, unknown> } };
}

interface InputItem {
  type: string;
  role?: string;
  content?: string | { text?: string; refusal?: string }[];
  call_id?: string;
  name?: string;
  arguments?: string;
  output?: string;
}

export function asChatRequest(body: unknown): ChatRequest {
  const { input, tools, text, max_output_tokens: maxTokens, ...same } = body as ResponsesRequest;
  const format = text?.format;
  return {
    model: same.model,
    messages: input.reduce(addItem, []),
    ...(tools && {
      tools: tools.map(({ type, name, description, parameters }) => ({
        type,
        function: { name, ...(description !== undefined && { description }), ...(parameters && { parameters }) },
      })),
    }),
    ...(same.tool_choice !== undefined && { tool_choice: same.tool_choice }),
    ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
    ...(format && {
      response_format: {
        type: format.type,
        json_schema: { name: format.name, strict: format.strict, schema: format.schema },
      },
    }),
    ...(same.stream !== undefined && { stream: same.stream }),
  };
}

/** The items of one answer are one message. Two answers never stand next to each other. */
function addItem(messages: ChatMessage[], item: InputItem): ChatMessage[] {
  const before = messages.at(-1);
  switch (item.type) {
    case "message": {
      const content = textOf(item.content);
      if (item.role !== "assistant" || before?.role !== "assistant") {
        return [...messages, { role: item.role ?? "none", content }];
      }
      return [...messages.slice(0, -1), { ...before, content: [before.content, content].filter(Boolean).join("\n\n") }];
    }
    case "function_call": {
      const { call_id: id = "none", name = "none", arguments: written = "" } = item;
      const call = { id, type: "function", function: { name, arguments: written } };
      if (before?.role !== "assistant") return [...messages, { role: "assistant", content: null, tool_calls: [call] }];
      return [...messages.slice(0, -1), { ...before, tool_calls: [...(before.tool_calls ?? []), call] }];
    }
    case "function_call_output":
      return [...messages, { role: "tool", tool_call_id: item.call_id ?? "none", content: item.output ?? null }];
    default:
      return messages;
  }
}

function textOf(content: InputItem["content"]): string {
  return typeof content === "string"
    ? content
    : (content ?? []).map((part) => part.text ?? part.refusal ?? "").join("");
}
