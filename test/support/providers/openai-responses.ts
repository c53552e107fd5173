import {
  firstWords,
  type Item,
  openAiError,
  type Provider,
  type ResponsesBody,
  type Rule,
  textsIn,
} from "./provider.ts";

const MAX_ID_CHARS = 64;
const PREFIXES: Record<string, string> = { reasoning: "rs", message: "msg", function_call: "fc" };
/** The stand-in's own ids tell which reasoning an item came with: a server remembers that. */
const NEEDS = /_needs_(rs_[a-zA-Z0-9]+)$/;

const ofEachItem =
  (find: (item: Item, at: number, input: Item[]) => string | null): Rule<ResponsesBody> =>
  ({ input }) =>
    firstWords(input, (item, at) => find(item, at, input));

const idOf = (item: Item | undefined): string | null => (typeof item?.id === "string" ? item.id : null);

export const OPENAI_RESPONSES: Provider<ResponsesBody> = {
  name: "OpenAI, Responses",
  status: 400,
  says: openAiError,
  rules: [
    // https://github.com/continuedev/continue/issues/10092
    ofEachItem(({ type, call_id: id }, at, input) =>
      type !== "function_call_output" ||
      input.slice(0, at).some((item) => item.type === "function_call" && item.call_id === id)
        ? null
        : `No tool call found for function call output with call_id ${id}.`,
    ),
    // https://github.com/jeffdafoe/llm-memory-api/pull/179
    ofEachItem(({ type, call_id: id }, at, input) =>
      type !== "function_call" ||
      input.slice(at + 1).some((item) => item.type === "function_call_output" && item.call_id === id)
        ? null
        : `No tool output found for function call ${id}.`,
    ),
    // https://github.com/vercel/ai/issues/7099
    ofEachItem(({ type, id }, at, input) => {
      const next = input[at + 1];
      const isFollowed = next?.type === "function_call" || next?.type === "reasoning" || next?.role === "assistant";
      return type !== "reasoning" || isFollowed
        ? null
        : `Item '${id}' of type 'reasoning' was provided without its required following item.`;
    }),
    // https://github.com/vercel/ai/issues/7543
    ofEachItem(({ type, id, encrypted_content: encrypted }) =>
      type !== "reasoning" || (typeof encrypted === "string" && encrypted !== "")
        ? null
        : `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    ),
    // https://github.com/TanStack/ai/issues/1212
    ofEachItem((item, at, input) => {
      const needed = NEEDS.exec(idOf(item) ?? "")?.[1];
      return needed === undefined || input.slice(0, at).some((before) => idOf(before) === needed)
        ? null
        : `Item '${item.id}' of type '${item.type}' was provided without its required 'reasoning' item: '${needed}'.`;
    }),
    // https://github.com/earendil-works/pi/issues/5149
    ofEachItem((item, at, input) =>
      idOf(item) !== null && input.slice(0, at).some((before) => idOf(before) === item.id)
        ? `Duplicate item found with id ${item.id}. Remove duplicate items from your input and try again.`
        : null,
    ),
    // https://github.com/can1357/oh-my-pi/issues/284
    ofEachItem((item, at) => {
      const { length } = idOf(item) ?? "";
      return length > MAX_ID_CHARS
        ? `Invalid 'input[${at}].id': string too long. Expected a string with maximum length 64, but got a string with length ${length} instead.`
        : null;
    }),
    // https://github.com/nodetool-ai/nodetool/pull/4252
    ofEachItem((item, at) => {
      const prefix = PREFIXES[item.type ?? ""];
      const id = idOf(item);
      return id === null || prefix === undefined || id.startsWith(prefix)
        ? null
        : `Invalid 'input[${at}].id': '${id}'. Expected an ID that begins with '${prefix}'.`;
    }),
    // https://github.com/earendil-works/pi/issues/1022
    ofEachItem((item, at) => {
      const id = idOf(item);
      return id === null || /^[a-zA-Z0-9_-]+$/.test(id)
        ? null
        : `Invalid 'input[${at}].id': '${id}'. Expected an ID that contains letters, numbers, underscores, or dashes, but this value contained additional characters.`;
    }),
    // https://github.com/decolua/9router/issues/393
    ofEachItem(({ call_id: id }, at) =>
      id === undefined || (typeof id === "string" && id !== "" && id.length <= MAX_ID_CHARS)
        ? null
        : `Invalid 'input[${at}].call_id': string too long. Expected a string with maximum length 64, but got a string with length ${String(id).length} instead.`,
    ),
    // https://github.com/elizaOS/eliza/pull/18079 tells it of servers behind the same API.
    ({ input }) =>
      textsIn(input).every((text) => text.isWellFormed()) ? null : "Invalid JSON: lone leading surrogate in hex escape",
    // https://platform.openai.com/docs/api-reference/responses/create
    ofEachItem(({ type, name }, at) =>
      type !== "function_call" || (typeof name === "string" && /^[a-zA-Z0-9_-]{1,64}$/.test(name))
        ? null
        : `Invalid 'input[${at}].name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
    ),
  ],
};
