import {
  type Model,
  type ModelBurst,
  type ModelChunk,
  type ModelMessage,
  type ModelRequest,
  NAMING_MARKER,
  SUMMARY_MARKER,
} from "../domain/model.ts";
import { sha256Hex } from "../lib/digest.ts";
import { fittingJson } from "./offline-json.ts";
import { offlineSummary } from "./offline-summary.ts";
import { offlineTitle } from "./offline-title.ts";
import { delegation, quote, tellResults } from "./offline-tools.ts";

const INTRODUCTION = "I am the offline model: I need no key and no network, and answer from this conversation alone.";

type Answer = { text: string; thoughts?: string } | { toolCall: { name: string; arguments: string } };

/**
 * The model of a first run and of tests: deterministic, without key and network. It shows that it remembers, calls a
 * tool when the user writes `/tool <name> <json>`, thinks first on `/think <text>`, answers a schema in JSON, delegates when it leads a team, and names and summarizes conversations. It never
 * fails. `firstWordMs` is how long it takes before its first word.
 */
export function offlineModel({ firstWordMs = 0 } = {}): Model {
  return {
    id: "offline",
    name: "OfflineModel",
    provider: "Offline",
    source: "offline",
    async *stream(request, signal) {
      if (firstWordMs > 0) await scheduler.wait(firstWordMs);
      yield* streamAnswer(request, signal);
    },
  };
}

async function* streamAnswer(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelBurst> {
  const answer = answerTo(request);
  const inputTokens = request.messages.reduce((sum, message) => sum + wordsOf(message.content).length, 0);
  if ("toolCall" in answer) {
    const { name, arguments: written } = answer.toolCall;
    const id = await callId(request);
    if (!signal.aborted) yield [{ type: "tool_call", index: 0, id, name }];
    if (!signal.aborted) yield [{ type: "tool_call", index: 0, arguments: written }];
    if (!signal.aborted) yield ending(inputTokens, 1 + wordsOf(written).length, "tool_calls");
    return;
  }
  const thoughts = wordsOf(answer.thoughts ?? "");
  const words = wordsOf(answer.text);
  const said = words.slice(0, request.maxTokens);
  const chunks: ModelChunk[] = [
    ...thoughts.map((delta) => ({ type: "reasoning" as const, delta })),
    ...said.map((delta) => ({ type: "text" as const, delta })),
  ];
  for (const chunk of chunks) {
    // Lets whoever cancels have a turn, as between the deltas of a real answer.
    await Promise.resolve();
    if (signal.aborted) return;
    yield [chunk];
  }
  const reason = said.length < words.length ? "length" : "stop";
  if (!signal.aborted) yield ending(inputTokens, said.length, reason, thoughts.length);
}

/** One conversation, one id; another one, such as that of another member of a team, another id. */
async function callId({ messages }: ModelRequest): Promise<string> {
  const digest = await sha256Hex(JSON.stringify(messages));
  return `call_offline_${messages.length}_${digest.slice(0, 12)}`;
}

function ending(
  inputTokens: number,
  saidTokens: number,
  reason: "stop" | "length" | "tool_calls",
  reasoningTokens = 0,
): ModelBurst {
  // As providers count: thoughts are output.
  const outputTokens = reasoningTokens + saidTokens;
  const totalTokens = inputTokens + outputTokens;
  return [
    { type: "usage", usage: { inputTokens, outputTokens, totalTokens, reasoningTokens, cacheReadTokens: 0 } },
    { type: "finish", reason },
  ];
}

function answerTo(request: ModelRequest): Answer {
  const { messages } = request;
  const naming = messages.find((message) => message.role === "system" && message.content.includes(NAMING_MARKER));
  if (naming) {
    const name = nameFor(naming, messages);
    return { text: request.answerSchema === undefined ? name : JSON.stringify({ name }) };
  }
  const isSummary = messages.some(({ role, content }) => role === "system" && content.startsWith(SUMMARY_MARKER));
  if (isSummary) return { text: offlineSummary(messages) };
  const results = tellResults(messages);
  if (results !== null) return { text: results };
  const lastUser = messages.findLastIndex((message) => message.role === "user");
  const asked = messages[lastUser]?.content.trim() ?? "";
  const command = /^\/tool(?:\s+(\S+)\s*([\s\S]*))?$/.exec(asked);
  const schema = request.answerSchema?.schema;
  if (schema !== undefined) return { text: fittingJson(schema, asked) };
  const thought = /^\/think\b\s*([\s\S]*)$/.exec(asked);
  if (thought) return thinking(thought[1] ?? "", messages.slice(0, Math.max(0, lastUser)));
  if (command) return answerToCommand(command[1], command[2]?.trim() || "{}", request);
  const toolCall = request.toolChoice === "none" ? null : delegation(request.tools, asked);
  if (toolCall !== null) return { toolCall };
  return { text: reply(asked, messages.slice(0, Math.max(0, lastUser))) };
}

/** Shows what reasoning looks like: thoughts about the text, then an answer to it. */
function thinking(text: string, earlier: ModelMessage[]): Answer {
  const about = text === "" ? "nothing in particular" : quote(text);
  const thoughts = `I am asked to think about ${about}. I have ${earlier.length} earlier messages to think with. That is all I need.`;
  return { text: reply(text, earlier), thoughts };
}

function answerToCommand(name: string | undefined, written: string, request: ModelRequest): Answer {
  const names = request.tools.map((tool) => tool.name);
  if (request.toolChoice === "none") return { text: `${INTRODUCTION} I may call no more tools in this run.` };
  if (name !== undefined && names.includes(name)) {
    return { toolCall: { name, arguments: written } };
  }
  const known = names.length === 0 ? "I have no tools." : `My tools: ${names.join(", ")}.`;
  const usage = "Write /tool <name> <json> to have me call one.";
  const missing = name === undefined ? "" : `I have no tool called ${quote(name)}. `;
  return { text: `${INTRODUCTION} ${missing}${known}${names.length === 0 ? "" : ` ${usage}`}` };
}

/** `earlier` is everything before the message that is answered. */
function reply(asked: string, earlier: ModelMessage[]): string {
  const said = earlier.filter((message) => message.role === "user").map((message) => message.content);
  const count = earlier.filter((message) => message.role === "user" || message.role === "assistant").length;
  const first = said[0];
  const last = said.at(-1);
  if (/\b(?:what(?:'s|’s| is| was)|(?:do you )?(?:know|remember)) my name\b|\bwho am i\b/i.test(asked)) {
    const name = [...said, asked].reverse().map(nameIn).find(Boolean);
    const answer = name ? `Your name is ${name}: you told me.` : "You have not told me your name.";
    return `${answer} ${INTRODUCTION}`;
  }
  if (
    /\b(?:what (?:did|have) i|thing (?:that )?i) (?:say|said|ask|asked|tell|told|write|wrote|written)\b/i.test(asked)
  ) {
    const wantsFirst = /\bfirst\b/i.test(asked);
    const quoted = wantsFirst ? first : last;
    if (quoted === undefined) return `You have said nothing before this message. ${INTRODUCTION}`;
    return `${wantsFirst ? "First you said" : "Before this you said"}: ${quote(quoted)} ${INTRODUCTION}`;
  }
  const name = nameIn(asked);
  const greeting = name ? `Nice to meet you, ${name}. ` : "";
  const memory =
    first === undefined
      ? "This is the first message I see here."
      : `I remember ${count} earlier ${count === 1 ? "message" : "messages"} of ours; one of yours was: ${quote(first)}`;
  return `${greeting}${INTRODUCTION} You said: ${quote(asked)} ${memory}`;
}

function nameIn(text: string): string | undefined {
  const name = /\b(?:[Mm]y name is|[Cc]all me)\s+(\p{L}[\p{L}\p{M}'’-]*(?:\s+\p{Lu}[\p{L}\p{M}'’-]*){0,2})/u;
  return name.exec(text)?.[1];
}

function nameFor(naming: ModelMessage, messages: ModelMessage[]): string {
  const behindMarker = naming.content.slice(naming.content.indexOf(NAMING_MARKER) + NAMING_MARKER.length);
  const others = messages.filter((message) => message.role === "user").map((message) => message.content);
  return offlineTitle([...others, behindMarker]) || "Empty conversation";
}

/** The words with the space before each, so that together they are the text. */
function wordsOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}
