/** A stand-in for a provider: it refuses what that provider is documented or reported to refuse, in its words. */

export interface ChatCall {
  id?: unknown;
  function?: { name?: unknown; arguments?: unknown };
  extra_content?: { google?: { thought_signature?: unknown } };
}

export interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: ChatCall[];
  tool_call_id?: unknown;
  reasoning_content?: unknown;
  [member: string]: unknown;
}

/** The part of a request to Chat Completions that the history decides. */
export interface ChatBody {
  messages: ChatMessage[];
  tools?: unknown;
  [parameter: string]: unknown;
}

export type Item = { type?: string; [member: string]: unknown };

/** The same of a request to the Responses API. */
export interface ResponsesBody {
  input: Item[];
  [parameter: string]: unknown;
}

/** What is wrong, in the provider's words; null where nothing is. */
export type Rule<Body> = (body: Body) => string | null;

export interface Provider<Body = ChatBody> {
  name: string;
  status: number;
  /** Each with a link to where the refusal is told of. */
  rules: readonly Rule<Body>[];
  /** The body of the answer that says so. */
  says(words: string): unknown;
}

/** Why the provider refuses the request; null where it takes it. */
export function refusal<Body>({ rules }: Provider<Body>, body: Body): string | null {
  for (const rule of rules) {
    const words = rule(body);
    if (words !== null) return words;
  }
  return null;
}

/** OpenAI's form, which most servers copy. */
export const openAiError = (message: string) => ({
  error: { message, type: "invalid_request_error", param: null, code: null },
});

/** A rule that looks at one message after the other. */
export const ofEach =
  (find: (message: ChatMessage, at: number, messages: ChatMessage[]) => string | null): Rule<ChatBody> =>
  ({ messages }) =>
    firstWords(messages, (message, at) => find(message, at, messages));

/** A rule that looks at one call after the other. */
export const ofEachCall = (find: (call: ChatCall, place: string) => string | null): Rule<ChatBody> =>
  ofEach((message, at) =>
    firstWords(message.tool_calls ?? [], (call, nth) => find(call, `messages[${at}].tool_calls[${nth}]`)),
  );

export function firstWords<T>(entries: readonly T[], find: (entry: T, at: number) => string | null): string | null {
  for (const [at, entry] of entries.entries()) {
    const words = find(entry, at);
    if (words !== null) return words;
  }
  return null;
}

export const hasCalls = (message: ChatMessage | undefined): boolean => (message?.tool_calls?.length ?? 0) > 0;

/** The ids of an answer's calls that no tool message right behind it names. */
export function withoutResult(messages: readonly ChatMessage[], at: number): unknown[] {
  const calls = messages[at]?.tool_calls ?? [];
  const ids = resultsBehind(messages, at).map((result) => result.tool_call_id);
  return calls.map(({ id }) => id).filter((id) => !ids.includes(id));
}

/** The tool messages right behind a message. */
export function resultsBehind(messages: readonly ChatMessage[], at: number): ChatMessage[] {
  const behind = messages.slice(at + 1);
  const end = behind.findIndex(({ role }) => role !== "tool");
  return end < 0 ? behind : behind.slice(0, end);
}

/** The answer that a tool message stands behind, with tool messages alone between them. */
export function answerBefore(messages: readonly ChatMessage[], at: number): ChatMessage | undefined {
  const before = messages.slice(0, at);
  return before[before.findLastIndex(({ role }) => role !== "tool")];
}

/** All texts in a value, at any depth; arguments of calls are read as the JSON that they are. */
export function textsIn(value: unknown, name = ""): string[] {
  if (typeof value === "string") return name === "arguments" ? [value, ...textsIn(parsed(value))] : [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([inner, member]) => [inner, ...textsIn(member, inner)]);
}

export function parsed(text: unknown): unknown {
  try {
    return typeof text === "string" ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** What is said in a content of either form: a text, or parts. */
export function partsOf(content: unknown): unknown[] {
  if (typeof content === "string") return [content];
  return Array.isArray(content) ? content.map((part) => part?.text ?? part?.thinking?.[0]?.text) : [];
}

export const isBlank = (text: unknown): boolean => typeof text !== "string" || !/[^\s\u0085\u001c-\u001f]/.test(text);
